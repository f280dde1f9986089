"""From answers to a report: counts, shares, and the worst mistakes with their reasons."""

from dataclasses import dataclass

from wit_world.exports.analysis import (
    ClassQuality,
    Mistake,
    Reason,
    Reason_Faint,
    Reason_LooksLike,
    Reason_NearTie,
    Reason_SureButWrong,
    Report,
    Sample,
)
from wit_world.imports.inference import Certainty, Prediction

DIGITS = range(10)
FAINT_SHARE = 0.75
"""Less ink than this share of the usual for its digit is told as a reason."""
SURE = 0.9
"""From this confidence on the network counts as sure."""


@dataclass
class Answer:
    """One sample, its network input, and what the network made of it."""

    sample: Sample
    row: bytes
    prediction: Prediction

    @property
    def is_right(self) -> bool:
        """Whether the network recognised it."""
        return self.prediction.best.label == self.sample.label


def summarise(answers: list[Answer], mistake_limit: int) -> Report:
    """What the answers say about the network.

    Args:
        answers: one for each sample; at least one.
        mistake_limit: how many mistakes are kept; the most confident are the worst.
    """
    confusion = [[0] * len(DIGITS) for _ in DIGITS]
    for answer in answers:
        confusion[answer.sample.label][answer.prediction.best.label] += 1
    correct = sum(confusion[digit][digit] for digit in DIGITS)
    wrong = [(index, answer) for index, answer in enumerate(answers) if not answer.is_right]
    wrong.sort(key=lambda pair: (-pair[1].prediction.best.confidence, pair[0]))
    centres = _centres(answers)
    return Report(
        samples=len(answers),
        correct=correct,
        accuracy=correct / len(answers),
        classes=[_class_quality(confusion, digit) for digit in DIGITS],
        confusion=confusion,
        mistakes=[
            Mistake(
                index=index,
                sample=answer.sample,
                answer=answer.prediction.best,
                certainty=answer.prediction.certainty,
                reasons=_reasons(answer, centres),
            )
            for index, answer in wrong[:mistake_limit]
        ],
    )


def _class_quality(confusion: list[list[int]], digit: int) -> ClassQuality:
    hits = confusion[digit][digit]
    support = sum(confusion[digit])
    answered = sum(row[digit] for row in confusion)
    return ClassQuality(
        label=digit,
        support=support,
        precision=hits / answered if answered else None,
        recall=hits / support if support else None,
    )


def _centres(answers: list[Answer]) -> dict[int, list[float]]:
    """The mean picture of each digit, over the samples that were recognised."""
    centres: dict[int, list[float]] = {}
    for digit in DIGITS:
        rows = [each.row for each in answers if each.sample.label == digit and each.is_right]
        if rows:
            centres[digit] = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    return centres


def _reasons(answer: Answer, centres: dict[int, list[float]]) -> list[Reason]:
    """Why a sample was probably mistaken, the likeliest reason first."""
    reasons: list[Reason] = []
    label = answer.sample.label
    runner_up = answer.prediction.runner_up
    if answer.prediction.certainty is Certainty.TIED and runner_up is not None:
        reasons.append(Reason_NearTie(runner_up))
    nearest = min(
        centres, key=lambda digit: (_distance(answer.row, centres[digit]), digit), default=label
    )
    if nearest != label:
        reasons.append(Reason_LooksLike(nearest))
    usual = sum(centres.get(label, ()))
    share = sum(answer.row) / usual if usual else 1.0
    if share < FAINT_SHARE:
        reasons.append(Reason_Faint(share))
    if answer.prediction.best.confidence >= SURE:
        reasons.append(Reason_SureButWrong())
    return reasons


def _distance(left: bytes, right: list[float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(left, right, strict=True))
