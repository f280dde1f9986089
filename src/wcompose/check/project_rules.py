"""Rules about whole projects: whether they parse, fit, link and agree with their lock.

Most of what they say is found by earlier stages, as findings; these rows give each its reason.
"""

from __future__ import annotations

from wcompose.check.model import Judgement, Rule, RuleKind
from wcompose.report import Finding, Level

_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

_ROWS: tuple[tuple[str, Level, str, str], ...] = (
    (
        "wit-syntax",
        _ERROR,
        "WIT follows the grammar",
        "WIT.md gives the grammar; no tool reads other text.",
    ),
    (
        "wit-semantic",
        _ERROR,
        "WIT says what a component can have",
        "wit-parser refuses it, and so does every tool that generates bindings.",
    ),
    (
        "wit-name-not-found",
        _ERROR,
        "every name in WIT is defined",
        "An undefined name has no type.",
    ),
    (
        "wit-package-not-found",
        _ERROR,
        "every package that is used is in `deps`",
        "Packages are found in the `deps` directory only (WIT.md, Filesystem structure).",
    ),
    (
        "wit-duplicate",
        _ERROR,
        "no name is defined twice",
        "Names are unique in their interface, world or package (WIT.md).",
    ),
    (
        "wit-cycle",
        _ERROR,
        "nothing is defined by itself",
        "Types, interfaces and packages form no cycles (WIT.md).",
    ),
    ("wit-empty", _ERROR, "a directory of WIT holds WIT", "A package needs at least one file."),
    ("wit-encoding", _ERROR, "WIT is UTF-8", "WIT.md, Lexical structure."),
    (
        "wit-too-large",
        _ERROR,
        "WIT is of a size that people write",
        "A bound, so that a check ends.",
    ),
    (
        "not-wit",
        _ERROR,
        "a contract is WIT or a WebAssembly binary",
        "Nothing else holds a contract.",
    ),
    (
        "contract-too-large",
        _ERROR,
        "a contract has at most 250,000 types",
        "A bound, so that a check ends.",
    ),
    (
        "type-too-deep",
        _ERROR,
        "types nest at most 100 deep",
        "Validators and runtimes refuse deeper ones.",
    ),
    (
        "world-missing",
        _ERROR,
        "a world that is named exists",
        "A component is checked against the world that it stands in.",
    ),
    (
        "world-ambiguous",
        _ERROR,
        "the name of a world means one world",
        "A component is checked against one world.",
    ),
    ("file-unreadable", _ERROR, "files can be read", "What cannot be read cannot be checked."),
    (
        "not-a-component",
        _ERROR,
        "a node is a component",
        "Core modules and contracts cannot be linked.",
    ),
    (
        "component-invalid",
        _ERROR,
        "a component is valid",
        "Every runtime validates components before it runs them.",
    ),
    (
        "unknown-key",
        _ERROR,
        "`wcompose.toml` has known keys only",
        "A misspelt key would be passed over in silence.",
    ),
    (
        "missing-key",
        _ERROR,
        "`wcompose.toml` has the keys that are needed",
        "Without them the project means nothing.",
    ),
    (
        "unknown-rule",
        _ERROR,
        "`[check]` names rules that exist",
        "A misspelt rule would be passed over in silence.",
    ),
    (
        "rule-fixed",
        _ERROR,
        "`[check]` switches lint and breaking rules only",
        "What keeps a project from being built is no matter of taste.",
    ),
    (
        "world-export-missing",
        _ERROR,
        "a node exports what its world says",
        "Explainer.md, Type Checking: a component exports at least what its world does.",
    ),
    (
        "world-export-type",
        _ERROR,
        "a node's exports have the types of its world",
        "Function and value types are equal or they do not fit.",
    ),
    (
        "world-import-extra",
        _ERROR,
        "a node imports only what its world says",
        "Explainer.md, Type Checking: a component imports at most what its world does.",
    ),
    (
        "world-import-type",
        _ERROR,
        "a node's imports have the types of its world",
        "Function and value types are equal or they do not fit.",
    ),
    (
        "unmet-import",
        _ERROR,
        "every import of a node is filled",
        "A composition with an import that nothing fills does not run.",
    ),
    (
        "ambiguous-import",
        _ERROR,
        "one export fills an import, or the project says which",
        "A guess would change with the next node.",
    ),
    (
        "ambiguous-export",
        _ERROR,
        "one node exports what the whole exports",
        "A component exports each name once.",
    ),
    (
        "resource-two-providers",
        _ERROR,
        "a resource comes from one node",
        "A resource equals only itself (Explainer.md, Type Checking).",
    ),
    (
        "lock-missing",
        _NOTE,
        "a project has a lock",
        "Committed, the lock shows in review which binary changed.",
    ),
    (
        "lock-differs",
        _ERROR,
        "the lock says what the project holds",
        "`wcompose build --locked` refuses to build anything else.",
    ),
    (
        "lock-unreadable",
        _ERROR,
        "the lock can be read",
        "`wcompose build` writes it; nobody edits it.",
    ),
    (
        "node-not-built",
        _NOTE,
        "every node was built before it is checked",
        "A check builds nothing, as that takes long; a node that was never built fits nothing yet.",
    ),
    (
        "baseline-missing",
        _NOTE,
        "there is something to compare with",
        "A contract that the baseline does not have breaks nobody.",
    ),
    (
        "suppression-without-reason",
        _ERROR,
        "a suppression says why",
        "Nobody can tell later whether it may go.",
    ),
    (
        "suppression-malformed",
        _ERROR,
        "a suppression names a rule that exists",
        "A misspelt rule would suppress nothing.",
    ),
    ("suppression-expired", _WARNING, "a suppression is within its days", "It was meant to end."),
    (
        "unused-suppression",
        _WARNING,
        "a suppression suppresses something",
        "One that is left behind hides the next mistake.",
    ),
)

PROJECT_RULES: tuple[Rule, ...] = tuple(
    Rule(name, RuleKind.PROJECT, "project", level, summary, reason)
    for name, level, summary, reason in _ROWS
)
_BY_ID = {rule.id: rule for rule in PROJECT_RULES}


def project_rule(name: str, level: Level = Level.ERROR) -> Rule:
    """The row of a rule; one without words for a rule of another stage that has none."""
    found = _BY_ID.get(name)
    if found is not None:
        return found
    words = name.replace("-", " ")
    return Rule(name, RuleKind.PROJECT, "project", level, words, "The project cannot be built so.")


def judge(finding: Finding) -> Judgement:
    """A finding of an earlier stage as a judgement."""
    return Judgement(
        rule=project_rule(finding.rule, finding.level),
        message=finding.message,
        item=finding.place.item,
        place=finding.place,
        level=finding.level,
        causes=finding.causes,
        hint=finding.hint,
        related=finding.related,
        key=finding.message,
    )
