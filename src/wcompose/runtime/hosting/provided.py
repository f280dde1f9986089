"""What Python's objects and functions give for a component's imports, and what they lack."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wcompose.report import Finding, Place
from wcompose.runtime.crossing.classes import class_name, python_name
from wcompose.runtime.crossing.exports import ExportedFunction
from wcompose.suggest import did_you_mean

if TYPE_CHECKING:
    from wcompose.runtime.component import Component


@dataclass(frozen=True)
class Provided:
    """What the host gives for one function that is imported.

    Attributes:
        declared: the import.
        function: what answers it; none if nothing does.
        problem: what is wrong, empty if nothing is.
        hint: what to do about it.
    """

    declared: ExportedFunction
    function: Callable[..., Any] | None
    problem: str = ""
    hint: str = ""


def provide(
    component: Component, imported: Sequence[ExportedFunction], imports: Mapping[str, Any]
) -> tuple[list[Provided], list[Finding]]:
    """Find what the host gives for each import, and say everything that is missing or does not fit."""
    findings = []
    spellings = {name: _spellings(name) for name in component.own_imports if name}
    given: dict[str, Any] = {}
    for key, value in imports.items():
        found = [name for name, known in spellings.items() if key in known]
        given.update(dict.fromkeys(found, value))
        if not found:
            findings.append(
                _finding(
                    component,
                    key,
                    "unknown-import",
                    f"`{component.name}` does not import `{key}`",
                    _hint(key, spellings, imported),
                )
            )
    provided = []
    missing: set[str] = set()
    for declared in imported:
        if declared.interface and declared.interface not in given:
            if declared.interface not in missing:
                missing.add(declared.interface)
                findings.append(
                    _finding(
                        component,
                        declared.interface,
                        "unmet-import",
                        f"`{component.name}` imports `{declared.interface}`, which no host provides",
                        "compose it with a component that exports it",
                    )
                )
            continue
        one = _provide(declared, given.get(declared.interface) if declared.interface else given)
        provided.append(one)
        if one.problem:
            findings.append(
                _finding(component, declared.full_name, "import-mismatch", one.problem, one.hint)
            )
    # A resource that nothing is given for is missed by each of its functions.
    once = {(each.rule, each.message): each for each in reversed(findings)}
    return provided, list(reversed(once.values()))


def _finding(component: Component, item: str, rule: str, message: str, hint: str) -> Finding:
    return Finding(
        rule, message, Place(str(component.path or component.name), item=item), hint=hint
    )


def _hint(key: str, names: Collection[str], imported: Sequence[ExportedFunction]) -> str:
    inside = [each.interface for each in imported if key in {each.name, python_name(each.name)}]
    if inside:
        return f"it is a function of `{inside[0]}`: give an object that has it for that"
    if key.startswith("wasi:"):
        return "WASI is given by grants"
    return did_you_mean(key, names)


def _spellings(name: str) -> set[str]:
    """What goes for an import: an interface with or without its package, a function, a class."""
    stem = name.partition("@")[0]
    last = stem.rpartition("/")[2]
    return {name, stem, last, python_name(last), class_name(last)}


def _member(provider: Any, *names: str) -> Any:
    for name in names:
        if isinstance(provider, Mapping):
            if name in provider:
                return provider[name]
        elif hasattr(provider, name):
            return getattr(provider, name)
    return None


def _provide(declared: ExportedFunction, provider: Any) -> Provided:
    count = len(declared.parameters)
    tag, _, rest = declared.name.rpartition("]")
    if not tag:
        function = _member(provider, python_name(rest), rest)
        return _checked(declared, function, f"a function `{python_name(rest)}`", count)
    resource, _, member = rest.partition(".")
    made = _member(provider, class_name(resource), resource)
    if made is None:
        return Provided(
            declared,
            None,
            f"there is nothing for the resource `{resource}`"
            + (f" of `{declared.interface}`" if declared.interface else ""),
            f"give a class `{class_name(resource)}`",
        )
    if tag == "[constructor":
        return _checked(declared, made, f"a class `{class_name(resource)}`", count)
    name = python_name(member)
    function = getattr(made, name, None)
    if tag == "[method" and function is not None:
        one = _checked(declared, function, f"a method `{name}`", count)
        return Provided(
            declared,
            lambda value, *arguments: getattr(value, name)(*arguments),
            one.problem,
            one.hint,
        )
    return _checked(declared, function, f"a function `{name}` of `{class_name(resource)}`", count)


def _checked(declared: ExportedFunction, function: Any, what: str, count: int) -> Provided:
    if function is None:
        return Provided(declared, None, f"nothing is given for `{declared}`", f"give {what}")
    if not callable(function):
        return Provided(
            declared,
            None,
            f"what is given for `{declared.full_name}` cannot be called",
            f"give {what}",
        )
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError as error:
        return Provided(
            declared,
            function,
            f"what is given for `{declared.full_name}` does not take {count} "
            f"argument{'s' if count != 1 else ''}: {error}",
            f"it is `{declared}`",
        )
    except ValueError:
        pass  # some builtins do not tell
    return Provided(declared, function)
