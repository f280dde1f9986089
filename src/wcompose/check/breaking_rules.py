"""The rules of breaking changes: rows of one table.

In an example, ``good`` is the contract before and ``bad`` the contract now. Types of functions and
values are equal or they are not, with all names in order: validators know no subtyping of them
(``wasmparser/src/validator/component_types.rs``; Explainer.md, "Type Checking").
"""

from __future__ import annotations

from wcompose.check.breaking_world_rules import WORLD_RULES
from wcompose.check.model import Rule, RuleKind
from wcompose.report import Level

_EQUAL = (
    "Types are equal or not: there is no subtyping of functions and values (Explainer.md, Type "
    "Checking)."
)
_LAYOUT = "Every type has a fixed layout in memory (CanonicalABI.md, Loading and Storing)."
_NAMES = "An interface exports its types by name (WIT.md, Package Format)."
_MORE = "An instance may export more than is asked for (Explainer.md, Type Checking), never less."


def _rule(
    name: str, summary: str, reason: str, good: str, bad: str, level: Level = Level.ERROR
) -> Rule:
    return Rule(name, RuleKind.BREAKING, "breaking", level, summary, reason, bad, good)


_FUNCTIONS = (
    _rule(
        "func-no-delete",
        "functions stay",
        f"A component that imports the interface and calls the function no longer links. {_MORE}",
        "interface cart {\n  add: func(item: string);\n  clear: func();\n}",
        "interface cart {\n  add: func(item: string);\n}",
    ),
    _rule(
        "func-no-add",
        "an interface that others implement gets no functions",
        "A component that exports the interface was built without the function, and whoever "
        "wants the new "
        f"interface asks for it. {_MORE}",
        "interface cart {\n  add: func(item: string);\n}",
        "interface cart {\n  add: func(item: string);\n  clear: func();\n}",
    ),
    _rule(
        "func-param-count",
        "functions keep their parameters",
        f"{_EQUAL} A new `option` is one parameter more all the same.",
        "add: func(item: string);",
        "add: func(item: string, count: option<u32>);",
    ),
    _rule(
        "func-param-name",
        "parameters keep their names and order",
        "Names are part of a function's type (Explainer.md, Definition types). Hosts do not "
        "look at them, "
        "but composing does.",
        "add: func(item: string);",
        "add: func(name: string);",
    ),
    _rule(
        "func-param-type",
        "parameters keep their types",
        f"{_EQUAL} Not even a wider number may stand for a narrower one.",
        "add: func(count: u32);",
        "add: func(count: u64);",
    ),
    _rule(
        "func-result-type",
        "functions keep their results",
        _EQUAL,
        "add: func(item: string);",
        "add: func(item: string) -> result<_, string>;",
    ),
    _rule(
        "func-async-same",
        "a function stays async, or stays as it is",
        "Whether a function may wait is part of its type (Concurrency.md).",
        "add: func(item: string);",
        "add: async func(item: string);",
    ),
    _rule(
        "type-same",
        "what tuples, options, results, lists, maps, streams and futures hold stays",
        f"{_EQUAL} {_LAYOUT}",
        "find: func() -> option<u32>;",
        "find: func() -> option<u64>;",
    ),
    _rule(
        "handle-same",
        "a handle stays owned, or stays borrowed",
        "They are distinct types with other rules of lifetime (WIT.md, Handles).",
        "resource cart;\npay: func(cart: borrow<cart>);",
        "resource cart;\npay: func(cart: cart);",
    ),
)

_TYPES = (
    _rule(
        "type-no-delete",
        "types that functions use stay",
        f"A component that imports the interface and calls such a function asks for the type. "
        f"{_NAMES}",
        "record item { name: string }\nadd: func(item: item);",
        "add: func(item: string);",
    ),
    _rule(
        "type-no-delete-unused",
        "types that no function uses stay",
        "Built components do not import such a type; source code that names it no longer compiles.",
        "record item { name: string }\nclear: func();",
        "clear: func();",
        Level.WARNING,
    ),
    _rule(
        "type-no-add",
        "an interface that others implement gets no types",
        "A component exports an interface with all its types, so one built before lacks the "
        "new type, used "
        f"or not. {_NAMES} Hosts do not look for it.",
        "clear: func();",
        "record item { name: string }\nclear: func();",
    ),
    _rule(
        "type-no-rename",
        "types keep their names",
        f"{_NAMES} Hosts do not look at the names of values' types.",
        "record item { name: string }\nadd: func(item: item);",
        "record product { name: string }\nadd: func(item: product);",
    ),
    _rule(
        "type-kind-same",
        "a type stays of its kind",
        "Kinds are distinct even where they lie alike in memory, as a record and a tuple do "
        "(Explainer.md, "
        "Specialized value types).",
        "record pair { a: u32, b: u32 }\nadd: func(pair: pair);",
        "type pair = tuple<u32, u32>;\nadd: func(pair: pair);",
    ),
    _rule(
        "record-fields-same",
        "records keep their fields",
        f"Names, order and types of fields are compared. {_LAYOUT} A new `option` field is no "
        "exception.",
        "record item { name: string }\nadd: func(item: item);",
        "record item { name: string, note: option<string> }\nadd: func(item: item);",
    ),
    _rule(
        "variant-cases-same",
        "variants keep their cases",
        "The number of a case is what is written to memory (CanonicalABI.md, Loading). New "
        "cases take a "
        "second type and a new function (WIT.md, Feature Gates).",
        "variant problem { empty, other(string) }\npay: func() -> result<_, problem>;",
        "variant problem { empty, closed, other(string) }\npay: func() -> result<_, problem>;",
    ),
    _rule(
        "enum-cases-same",
        "enums keep their cases",
        "The number of a case is what is written to memory (CanonicalABI.md, Loading).",
        "enum size { small, large }\nadd: func(size: size);",
        "enum size { small, medium, large }\nadd: func(size: size);",
    ),
    _rule(
        "flags-same",
        "flags keep their bits",
        "The position of a flag is its bit (CanonicalABI.md, Alignment).",
        "flags rights { read, write }\nopen: func(rights: rights);",
        "flags rights { read, write, share }\nopen: func(rights: rights);",
    ),
    _rule(
        "alias-no-delete",
        "other names of types stay",
        f"{_NAMES} That both mean the same type does not help.",
        "type id = u32;\nremove: func(id: id);",
        "remove: func(id: u32);",
    ),
    _rule(
        "alias-no-add",
        "an interface that others implement gets no other names of types",
        f"{_NAMES} A component built before does not export it.",
        "remove: func(id: u32);",
        "type id = u32;\nremove: func(id: id);",
    ),
    _rule(
        "alias-target-same",
        "a name keeps meaning the same type",
        f"{_EQUAL} Everything that uses the name changes with it.",
        "type id = u32;\nremove: func(id: id);",
        "type id = u64;\nremove: func(id: id);",
    ),
)

_RESOURCES = (
    _rule(
        "resource-no-delete",
        "resources stay",
        f"A component that imports the interface and uses the resource no longer links. {_MORE}",
        "resource cart { pay: func(); }\nclear: func();",
        "clear: func();",
    ),
    _rule(
        "resource-no-rename",
        "resources keep their names",
        "The names of methods contain it (`[method]cart.pay`).",
        "resource cart { pay: func(); }",
        "resource basket { pay: func(); }",
    ),
    _rule(
        "resource-no-add",
        "an interface that others implement gets no resources",
        "A component that exports the interface was built without it (Explainer.md, Type "
        "Checking: `sub`).",
        "clear: func();",
        "resource cart;\nclear: func();",
    ),
    *(
        _rule(
            f"{name}-no-{verb}",
            f"{word}s stay"
            if verb == "delete"
            else f"resources that others implement get no {word}s",
            "It is a function of the interface like any other (WIT.md, Item: resource), so "
            + (
                "a component that calls it no longer links."
                if verb == "delete"
                else "a component that exports the interface lacks it."
            ),
            *((more, less) if verb == "delete" else (less, more)),
        )
        for verb in ("delete", "add")
        for name, word, more in (
            ("method", "method", "resource cart { pay: func(); }"),
            ("static", "static function", "resource cart { find: static func() -> cart; }"),
            ("constructor", "constructor", "resource cart { constructor(); }"),
        )
        for less in ("resource cart;",)
    ),
    _rule(
        "method-kind-same",
        "methods, static functions and constructors stay what they are",
        "The kind is part of a function's name, `[method]cart.pay` (Explainer.md, Import and "
        "Export "
        "Definitions); a constructor that may fail has another result.",
        "resource cart { pay: func(); }",
        "resource cart { pay: static func(); }",
    ),
    _rule(
        "resource-identity",
        "a resource keeps coming from the same interface",
        "A resource equals nothing but itself (Explainer.md, Type Checking), so one of "
        "another interface is "
        "another one, whatever its name.",
        "use store.{cart};\npay: func(cart: cart);",
        "use market.{cart};\npay: func(cart: cart);",
    ),
)

BREAKING_RULES: tuple[Rule, ...] = (*_FUNCTIONS, *_TYPES, *_RESOURCES, *WORLD_RULES)
"""Every rule, each name once."""
