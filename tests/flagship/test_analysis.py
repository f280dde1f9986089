"""The data processing (Python) by itself, against the bindings that componentize-py makes for it.

Run natively it can be given a classifier that answers as a test wants; inside the composition, with
the real one, it is tested in `test_gateway`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import componentize_py
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "components" / "python" / "analysis"
GOLDEN = Path(__file__).parent / "golden"
BLESS = os.environ.get("BLESS") == "1"

BLANK = bytes(64)
INKED = bytes([16] * 64)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The modules of the component and its bindings; nothing of them stays imported."""
    bindings = tmp_path_factory.mktemp("bindings")
    componentize_py.generate_bindings(
        wit_path=[str(REPOSITORY / "wit")],
        worlds=["data"],
        features=[],
        all_features=False,
        world_module=None,
        output_dir=str(bindings),
        import_interface_names=[],
        export_interface_names=[],
        full_names=False,
    )
    before, path = set(sys.modules), list(sys.path)
    writes = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(SOURCE), str(bindings)]
    try:
        modules = {
            name: importlib.import_module(module)
            for name, module in {
                "app": "app",
                "resource": "analysis",
                "preparation": "preparation",
                "quality": "quality",
                "writing": "writing",
                "contract": "wit_world.exports.analysis",
                "inference": "wit_world.imports.inference",
                "types": "wit_world.imports.types",
                "results": "componentize_py_types",
            }.items()
        }
        yield SimpleNamespace(**modules)
    finally:
        sys.path[:] = path
        sys.dont_write_bytecode = writes
        for name in set(sys.modules) - before:
            del sys.modules[name]


class Values:
    """Makes values of the contract."""

    def __init__(self, app: SimpleNamespace) -> None:
        self.app = app

    def image(self, pixels: bytes = BLANK, width: int = 8, height: int = 8) -> Any:
        return self.app.types.Image(width, height, pixels)

    def sample(self, label: int, pixels: bytes = BLANK) -> Any:
        return self.app.contract.Sample(self.image(pixels), label)

    def candidate(self, label: int, confidence: float) -> Any:
        return self.app.types.Candidate(label, confidence)

    def prediction(
        self,
        label: int,
        confidence: float = 0.8,
        certainty: str = "CLEAR",
        second: tuple[int, float] | None = None,
    ) -> Any:
        inference = self.app.inference
        return inference.Prediction(
            best=self.candidate(label, confidence),
            certainty=inference.Certainty[certainty],
            present=inference.Detail.RUNNER_UP if second else inference.Detail(0),
            runner_up=self.candidate(*second) if second else None,
            probabilities=[],
        )


class Classifier:
    """Answers with what it was told, and remembers the batches."""

    def __init__(self, predictions: list[Any], error: Exception | None = None) -> None:
        self.predictions = list(predictions)
        self.error = error
        self.batches: list[Any] = []

    def classify(self, batch: Any) -> list[Any]:
        self.batches.append(batch)
        if self.error is not None:
            raise self.error
        count = batch.shape[0]
        answers, self.predictions = self.predictions[:count], self.predictions[count:]
        return answers


@pytest.fixture
def values(app: SimpleNamespace) -> Values:
    return Values(app)


@pytest.fixture
def limit(app: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Says how many images the network takes at once."""

    def set_limit(batch_limit: int) -> None:
        info = app.inference.ModelInfo("test", 64, [], 0, batch_limit)
        monkeypatch.setattr(app.inference, "describe", lambda: info)

    set_limit(100)
    return set_limit


# From pictures to a batch.


def numbers_of(tensor: Any) -> list[float]:
    """The elements of a tensor, whatever form they are in."""
    quantised = tensor.elements.value
    return [value * quantised.unit for value in quantised.values]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), [0.0, 4.0, 16.0]),
        (("SCALE",), [0.0, 0.25, 1.0]),
        (("INVERT",), [16.0, 12.0, 0.0]),
        (("SCALE", "INVERT"), [1.0, 0.75, 0.0]),
    ],
)
def test_steps(
    app: SimpleNamespace, values: Values, steps: tuple[str, ...], expected: list[float]
) -> None:
    flags = app.contract.Step(0)
    for step in steps:
        flags |= app.contract.Step[step]
    picture = bytes([0, 4, 16]) + bytes(61)
    tensor = app.app.Analysis().to_tensor([values.image(picture), values.image(INKED)], flags)
    assert tensor.shape == [2, 64]
    assert isinstance(tensor.elements, app.types.Elements_Quantised)
    numbers = numbers_of(tensor)
    assert len(numbers) == 128
    assert numbers[:3] == expected
    assert numbers[64:] == [expected[2]] * 64


def test_no_images_are_an_empty_batch(app: SimpleNamespace) -> None:
    tensor = app.app.Analysis().to_tensor([], app.contract.Step.SCALE)
    assert (tensor.shape, numbers_of(tensor)) == ([0, 64], [])


@pytest.mark.parametrize(
    ("width", "height", "pixels", "reason"),
    [
        (7, 8, bytes(56), "it is 7 by 8, not 8 by 8"),
        (16, 4, BLANK, "it is 16 by 4, not 8 by 8"),
        (8, 8, bytes(63), "it has 63 pixels, not 64"),
        (8, 8, b"", "it has 0 pixels, not 64"),
        (8, 8, bytes(63) + b"\x11", "pixel 63 is 17, more than 16"),
        (8, 8, b"\xff" + bytes(63), "pixel 0 is 255, more than 16"),
        (8, 8, b"\x00\x12\xff" + bytes(61), "pixel 1 is 18, more than 16"),
    ],
)
def test_bad_images_are_named(
    app: SimpleNamespace, values: Values, width: int, height: int, pixels: bytes, reason: str
) -> None:
    images = [values.image(), values.image(pixels, width, height)]
    with pytest.raises(app.results.Err) as caught:
        app.app.Analysis().to_tensor(images, app.contract.Step.SCALE)
    assert caught.value.value == app.contract.AnalysisError_BadImage(
        app.contract.BadImage(1, reason)
    )


# The resource.


def test_an_error_adds_nothing(
    app: SimpleNamespace, values: Values, limit: Callable[[int], None]
) -> None:
    evaluation = app.resource.Evaluation(app.contract.Step.SCALE, 10)
    assert evaluation.add([values.sample(1)]) == 1
    for bad, error in [
        (values.sample(10), app.contract.AnalysisError_BadLabel(1)),
        (values.sample(2, b"\x63" + bytes(63)), None),
    ]:
        with pytest.raises(app.results.Err) as caught:
            evaluation.add([values.sample(2), bad])
        assert error is None or caught.value.value == error
    assert evaluation.add([]) == 1
    assert evaluation.run(Classifier([values.prediction(1)])).samples == 1


def test_nothing_to_report_on(
    app: SimpleNamespace, values: Values, limit: Callable[[int], None]
) -> None:
    evaluation = app.resource.Evaluation(app.contract.Step.SCALE, 10)
    for _ in range(2):
        with pytest.raises(app.results.Err) as caught:
            evaluation.run(Classifier([]))
        assert caught.value.value == app.contract.AnalysisError_NoSamples()


@pytest.mark.parametrize(
    ("batch_limit", "sizes"), [(100, [7]), (7, [7]), (3, [3, 3, 1]), (1, [1] * 7), (0, [1] * 7)]
)
def test_batches_respect_the_limit(
    app: SimpleNamespace,
    values: Values,
    limit: Callable[[int], None],
    batch_limit: int,
    sizes: list[int],
) -> None:
    limit(batch_limit)
    evaluation = app.resource.Evaluation(app.contract.Step(0), 10)
    evaluation.add([values.sample(n, bytes([n]) + bytes(63)) for n in range(7)])
    classifier = Classifier([values.prediction(n) for n in range(7)])
    report = evaluation.run(classifier)
    assert [batch.shape for batch in classifier.batches] == [[size, 64] for size in sizes]
    firsts = [value for batch in classifier.batches for value in numbers_of(batch)[::64]]
    assert firsts == [0, 1, 2, 3, 4, 5, 6]
    assert (report.samples, report.correct) == (7, 7)


def test_the_networks_error_is_passed_on(
    app: SimpleNamespace, values: Values, limit: Callable[[int], None]
) -> None:
    evaluation = app.resource.Evaluation(app.contract.Step.SCALE, 10)
    evaluation.add([values.sample(1)])
    refusal = app.inference.InferenceError_BatchTooLarge(1)
    with pytest.raises(app.results.Err) as caught:
        evaluation.run(Classifier([], app.results.Err(refusal)))
    assert caught.value.value == app.contract.AnalysisError_Inference(refusal)


def test_samples_are_let_go_once_reported_on(
    app: SimpleNamespace, values: Values, limit: Callable[[int], None]
) -> None:
    evaluation = app.resource.Evaluation(app.contract.Step.SCALE, 10)
    evaluation.add([values.sample(1), values.sample(2)])
    assert evaluation.run(Classifier([values.prediction(1)] * 2)).samples == 2
    assert evaluation.add([values.sample(3)]) == 1
    assert evaluation.run(Classifier([values.prediction(3)])).samples == 1


# The report.


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0.125, 1, width=32)),
        min_size=1,
        max_size=60,
    ),
    mistake_limit=st.integers(0, 12),
)
def test_figures_follow_from_the_answers(
    app: SimpleNamespace,
    values: Values,
    pairs: list[tuple[int, int, float]],
    mistake_limit: int,
) -> None:
    answers = [
        app.quality.Answer(values.sample(shown), BLANK, values.prediction(said, confidence))
        for shown, said, confidence in pairs
    ]
    report = app.quality.summarise(answers, mistake_limit)
    hits = [shown for shown, said, _ in pairs if shown == said]
    assert (report.samples, report.correct) == (len(pairs), len(hits))
    assert report.accuracy == len(hits) / len(pairs)
    assert [quality.label for quality in report.classes] == list(range(10))
    for quality in report.classes:
        digit = quality.label
        shown = sum(pair[0] == digit for pair in pairs)
        said = sum(pair[1] == digit for pair in pairs)
        assert quality.support == shown
        assert quality.recall == (hits.count(digit) / shown if shown else None)
        assert quality.precision == (hits.count(digit) / said if said else None)
        assert report.confusion[digit] == [
            sum(pair[:2] == (digit, other) for pair in pairs) for other in range(10)
        ]
    wrong = [(-pair[2], index) for index, pair in enumerate(pairs) if pair[0] != pair[1]]
    expected = [index for _, index in sorted(wrong)][:mistake_limit]
    assert [mistake.index for mistake in report.mistakes] == expected


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param(range(10), range(10), id="all right"),
        pytest.param([3], [3], id="one sample"),
        pytest.param([3] * 5, [7] * 5, id="one class, all wrong"),
        pytest.param([0, 1, 2, 3], [1, 0, 3, 2], id="all swapped"),
        pytest.param([0, 0, 1], [0, 9, 9], id="absent classes"),
        pytest.param([n * n % 10 for n in range(300)], [n * 7 % 10 for n in range(300)], id="many"),
    ],
)
def test_figures_are_those_of_scikit_learn(
    app: SimpleNamespace, values: Values, shown: list[int], said: list[int]
) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    answers = [
        app.quality.Answer(values.sample(digit), BLANK, values.prediction(answer))
        for digit, answer in zip(shown, said, strict=True)
    ]
    report = app.quality.summarise(answers, 0)
    shown, said, labels = list(shown), list(said), list(range(10))
    none = float("nan")
    precision, recall, _, support = metrics.precision_recall_fscore_support(
        shown, said, labels=labels, zero_division=none
    )
    assert report.accuracy == metrics.accuracy_score(shown, said)
    assert report.confusion == metrics.confusion_matrix(shown, said, labels=labels).tolist()
    for quality in report.classes:
        assert quality.support == support[quality.label]
        for ours, theirs in (
            (quality.precision, precision[quality.label]),
            (quality.recall, recall[quality.label]),
        ):
            assert (none if ours is None else ours) == pytest.approx(theirs, nan_ok=True)


LEFT = bytes([16, 16, 0, 0, 0, 0, 0, 0] * 8)
RIGHT = bytes([0, 0, 0, 0, 0, 0, 16, 16] * 8)
PALE_LEFT = bytes([9, 9, 0, 0, 0, 0, 0, 0] * 8)
"""Nearer to LEFT than to RIGHT or to an empty picture, with 9/16 of the ink of LEFT."""


@pytest.mark.parametrize(
    ("pixels", "confidence", "certainty", "second", "kinds"),
    [
        pytest.param(LEFT, 0.8, "CLEAR", None, [], id="no reason"),
        pytest.param(LEFT, 0.95, "CLEAR", None, ["SureButWrong"], id="sure"),
        pytest.param(LEFT, 0.9, "CLEAR", None, ["SureButWrong"], id="just sure"),
        pytest.param(LEFT, 0.5, "TIED", (3, 0.48), ["NearTie"], id="tied"),
        pytest.param(LEFT, 0.5, "TIED", None, [], id="tied, but with what"),
        pytest.param(LEFT, 0.6, "DOUBTFUL", (3, 0.3), [], id="doubtful"),
        pytest.param(RIGHT, 0.8, "CLEAR", None, ["LooksLike"], id="another's look"),
        pytest.param(PALE_LEFT, 0.8, "CLEAR", None, ["Faint"], id="faint"),
        pytest.param(BLANK, 0.5, "TIED", (3, 0.5), ["NearTie", "Faint"], id="an empty picture"),
        pytest.param(
            RIGHT, 0.97, "TIED", (3, 0.01), ["NearTie", "LooksLike", "SureButWrong"], id="many"
        ),
    ],
)
def test_reasons(
    app: SimpleNamespace,
    values: Values,
    pixels: bytes,
    confidence: float,
    certainty: str,
    second: tuple[int, float] | None,
    kinds: list[str],
) -> None:
    """Threes are drawn at the left and sevens at the right; one three is taken for a seven."""
    evaluation = app.resource.Evaluation(app.contract.Step.SCALE, 10)
    evaluation.add([values.sample(3, LEFT)] * 3 + [values.sample(7, RIGHT)] * 3)
    evaluation.add([values.sample(3, pixels)])
    right = [values.prediction(3)] * 3 + [values.prediction(7)] * 3
    wrong = values.prediction(7, confidence, certainty, second)
    monkey_describe = app.inference.describe
    app.inference.describe = lambda: app.inference.ModelInfo("test", 64, [], 0, 100)
    try:
        report = evaluation.run(Classifier([*right, wrong]))
    finally:
        app.inference.describe = monkey_describe
    (mistake,) = report.mistakes
    assert mistake.index == 6
    assert [type(reason).__name__.removeprefix("Reason_") for reason in mistake.reasons] == kinds
    for reason in mistake.reasons:
        match type(reason).__name__:
            case "Reason_LooksLike":
                assert reason.value == 7
            case "Reason_NearTie":
                assert reason.value == values.candidate(*second or (0, 0))
            case "Reason_Faint":
                assert reason.value == sum(pixels) / sum(LEFT)


# In words.


@pytest.mark.parametrize(
    ("certainty", "second", "text"),
    [
        ("CLEAR", (1, 0.2), "clearly 7 (80 %)"),
        ("CLEAR", None, "clearly 7 (80 %)"),
        ("DOUBTFUL", (1, 0.194), "probably 7 (80 %), perhaps 1 (19 %)"),
        ("DOUBTFUL", None, "probably 7 (80 %)"),
        ("TIED", (1, 0.78), "either 7 (80 %) or 1 (78 %)"),
        ("TIED", None, "either 7 (80 %) or another"),
    ],
)
def test_explanations(
    app: SimpleNamespace,
    values: Values,
    certainty: str,
    second: tuple[int, float] | None,
    text: str,
) -> None:
    prediction = values.prediction(7, 0.8, certainty, second)
    assert app.app.Analysis().explain([prediction, prediction]) == [text, text]


def some_report(app: SimpleNamespace, values: Values, mistakes: int) -> Any:
    """A report with every kind of reason and a class without samples."""
    contract = app.contract
    ramp = bytes(min(16, 2 * (x + y)) for y in range(8) for x in range(8))
    reasons = [
        [contract.Reason_LooksLike(1), contract.Reason_SureButWrong()],
        [contract.Reason_Faint(0.625)],
        [contract.Reason_NearTie(values.candidate(8, 0.49))],
        [],
        [contract.Reason_SureButWrong()],
    ]
    confusion = [[0] * 10 for _ in range(10)]
    for digit in range(9):
        confusion[digit][digit] = 40 + digit
    confusion[3][9] = mistakes
    kept = [
        contract.Mistake(
            index=17 * number,
            sample=values.sample(3, ramp),
            answer=values.candidate(9, 0.99 - number / 10),
            certainty=app.inference.Certainty.DOUBTFUL,
            reasons=reasons[number],
        )
        for number in range(min(mistakes, len(reasons)))
    ]
    correct = sum(confusion[digit][digit] for digit in range(10))
    return contract.Report(
        samples=correct + mistakes,
        correct=correct,
        accuracy=correct / (correct + mistakes),
        classes=[app.quality._class_quality(confusion, digit) for digit in range(10)],
        confusion=confusion,
        mistakes=kept,
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "."), (7, "7"), (999, "999"), (1000, "1k"), (99_999, "99k"), (100_000, ".1M"),
        (999_999, ".9M"), (1_000_000, "1M"), (99_999_999, "99M"), (400_000_000, ".4G"),
        (4_294_967_295, "4G"),
    ],
)  # fmt: skip
def test_large_counts_keep_the_table_in_shape(
    app: SimpleNamespace, values: Values, count: int, text: str
) -> None:
    report = some_report(app, values, 0)
    before = app.app.Analysis().write(report, app.contract.Style.TEXT).splitlines()
    report.confusion[5][6] = count
    after = app.app.Analysis().write(report, app.contract.Style.TEXT).splitlines()
    changed = [line for line in after if line not in before]
    if count == 0:
        assert changed == []
    else:
        assert len(changed) == 1
        assert changed[0][15 + 6 * 4 : 15 + 7 * 4] == f"{text:>4}"
        assert len(changed[0]) == len(after[3])


@pytest.mark.parametrize("style", ["TEXT", "ASCII"])
@pytest.mark.parametrize("mistakes", [0, 1, 5, 30])
def test_written_reports(app: SimpleNamespace, values: Values, style: str, mistakes: int) -> None:
    report = some_report(app, values, mistakes)
    text = app.app.Analysis().write(report, app.contract.Style[style])
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.isascii() == (style == "ASCII")
    golden = GOLDEN / f"report-{mistakes}-{style.lower()}.txt"
    if BLESS:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_every_golden_report_is_used() -> None:
    used = {f"report-{n}-{style}.txt" for n in (0, 1, 5, 30) for style in ("text", "ascii")}
    assert {path.name for path in GOLDEN.glob("report-*")} == used
