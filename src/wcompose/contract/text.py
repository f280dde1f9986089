"""Types and functions as WIT text, for messages."""

from __future__ import annotations

from wcompose.contract.model import (
    Alias,
    Constructed,
    Enum,
    Flags,
    Function,
    Handle,
    Member,
    Record,
    Resource,
    Type,
    TypeDef,
    Variant,
)

_LENGTH_LIMIT = 120


def type_text(value: Type | None) -> str:
    """A type as it is written where it is used; ``_`` for none."""
    if value is None:
        return "_"
    if isinstance(value, str):
        return value
    if value.name is not None:
        return value.name
    kind = value.kind
    match kind:
        case Handle(is_borrow, resource):
            return f"borrow<{type_text(resource)}>" if is_borrow else type_text(resource)
        case Constructed():
            return _constructed(kind)
        case Alias(target):
            return type_text(target)
        case _:
            return kind_text(value)


def definition_text(value: Type) -> str:
    """A type with what is behind its name: ``record { a: u32, b: string }``."""
    return value if isinstance(value, str) else _short(kind_text(value.resolved))


def kind_text(definition: TypeDef) -> str:
    """What a definition is, without its name."""
    kind = definition.kind
    match kind:
        case Record(members):
            return f"record {{ {_members(members)} }}"
        case Variant(members):
            cases = (
                each.name if each.type is None else f"{each.name}({type_text(each.type)})"
                for each in members
            )
            return f"variant {{ {', '.join(cases)} }}"
        case Enum(members):
            return f"enum {{ {', '.join(each.name for each in members)} }}"
        case Flags(members):
            return f"flags {{ {', '.join(each.name for each in members)} }}"
        case Resource():
            return "resource"
        case Constructed():
            return _constructed(kind)
        case Handle(is_borrow, resource):
            return f"borrow<{type_text(resource)}>" if is_borrow else type_text(resource)
        case Alias(target):
            return type_text(target)


def function_text(function: Function) -> str:
    """A function's type: ``func(a: u32) -> string``."""
    result = "" if function.result is None else f" -> {type_text(function.result)}"
    prefix = "async " if function.is_async else ""
    return _short(f"{prefix}func({_members(function.parameters)}){result}")


def _members(members: tuple[Member, ...]) -> str:
    return ", ".join(f"{each.name}: {type_text(each.type)}" for each in members)


def _constructed(kind: Constructed) -> str:
    arguments = kind.arguments
    if kind.constructor == "result":
        ok, error = arguments
        if error is None:
            return "result" if ok is None else f"result<{type_text(ok)}>"
        return f"result<{type_text(ok)}, {type_text(error)}>"
    if kind.constructor in {"future", "stream"} and arguments == (None,):
        return kind.constructor
    words = [type_text(each) for each in arguments]
    if kind.length is not None:
        words.append(str(kind.length))
    return f"{kind.constructor}<{', '.join(words)}>"


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH_LIMIT else text[: _LENGTH_LIMIT - 1] + "…"
