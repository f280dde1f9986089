"""``--why NODE:IMPORT``: how an import was filled, and what else was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from wcompose.cli.render import printable

if TYPE_CHECKING:
    from rich.console import Console

    from wcompose.contract import Mismatch
    from wcompose.graph import Candidate, Choice, Draft

_SIGNS = {
    "taken": ("✓", "green"),
    "passed over": ("·", "dim"),
    "would fit": ("?", "yellow"),
    "refused": ("✗", "red"),
}
_PLAIN_SIGNS = str.maketrans("✓·✗", "+-x")
"""What takes the place of signs where nothing but ASCII is shown."""


def show_why(console: Console, draft: Draft, questions: Sequence[str]) -> None:
    """Print the answer to each question.

    Args:
        console: standard output.
        draft: what planning came to.
        questions: each ``NODE:IMPORT``, or ``NODE`` for all of its imports.

    Raises:
        UsageError: with every question that names no node or no import.
    """
    choices = asked(draft, questions)
    imports = {choice.importer for choice in draft.graph.choices}
    blocks = [list(choice_lines(choice)) for choice in choices]
    blocks += [
        [Text(printable(question), "bold"), Text("  imports nothing")]
        for question in dict.fromkeys(questions)
        if question not in imports and ":" not in question
    ]
    for index, block in enumerate(blocks):
        if index:
            console.print()
        for line in block:
            if not console.encoding.startswith("utf"):
                line.plain = line.plain.translate(_PLAIN_SIGNS)
                line.plain = line.plain.encode("ascii", "backslashreplace").decode()
            for part in _wrapped(console, line):
                console.print(part, soft_wrap=True)


def _wrapped(console: Console, line: Text) -> Iterator[Text]:
    """The line as a terminal takes it: what is too long goes on below, further to the right."""
    if not console.is_terminal or line.cell_len <= console.width:
        yield line
        return
    indent = len(line.plain) - len(line.plain.lstrip()) + 4
    first, *others = line.wrap(console, max(console.width - indent, 20))
    yield first
    for each in others:
        yield Text.assemble(" " * indent, each)


def asked(draft: Draft, questions: Sequence[str]) -> list[Choice]:
    """The choices that questions are about, each once.

    Raises:
        UsageError: with every question that names no node or no import.
    """
    from wcompose.cli.choices import there_are
    from wcompose.errors import UsageError
    from wcompose.graph.names import listed, matching_names
    from wcompose.report import Finding
    from wcompose.suggest import did_you_mean, nearest

    choices: dict[tuple[str, str], Choice] = {}
    findings: list[Finding] = []
    by_node: dict[str, dict[str, Choice]] = {node.name: {} for node in draft.graph.nodes}
    for choice in draft.graph.choices:
        by_node[choice.importer][choice.import_name] = choice
    for question in questions:
        node, _, wanted = question.partition(":")
        if node not in by_node:
            findings.append(
                Finding(
                    "unknown-node",
                    f"no node is called `{node}`",
                    hint=did_you_mean(node, by_node) or there_are(by_node),
                )
            )
            continue
        imports = by_node[node]
        names = matching_names(wanted, imports) if wanted else list(imports)
        if wanted and not names:
            known = nearest(wanted, imports) or list(imports)[:8]
            findings.append(
                Finding(
                    "unknown-import",
                    f"`{node}` imports nothing called `{wanted}`",
                    hint=f"it imports {listed(known)}" if imports else "it imports nothing",
                )
            )
        choices |= {(node, name): imports[name] for name in names}
    if findings:
        raise UsageError(findings)
    return list(choices.values())


def choice_lines(choice: Choice) -> Iterator[Text]:
    """The lines that tell one choice."""
    yield Text(printable(f"{choice.importer}:{choice.import_name}"), "bold")
    outcome = printable(choice.outcome).replace("`", "")
    yield Text(f"  {outcome}", "red" if choice.is_open else "")
    for candidate in choice.candidates:
        yield from _candidate_lines(candidate, choice)


def _candidate_lines(candidate: Candidate, choice: Choice) -> Iterator[Text]:
    verdict = candidate.verdict.value
    if choice.is_open and verdict == "passed over":
        verdict = "would fit"
    sign, style = _SIGNS[verdict]
    name = printable(f"{candidate.exporter}:{candidate.export_name}")
    yield Text.assemble(
        f"  {sign} ",
        (f"{verdict:<12}", style),
        (name, "cyan"),
        f"  {printable(candidate.reason)}".replace("`", ""),
        style="",
    )
    for mismatch in candidate.mismatches:
        yield from _mismatch_lines(mismatch)


def _mismatch_lines(mismatch: Mismatch) -> Iterator[Text]:
    where = printable(mismatch.path) or "the whole"
    yield Text.assemble("      ", (where, "bold"), f": {printable(mismatch.message)}")
    for word, text, place in (
        ("expected here", mismatch.expected, mismatch.expected_place),
        ("found there", mismatch.actual, mismatch.actual_place),
    ):
        if text or str(place):
            shown = printable(text) or "nothing"
            at = f"  ({printable(str(place))})" if str(place) else ""
            yield Text.assemble(f"        {word}: ", (shown, "cyan"), (at, "dim"))
