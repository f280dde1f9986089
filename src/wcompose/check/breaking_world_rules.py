"""Rules of breaking changes, continued: packages, interfaces, worlds, gates."""

from __future__ import annotations

from wcompose.check.model import Rule, RuleKind
from wcompose.report import Level


def _rule(
    name: str,
    summary: str,
    reason: str,
    good: str,
    bad: str,
    level: Level = Level.ERROR,
    *,
    is_default: bool = True,
) -> Rule:
    return Rule(name, RuleKind.BREAKING, "breaking", level, summary, reason, bad, good, is_default)


_PACKAGES = (
    _rule(
        "package-name-same",
        "a package keeps its name",
        "Imports and exports carry it (WIT.md, Package Names), so nothing links to another one.",
        "package acme:shop@1.0.0;",
        "package acme:store@1.0.0;",
    ),
    _rule(
        "package-version-track",
        "versions stay on their track",
        "Names on another track are other names (Explainer.md, Canonical Interface Name). "
        "That is what a "
        "track is for, so it is a note.",
        "package acme:shop@1.2.0;",
        "package acme:shop@2.0.0;",
        Level.NOTE,
    ),
    _rule(
        "package-version-present",
        "a package keeps having a version, and prereleases are not relied upon",
        "Names without a version, and names with a prerelease, link only to exactly the same name "
        "(Explainer.md, Canonical Interface Name).",
        "package acme:shop;",
        "package acme:shop@1.0.0;",
        Level.WARNING,
    ),
    _rule(
        "version-bump-sufficient",
        "the version moves as far as the changes need",
        "What breaks needs another track, so that old components keep finding the old "
        "contract; what adds "
        "needs another version (semver.org; WIT.md, Feature Gates).",
        "package acme:shop@1.0.0;\ninterface cart { add: func(); clear: func(); }",
        "package acme:shop@1.0.1;\ninterface cart { add: func(); }",
    ),
    _rule(
        "interface-no-delete",
        "interfaces stay",
        "A component that imports it finds none (Explainer.md, Import and Export Definitions).",
        "interface cart { add: func(); }\ninterface till { pay: func(); }",
        "interface cart { add: func(); }",
    ),
)

_USES = (
    _rule(
        "use-inline",
        "types that are used from another interface keep coming from there",
        "`use` brings the other interface into every world (WIT.md, Transitive imports); a "
        "component built "
        "before still imports it, and the world no longer does.",
        "interface cart { use types.{item}; add: func(item: item); }\nworld shop { import cart; }",
        "interface cart { record item { name: string } add: func(item: item); }\n"
        "world shop { import cart; }",
    ),
)

_WORLDS = (
    _rule(
        "world-no-delete",
        "worlds stay",
        "Built components do not name their world, but builds do (`--world shop`).",
        "world shop { import cart; }\nworld lane { import cart; }",
        "world shop { import cart; }",
    ),
    _rule(
        "world-import-no-delete",
        "worlds keep what they import",
        "A component built for the world imports it, and hosts of the new world do not provide it.",
        "world shop { import cart; import till; }",
        "world shop { import cart; }",
    ),
    _rule(
        "world-import-add",
        "hosts of a world provide what it newly imports",
        "Components built before are fine: they may import less (Explainer.md, Type "
        "Checking). Components "
        "built for the new world need new hosts.",
        "world shop { import cart; }",
        "world shop { import cart; import till; }",
        Level.NOTE,
    ),
    _rule(
        "world-export-add",
        "worlds ask for no more exports",
        "Hosts of the new world ask for it, and components built before do not have it. There "
        "are no "
        "optional exports (WIT.md, A Note on Subtyping).",
        "world shop { export cart; }",
        "world shop { export cart; export till; }",
    ),
    _rule(
        "world-export-no-delete",
        "worlds keep what they export",
        "Components that are composed with one of this world import it, and hosts call it.",
        "world shop { export cart; export till; }",
        "world shop { export cart; }",
    ),
    _rule(
        "world-import-to-export",
        "imports stay imports, and exports stay exports",
        "Components built before import what they would have to export, or the reverse.",
        "world shop { import cart; }",
        "world shop { export cart; }",
    ),
    _rule(
        "world-transitive",
        "interfaces that worlds export keep the interfaces that they use",
        "What an exported interface uses becomes an import of the world, or moves to its "
        "exports (WIT.md, "
        "Transitive imports and worlds), and components built before do not take it from there.",
        "interface cart { add: func(); }\nworld shop { export cart; }",
        "interface cart { use types.{item}; add: func(); }\nworld shop { export cart; }",
    ),
    _rule(
        "world-item-name",
        "imports and exports keep their names and kinds",
        "Linking goes by names alone (Explainer.md, Import and Export Definitions).",
        "world shop { import log: func(text: string); }",
        "world shop { import log: interface { write: func(text: string); } }",
    ),
)

_GATES = (
    _rule(
        "since-no-change",
        "`@since` stays",
        "It is a promise to readers, and no part of binaries. Tools that merge packages "
        "refuse two that "
        "state it differently.",
        "@since(version = 1.0.0)\nadd: func();",
        "@since(version = 1.1.0)\nadd: func();",
        Level.NOTE,
    ),
    _rule(
        "stable-to-unstable",
        "what is stable stays so",
        "Without the feature switched on, an `@unstable` item is not there (WIT.md, Feature "
        "Gates).",
        "@since(version = 1.0.0)\nadd: func();",
        "@unstable(feature = bulk)\nadd: func();",
    ),
    _rule(
        "unstable-to-stable",
        "what becomes stable is new to those that do not switch its feature on",
        "An item that was not there by default is there now (WIT.md, Feature Gates).",
        "@unstable(feature = bulk)\nadd: func();",
        "@since(version = 1.0.0)\nadd: func();",
        Level.NOTE,
    ),
    _rule(
        "unstable-any",
        "what is unstable may change",
        "An `@unstable` item may change or go at any time (WIT.md, Feature Gates), so whoever "
        "uses it has "
        "been told.",
        "@unstable(feature = bulk)\nadd: func();",
        "@unstable(feature = bulk)\nadd: func(count: u32);",
        Level.NOTE,
    ),
    _rule(
        "deprecated-added",
        "what is deprecated is to be left, and stays until another track",
        "Items go only in a new track (WIT.md, Feature Gates); nothing breaks before.",
        "@since(version = 1.0.0)\nadd: func();",
        "@since(version = 1.0.0)\n@deprecated(version = 1.1.0)\nadd: func();",
        Level.WARNING,
    ),
    _rule(
        "doc-changed",
        "documentation stays true",
        "What a function does is no part of its type: whether it still does the same is for a "
        "reader to "
        "judge.",
        "/// Adds an item.\nadd: func();",
        "/// Adds an item, twice.\nadd: func();",
        Level.NOTE,
        is_default=False,
    ),
)

WORLD_RULES: tuple[Rule, ...] = (*_PACKAGES, *_USES, *_WORLDS, *_GATES)
"""The rows of this part of the table."""
