"""Which rules are on and how much they weigh: what ``[check]`` says, held against the table of rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from wcompose.check.model import Judgement, Rule, RuleKind
from wcompose.errors import ProjectError
from wcompose.project import CheckDeclaration, IgnoreDeclaration
from wcompose.report import Finding, Level, Place, Report
from wcompose.suggest import did_you_mean

DEFAULT = "default"
"""The word for what is on unless told."""
INNER_GROUPS: Mapping[str, tuple[str, ...]] = {
    "basic": ("minimal",),
    "standard": ("minimal", "basic"),
}
"""Groups that come with a group."""

LEVELS = {"error": Level.ERROR, "warning": Level.WARNING, "note": Level.NOTE}

Locate = Callable[[tuple[str, ...]], Place]
"""Finds the place of a key of ``[check]``, array elements by index."""


@lru_cache(maxsize=16_384)
def _pattern(item: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in re.split(r"\*+", item)))


@dataclass(frozen=True)
class Ignore:
    """A finding that the settings accept.

    Attributes:
        rule: its rule.
        item: its item; ``*`` stands for anything.
        reason: why it is accepted.
        until: the last day on which it is; none for ever.
        place: where that is written.
    """

    rule: str
    item: str
    reason: str
    until: date | None
    place: Place

    def covers(self, judgement: Judgement) -> bool:
        """Whether a judgement is the one that is meant."""
        if judgement.rule.id != self.rule:
            return False
        return _pattern(self.item).fullmatch(judgement.item) is not None


@dataclass(frozen=True)
class Settings:
    """Which rules are on, and how much they weigh.

    Attributes:
        off: rules that are off.
        levels: weight of the findings of a rule, where it was told.
        ignores: findings that are accepted.
    """

    off: frozenset[str] = frozenset()
    levels: Mapping[str, Level] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()

    def is_on(self, rule: Rule) -> bool:
        """Whether a rule is on."""
        return rule.id not in self.off

    def apply(self, judgement: Judgement) -> Judgement | None:
        """A judgement with the weight that was told; none where its rule is off."""
        if judgement.rule.id in self.off:
            return None
        level = self.levels.get(judgement.rule.id)
        return judgement if level is None else replace(judgement, level=level)


def normal(name: str) -> str:
    """A rule's name as the table spells it: ``func-no-delete`` for ``FUNC_NO_DELETE``."""
    return name.lower().replace("_", "-")


def read_settings(
    declaration: CheckDeclaration, rules: Iterable[Rule], locate: Locate = lambda _: Place()
) -> Settings:
    """Hold a declaration against the table of rules.

    Args:
        declaration: what ``[check]`` says.
        rules: the whole table.
        locate: finds places of keys, for errors and for ignores.

    Raises:
        ProjectError: with every name that is no rule, and every rule that cannot be switched.
    """
    return _Reader(tuple(rules), locate).read(declaration)


class _Reader:
    def __init__(self, rules: tuple[Rule, ...], locate: Locate) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._switched = [rule for rule in rules if rule.kind is not RuleKind.PROJECT]
        self._groups = dict.fromkeys(rule.group for rule in self._switched)
        self._locate = locate
        self._findings: list[Finding] = []

    def read(self, told: CheckDeclaration) -> Settings:
        on = self._on(told.use)
        for index, name in enumerate(told.without):
            on -= {rule.id for rule in self._meant(name, ("except", str(index)))}
        levels = self._levels(told.levels)
        ignores = tuple(
            ignore
            for index, each in enumerate(told.ignores)
            if (ignore := self._ignore(each, ("ignore", str(index)))) is not None
        )
        if self._findings:
            raise ProjectError(Report.of(self._findings).findings)
        off = frozenset(rule.id for rule in self._switched) - on
        return Settings(off, levels, ignores)

    def _on(self, use: tuple[str, ...] | None) -> set[str]:
        """The rules that are on: for each kind those that are named, or else those of the table."""
        default = [rule for rule in self._switched if rule.is_default]
        named: list[Rule] = []
        for index, name in enumerate(use or ()):
            if normal(name) == DEFAULT:
                named += default
            else:
                named += self._meant(name, ("use", str(index)))
        kinds = {rule.kind for rule in named}
        if use == ():
            kinds = {RuleKind.LINT}
        return {rule.id for rule in (*named, *(each for each in default if each.kind not in kinds))}

    def _levels(self, told: Mapping[str, str]) -> dict[str, Level]:
        levels: dict[str, Level] = {}
        # A rule's own level wins over that of its group, whatever comes first.
        for name in sorted(told, key=lambda name: normal(name) in self._rules):
            for rule in self._meant(name, ("level", name), with_inner=False):
                levels[rule.id] = LEVELS[told[name]]
        return levels

    def _ignore(self, told: IgnoreDeclaration, path: tuple[str, ...]) -> Ignore | None:
        rule = self._rules.get(normal(told.rule))
        if rule is None or rule.kind is RuleKind.PROJECT:
            self._refuse(told.rule, (*path, "rule"), are_groups=False)
            return None
        return Ignore(rule.id, told.item, told.reason, told.until, self._locate((*path, "item")))

    def _meant(self, name: str, path: tuple[str, ...], *, with_inner: bool = True) -> list[Rule]:
        wanted = normal(name)
        if wanted in self._groups:
            groups = {wanted, *(INNER_GROUPS.get(wanted, ()) if with_inner else ())}
            return [rule for rule in self._switched if rule.group in groups]
        rule = self._rules.get(wanted)
        if rule is None or rule.kind is RuleKind.PROJECT:
            self._refuse(name, path)
            return []
        return [rule]

    def _refuse(self, name: str, path: tuple[str, ...], *, are_groups: bool = True) -> None:
        if normal(name) in self._rules:
            self._findings.append(
                Finding(
                    "rule-fixed",
                    f"`{name}` can be neither switched off nor suppressed",
                    self._locate(path),
                    hint="mend what it finds",
                )
            )
            return
        known = [rule.id for rule in self._switched] + (list(self._groups) if are_groups else [])
        self._findings.append(
            Finding(
                "unknown-rule",
                f"no rule{' or group' if are_groups else ''} is called `{name}`",
                self._locate(path),
                hint=did_you_mean(normal(name), known) or "`wcompose rules` lists them",
            )
        )
