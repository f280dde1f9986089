"""Files of WIT in the one style, after the official parser has accepted them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.contract.formatting import format_wit
from wcompose.contract.lexing import tokens_of
from wcompose.errors import ContractError, UserError
from wcompose.report import Finding, Place

if TYPE_CHECKING:
    from wcompose.engine import Engine

SIZE_LIMIT = 16 << 20
"""Bytes of one file; the largest of WASI has 60,000."""

_REFUSING = frozenset({"wit-syntax", "wit-encoding", "wit-too-large"})
"""What the engine says of text that is no WIT, and not of WIT that lacks its other files."""
_PACKAGE = "package wcompose:formatting;\n"


def format_bytes(data: bytes, name: str, engine: Engine) -> str:
    """The text of one file in the one style.

    The files that it uses need not be there.

    Args:
        data: what the file holds.
        name: what findings call it.
        engine: says whether it is WIT.

    Raises:
        ContractError: it is not WIT; with the place.
    """
    if len(data) > SIZE_LIMIT:
        raise _refused("wit-too-large", f"`{name}` has more than {SIZE_LIMIT:,} bytes", name)
    if data.startswith(b"\0asm"):
        raise _refused("wit-encoding", f"`{name}` is a binary, not WIT text", name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(
            "wit-encoding", f"byte {error.start} of `{name}` is not UTF-8", name
        ) from None
    _check_syntax(text, name, engine)
    try:
        return format_wit(text)
    except ContractError as error:
        raise ContractError(_named(error.findings, "", name)) from None


def _check_syntax(text: str, name: str, engine: Engine) -> None:
    with tempfile.TemporaryDirectory(prefix="wcompose-") as temporary:
        file = Path(temporary, "formatted.wit")
        file.write_bytes(text.encode("utf-8"))
        if not _names_package(text):
            # One of the other files of the package does.
            Path(temporary, "package.wit").write_text(_PACKAGE, "utf-8")
        try:
            engine.resolve(Path(temporary))
        except UserError as error:
            refusing = [each for each in error.findings if each.rule in _REFUSING]
            if refusing:
                raise ContractError(_named(refusing, str(file), name)) from None


def _names_package(text: str) -> bool:
    """Whether the file says the name of its package, and not only holds packages."""
    with contextlib.suppress(ContractError):
        tokens = tokens_of(text)
        end = next((token.text for token in tokens if token.text in {"{", ";"}), "")
        return tokens[0].text == "package" and end == ";"
    return True


def _named(findings: Iterable[Finding], path: str, name: str) -> list[Finding]:
    return [
        replace(
            finding,
            message=finding.message.replace(path, name) if path else finding.message,
            place=replace(finding.place, file=name),
            related=(),
        )
        for finding in findings
    ]


def _refused(rule: str, message: str, name: str) -> ContractError:
    return ContractError.of(rule, message, place=Place(name), hint="name WIT text")
