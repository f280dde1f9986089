"""The logic (Rust) by itself: the network, its refusals, and what it counts."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from wasmtime import Store
from wasmtime.component import Component, Linker, Record

from wcompose.images import ImageCache

REPOSITORY = Path(__file__).parents[2]
COMPONENT = REPOSITORY / "components/rust/inference/inference.wasm"
HELD_OUT = REPOSITORY / "data/digits-heldout.csv"
INTERFACE = "digits:vision/inference@0.1.0"
BRIGHTEST = 16
BATCH_LIMIT = 4096
LARGEST = 3.4e38
"""Nearly the largest 32-bit float: finite, but the network's sums of it are not."""


class Network:
    """One instance of the component."""

    def __init__(self, images: ImageCache, component: Component) -> None:
        self._store = Store(images.engine)
        self._store.set_epoch_deadline(1 << 40)  # never: other tests move the epoch on
        self._instance = Linker(images.engine).instantiate(self._store, component)
        self._interface = self._instance.get_export_index(self._store, INTERFACE)

    def call(self, name: str, *arguments: Any) -> Any:
        index = self._instance.get_export_index(self._store, name, self._interface)
        assert index is not None, name
        function = self._instance.get_func(self._store, index)
        assert function is not None, name
        result = function(self._store, *arguments)
        function.post_return(self._store)
        return result

    def classifier(self, *detail: str) -> Any:
        return self.call("[constructor]classifier", set(detail))

    def classify(self, classifier: Any, shape: list[int], data: list[float]) -> Any:
        return self.classify_elements(classifier, shape, data)

    def classify_quantised(
        self, classifier: Any, shape: list[int], values: bytes, unit: float
    ) -> Any:
        quantised = Record()
        vars(quantised).update(values=values, unit=unit)
        return self.classify_elements(classifier, shape, quantised)

    def classify_elements(self, classifier: Any, shape: list[int], elements: Any) -> Any:
        """wasmtime-py tells the cases of the variant by the class of what they carry."""
        batch = Record()
        vars(batch).update(shape=shape, elements=elements)
        return self.call("[method]classifier.classify", classifier, batch)

    def predictions(self, classifier: Any, images: list[list[float]]) -> list[Any]:
        flat = [value for image in images for value in image]
        result = self.classify(classifier, [len(images), 64], flat)
        assert isinstance(result, list), f"refused: {vars(result)}"
        return result

    def classified(self, classifier: Any) -> Any:
        return self.call("[method]classifier.classified", classifier)

    def drop(self, classifier: Any) -> None:
        classifier.drop(self._store)


@pytest.fixture(scope="module")
def component(images: ImageCache) -> Component:
    return images.open(COMPONENT)


@pytest.fixture
def network(images: ImageCache, component: Component) -> Network:
    return Network(images, component)


@pytest.fixture(scope="module")
def held_out() -> SimpleNamespace:
    with HELD_OUT.open(newline="") as file:
        rows = [[int(value) for value in row] for row in list(csv.reader(file))[1:]]
    return SimpleNamespace(
        images=[[pixel / BRIGHTEST for pixel in row[:64]] for row in rows],
        pixels=[bytes(row[:64]) for row in rows],
        labels=[row[64] for row in rows],
    )


def test_needs_nothing(images: ImageCache, component: Component) -> None:
    assert list(component.type.imports(images.engine)) == []
    exports = list(component.type.exports(images.engine))
    assert exports == ["digits:vision/types@0.1.0", INTERFACE]


def test_describes_itself(network: Network) -> None:
    model = vars(network.call("describe"))
    assert model["inputs"] == 64
    assert model["labels"] == list("0123456789")
    assert model["parameters"] == 64 * 64 + 64 + 64 * 10 + 10
    assert model["batch-limit"] == BATCH_LIMIT


def test_recognises_held_out_digits(network: Network, held_out: SimpleNamespace) -> None:
    assert len(held_out.labels) == 450
    predictions = network.predictions(network.classifier(), held_out.images)
    right = sum(
        p.best.label == label for p, label in zip(predictions, held_out.labels, strict=True)
    )
    assert right / len(held_out.labels) >= 0.95


def test_a_batch_says_what_its_images_say_alone(
    network: Network, held_out: SimpleNamespace
) -> None:
    """Any size of batch, among them sizes that fill no tile of the matrix kernels."""
    classifier = network.classifier("probabilities")
    alone = [network.predictions(classifier, [image])[0] for image in held_out.images[:33]]
    for size in (2, 3, 7, 33):
        together = network.predictions(classifier, held_out.images[:size])
        for one, other in zip(alone, together, strict=False):
            assert other.best.label == one.best.label
            assert other.probabilities == pytest.approx(one.probabilities, abs=1e-5)


@pytest.mark.parametrize(
    "detail", [(), ("runner-up",), ("probabilities",), ("runner-up", "probabilities")]
)
def test_carries_the_detail_that_was_asked_for(
    network: Network, held_out: SimpleNamespace, detail: tuple[str, ...]
) -> None:
    full = network.predictions(
        network.classifier("runner-up", "probabilities"), held_out.images[:50]
    )
    some = network.predictions(network.classifier(*detail), held_out.images[:50])
    for whole, part in zip(full, some, strict=True):
        assert set(part.present) == set(detail)
        assert vars(part.best) == vars(whole.best)
        runner_up = getattr(part, "runner-up")
        assert (runner_up is not None) == ("runner-up" in detail)
        assert part.probabilities == (whole.probabilities if "probabilities" in detail else [])


def test_candidates_and_certainty_follow_from_the_probabilities(
    network: Network, held_out: SimpleNamespace
) -> None:
    # Between two images lie those of which the network is not sure.
    images = held_out.images[:200]
    mixed = [
        [(1 - share) * a + share * b for a, b in zip(one, other, strict=True)]
        for one, other in itertools.pairwise(images)
        for share in (0.3, 0.4, 0.45, 0.5, 0.55)
    ]
    classifier = network.classifier("runner-up", "probabilities")
    seen = set()
    for prediction in network.predictions(classifier, mixed):
        assert sum(prediction.probabilities) == pytest.approx(1, abs=1e-5)
        ranked = sorted(prediction.probabilities, reverse=True)
        second = getattr(prediction, "runner-up")
        assert prediction.best.confidence == ranked[0]
        assert second.confidence == ranked[1]
        assert prediction.probabilities[prediction.best.label] == ranked[0]
        assert prediction.probabilities[second.label] == ranked[1]
        lead = ranked[0] - ranked[1]
        if min(abs(lead - 0.5), abs(lead - 0.1)) > 1e-6:
            expected = "clear" if lead > 0.5 else "tied" if lead < 0.1 else "doubtful"
            assert prediction.certainty == expected
        seen.add(prediction.certainty)
    assert seen == {"clear", "doubtful", "tied"}


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ([64], [0.0] * 64),
        ([], []),
        ([1, 8, 8], [0.0] * 64),
        ([1, 32], [0.0] * 32),
        ([64, 1], [0.0] * 64),
        ([2, 64], [0.0] * 64),
        ([1, 64], [0.0] * 65),
        ([0, 64], [0.0]),
        ([0, 63], []),
    ],
)
def test_refuses_another_shape(network: Network, shape: list[int], data: list[float]) -> None:
    error = network.classify(network.classifier(), shape, data)
    assert error.tag == "shape"
    assert vars(error.payload) == {"expected": [0, 64], "actual": shape}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("index", [0, 63, 64, 127])
def test_refuses_what_is_not_finite(network: Network, value: float, index: int) -> None:
    data = [0.5] * 128
    data[index] = value
    error = network.classify(network.classifier(), [2, 64], data)
    assert (error.tag, error.payload) == ("not-finite", index)


def test_quantised_elements_say_the_same(network: Network, held_out: SimpleNamespace) -> None:
    classifier = network.classifier("runner-up", "probabilities")
    shape = [len(held_out.pixels), 64]
    answers = network.classify_quantised(classifier, shape, b"".join(held_out.pixels), 1 / 16)
    as_floats = network.predictions(classifier, held_out.images)
    for answer, other in zip(answers, as_floats, strict=True):
        assert answer.probabilities == other.probabilities
        assert vars(answer.best) == vars(other.best)


def test_quantised_elements_are_checked_alike(network: Network) -> None:
    classifier = network.classifier()
    for shape, values in [([1, 64], bytes(63)), ([1, 63], bytes(63)), ([64], bytes(64))]:
        assert network.classify_quantised(classifier, shape, values, 1.0).tag == "shape"
    for unit, index in [(math.nan, 0), (math.inf, 0), (LARGEST, 3)]:
        values = bytes([2 if unit == LARGEST and place == 3 else 0 for place in range(64)])
        error = network.classify_quantised(classifier, [1, 64], values, unit)
        assert (error.tag, error.payload) == ("not-finite", index)
    assert network.classify_quantised(classifier, [0, 64], b"", math.nan) == []


@pytest.mark.parametrize("size", [BATCH_LIMIT + 1, 2**32 - 1])
def test_refuses_too_many_images(network: Network, size: int) -> None:
    """Told from the shape alone: so large a product would not fit the guest's address space."""
    error = network.classify(network.classifier(), [size, 64], [])
    assert (error.tag, error.payload) == ("batch-too-large", size)


def test_takes_as_many_images_as_it_says(network: Network, held_out: SimpleNamespace) -> None:
    images = (held_out.images * 10)[:BATCH_LIMIT]
    predictions = network.predictions(network.classifier(), images)
    labels = [prediction.best.label for prediction in predictions]
    assert len(labels) == BATCH_LIMIT
    assert labels[:450] == labels[450:900]


def test_never_answers_with_what_is_not_a_number(network: Network) -> None:
    """Finite elements that overflow inside the network are an error, not a prediction."""
    classifier = network.classifier()
    error = network.classify(classifier, [1, 64], [LARGEST] * 64)
    assert error.tag == "failed"
    assert "too large" in error.payload
    assert network.classified(classifier) == 0


def test_counts_images_by_classifier_and_by_instance(
    network: Network, held_out: SimpleNamespace
) -> None:
    one, other = network.classifier(), network.classifier()
    network.predictions(one, held_out.images[:5])
    network.predictions(other, held_out.images[:7])
    assert network.predictions(one, []) == []
    assert network.classify(one, [1, 64], [math.nan] * 64).tag == "not-finite"
    assert (network.classified(one), network.classified(other)) == (5, 7)
    assert network.call("served") == 12
    network.drop(other)
    assert network.call("served") == 12


def test_counts_the_classifiers_alive(network: Network) -> None:
    assert network.call("alive") == 0
    made = [network.classifier() for _ in range(3)]
    assert network.call("alive") == 3
    for left, classifier in zip((2, 1, 0), made, strict=True):
        network.drop(classifier)
        assert network.call("alive") == left


def test_instances_share_nothing(
    images: ImageCache, component: Component, held_out: SimpleNamespace
) -> None:
    one, other = Network(images, component), Network(images, component)
    one.predictions(one.classifier(), held_out.images[:5])
    assert (one.call("served"), one.call("alive")) == (5, 1)
    assert (other.call("served"), other.call("alive")) == (0, 0)
