"""Order among the types of an arena, which refer to each other by index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def referred_types(kind: Any) -> Iterator[int]:
    """Indices of the types that a kind refers to directly."""
    if not isinstance(kind, dict):
        return
    ((word, body),) = kind.items()
    referred: list[Any]
    match word:
        case "record":
            referred = [each["type"] for each in body["fields"]]
        case "variant":
            referred = [each.get("type") for each in body["cases"]]
        case "handle" | "result":
            referred = list(body.values())
        case "tuple":
            referred = body["types"]
        case "map":
            referred = body
        case "fixed-length-list":
            referred = body[:1]
        case "enum" | "flags":
            referred = []
        case _:
            referred = [body]
    for each in referred:
        if isinstance(each, int):
            yield each


def innermost_first(parts: Sequence[Sequence[int]]) -> Iterator[int]:
    """Every index behind those that it refers to; without recursion, as any depth may come.

    Raises:
        ValueError: a type refers to itself, which the Component Model has no means to say.
    """
    waiting, entered, left = 0, 1, 2
    states = [waiting] * len(parts)
    for start in range(len(parts)):
        if states[start] != waiting:
            continue
        stack = [(start, iter(parts[start]))]
        states[start] = entered
        while stack:
            index, rest = stack[-1]
            for part in rest:
                if states[part] == entered:
                    raise ValueError(f"type {part} refers to itself")
                if states[part] == waiting:
                    states[part] = entered
                    stack.append((part, iter(parts[part])))
                    break
            else:
                states[index] = left
                stack.pop()
                yield index
