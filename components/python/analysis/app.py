"""The data processing: what the world `data` of `wit/analysis.wit` exports."""

from componentize_py_types import Err
from preparation import BadPicture, picture_row
from quality import Answer, summarise
from wit_world import exports
from wit_world.exports import analysis
from wit_world.imports import inference, types
from writing import candidate_text, write_report

DIGITS = 10


class Analysis(exports.Analysis):
    """Functions of the interface."""

    def to_tensor(self, images: list[types.Image], steps: analysis.Step) -> types.Tensor:
        """Turn images into one batch tensor."""
        return _tensor(_rows(images, steps))

    def explain(self, predictions: list[inference.Prediction]) -> list[str]:
        """Explain predictions in words, one line each."""
        return [_explanation(prediction) for prediction in predictions]

    def write(self, report: analysis.Report, style: analysis.Style) -> str:
        """Write a report for people."""
        return write_report(report, is_ascii=style is analysis.Style.ASCII)


class Evaluation(analysis.Evaluation):
    """A set of samples under evaluation."""

    def __init__(self, steps: analysis.Step, mistake_limit: int) -> None:
        self._steps = steps
        self._mistake_limit = mistake_limit
        self._samples: list[analysis.Sample] = []
        self._rows: list[list[float]] = []

    def add(self, samples: list[analysis.Sample]) -> int:
        """Add samples, all or none."""
        for index, sample in enumerate(samples):
            if sample.label >= DIGITS:
                raise Err(analysis.AnalysisError_BadLabel(index))
        rows = _rows([sample.picture for sample in samples], self._steps)
        self._samples += samples
        self._rows += rows
        return len(self._samples)

    def run(self, classifier: inference.Classifier) -> analysis.Report:
        """Classify all samples with the caller's classifier and report."""
        if not self._samples:
            raise Err(analysis.AnalysisError_NoSamples())
        limit = inference.describe().batch_limit
        predictions: list[inference.Prediction] = []
        try:
            for start in range(0, len(self._rows), limit):
                batch = _tensor(self._rows[start : start + limit])
                predictions += classifier.classify(batch)
        except Err as error:
            raise Err(analysis.AnalysisError_Inference(error.value)) from None
        answers = [
            Answer(sample, row, prediction)
            for sample, row, prediction in zip(
                self._samples, self._rows, predictions, strict=True
            )
        ]
        return summarise(answers, self._mistake_limit)


def _rows(images: list[types.Image], steps: analysis.Step) -> list[list[float]]:
    """Network input of each image, one row each."""
    rows = []
    for index, image in enumerate(images):
        try:
            rows.append(
                picture_row(
                    image.width,
                    image.height,
                    image.pixels,
                    scale=analysis.Step.SCALE in steps,
                    invert=analysis.Step.INVERT in steps,
                )
            )
        except BadPicture as error:
            bad = analysis.BadImage(index, str(error))
            raise Err(analysis.AnalysisError_BadImage(bad)) from None
    return rows


def _tensor(rows: list[list[float]]) -> types.Tensor:
    width = len(rows[0]) if rows else 0
    return types.Tensor([len(rows), width], [value for row in rows for value in row])


def _explanation(prediction: inference.Prediction) -> str:
    best = candidate_text(prediction.best)
    second = prediction.runner_up
    match prediction.certainty:
        case inference.Certainty.CLEAR:
            return f"clearly {best}"
        case inference.Certainty.DOUBTFUL:
            return f"probably {best}" + (f", perhaps {candidate_text(second)}" if second else "")
        case _:
            return f"either {best}" + (f" or {candidate_text(second)}" if second else " or another")
