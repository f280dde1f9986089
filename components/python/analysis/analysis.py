"""The resource of interface `analysis`.

componentize-py looks for the class of an exported resource in a module that has the name of its
interface; the free functions are in `app`.
"""

from componentize_py_types import Err
from pictures import Picture, tensor_of
from quality import Answered, judge
from wit_world.exports import analysis as contract
from wit_world.imports import inference


class Evaluation(contract.Evaluation):
    """Samples that wait to be classified and judged together."""

    def __init__(self, steps: contract.Step, mistake_limit: int) -> None:
        """Begin with no samples.

        Args:
            steps: What to do to every pixel before the network sees it.
            mistake_limit: Most mistakes that a report keeps.
        """
        self._steps = steps
        self._mistake_limit = mistake_limit
        self._samples: list[contract.Sample] = []
        self._pictures: list[Picture] = []

    def add(self, samples: list[contract.Sample]) -> int:
        """Add samples and give how many there are now; on an error none is added.

        Raises:
            Err: `bad-image` or `bad-label` for the first sample that cannot be used, with its index
                among those given to this call.
        """
        pictures = []
        for index, sample in enumerate(samples):
            pictures.append(Picture.check(index, sample.picture))
            if sample.label > 9:
                raise Err(contract.AnalysisError_BadLabel(index))
        self._samples += samples
        self._pictures += pictures
        return len(self._samples)

    def run(self, classifier: inference.Classifier) -> contract.Report:
        """Classify all samples with the caller's classifier and report.

        The classifier belongs to the caller and is only borrowed: what it classifies here counts
        for the caller too.

        Raises:
            Err: `no-samples` when nothing was added, `inference` when the network refused a batch.
        """
        if not self._samples:
            raise Err(contract.AnalysisError_NoSamples())
        predictions = self._classify(classifier)
        answered = [
            Answered(index, sample, picture, prediction)
            for index, (sample, picture, prediction) in enumerate(
                zip(self._samples, self._pictures, predictions, strict=True)
            )
        ]
        return judge(answered, self._mistake_limit)

    def _classify(self, classifier: inference.Classifier) -> list[inference.Prediction]:
        """Classify every picture, no more at a time than the network takes."""
        limit = max(1, inference.describe().batch_limit)
        predictions: list[inference.Prediction] = []
        for start in range(0, len(self._pictures), limit):
            batch = tensor_of(self._pictures[start : start + limit], self._steps)
            try:
                predictions += classifier.classify(batch)
            except Err as error:
                raise Err(contract.AnalysisError_Inference(error.value)) from None
        return predictions
