"""Structures as the engine tells them, made by hand; `wcompose.picture.of_binary` describes the form."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def own() -> Json:
    return {"kind": "own"}


def taken(name: str, item: str = "") -> Json:
    return {"kind": "import", "name": name} | ({"item": item} if item else {})


def given(instance: int, name: str) -> Json:
    return {"kind": "export", "instance": instance, "name": name}


def whole(instance: int) -> Json:
    return {"kind": "instance", "instance": instance}


def bundle(**items: Json) -> Json:
    return {
        "kind": "bundle",
        "items": [{"name": name, "source": source} for name, source in items.items()],
    }


def named(values: dict[str, Json | None], kinds: dict[str, str] | None = None) -> list[Json]:
    return [
        {"name": name, "kind": (kinds or {}).get(name, "instance"), "source": source}
        for name, source in values.items()
    ]


def instance(component: int | None, name: str = "", imported: str = "", **arguments: Json) -> Json:
    """An instance; ``__`` in the names of arguments stands for a colon, ``_`` for a slash."""
    sources = {key.replace("__", ":").replace("_", "/"): each for key, each in arguments.items()}
    return {
        "component": component,
        "imported": imported,
        "name": name,
        "arguments": named(sources),
    }


def component(
    name: str = "",
    *,
    imports: tuple[str, ...] = (),
    exports: dict[str, Json | None] | tuple[str, ...] = (),
    instances: list[Json] | None = None,
    kinds: dict[str, str] | None = None,
    language: str = "",
    has_code: bool = True,
    size: int = 100,
    **more: Any,
) -> Json:
    if isinstance(exports, tuple):
        exports = dict.fromkeys(exports, own())
    return {
        "name": name,
        "size": size,
        "code": 0,
        "data": 0,
        "custom": 0,
        "has_code": has_code,
        "leaf": has_code and not instances,
        "producers": {"language": {language: ""}} if language else {},
        "languages": [language] if language else [],
        "modules": [],
        "imports": [
            {"name": each, "kind": (kinds or {}).get(each, "instance")} for each in imports
        ],
        "exports": named(exports, kinds),
        "contract": None,
        "instances": instances or [],
        **more,
    }
