"""The rules of lint that are off unless asked for: style, documentation, what suits some packages."""

from __future__ import annotations

from wcompose.check.model import Rule, RuleKind
from wcompose.report import Level


def _rule(name: str, group: str, summary: str, reason: str, *, bad: str, good: str) -> Rule:
    return Rule(
        name, RuleKind.LINT, group, Level.WARNING, summary, reason, bad, good, is_default=False
    )


_STYLE = (
    _rule(
        "name-no-repeat",
        "style",
        "cases, flags and fields do not repeat the name of their type",
        "WIT tells them apart by their type, and bindings put its name in front where a language "
        "needs it.",
        bad="  enum size {\n    size-small,\n    size-large,\n  }",
        good="  enum size {\n    small,\n    large,\n  }",
    ),
    _rule(
        "name-acronym",
        "style",
        "a package spells an acronym one way",
        "`XML` and `xml` are one name to WIT (names differ in more than case), and two to readers.",
        bad="  to-XML: func() -> string;\n  from-xml: func(text: string);",
        good="  to-xml: func() -> string;\n  from-xml: func(text: string);",
    ),
    _rule(
        "result-error-typed",
        "style",
        "a function that fails says why, in a type of its own",
        "A caller can tell cases of a variant apart, and cannot tell texts apart, which change.",
        bad="  cancel: func(order: u64) -> result<_, string>;",
        good="  variant cancel-error {\n    too-late,\n    other(string),\n  }\n"
        "  cancel: func(order: u64) -> result<_, cancel-error>;",
    ),
)

_COMMENTS = tuple(
    _rule(f"comment-{word}", "comments", summary, reason, bad=bad, good=good)
    for word, summary, reason, bad, good in (
        (
            "package",
            "a package is documented",
            "The comment above `package` is the first thing that `wcompose docs` shows.",
            "package shop:orders@1.1.0;",
            "/// Orders of a shop.\npackage shop:orders@1.1.0;",
        ),
        (
            "interface",
            "every interface is documented",
            "Who implements it reads nothing else.",
            "interface orders {",
            "/// Orders and what becomes of them.\ninterface orders {",
        ),
        (
            "world",
            "every world is documented",
            "A world says what a component is for.",
            "world counter {",
            "/// A component that takes orders.\nworld counter {",
        ),
        (
            "func",
            "every function, method, static function and constructor is documented",
            "A type does not say what a function does, nor when it fails.",
            "  total: func() -> u64;",
            "  /// The sum of all orders, in cents.\n  total: func() -> u64;",
        ),
        (
            "type",
            "every type is documented",
            "A name alone leaves units and meaning open.",
            "  record price {",
            "  /// What an article costs.\n  record price {",
        ),
        (
            "field",
            "every field is documented",
            "Units and bounds of a field stand nowhere else.",
            "    cents: u64,",
            "    /// Hundredths of the currency, tax included.\n    cents: u64,",
        ),
        (
            "case",
            "every case of an enum or a variant, and every flag, is documented",
            "Callers have to know when it comes.",
            "    sold-out,",
            "    /// No copy is left.\n    sold-out,",
        ),
    )
)

_OPTIONAL = (
    _rule(
        "func-param-record",
        "optional",
        "functions have at most 6 parameters, and none of them is a `bool`",
        "Neither parameters nor records can grow on a version track, resources can; and `true` "
        "does not say at the call what it means.",
        bad="  search: func(text: string, exact: bool) -> list<u64>;",
        good="  enum match {\n    exact,\n    similar,\n  }\n"
        "  search: func(text: string, how: match) -> list<u64>;",
    ),
    _rule(
        "func-params-flat",
        "optional",
        "calls pass at most 16 core values, async calls 4",
        "More go through memory (CanonicalABI.md, Flattening), which costs an allocation for each call.",
        bad="  place: async func(article: string, customer: string, count: u32);",
        good="  place: async func(article: u64, customer: u64, count: u32);",
    ),
    _rule(
        "flags-headroom",
        "optional",
        "types of flags have at most 28",
        "There can be 32 at most (Binary.md, `defvaltype`), and `wit-parser` refuses the 33rd.",
        bad="    f28,\n",
        good="    f27,\n",
    ),
    _rule(
        "world-single-side",
        "optional",
        "a package that offers interfaces to import has a world that only imports",
        "Such a world can grow: what imports less still fits it. WASI calls it `imports`.",
        bad="world shop {\n  import orders;\n  export refunds;\n}",
        good="world imports {\n  import orders;\n}",
    ),
    _rule(
        "p3-ready",
        "optional",
        "nothing is there that WASI 0.3 replaces: `wasi:io`, futures made by hand, bodies as "
        "lists of bytes",
        "From WASI 0.3 on the Component Model itself has `async func`, `future` and `stream` "
        "(Concurrency.md).",
        bad="  resource future-receipt {",
        good="  receipt: async func(order: u64) -> string;",
    ),
)

OPTIONAL_RULES: tuple[Rule, ...] = (*_STYLE, *_COMMENTS, *_OPTIONAL)
"""Rules of the groups ``style``, ``comments`` and ``optional``."""
