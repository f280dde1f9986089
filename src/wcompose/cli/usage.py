"""Mistakes on the command line as findings, like any other: what is wrong, and what to type instead.

The library that parses the command line is another one in older releases of typer, so its errors are
known by what they carry.
"""

from __future__ import annotations

from typing import Any

from wcompose.report import Finding
from wcompose.suggest import did_you_mean

EXIT_CODE = 2


def is_usage_error(error: BaseException) -> bool:
    """Whether an exception says that the command line was wrong."""
    names = {each.__name__ for each in type(error).__mro__}
    return "UsageError" in names and "NoArgsIsHelpError" not in names


def usage_finding(error: Any) -> Finding:
    """What such an exception says, in our words."""
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "") or "wcompose"
    message = _message(error)
    option = getattr(error, "option_name", None)
    hints = [_near(option, context)] if option and type(error).__name__ == "NoSuchOption" else []
    message, _, near = message.partition(". Did you mean ")
    hints.append(f"did you mean {near}" if near else "")
    hints = [*filter(None, hints), f"`{path} --help` shows what there is"]
    if option and path.endswith(" run"):
        hints.append("what is for the guest stands behind `--`")
    return Finding("usage", message, hint="\n".join(hints))


def _message(error: Any) -> str:
    name = type(error).__name__
    if name == "NoSuchOption":
        return f"there is no option `{error.option_name}`"
    text = str(getattr(error, "message", "") or error).strip().removesuffix(".")
    if name == "MissingParameter":
        return f"{_parameter(error)} is missing"
    if name == "BadParameter":
        return f"{_parameter(error)}: {text[:1].lower()}{text[1:]}"
    told = f"{text[:1].lower()}{text[1:]}".replace("'", "`")
    return told.replace("no such command", "there is no command", 1)


def _parameter(error: Any) -> str:
    """The option, or the argument, that an error is about."""
    parameter, hint = getattr(error, "param", None), getattr(error, "param_hint", None)
    if isinstance(hint, str):
        return f"`{hint}`".replace("'", "")
    if parameter is None:
        return "a value"
    options = [each for each in getattr(parameter, "opts", ()) if each.startswith("-")]
    if options:
        return f"`{max(options, key=len)}`"
    return f"`{getattr(parameter, 'metavar', None) or str(parameter.name).upper()}`"


def _near(option: str, context: Any) -> str:
    known: list[str] = []
    while context is not None:
        parameters = context.command.get_params(context)
        known += [each for one in parameters for each in one.opts if each.startswith("--")]
        context = context.parent
    return did_you_mean(option, known)
