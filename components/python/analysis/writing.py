"""Reports as text of at most 80 columns."""

from collections.abc import Iterable
from textwrap import fill

from wit_world.exports.analysis import (
    Mistake,
    Reason,
    Reason_Faint,
    Reason_LooksLike,
    Reason_NearTie,
    Report,
)
from wit_world.imports.inference import Certainty
from wit_world.imports.types import Candidate

WIDTH = 80
"""Columns of a line at most."""
SIDE = 8
BRIGHTEST = 16
DRAWN = 4
"""Mistakes drawn side by side."""
COLUMN = 19
INK = " ░▒▓█"
ASCII_INK = " .+#@"


def candidate_text(candidate: Candidate) -> str:
    """A candidate as `7 (98 %)`."""
    return f"{candidate.label} ({candidate.confidence * 100:.0f} %)"


def write_report(report: Report, *, is_ascii: bool) -> str:
    """The whole report: accuracy, confusion matrix, quality of each class, worst mistakes."""
    rule = "-" if is_ascii else "─"
    accuracy = f"accuracy {report.accuracy:.4f} ({report.accuracy * 100:.1f} %)"
    parts = [
        f"{report.correct} of {report.samples} digits recognised: {accuracy}",
        _confusion(report, rule),
    ]
    if report.mistakes:
        parts.append(_mistakes(report, is_ascii=is_ascii))
    return "\n\n".join(parts) + "\n"


def _confusion(report: Report, rule: str) -> str:
    """The confusion matrix with precision and recall beside it."""
    head = "shown  answered" + "".join(f"{digit:>4}" for digit in range(10))
    lines = [
        f"{head}   precision recall".rstrip(),
        rule * 74,
    ]
    for quality, row in zip(report.classes, report.confusion, strict=True):
        cells = "".join(f"{_count(count):>4}" for count in row)
        lines.append(
            f"{quality.label:>5}{quality.support:>10}{cells}"
            f"{_share(quality.precision):>12}{_share(quality.recall):>7}"
        )
    return "\n".join(lines)


def _count(count: int) -> str:
    """A count in three characters, so that ten of them fit on a line: `950`, `12k`, `.3M`."""
    digits = len(str(count))
    if digits <= 3:
        return str(count or ".")
    power = digits // 3
    unit = 1000**power
    share = f".{10 * count // unit}" if count < unit else str(count // unit)
    return share + "?kMG"[power]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _mistakes(report: Report, *, is_ascii: bool) -> str:
    shown = report.mistakes
    count = report.samples - report.correct
    title = f"The worst {len(shown)} of {count} mistakes" if len(shown) < count else (
        f"All {count} mistakes" if count > 1 else "The only mistake"
    )  # fmt: skip
    blocks = [title]
    for start in range(0, len(shown), DRAWN):
        row = shown[start : start + DRAWN]
        blocks.append(_side_by_side(_drawn(mistake, is_ascii=is_ascii) for mistake in row))
        blocks.append("\n".join(_reasons(mistake) for mistake in row))
    return "\n\n".join(blocks)


def _side_by_side(drawings: Iterable[list[str]]) -> str:
    rows = zip(*drawings, strict=True)
    return "\n".join("  " + "".join(f"{cell:<{COLUMN}}" for cell in row).rstrip() for row in rows)


def _drawn(mistake: Mistake, *, is_ascii: bool) -> list[str]:
    """A caption and eight lines, two columns a pixel."""
    ink = ASCII_INK if is_ascii else INK
    pixels = mistake.sample.picture.pixels
    answer = mistake.answer
    lines = [f"{mistake.sample.label} read as {answer.label}, {answer.confidence * 100:.0f} %"]
    for top in range(0, SIDE * SIDE, SIDE):
        shades = (ink[value * (len(ink) - 1) // BRIGHTEST] for value in pixels[top : top + SIDE])
        lines.append("".join(shade * 2 for shade in shades))
    return lines


def _reasons(mistake: Mistake) -> str:
    reasons = "; ".join(_reason(reason) for reason in mistake.reasons) or (
        "nothing unusual about the picture"
        if mistake.certainty is Certainty.CLEAR
        else "nothing unusual about the picture; the network was doubtful"
    )
    line = f"sample {mistake.index}: {reasons}"
    return fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ")


def _reason(reason: Reason) -> str:
    match reason:
        case Reason_NearTie(value=other):
            return f"nearly tied with {candidate_text(other)}"
        case Reason_LooksLike(value=digit):
            return f"drawn more like the usual {digit}"
        case Reason_Faint(value=share):
            return f"faint: {share * 100:.0f} % of the usual ink"
        case _:
            return "the network was sure; the picture may be mislabelled"
