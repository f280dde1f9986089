"""The resource of interface `analysis`, and the way from pictures to a batch.

componentize-py looks for the class of an exported resource in a module that has the name of its
interface; the free functions are in `app`.
"""

from componentize_py_types import Err
from preparation import SIDE, BadPicture, picture_row, step_of_brightness
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
        self._rows: list[bytes] = []

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
                batch = tensor_of(rows[start : start + limit], self._steps)
                predictions += classifier.classify(batch)
        except Err as error:
            raise Err(contract.AnalysisError_Inference(error.value)) from None
        answers = [
            Answer(sample, row, prediction)
            for sample, row, prediction in zip(samples, rows, predictions, strict=True)
        ]
        return summarise(answers, self._mistake_limit)


def rows_of(images: list[types.Image], steps: contract.Step) -> list[bytes]:
    """Network input of each image, one row each, in steps of brightness."""
    invert = contract.Step.INVERT in steps
    rows = []
    for index, image in enumerate(images):
        try:
            rows.append(picture_row(image.width, image.height, image.pixels, invert=invert))
        except BadPicture as error:
            bad = contract.BadImage(index, str(error))
            raise Err(contract.AnalysisError_BadImage(bad)) from None
    return rows


def tensor_of(rows: list[bytes], steps: contract.Step) -> types.Tensor:
    """One batch of rows."""
    unit = step_of_brightness(scale=contract.Step.SCALE in steps)
    elements = types.Elements_Quantised(types.Quantised(b"".join(rows), unit))
    return types.Tensor([len(rows), SIDE * SIDE], elements)
