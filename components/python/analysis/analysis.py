"""The resource of interface `analysis`, and the way from pictures to a batch.

componentize-py looks for the class of an exported resource in a module that has the name of its
interface; the free functions are in `app`.
"""

from componentize_py_types import Err
from preparation import BadPicture, picture_row
from quality import Answer, summarise
from wit_world.exports import analysis as contract
from wit_world.imports import inference, types

DIGITS = 10


class Evaluation(contract.Evaluation):
    """A set of samples under evaluation."""

    def __init__(self, steps: contract.Step, mistake_limit: int) -> None:
        self._steps = steps
        self._mistake_limit = mistake_limit
        self._samples: list[contract.Sample] = []
        self._rows: list[list[float]] = []

    def add(self, samples: list[contract.Sample]) -> int:
        """Add samples, all or none."""
        for index, sample in enumerate(samples):
            if sample.label >= DIGITS:
                raise Err(contract.AnalysisError_BadLabel(index))
        rows = rows_of([sample.picture for sample in samples], self._steps)
        self._samples += samples
        self._rows += rows
        return len(self._samples)

    def run(self, classifier: inference.Classifier) -> contract.Report:
        """Classify all samples with the caller's classifier, report, and let them go.

        componentize-py 0.25 never frees the object behind a resource that was dropped, so what it
        holds has to go here, or every evaluation would stay in memory.
        """
        samples, rows = self._samples, self._rows
        self._samples, self._rows = [], []
        if not samples:
            raise Err(contract.AnalysisError_NoSamples())
        limit = max(1, inference.describe().batch_limit)
        predictions: list[inference.Prediction] = []
        try:
            for start in range(0, len(rows), limit):
                predictions += classifier.classify(tensor_of(rows[start : start + limit]))
        except Err as error:
            raise Err(contract.AnalysisError_Inference(error.value)) from None
        answers = [
            Answer(sample, row, prediction)
            for sample, row, prediction in zip(samples, rows, predictions, strict=True)
        ]
        return summarise(answers, self._mistake_limit)


def rows_of(images: list[types.Image], steps: contract.Step) -> list[list[float]]:
    """Network input of each image, one row each."""
    rows = []
    for index, image in enumerate(images):
        try:
            rows.append(
                picture_row(
                    image.width,
                    image.height,
                    image.pixels,
                    scale=contract.Step.SCALE in steps,
                    invert=contract.Step.INVERT in steps,
                )
            )
        except BadPicture as error:
            bad = contract.BadImage(index, str(error))
            raise Err(contract.AnalysisError_BadImage(bad)) from None
    return rows


def tensor_of(rows: list[list[float]]) -> types.Tensor:
    """One batch of rows of equal length."""
    width = len(rows[0]) if rows else 0
    return types.Tensor([len(rows), width], [value for row in rows for value in row])
