"""The digits held out and the committed network, against the scripts that made them.

Needs the extra `train`.
"""

from __future__ import annotations

import csv
import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from wasmtime import Store
from wasmtime.component import Linker, Record

from wcompose.images import ImageCache

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
pytest.importorskip("sklearn")

REPOSITORY = Path(__file__).parents[2]
MODEL = REPOSITORY / "components/rust/inference/model/digits.onnx"
COMPONENT = REPOSITORY / "components/rust/inference/inference.wasm"
INTERFACE = "digits:vision/inference@0.1.0"


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.syspath_prepend(str(REPOSITORY / "scripts"))
    train, train_labels, held_out, labels = importlib.import_module("digits").split_digits()
    return SimpleNamespace(train=train, train_labels=train_labels, held_out=held_out, labels=labels)


@pytest.fixture
def committed() -> Any:
    with (REPOSITORY / "data/digits-heldout.csv").open(newline="") as file:
        return np.array([[int(value) for value in row] for row in list(csv.reader(file))[1:]])


def logits(pixels: Any) -> Any:
    """The committed network's own forward pass, without tract."""
    weights = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(MODEL).graph.initializer
    }
    batch = (pixels / 16).astype(np.float32)
    hidden = batch @ weights["hidden_weights"] + weights["hidden_bias"]
    return np.maximum(hidden, 0) @ weights["output_weights"] + weights["output_bias"]


def test_the_committed_digits_are_those_held_out(split: SimpleNamespace, committed: Any) -> None:
    assert (committed[:, :64] == split.held_out).all()
    assert (committed[:, 64] == split.labels).all()


def test_no_held_out_picture_was_trained_on(split: SimpleNamespace, committed: Any) -> None:
    """Pixel for pixel, so a picture that stands twice in the source counts as well."""
    held_out = {row.tobytes() for row in committed[:, :64].astype(np.uint8)}
    trained = {row.tobytes() for row in split.train.astype(np.uint8)}
    assert len(split.train) == len(split.train_labels) > 1300
    assert len(held_out) > 400
    assert not held_out & trained


def test_every_digit_is_held_out_in_its_share(committed: Any) -> None:
    counts = np.bincount(committed[:, 64], minlength=10)
    assert counts.sum() == 450
    assert counts.min() >= 43
    assert counts.max() <= 46


def test_the_sample_is_of_the_held_out(committed: Any) -> None:
    sample = json.loads((REPOSITORY / "data/digits-sample.json").read_text())
    for image, row in zip(sample["images"], committed[:5], strict=True):
        assert image == {"width": 8, "height": 8, "pixels": row[:64].tolist()}


def test_the_network_is_as_good_as_promised(committed: Any) -> None:
    assert (logits(committed[:, :64]).argmax(1) == committed[:, 64]).mean() >= 0.97


def test_the_component_computes_the_committed_network(images: ImageCache, committed: Any) -> None:
    expected = logits(committed[:, :64])
    expected = np.exp(expected - expected.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    store = Store(images.engine)
    store.set_epoch_deadline(1 << 40)
    instance = Linker(images.engine).instantiate(store, images.open(COMPONENT))
    interface = instance.get_export_index(store, INTERFACE)

    def call(name: str, *arguments: Any) -> Any:
        index = instance.get_export_index(store, name, interface)
        assert index is not None, name
        function = instance.get_func(store, index)
        assert function is not None, name
        result = function(store, *arguments)
        function.post_return(store)
        return result

    batch = Record()
    data = [float(pixel) / 16 for pixel in committed[:, :64].ravel()]
    vars(batch).update(shape=[len(committed), 64], elements=data)
    classifier = call("[constructor]classifier", {"probabilities"})
    answered = call("[method]classifier.classify", classifier, batch)
    assert [each.best.label for each in answered] == expected.argmax(1).tolist()
    actual = np.array([each.probabilities for each in answered])
    assert np.abs(actual - expected).max() < 1e-5
