"""Lint: what one contract does that its readers and users will be sorry for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from wcompose.check import (
    lint_comments,
    lint_functions,
    lint_gates,
    lint_names,
    lint_packages,
    lint_use,
    lint_worlds,
)
from wcompose.check.lint_items import Found, LintedPackage
from wcompose.check.lint_rules import LINT_RULES
from wcompose.check.model import Judgement, Rule
from wcompose.contract import Contract

Finder: TypeAlias = Callable[[LintedPackage], Iterator[Found]]
"""What a rule is made of."""

_MODULES = (
    lint_packages,
    lint_use,
    lint_gates,
    lint_names,
    lint_functions,
    lint_worlds,
    lint_comments,
)


def lint(contract: Contract, texts: Mapping[str, str]) -> Iterator[Judgement]:
    """Everything that the rules find in a contract's main package.

    Every rule is applied; whoever asks leaves out those that are off.

    Args:
        contract: the contract, from WIT with every feature on.
        texts: text of each WIT file by the name that places have; what only text shows is not found
            without it. Files of other packages may be among them.
    """
    package = LintedPackage(contract, texts)
    for rule in LINT_RULES:
        seen: Counter[tuple[str, str]] = Counter()
        for found in finder(rule)(package):
            seen[found.item, found.key] += 1
            yield _judgement(rule, found, seen[found.item, found.key])


def finder(rule: Rule) -> Finder:
    """What applies a rule: the function of its name.

    Raises:
        KeyError: there is none.
    """
    name = rule.id.replace("-", "_")
    for module in _MODULES:
        found: Finder | None = vars(module).get(name)
        if found is not None:
            return found
    raise KeyError(rule.id)


def _judgement(rule: Rule, found: Found, occurrence: int) -> Judgement:
    # A world may import and export one name, so items of one path are told apart by their order.
    key = found.key if occurrence == 1 else f"{found.key} {occurrence}".lstrip()
    return Judgement(
        rule,
        found.message,
        found.item,
        found.place,
        rule.level if found.level is None else found.level,
        causes=found.causes,
        hint=found.hint,
        related=found.related,
        key=key,
    )
