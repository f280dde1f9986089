"""What each function of a refused interface answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from wcompose.contract import Function, Interface, Type, TypeDef
from wcompose.contract.types import EnumType, HandleType, OptionType, ResultType, VariantType
from wcompose.grants.interfaces import base_name, grant_of
from wcompose.grants.policy import event

_DENIALS = (
    "access-denied",
    "access",
    "HTTP-request-denied",
    "closed",
    "not-permitted",
    "permission-denied",
    "denied",
    "forbidden",
    "unauthorized",
)
"""Cases of errors by which interfaces say that something is not allowed, the best first."""

_EMPTY = frozenset(
    {
        ("wasi:cli/environment", "get-environment"),
        ("wasi:cli/environment", "get-arguments"),
        ("wasi:cli/environment", "initial-cwd"),
        ("wasi:cli/terminal-stdin", "get-terminal-stdin"),
        ("wasi:cli/terminal-stdout", "get-terminal-stdout"),
        ("wasi:cli/terminal-stderr", "get-terminal-stderr"),
        ("wasi:filesystem/preopens", "get-directories"),
        ("wasi:filesystem/types", "filesystem-error-code"),
        ("wasi:http/types", "http-error-code"),
    }
)
"""Functions whose empty answer says just this: there is nothing for the node."""

_QUIET = frozenset(
    {"wasi:cli/terminal-stdin", "wasi:cli/terminal-stdout", "wasi:cli/terminal-stderr"}
)
"""Interfaces that only ask what a stream is; nobody wants to hear that they were refused."""

_HANDLES = frozenset(
    {
        ("wasi:sockets/instance-network", "instance-network"),
        ("wasi:cli/stdin", "get-stdin"),
        ("wasi:cli/stdout", "get-stdout"),
        ("wasi:cli/stderr", "get-stderr"),
        ("wasi:io/streams", "[method]input-stream.subscribe"),
        ("wasi:io/streams", "[method]output-stream.subscribe"),
    }
)
"""Functions that give a handle whose every use is refused: streams are closed, networks are none.

Programs ask for these when they start, whether or not they use them. Where the handle must be the host's
own, because another grant brings handles of the same kind, there is none to give: the function traps."""


def answers_of(
    node: str, name: str, interface: Interface, refused: Collection[str], *, audited: bool
) -> dict[str, Any]:
    """The answer of each function, as `Engine.make_gate` takes it.

    Args:
        node: name of the node that calls them.
        name: the import, as the node's binary spells it.
        interface: what the node imports of it.
        refused: all imports that are refused: their resources are the gate's own.
        audited: whether each call is recorded first.
    """
    answers: dict[str, Any] = {}
    base = base_name(name)
    for function in interface.functions.values():
        answer = _answer(node, name, function, refused)
        if audited and base not in _QUIET:
            answer["event"] = event(node, base, function.name, allowed=False)
        answers[function.name] = answer
    return answers


def refusal(node: str, name: str, function: str) -> str:
    """The name of a core function that traps, by which every runtime's backtrace tells why."""
    return f"node `{node}` is not granted `{grant_of(name)}`: `{name}#{function}`"


def _answer(node: str, name: str, function: Function, refused: Collection[str]) -> dict[str, Any]:
    key = (base_name(name), function.name)
    if key in _EMPTY:
        return {"answer": "nothing"}
    if key in _HANDLES and _home(function.result) in refused:
        return {"answer": "resource"}
    case = _denial(function.result)
    if case is not None and not function.is_async:
        return {"answer": "error", "case": case}
    return {"answer": "trap", "name": refusal(node, name, function.name)}


def _denial(result: Type | None) -> str | None:
    """The case of a result's error that says no; empty for an error without cases, none for none."""
    kind = _root(result)
    if not isinstance(kind, ResultType):
        return None
    if kind.error is None:
        return ""
    error = _root(kind.error)
    if not isinstance(error, (EnumType, VariantType)):
        return None
    for case in _DENIALS:
        for member in error.members:
            if member.name == case and _is_optional(member.type):
                return case
    return None


def _home(result: Type | None) -> str:
    """The interface that has the resource which a function gives a handle of."""
    return result.resource.root.owner.name if isinstance(result, HandleType) else ""


def _is_optional(payload: Type | None) -> bool:
    return payload is None or isinstance(_root(payload), OptionType)


def _root(of: Type | None) -> object:
    return of.root.definition if isinstance(of, TypeDef) else of
