"""Reads a node's requirements files: what they ask for, and what of it cannot be had for a component."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wcompose.errors import BuildError
from wcompose.report import Finding, Place
from wcompose.suggest import did_you_mean

_INCLUDES = frozenset({"-r", "--requirement", "-c", "--constraint"})
_PLACES = frozenset(
    {
        *("-i", "--index-url", "--extra-index-url", "--no-index"),
        "--trusted-host",
        "-f",
        "--find-links",
    }
)
_WITH_VALUE = (_INCLUDES | _PLACES | {"--hash", "--use-feature"}) - {"--no-index"}
_OPTIONS = _WITH_VALUE | {"--no-index", "--pre", "--prefer-binary", "--require-hashes"}
"""Options of requirements files that say where packages come from, not how they are built."""
_BUILDING = frozenset(
    {"--no-binary", "--only-binary", "--config-settings", "--global-option", "--build-option"}
)
_LOCAL = re.compile(r"^(?:-e\b|--editable\b|\.{0,2}[/\\]|\.{1,2}$|~|file:|[^#]*@\s*file:)")
_SOURCE = re.compile(r"(?:^|@\s*)(?:git|hg|svn|bzr)\+|^(?:-e|--editable)[\s=]+\S+://")
_URL = re.compile(r"(?:^|@\s*)https?://(?P<path>[^?#]*)")
_WHEEL = re.compile(r"\.whl$", re.IGNORECASE)
_ARCHIVE = re.compile(r"\.(?:whl|zip|tar\.\w+|tgz)$", re.IGNORECASE)
# Names and version specifiers as in PyPA's "Dependency specifiers"; markers are left to pip.
_REQUIREMENT = re.compile(
    r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*"
    r"(?:@\s*\S+|\(?(?:\s*(?:===|[=!~<>]=|[<>])\s*[^\s,;()=]+\s*,?)*\)?)\s*(?:;.*)?$"
)
_PINNED = re.compile(r"^[^=<>!~;@]+(?:===?)[^*,]+(?:;.*)?$|@|://")


@dataclass(frozen=True)
class RequirementLine:
    """A line of a requirements file, continued lines in one, without its comment.

    Attributes:
        text: the line.
        place: where it starts.
    """

    text: str
    place: Place

    @property
    def name(self) -> str:
        """Name of the package it asks for, the way indexes write it; empty for options."""
        found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.text)
        return canonical(found[0]) if found else ""

    @property
    def is_pinned(self) -> bool:
        """Whether it names one version."""
        return bool(_PINNED.search(self.text.partition(" --")[0]))


def canonical(name: str) -> str:
    """A package's name as indexes compare it (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirements(file: Path, node: str) -> tuple[RequirementLine, ...]:
    """The lines of a requirements file and of those that it includes.

    Args:
        file: the requirements file.
        node: name of the node, for findings.

    Raises:
        BuildError: with a finding for each file that cannot be read, for each line that is no
            requirement, and for each that names a path, whose content nobody watches, or source
            code, which would have to run on this machine to become a package.
    """
    findings: list[Finding] = []
    lines = tuple(_lines(file, node, findings, (file.resolve(),), None))
    if findings:
        raise BuildError(findings)
    return lines


def requirement_lines(file: Path, node: str) -> tuple[str, ...]:
    """The texts of `read_requirements`."""
    return tuple(line.text for line in read_requirements(file, node))


def loose(lines: tuple[RequirementLine, ...]) -> tuple[str, ...]:
    """What is not pinned to a version, by itself or by a constraint."""
    pinned = {line.name for line in lines if line.is_pinned}
    return tuple(line.text for line in lines if line.name and line.name not in pinned)


def index_options(lines: tuple[RequirementLine, ...]) -> list[str]:
    """What the lines say about where packages come from, as arguments of pip."""
    options: list[str] = []
    for line in lines:
        tokens = shlex.split(line.text) if line.text.startswith("-") else []
        if tokens and tokens[0].partition("=")[0] in _PLACES:
            options += tokens
    return options


def _lines(
    file: Path, node: str, findings: list[Finding], above: tuple[Path, ...], said: Place | None
) -> Iterator[RequirementLine]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        findings.append(
            Finding(
                "requirements-unreadable",
                f"the requirements of `{node}` cannot be read",
                said or Place(str(file), item=node),
                causes=(f"`{file}`: {reason.lower()}",),
                hint="correct the path, which is relative to this file"
                if said
                else "correct or remove `requirements` in `wcompose.toml`",
            )
        )
        return
    for line in _logical(text, file, node):
        finding, included = _judged(line)
        if finding is not None:
            findings.append(finding)
            continue
        yield line
        for name in included:
            other = file.parent / name
            if other.resolve() in above:
                message = f"`{line.text}` includes a file that includes it"
                hint = "take one of the two lines out"
                findings.append(Finding("requirements-loop", message, line.place, hint=hint))
            else:
                yield from _lines(other, node, findings, (*above, other.resolve()), line.place)


def _logical(text: str, file: Path, node: str) -> Iterator[RequirementLine]:
    """Lines as pip reads them: a backslash at the end joins, and then comments go."""
    joined, first, source = "", 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not joined:
            first, source = number, line
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            joined += line.removesuffix("\\").strip() + " "
            continue
        wanted = re.sub(r"(^|\s)#.*$", "", joined + line.strip()).strip()
        joined = ""
        if wanted:
            yield RequirementLine(wanted, Place(str(file), first, 1, len(source) + 1, node, source))
    if joined.strip():
        yield RequirementLine(
            joined.strip(), Place(str(file), first, 1, len(source) + 1, node, source)
        )


def _judged(line: RequirementLine) -> tuple[Finding | None, list[str]]:
    """What is wrong with a line, and which files it includes."""
    text = line.text
    if _SOURCE.search(text) or ((url := _URL.search(text)) and not _WHEEL.search(url["path"])):
        return _source(line), []
    wanted = re.split(r"\s-", text, maxsplit=1)[0].strip()
    is_path = not _URL.search(wanted) and (
        bool(re.match(r"[^;@]*[/\\]", wanted)) or bool(_ARCHIVE.search(wanted))
    )
    if _LOCAL.match(text) or (is_path and not text.startswith("-")):
        finding = Finding(
            "local-requirement",
            f"`{text}` is a path, so the build could not tell when it changes",
            line.place,
            hint="copy the package into the source directory of the node",
        )
        return finding, []
    try:
        tokens = shlex.split(text[0 if text.startswith("-") else len(wanted) :])
    except ValueError:
        return _malformed(line), []
    if not text.startswith("-") and not _URL.match(wanted) and not _REQUIREMENT.match(wanted):
        return _malformed(line), []
    return _judged_options(line, tokens)


def _judged_options(line: RequirementLine, tokens: list[str]) -> tuple[Finding | None, list[str]]:
    included: list[str] = []
    waiting = iter(tokens)
    for token in waiting:
        option, equals, value = token.partition("=")
        if re.match(r"-[a-zA-Z]\S", option):  # `-rmore.txt`
            option, equals, value = token[:2], "=", token[2:].removeprefix("=")
        if option not in _OPTIONS:
            return _option(line, option), []
        if option in _WITH_VALUE and not equals:
            value = next(waiting, "")
        if option in _INCLUDES:
            included.append(value)
    return None, included


def _source(line: RequirementLine) -> Finding:
    return Finding(
        "source-requirement",
        f"`{line.text}` is source code, and making a package of it would run its code on this "
        "machine",
        line.place,
        hint="name a released version or the URL of a wheel, or copy the package into the source "
        "directory of the node",
    )


def _malformed(line: RequirementLine) -> Finding:
    return Finding(
        "bad-requirement",
        f"`{line.text}` is no requirement",
        line.place,
        hint="write `name==version`",
    )


def _option(line: RequirementLine, option: str) -> Finding:
    cause, hint = "it has no place in the requirements of a node", did_you_mean(option, _OPTIONS)
    if option in _BUILDING:
        cause = "packages are installed from ready wheels in Python only, and none is built here"
        hint = ""
    return Finding(
        "requirement-option",
        f"`{option}` cannot be used for a node",
        line.place,
        causes=(cause,),
        hint=hint or "take it out",
    )
