"""The rules of lint: what a contract should look like, whatever it was before.

The rows keep the words of the project's rules for contracts. Each has a handler of its name in a
``lint_*`` module, and fixtures of its name among the tests, which hold the examples given here.
"""

from __future__ import annotations

from wcompose.check.lint_optional_rules import OPTIONAL_RULES
from wcompose.check.model import Rule, RuleKind
from wcompose.report import Level


def _rule(
    name: str, group: str, level: Level, summary: str, reason: str, *, bad: str, good: str
) -> Rule:
    return Rule(name, RuleKind.LINT, group, level, summary, reason, bad, good)


_MINIMAL = (
    _rule(
        "package-versioned",
        "minimal",
        Level.WARNING,
        "a package has a released version",
        "Names without a version, or with a prerelease, link to exactly the same name only "
        "(Explainer.md, Canonical Interface Name), so no second version of the package can ever "
        "stand for the first.",
        bad="package shop:orders;",
        good="package shop:orders@1.0.0;",
    ),
    _rule(
        "package-directory",
        "minimal",
        Level.WARNING,
        "a directory holds one package, and those that it needs stand in `deps`",
        "Tools fill `deps` and leave everything else alone (WIT.md, Filesystem structure); a "
        "package inside of another one's file is out of their reach.",
        bad="package shop:types@1.0.0 {\n  interface money { type cents = u64; }\n}",
        good="interface orders {\n  type cents = u64;\n  total: func() -> cents;\n}",
    ),
    _rule(
        "file-name",
        "minimal",
        Level.WARNING,
        "a file is named in lower-case words joined by hyphens, and after the one thing that it holds",
        "Whoever looks for an interface finds its file. A file of several interfaces may have any "
        "name, and so may the only file.",
        bad="// file `Orders_API.wit`\ninterface orders {\n  count: func() -> u32;\n}",
        good="// file `orders.wit`\ninterface orders {\n  count: func() -> u32;\n}",
    ),
    _rule(
        "dep-versioned",
        "minimal",
        Level.WARNING,
        "what comes from other packages comes with a version",
        "The version is part of the name that binaries import. Without one, nothing tells two "
        "states of a package apart.",
        bad="world shop {\n  import bank:payments/transfer;\n}",
        good="world shop {\n  import bank:payments/transfer@1.0.0;\n}",
    ),
    _rule(
        "dep-single-track-version",
        "minimal",
        Level.WARNING,
        "one version of a package on each version track",
        "Versions of one track stand for each other when components are linked, so two of them "
        "are one import in two spellings; `wasm-tools component semver-check` fails on them.",
        bad="world shop {\n  import bank:payments/transfer@1.0.0;\n"
        "  import bank:payments/refund@1.1.0;\n}",
        good="world shop {\n  import bank:payments/transfer@1.1.0;\n"
        "  import bank:payments/refund@1.1.0;\n}",
    ),
)

_BASIC = (
    _rule(
        "use-used",
        "basic",
        Level.WARNING,
        "every `use` is used",
        "In an interface a `use` is more than text: it exports the type under this interface's "
        "name and makes every world import the other interface (WIT.md, Transitive imports and "
        "worlds).",
        bad="interface orders {\n  use types.{cents, customer};\n  total: func() -> cents;\n}",
        good="interface orders {\n  use types.{cents};\n  total: func() -> cents;\n}",
    ),
    _rule(
        "type-used",
        "basic",
        Level.WARNING,
        "a function takes or gives every type, if only inside of another one",
        "Binaries drop it, and whoever exports the interface has to export it all the same. "
        "Interfaces of types only, that nothing of the package uses, are left in peace.",
        bad="interface orders {\n  record discount {\n    percent: u8,\n  }\n  total: func() -> u64;\n}",
        good="interface orders {\n  record discount {\n    percent: u8,\n  }\n"
        "  total: func(less: discount) -> u64;\n}",
    ),
    _rule(
        "interface-used",
        "basic",
        Level.WARNING,
        "in a package with worlds, a world imports or exports every interface",
        "Otherwise no component can be built that has it. A package without worlds is a library, "
        "and not meant.",
        bad="interface refunds {\n  refund: func(order: u64);\n}\nworld shop {\n  export orders;\n}",
        good="interface refunds {\n  refund: func(order: u64);\n}\n"
        "world shop {\n  export orders;\n  export refunds;\n}",
    ),
    _rule(
        "item-empty",
        "basic",
        Level.WARNING,
        "interfaces and worlds have something in them",
        "Nothing can be called through them, and they have to be kept all the same.",
        bad="interface events {}",
        good="interface events {\n  next: func() -> option<string>;\n}",
    ),
    _rule(
        "no-cross-file-dup-type",
        "basic",
        Level.WARNING,
        "interfaces of one package share a type and do not repeat it",
        "Bindings make two types of it that do not convert into each other. Hoisting it later "
        "with `use` breaks exporters.",
        bad="interface returns {\n  record address {\n    street: string,\n    city: string,\n  }\n"
        "  pick-up: func(at: address);\n}",
        good="interface returns {\n  use orders.{address};\n  pick-up: func(at: address);\n}",
    ),
    _rule(
        "gate-containment",
        "basic",
        Level.ERROR,
        "an item is gated at least as strictly as what it stands in and what it refers to",
        "WIT.md, Feature Gates, calls anything else an error, though `wit-parser` takes it: the "
        "item would be there in versions that lack what it needs.",
        bad="@since(version = 1.1.0)\ninterface refunds {\n  refund: func(order: u64);\n}",
        good="@since(version = 1.1.0)\ninterface refunds {\n  @since(version = 1.1.0)\n"
        "  refund: func(order: u64);\n}",
    ),
    _rule(
        "stable-no-use-unstable",
        "basic",
        Level.ERROR,
        "nothing refers to something unstable but what is unstable under the same feature",
        "Unstable items may change or go at any time (WIT.md, Feature Gates), and where the "
        "feature is off the package no longer parses.",
        bad="  @unstable(feature = orders-vouchers)\n  type voucher = string;\n"
        "  @since(version = 1.0.0)\n  redeem: func(code: voucher);",
        good="  @unstable(feature = orders-vouchers)\n  type voucher = string;\n"
        "  @unstable(feature = orders-vouchers)\n  redeem: func(code: voucher);",
    ),
    _rule(
        "gate-deprecated-order",
        "basic",
        Level.ERROR,
        "an item is deprecated no earlier than it came, and no later than now",
        "A version that comes before the item or after the package tells nobody what to do; "
        "`wit-parser` takes both.",
        bad="  @since(version = 1.1.0)\n  @deprecated(version = 1.0.0)\n  total: func() -> u64;",
        good="  @since(version = 1.0.0)\n  @deprecated(version = 1.1.0)\n  total: func() -> u64;",
    ),
    _rule(
        "deprecated-used",
        "basic",
        Level.WARNING,
        "nothing refers to a deprecated type but what is deprecated too",
        "The type can go with the next version track only if everything that needs it goes too.",
        bad="  @since(version = 1.0.0)\n  @deprecated(version = 1.1.0)\n  type price = f32;\n"
        "  @since(version = 1.0.0)\n  total: func() -> price;",
        good="  @since(version = 1.0.0)\n  @deprecated(version = 1.1.0)\n  type price = f32;\n"
        "  @since(version = 1.0.0)\n  @deprecated(version = 1.1.0)\n  total: func() -> price;",
    ),
    _rule(
        "resource-reachable",
        "basic",
        Level.WARNING,
        "a resource can be got, and something can be done with it",
        "A resource that has no constructor and that no function returns does not exist; one that "
        "has no method and that no function takes is of no use.",
        bad="  resource basket {\n    add: func(article: u64);\n  }",
        good="  resource basket {\n    constructor();\n    add: func(article: u64);\n  }",
    ),
)

_STANDARD = (
    _rule(
        "gate-since-present",
        "standard",
        Level.WARNING,
        "where some items have `@since`, every interface and world has a gate",
        "`@since` is how readers and tools learn which version they need; half of it tells them "
        "nothing.",
        bad="interface refunds {\n  refund: func(order: u64);\n}",
        good="@since(version = 1.1.0)\ninterface refunds {\n  @since(version = 1.1.0)\n"
        "  refund: func(order: u64);\n}",
    ),
    _rule(
        "gate-feature-name",
        "standard",
        Level.WARNING,
        "a feature begins with the name of its package",
        "Features are switched on by name for all packages at once (WIT.md, Feature Gates), so a "
        "bare name may be another package's. A name that is nearly another one of the package is "
        "told as well.",
        bad="  @unstable(feature = vouchers)\n  redeem: func(code: string);",
        good="  @unstable(feature = orders-vouchers)\n  redeem: func(code: string);",
    ),
    _rule(
        "name-keyword",
        "standard",
        Level.WARNING,
        "functions, parameters and fields are not called like keywords of languages",
        "Bindings have to change such a name, each in its own way: `yield_`, `r#yield`, "
        "`yieldValue`. Python, Rust, Go, JavaScript and C++ are looked at; cases of enums and "
        "variants are not, as bindings write those in capitals or with a prefix.",
        bad="  yield: func() -> option<u64>;",
        good="  next: func() -> option<u64>;",
    ),
    _rule(
        "name-escape",
        "standard",
        Level.WARNING,
        "only keywords of WIT are escaped with `%`",
        "The sign is no part of the name; where it is not needed it only makes readers wonder.",
        bad="  %total: func() -> u64;",
        good="  total: func() -> u64;",
    ),
    _rule(
        "error-type-extensible",
        "standard",
        Level.WARNING,
        "variants and enums of errors have a case for everything else",
        "A case is a tag on the wire, so none can be added on a version track (CanonicalABI.md, "
        "Loading). A case such as `other(string)` takes what nobody thought of.",
        bad="  variant order-error {\n    sold-out,\n    no-such-article(u64),\n  }",
        good="  variant order-error {\n    sold-out,\n    no-such-article(u64),\n"
        "    other(string),\n  }",
    ),
    _rule(
        "exported-interface-small",
        "standard",
        Level.WARNING,
        "an interface that worlds both import and export has at most 12 functions",
        "A function that is added breaks those who export the interface, one that is removed "
        "those who import it. In small interfaces a change meets fewer.",
        bad="world counter {\n  export orders;\n}\nworld kitchen {\n  import orders;\n}",
        good="world counter {\n  export orders;\n  export refunds;\n}\n"
        "world kitchen {\n  import orders;\n}",
    ),
)

LINT_RULES: tuple[Rule, ...] = (*_MINIMAL, *_BASIC, *_STANDARD, *OPTIONAL_RULES)
"""Every rule of lint; each name once."""
