"""A whole run: everything that a check or a comparison of contracts finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.check.baseline import Baselines, Subject, contracts_in, exists, load_path
from wcompose.check.bump import next_version, required_bump, version_carries
from wcompose.check.changes import compare_contracts
from wcompose.check.lint import lint
from wcompose.check.model import Bump, Change, Checked, Judgement, Rule, RuleKind, Side
from wcompose.check.project_checks import check_project
from wcompose.check.project_rules import judge
from wcompose.check.rules import RULES
from wcompose.check.settings import Settings, read_settings
from wcompose.check.suppress import Suppressions
from wcompose.errors import ProjectError, UsageError, UserError
from wcompose.project import (
    CHECK_FILE,
    PROJECT_FILE,
    CheckDeclaration,
    Project,
    find_project,
    load_check_file,
    load_project,
)
from wcompose.report import Finding, Level, Place

if TYPE_CHECKING:
    from wcompose.engine import Engine
    from wcompose.project.load import Places

_PACKAGE = re.compile(r"\s*package\s+(?P<name>[^\s;]+)\s*;")


@dataclass(frozen=True)
class Conditions:
    """What a check is made under.

    Attributes:
        today: the date that decides which suppressions have expired.
        cache: directory of components built earlier.
        against: the contract to compare with, as `wcompose.check.baseline.Baselines` reads it; none
            to compare with nothing.
        side: whose breaks count.
    """

    today: date
    cache: Path
    against: str | None = None
    side: Side = Side.BOTH


@dataclass(frozen=True)
class Difference:
    """What two contracts differ in.

    Attributes:
        old: the one before.
        new: the one now.
        changes: every difference, sorted.
        required: how far the version has to move for them.
        unmet: what to say where it did not move so far; none where it did.
    """

    old: Subject
    new: Subject
    changes: tuple[Change, ...]
    required: Bump
    unmet: Judgement | None

    @property
    def is_carried(self) -> bool:
        """Whether the version carries the changes."""
        return self.unmet is None


@dataclass(frozen=True)
class CheckRun:
    """What a whole run came to.

    Attributes:
        checked: what it found.
        rules: the rules that were applied to at least one subject, in the order of the table.
    """

    checked: Checked
    rules: tuple[Rule, ...]


def run_checks(paths: Sequence[Path], conditions: Conditions, engine: Engine) -> CheckRun:
    """Check projects, WIT and components; none for the project or the ``wit`` that is here.

    Raises:
        UsageError: a path, or the contract to compare with, does not exist.
        UserError: the contract to compare with cannot be read.
        ToolFailure: the engine failed.
    """
    if conditions.against is not None and len(paths) > 1 and exists(conditions.against):
        raise UsageError.of(
            "baseline-ambiguous",
            f"`{conditions.against}` is one contract, and several are to be compared with it",
            hint="check them one by one, or name a git revision",
        )
    work = _Check(conditions, engine)
    for path in dict.fromkeys(paths) or [_here()]:
        work.check(path)
    checked = Checked.of(work.judgements, work.subjects, work.suppressed)
    return CheckRun(checked, tuple(rule for rule in RULES if rule.id in work.applied))


def diff(
    old: str,
    new: str,
    engine: Engine,
    *,
    directory: Path,
    side: Side = Side.BOTH,
) -> Difference:
    """Compare two contracts.

    Args:
        old: the one before: a path, a git revision, ``REVISION:PATH`` or ``lock``.
        new: the one now, in any of these forms.
        engine: reads them.
        directory: where revisions and the lock are looked for.
        side: whose breaks count.

    Raises:
        UsageError: one of them means nothing.
        UserError: one of them cannot be read.
    """
    baselines = Baselines(engine, directory)
    # A revision without a path means the place where the other contract stands.
    before = baselines.load(old, _place_of(new, old))
    after = baselines.load(new, _place_of(old, new))
    changes = compare_contracts(before.contract, after.contract, side=side)
    required = required_bump(changes)
    versions = _versions(before, after)
    unmet = None if is_carried(versions, required) else version_judgement(versions, required, after)
    return Difference(before, after, changes, required, unmet)


def _place_of(other: str, text: str) -> Path | None:
    """Where the other contract stands, for a revision that says no path."""
    if not exists(other) or ":" in text.removeprefix("git:"):
        return None
    path = contracts_in(Path(other))
    return None if path.suffix == ".wasm" else path


def _here() -> Path:
    """The project that the current directory is in, or else the WIT in it."""
    here = Path()
    try:
        return find_project(here)
    except ProjectError:
        return contracts_in(here)


class _Check:
    def __init__(self, conditions: Conditions, engine: Engine) -> None:
        self._conditions = conditions
        self._engine = engine
        self.judgements: list[Judgement] = []
        self.subjects: list[str] = []
        self.suppressed = 0
        self.applied = {rule.id for rule in RULES if rule.kind is RuleKind.PROJECT}

    def check(self, path: Path) -> None:
        """Check what a path means."""
        is_project = (
            path.name.endswith(".toml") if path.is_file() else (path / PROJECT_FILE).is_file()
        )
        if is_project:
            self._check_project(path if path.is_file() else path / PROJECT_FILE)
            return
        place = contracts_in(path)
        self.subjects.append(str(place))
        subject = self._load(place)
        if subject is not None:
            if subject.is_component:
                self._validate(place)
            self._check_subject(subject, place, self._settings_beside(place))

    def _validate(self, component: Path) -> None:
        try:
            self._engine.validate(component)
        except UserError as error:
            self._add(error.findings)

    def _check_project(self, file: Path) -> None:
        self.subjects.append(str(file))
        try:
            project = load_project(file, self._engine.locate_toml)
        except ProjectError as error:
            self._add(error.findings)
            self._check_contracts_of(file)
            return
        subject = None if project.wit is None else self._load(project.wit)
        contract = None if subject is None else subject.contract
        self.judgements += check_project(
            project, contract, engine=self._engine, cache=self._conditions.cache
        )
        if subject is not None and project.wit is not None:
            self._check_subject(subject, project.wit, self._settings_of(project))
        elif project.wit is None and self._conditions.against is not None:
            self._add(
                [
                    Finding(
                        "baseline-missing",
                        "the project has no contracts of its own that could be compared",
                        Place(str(file)),
                        Level.NOTE,
                        hint="compare the components: `wcompose diff OLD NEW`",
                    )
                ]
            )

    def _check_contracts_of(self, file: Path) -> None:
        """Check the contracts of a project whose file cannot be read, as far as that goes."""
        try:
            place = contracts_in(file.parent)
        except UserError:
            return
        subject = self._load(place)
        if subject is not None:
            self._check_subject(subject, place, read_settings(CheckDeclaration(), RULES))

    def _load(self, path: Path) -> Subject | None:
        try:
            return load_path(path, self._engine)
        except UsageError:
            raise
        except UserError as error:
            self._add(error.findings)
            return None

    def _check_subject(self, subject: Subject, path: Path, settings: Settings) -> None:
        texts = {name: subject.texts[name] for name in subject.package_files}
        suppressions = Suppressions(texts, settings, RULES, self._conditions.today)
        kept: list[Judgement] = []
        if not subject.is_component:
            kept += suppressions.keep(lint(subject.contract, subject.texts))
        is_compared = False
        if (before := self._baseline(path)) is not None:
            is_compared = True
            kept += self._compare(before, subject, suppressions)
        self.applied |= {
            rule.id
            for rule in RULES
            if settings.is_on(rule)
            and (rule.kind is not RuleKind.LINT or not subject.is_component)
            and (rule.kind is not RuleKind.BREAKING or is_compared)
            and rule.kind is not RuleKind.GRANTS
        }
        self.judgements += kept
        self.judgements += suppressions.left(is_compared=is_compared)
        self.suppressed += suppressions.count

    def _baseline(self, path: Path) -> Subject | None:
        """What to compare with; none, and a note, where the baseline does not have the contract."""
        against = self._conditions.against
        if against is None:
            return None
        baselines = Baselines(self._engine, Path())
        try:
            return baselines.load(against, path)
        except UserError as error:
            if [each.rule for each in error.findings] != ["baseline-missing"] or ":" in against:
                raise
            self._add(replace(each, level=Level.NOTE) for each in error.findings)
            return None

    def _compare(
        self, before: Subject, after: Subject, suppressions: Suppressions
    ) -> list[Judgement]:
        changes = compare_contracts(before.contract, after.contract, side=self._conditions.side)
        judged = [
            replace(change, judgements=tuple(suppressions.keep(change.judgements)))
            for change in changes
        ]
        # What is accepted needs no version of its own.
        counted = [
            each
            for change, each in zip(changes, judged, strict=True)
            if each.judgements or not change.judgements
        ]
        versions = _versions(before, after)
        kept = [_allowed(judgement, versions) for each in counted for judgement in each.judgements]
        required = required_bump(counted)
        if not is_carried(versions, required):
            told = version_judgement(versions, required, after)
            if required is not Bump.TRACK:
                # Nothing breaks, and a version need not move with every change on the way to a release.
                told = replace(told, level=Level.WARNING)
            kept += suppressions.keep([told])
        return kept

    def _settings_beside(self, place: Path) -> Settings:
        """What the file beside WIT says, or else the project that the WIT is of."""
        directory = place if place.is_dir() else place.parent
        file = directory / CHECK_FILE
        if file.is_file():
            try:
                return self._settings(load_check_file(file, self._engine.locate_toml), file)
            except ProjectError as error:
                self._add(error.findings)
        else:
            with suppress(ProjectError):
                project = load_project(find_project(directory), self._engine.locate_toml)
                if project.wit is not None and place.resolve().is_relative_to(
                    project.wit.resolve()
                ):
                    return self._settings_of(project)
        return read_settings(CheckDeclaration(), RULES)

    def _settings_of(self, project: Project) -> Settings:
        return self._settings(project.check, project.file, "check")

    def _settings(self, told: CheckDeclaration, file: Path, *prefix: str) -> Settings:
        @cache
        def places() -> Places:
            try:
                return self._engine.locate_toml(str(file), file.read_text("utf-8"))
            except (OSError, UnicodeDecodeError):
                return {}

        def locate(path: tuple[str, ...]) -> Place:
            found = places().get((*prefix, *path))
            return Place(str(file)) if found is None else found[1]

        try:
            return read_settings(told, RULES, locate)
        except ProjectError as error:
            self._add(error.findings)
            return read_settings(CheckDeclaration(), RULES)

    def _add(self, findings: Iterable[Finding]) -> None:
        self.judgements += map(judge, findings)


@dataclass(frozen=True)
class Versions:
    """The versions of a package, before and now; empty where it has none."""

    old: str
    new: str


def _versions(before: Subject, after: Subject) -> Versions:
    return Versions(*("" if each.is_component else _version(each) for each in (before, after)))


def _version(subject: Subject) -> str:
    return subject.contract.package.partition("@")[2]


def is_carried(versions: Versions, required: Bump) -> bool:
    """Whether the version of a package moved as far as it has to."""
    if not versions.old and not versions.new:
        # Nothing to carry it: what adds is welcome, what breaks is not.
        return required is not Bump.TRACK
    return version_carries(versions.old, versions.new, required)


def _allowed(judgement: Judgement, versions: Versions) -> Judgement:
    """A judgement as a note, where the package moved to a version that carries it."""
    if not versions.new or versions.old == versions.new or judgement.bump is Bump.NONE:
        return judgement
    if not is_carried(versions, judgement.bump):
        return judgement
    causes = (*judgement.causes, f"version {versions.new} carries it")
    return replace(judgement, level=Level.NOTE, causes=causes)


def _package_place(subject: Subject) -> Place:
    """Where the package says its version, as far as that is known."""
    for file in subject.package_files:
        for number, line in enumerate(subject.texts[file].split("\n"), 1):
            match = _PACKAGE.match(line)
            if match is not None:
                start, end = match.span("name")
                return Place(file, number, start + 1, end + 1, source=line.rstrip("\r"))
    return Place(subject.label)


def version_judgement(versions: Versions, required: Bump, after: Subject) -> Judgement:
    """What to say where the version did not move as far as it has to."""
    rule = next(rule for rule in RULES if rule.id == "version-bump-sufficient")
    words = {Bump.PATCH: "another patch version", Bump.MINOR: "another minor version"}
    wanted = words.get(required, "another version track")
    place = _package_place(after)
    package = after.contract.package.partition("@")[0]
    if not versions.new:
        message = f"`{package}` breaks, and has no version that could say so"
    elif versions.old == versions.new:
        message = f"`{package}` is at {versions.new} still, and its changes need {wanted}"
    else:
        message = (
            f"`{package}` went from {versions.old or 'no version'} to {versions.new}, and its changes "
            f"need {wanted}"
        )
    fitting = next_version(versions.old, required)
    hint = f"write `package {package}@{fitting};`" if fitting else ""
    return Judgement(rule, message, package, place, rule.level, bump=required, hint=hint)
