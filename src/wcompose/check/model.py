"""What a judgement of contracts is made of: rules, changes, judgements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from wcompose.report import Finding, Level, Place


class RuleKind(StrEnum):
    """What a rule looks at."""

    BREAKING = "breaking"
    """Two versions of a contract."""
    LINT = "lint"
    """One contract."""
    PROJECT = "project"
    """A project: whether it parses, fits and links. These rules cannot be switched off."""
    GRANTS = "grants"
    """What nodes are granted and need, now and before."""


class Side(StrEnum):
    """Whose component breaks."""

    IMPORT = "import"
    """Components that import the interface."""
    EXPORT = "export"
    """Components that export it."""
    BOTH = "both"


class Effect(StrEnum):
    """What stops working."""

    LINK = "LINK"
    """Built components no longer link: what ``wasmparser`` decides."""
    HOST = "HOST"
    """Hosts no longer instantiate them: what Wasmtime decides, which looks at fewer names."""
    SOURCE = "SOURCE"
    """Source code no longer compiles against new bindings."""


class Bump(IntEnum):
    """How far a package's version has to move."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    TRACK = 3
    """To another version track: nothing built against the old one links to the new one."""


@dataclass(frozen=True)
class Rule:
    """One row of the table of rules.

    Attributes:
        id: lower-case words joined by hyphens, such as ``function-no-delete``.
        kind: what it looks at.
        group: the group that switches it on and off: ``breaking``; ``minimal``, ``basic``, ``standard``,
            ``style``, ``comments`` or ``optional`` for lint rules.
        level: how much its findings weigh unless told.
        summary: what it asks for, in one line.
        reason: why, in one or two sentences, with the document that it comes from.
        bad: WIT that it finds fault with; for a breaking rule the new text.
        good: WIT that it does not; for a breaking rule the old text.
        is_default: whether it is on unless told.
    """

    id: str
    kind: RuleKind
    group: str
    level: Level
    summary: str
    reason: str
    bad: str = ""
    good: str = ""
    is_default: bool = True


@dataclass(frozen=True)
class Judgement:
    """One result of one rule.

    Attributes:
        rule: the rule.
        message: what is wrong, worded as in `wcompose.report.Finding`.
        item: path of the item: ``namespace:package/interface.function.parameter``, without version.
        place: where it is written; of a change, in the new contract, or the old where it is gone.
        level: how much it weighs here.
        side: whose component breaks; none where nobody's does.
        effects: what stops working, in the order of `Effect`.
        bump: how far the version has to move.
        causes: what led to it.
        hint: what to type or change next.
        related: other places, each with a label.
        key: what tells it from other judgements of its rule on its item; part of the fingerprint.
    """

    rule: Rule
    message: str
    item: str = ""
    place: Place = field(default_factory=Place)
    level: Level = Level.ERROR
    side: Side | None = None
    effects: tuple[Effect, ...] = ()
    bump: Bump = Bump.NONE
    causes: tuple[str, ...] = ()
    hint: str = ""
    related: tuple[tuple[str, Place], ...] = ()
    key: str = ""

    @property
    def fingerprint(self) -> str:
        """What stays when lines move: 32 hexadecimal digits of rule, item, side and key."""
        parts = (self.rule.id, self.item, self.side or "", self.key)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def to_finding(self) -> Finding:
        """The judgement as every command shows findings."""
        place = self.place if self.place.item else replace(self.place, item=self.item)
        return Finding(
            self.rule.id, self.message, place, self.level, self.causes, self.hint, self.related
        )

    def sort_key(self) -> tuple[Place, str, str, str]:
        """By place, then item, rule and words."""
        return (self.place, self.item, self.rule.id, self.message)


class ChangeKind(StrEnum):
    """What happened to an item."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Change:
    """One difference between two contracts, and what it breaks.

    Attributes:
        kind: what happened.
        item: path of the item.
        message: what happened, in the words of a reviewer.
        old: the item before, as WIT; empty when it is new.
        new: the item now, as WIT; empty when it is gone.
        old_place: where it was written.
        new_place: where it is written.
        judgements: what it breaks; none for a change that breaks nobody.
        bump: how far the version has to move for it.
    """

    kind: ChangeKind
    item: str
    message: str
    old: str = ""
    new: str = ""
    old_place: Place = field(default_factory=Place)
    new_place: Place = field(default_factory=Place)
    judgements: tuple[Judgement, ...] = ()
    bump: Bump = Bump.NONE


@dataclass(frozen=True)
class Checked:
    """What a whole run found.

    Attributes:
        judgements: sorted, each once.
        subjects: what was checked, in words, such as ``wit`` or ``wcompose.toml``.
        suppressed: how many judgements were suppressed.
    """

    judgements: tuple[Judgement, ...]
    subjects: tuple[str, ...] = ()
    suppressed: int = 0

    @classmethod
    def of(
        cls, judgements: Iterable[Judgement], subjects: Iterable[str] = (), suppressed: int = 0
    ) -> Checked:
        """Make one: sorted, each judgement once."""
        unique = {(each.fingerprint, each.place, each.message): each for each in judgements}
        ordered = sorted(unique.values(), key=Judgement.sort_key)
        return cls(tuple(ordered), tuple(subjects), suppressed)

    @property
    def has_errors(self) -> bool:
        """Whether any judgement is at error level."""
        return any(each.level is Level.ERROR for each in self.judgements)

    @property
    def bump(self) -> Bump:
        """How far the version has to move for all of them."""
        return max((each.bump for each in self.judgements), default=Bump.NONE)
