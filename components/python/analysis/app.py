"""The data processing: what the world `data` of `wit/analysis.wit` exports."""

from analysis import rows_of, tensor_of
from wit_world import exports
from wit_world.exports import analysis as contract
from wit_world.imports import inference, types
from writing import candidate_text, write_report


class Analysis(exports.Analysis):
    """Functions of the interface."""

    def to_tensor(self, images: list[types.Image], steps: contract.Step) -> types.Tensor:
        """Turn images into one batch tensor."""
        return tensor_of(rows_of(images, steps), steps)

    def explain(self, predictions: list[inference.Prediction]) -> list[str]:
        """Explain predictions in words, one line each."""
        return [_explanation(prediction) for prediction in predictions]

    def write(self, report: contract.Report, style: contract.Style) -> str:
        """Write a report for people."""
        return write_report(report, is_ascii=style is contract.Style.ASCII)


def _explanation(prediction: inference.Prediction) -> str:
    best = candidate_text(prediction.best)
    second = prediction.runner_up if inference.Detail.RUNNER_UP in prediction.present else None
    match prediction.certainty:
        case inference.Certainty.CLEAR:
            return f"clearly {best}"
        case inference.Certainty.DOUBTFUL:
            return f"probably {best}" + (f", perhaps {candidate_text(second)}" if second else "")
        case _:
            return f"either {best}" + (f" or {candidate_text(second)}" if second else " or another")
