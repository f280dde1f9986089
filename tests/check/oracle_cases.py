"""Generated interfaces, each before and after a few changes."""

from __future__ import annotations

import copy
import random
import re
from dataclasses import dataclass, field

PRIMITIVES = ("bool", "u8", "u32", "s64", "f32", "string")


@dataclass
class Item:
    """A type, a function or a `use` of an interface.

    Members are pairs of a name and a type, which may be empty; so are parameters.
    """

    kind: str
    name: str
    members: list[tuple[str, str]] = field(default_factory=list)
    type: str = ""
    is_async: bool = False
    functions: list[Item] = field(default_factory=list)


@dataclass
class Case:
    """Two interfaces, of which the second uses the first."""

    first: list[Item]
    second: list[Item]

    def wit(self, number: int) -> str:
        return "".join(
            f"interface {letter}{number} {{\n{''.join(_wit(each, number) for each in items)}}}\n"
            for letter, items in (("a", self.first), ("b", self.second))
        )


def generate(rng: random.Random) -> Case:
    """Some interfaces."""
    names: list[str] = []
    first = [_type(rng, f"t{number}", names) for number in range(rng.randint(2, 4))]
    first += [_function(rng, f"f{number}", names) for number in range(rng.randint(1, 3))]
    used = rng.sample(names, rng.randint(0, min(2, len(names))))
    resources = {each.name for each in first if each.kind == "resource"}
    inner = list(used)
    second = [Item("use", name) for name in used]
    second += [_type(rng, f"s{number}", inner, resources) for number in range(rng.randint(1, 3))]
    second += [_function(rng, f"g{number}", inner) for number in range(rng.randint(1, 3))]
    return Case(first, second)


def mutate(case: Case, rng: random.Random) -> tuple[Case, str]:
    """A copy with one to two changes, and their names."""
    case = copy.deepcopy(case)
    told = []
    for _ in range(rng.choice((1, 1, 1, 2))):
        change = rng.choice(_CHANGES)
        items = rng.choice((case.first, case.second))
        if change(case, items, rng):
            told.append(change.__name__.strip("_"))
    return case, " ".join(told)


def _wit(item: Item, number: int) -> str:
    members = ", ".join(f"{name}: {type_}" for name, type_ in item.members)
    if item.kind == "use":
        renamed = f" as {item.type}" if item.type else ""
        return f"  use a{number}.{{{item.name}{renamed}}};\n"
    if item.kind == "alias":
        return f"  type {item.name} = {item.type};\n"
    if item.kind == "resource":
        return f"  resource {item.name} {{ " + " ".join(_wit(e, 0) for e in item.functions) + " }\n"
    if item.kind == "constructor":
        return f"constructor({members});"
    if item.kind in {"func", "static"}:
        word = ("static " if item.kind == "static" else "") + ("async " if item.is_async else "")
        result = f" -> {item.type}" if item.type else ""
        return f"  {item.name}: {word}func({members}){result};\n"
    if item.kind == "variant":
        members = ", ".join(f"{name}({type_})" if type_ else name for name, type_ in item.members)
    elif item.kind in {"enum", "flags"}:
        members = ", ".join(name for name, _ in item.members)
    return f"  {item.kind} {item.name} {{ {members} }}\n"


def _any_type(rng: random.Random, names: list[str], depth: int = 2) -> str:
    if depth == 0 or rng.random() < 0.45:
        return rng.choice([*PRIMITIVES, *names, *names])
    inner = lambda: _any_type(rng, names, depth - 1)  # noqa: E731
    return rng.choice(
        (
            lambda: f"list<{inner()}>",
            lambda: f"option<{inner()}>",
            lambda: f"result<{inner()}, {inner()}>",
            lambda: f"result<_, {inner()}>",
            lambda: f"tuple<{inner()}, {inner()}>",
            lambda: f"stream<{inner()}>",
            lambda: f"future<{inner()}>",
        )
    )()


def _type(
    rng: random.Random, name: str, names: list[str], _resources: set[str] | None = None
) -> Item:
    kind = rng.choice(("record", "variant", "enum", "flags", "alias", "resource"))
    item = Item(kind, name)
    if kind in {"record", "variant", "enum", "flags"}:
        item.members = [
            (f"m{number}", _any_type(rng, names) if kind in {"record", "variant"} else "")
            for number in range(rng.randint(1, 4))
        ]
    elif kind == "alias":
        item.type = _any_type(rng, names)
    names.append(name)
    if kind == "resource":
        item.functions = [Item("constructor", "")] if rng.random() < 0.4 else []
        for number in range(rng.randint(0, 2)):
            method = _function(rng, f"r{number}", names)
            method.kind = rng.choice(("func", "static"))
            item.functions.append(method)
    return item


def _function(rng: random.Random, name: str, names: list[str]) -> Item:
    return Item(
        "func",
        name,
        [(f"p{number}", _any_type(rng, names)) for number in range(rng.randint(0, 3))],
        rng.choice(("", _any_type(rng, names))),
        rng.random() < 0.1,
    )


# Changes: each says whether it found something to change


def _pick(items: list[Item], rng: random.Random, *kinds: str) -> Item | None:
    chosen = [each for each in items if each.kind in kinds]
    chosen += [e for each in items for e in each.functions if e.kind in kinds]
    return rng.choice(chosen) if chosen else None


def _names(items: list[Item]) -> list[str]:
    kinds = {"func", "static"}
    return [
        each.type if each.kind == "use" and each.type else each.name
        for each in items
        if each.kind not in kinds
    ]


def _functions_reordered(case, items, rng) -> bool:
    items.sort(key=lambda each: (each.kind == "func", each.kind == "func" and rng.random()))
    return True


def _function_deleted(case, items, rng) -> bool:
    item = _pick(items, rng, "func", "static", "constructor")
    if item is None:
        return False
    for functions in (items, *(each.functions for each in items)):
        if any(each is item for each in functions):
            functions[:] = [each for each in functions if each is not item]
    return True


def _function_added(case, items, rng) -> bool:
    items.append(_function(rng, "added", _names(items)))
    return True


def _method_added(case, items, rng) -> bool:
    item = _pick(items, rng, "resource")
    if item is not None:
        item.functions.append(Item(rng.choice(("func", "static")), "added"))
    return item is not None


def _function_renamed(case, items, rng) -> bool:
    item = _pick(items, rng, "func", "static")
    if item is not None:
        item.name += "-renamed"
    return item is not None


def _parameter_changed(case, items, rng) -> bool:
    item = _pick(items, rng, "func", "static", "constructor")
    return item is not None and _members_changed(item, _names(items), rng)


def _result_changed(case, items, rng) -> bool:
    item = _pick(items, rng, "func", "static")
    if item is not None:
        item.type = rng.choice(("", _any_type(rng, _names(items))))
    return item is not None


def _async_changed(case, items, rng) -> bool:
    item = _pick(items, rng, "func", "static")
    if item is not None:
        item.is_async = not item.is_async
    return item is not None


def _kind_changed(case, items, rng) -> bool:
    methods = [e for each in items for e in each.functions if e.kind in {"func", "static"}]
    if not methods:
        return False
    method = rng.choice(methods)
    method.kind = "static" if method.kind == "func" else "func"
    return True


def _members_changed(item: Item, names: list[str], rng: random.Random) -> bool:
    is_typed = item.kind not in {"enum", "flags"}
    what = rng.choice(("add", "insert", "remove", "rename", "swap", "retype"))
    new = (
        "fresh",
        _any_type(rng, [each for each in names if each != item.name]) if is_typed else "",
    )
    if what in {"add", "insert"}:
        item.members.insert(len(item.members) if what == "add" else 0, new)
        return True
    if not item.members:
        return False
    place = rng.randrange(len(item.members))
    if what == "remove" and len(item.members) > 1:
        item.members.pop(place)
    elif what == "rename":
        item.members[place] = ("renamed", item.members[place][1])
    elif what == "swap":
        item.members.reverse()
    else:
        item.members[place] = (item.members[place][0], new[1])
    return True


def _type_changed(case, items, rng) -> bool:
    item = _pick(items, rng, "record", "variant", "enum", "flags")
    if item is None:
        return False
    names = _names(items)
    return _members_changed(item, names[: names.index(item.name)], rng)


def _alias_changed(case, items, rng) -> bool:
    item = _pick(items, rng, "alias")
    if item is not None:
        names = _names(items)
        item.type = _any_type(rng, names[: names.index(item.name)])
    return item is not None


def _type_added(case, items, rng) -> bool:
    items.insert(0, _type(rng, "added-type", []))
    return True


def _alias_used(case, items, rng) -> bool:
    item = _pick(items, rng, "func")
    if item is None or not item.members:
        return False
    name, type_ = item.members[0]
    items.append(Item("alias", "added-alias", type=type_))
    item.members[0] = (name, "added-alias")
    return True


def _type_renamed(case, items, rng) -> bool:
    item = _pick(items, rng, "record", "variant", "enum", "flags", "alias", "resource")
    if item is None:
        return False
    _replace(case, item.name, f"{item.name}-renamed")
    return True


def _type_deleted(case, items, rng) -> bool:
    item = _pick(items, rng, "record", "variant", "enum", "flags", "alias", "resource", "use")
    if item is None:
        return False
    name, type_ = item.type or item.name, item.type if item.kind == "alias" else "u32"
    items[:] = [each for each in items if each is not item]
    if item.kind == "use":
        _replace_in(items, name, type_)
    else:
        case.second[:] = [e for e in case.second if not (e.kind == "use" and e.name == item.name)]
        _replace(case, item.name, type_)
    return True


def _use_renamed(case, items, rng) -> bool:
    item = _pick(case.second, rng, "use")
    if item is None or item.type:
        return False
    _replace_in([each for each in case.second if each is not item], item.name, "other-name")
    item.type = "other-name"
    return True


def _use_added(case, items, rng) -> bool:
    used = {each.name for each in case.second if each.kind == "use"}
    names = [each for each in _names(case.first) if each not in used]
    if names:
        case.second.insert(0, Item("use", rng.choice(names)))
    return bool(names)


def _use_inlined(case, items, rng) -> bool:
    item = _pick(case.second, rng, "use")
    if item is None or item.type:
        return False
    source = next((e for e in case.first if e.name == item.name and e.kind != "alias"), None)
    if source is None or source.kind in {"record", "variant"}:
        return False
    place = next(n for n, each in enumerate(case.second) if each is item)
    case.second[place] = copy.deepcopy(source)
    case.second[place].functions = []
    return True


def _type_hoisted(case, items, rng) -> bool:
    item = _pick(case.second, rng, "enum", "flags", "resource")
    if item is None:
        return False
    place = next(n for n, each in enumerate(case.second) if each is item)
    case.second[place] = Item("use", item.name)
    case.first.insert(0, copy.deepcopy(item))
    case.first[0].functions = []
    return True


def _handle_changed(case, items, rng) -> bool:
    resources = [each.name for each in items if each.kind == "resource"]
    functions = [
        each
        for each in items
        if each.kind == "func" and any(type_ in resources for _, type_ in each.members)
    ]
    if not functions:
        return False
    function = rng.choice(functions)
    function.members = [
        (name, f"borrow<{type_}>" if type_ in resources else type_)
        for name, type_ in function.members
    ]
    return True


def _replace(case: Case, name: str, by: str) -> None:
    _replace_in(case.first, name, by)
    _replace_in(case.second, name, by)


def _replace_in(items: list[Item], name: str, by: str) -> None:
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    for item in items:
        if not (item.kind == "use" and item.type == name):
            item.name = by if item.name == name else item.name
        item.type = pattern.sub(by, item.type)
        item.members = [(each, pattern.sub(by, type_)) for each, type_ in item.members]
        _replace_in(item.functions, name, by)


_CHANGES = (
    _functions_reordered,
    _function_deleted,
    _function_added,
    _method_added,
    _function_renamed,
    _parameter_changed,
    _result_changed,
    _async_changed,
    _kind_changed,
    _type_changed,
    _type_changed,
    _alias_changed,
    _type_added,
    _alias_used,
    _type_renamed,
    _type_deleted,
    _use_renamed,
    _use_added,
    _use_inlined,
    _type_hoisted,
    _handle_changed,
)
