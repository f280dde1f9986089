"""The gateway (Go) inside the composed flagship: requests and the program, through all three nodes.

`flagship` is the path to the composition that `wcompose build` makes of the repository itself.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wcompose.images import ImageCache
from wcompose.runtime import Component, Grants, Instance, find_function

REPOSITORY = Path(__file__).parents[2]
HELD_OUT = REPOSITORY / "data" / "digits-heldout.csv"
SAMPLE = REPOSITORY / "data" / "digits-sample.json"
BODY_LIMIT = 8 << 20

CSV = {"content-type": "text/csv"}
JSON = {"content-type": "application/json"}
BLANK = ",".join(["0"] * 64)


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers["content-type"].removesuffix("; charset=utf-8")


class Gateway:
    """Sends requests to one instance of the composition."""

    def __init__(self, instance: Instance, opened: Component) -> None:
        self._instance = instance
        self._handle = find_function(opened.functions, "handler#handle")

    def __call__(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: str | bytes = b"",
    ) -> Response:
        known = method in {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}
        request = {
            "method": method.lower() if known else {"other": method},
            "target": target,
            "headers": [{"name": n, "value": v} for n, v in (headers or {}).items()],
            "body": list(body.encode() if isinstance(body, str) else body),
        }
        answer = self._instance.call_plain(self._handle, [request])
        names = [each["name"] for each in answer["headers"]]
        assert len(names) == len(set(names)), "a header comes twice"
        return Response(
            answer["status"],
            {each["name"]: each["value"] for each in answer["headers"]},
            bytes(answer["body"]),
        )


@pytest.fixture(scope="module")
def opened(flagship: Path) -> Component:
    return Component(flagship, ImageCache(REPOSITORY / "build" / "test-cache" / "images"))


@pytest.fixture(scope="module")
def gateway(opened: Component) -> Gateway:
    """One instance for the whole module: no request may spoil it for the next."""
    return Gateway(opened.instantiate(Grants()), opened)


@pytest.fixture
def fresh(opened: Component) -> Iterator[Gateway]:
    """An instance that has served nothing yet."""
    instance = opened.instantiate(Grants())
    yield Gateway(instance, opened)
    instance.close()


def held_out(count: int | None = None) -> list[list[str]]:
    with HELD_OUT.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return rows[:count]


def mislabelled(count: int) -> list[list[str]]:
    """Held-out rows, each with the label of another digit."""
    return [[*row[:64], str((int(row[64]) + 1) % 10)] for row in held_out(count)]


def as_csv(rows: list[list[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


def as_samples(rows: list[list[str]]) -> str:
    samples = [
        {
            "image": {"width": 8, "height": 8, "pixels": [int(pixel) for pixel in row[:64]]},
            "label": int(row[64]),
        }
        for row in rows
    ]
    return json.dumps({"samples": samples})


# Pages that are there to be read.


@pytest.mark.parametrize("target", ["/", "/health", "/model"])
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/plain", "text/plain"),
        ("application/json;q=0.1, text/plain;q=0.2", "text/plain"),
    ],
)
def test_pages_come_as_asked_for(
    gateway: Gateway, target: str, accept: str | None, media_type: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = gateway("GET", target, headers)
    assert response.status == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers["vary"] == "accept"
    assert response.text.endswith("\n")
    if media_type == "application/json":
        assert isinstance(response.json, dict)

    head = gateway("HEAD", target, headers)
    assert (head.status, head.body) == (200, b"")
    assert head.headers == response.headers


def test_index_lists_every_route(gateway: Gateway) -> None:
    paths = [route["path"] for route in gateway("GET", "/").json["routes"]]
    assert paths == ["/", "/health", "/model", "/classify", "/evaluate"]
    for path in paths:
        assert gateway("OPTIONS", path).status == 204


def test_model_describes_the_network(gateway: Gateway) -> None:
    model = gateway("GET", "/model").json
    assert model["inputs"] == 64
    assert model["labels"] == [str(digit) for digit in range(10)]
    assert model["parameters"] > 64 * 10
    assert model["alive"] == 0
    assert "inputs" in gateway("GET", "/model", {"accept": "text/plain"}).text


# Failures. The body is always a problem that names the status.


@dataclass(frozen=True)
class Failure:
    name: str
    status: int
    method: str
    target: str
    headers: dict[str, str]
    body: str | bytes
    detail: str
    errors: tuple[dict[str, object], ...] = ()
    also: tuple[tuple[str, str], ...] = ()


def _pixels(*values: object) -> str:
    return json.dumps({"images": [{"pixels": list(values)}]})


BAD_UTF8 = b'{"images":[{"pixels":["\xff"]}]}'

FAILURES = [
    Failure("nowhere", 404, "GET", "/nowhere", {}, "", 'there is nothing at "/nowhere"'),
    Failure("near", 404, "GET", "/model/", {}, "",
            'there is nothing at "/model/"; did you mean /model'),
    Failure("odd name", 404, "GET", "/%1b[31m", {}, "", 'there is nothing at "/\\x1b[31m"'),
    Failure("no path", 400, "GET", "model", {}, "", "the request's target is not a path"),
    Failure("empty target", 400, "GET", "", {}, "", "the request's target is not a path"),
    Failure("bad escape", 400, "GET", "/%zz", {}, "", "the request's target is not a path"),
    Failure("bad query", 400, "GET", "/model?%zz", {}, "", "the query cannot be read"),
    Failure("get classify", 405, "GET", "/classify", {}, "", "/classify takes POST",
            also=(("allow", "POST, OPTIONS"),)),
    Failure("head evaluate", 405, "GET", "/evaluate", {}, "", "/evaluate takes POST",
            also=(("allow", "POST, OPTIONS"),)),
    Failure("post model", 405, "POST", "/model", CSV, BLANK, "/model takes GET and HEAD",
            also=(("allow", "GET, HEAD, OPTIONS"),)),
    Failure("delete", 405, "DELETE", "/", {}, "", "/ takes GET and HEAD"),
    Failure("unknown method", 405, "BREW", "/", {}, "", "/ takes GET and HEAD"),
    Failure("small letters", 405, "gEt", "/", {}, "", "/ takes GET and HEAD"),
    Failure("authority", 400, "CONNECT", "host:80", {}, "", "the request's target is not a path"),
    Failure("asterisk", 404, "GET", "*", {}, "", 'there is nothing at "*"'),
    Failure("unwritable type", 406, "GET", "/model", {"accept": "image/png"}, "",
            "the answer can be application/json or text/plain", also=(("vary", "accept"),)),
    Failure("refused types", 406, "POST", "/classify", {"accept": "*/*;q=0", **CSV}, BLANK,
            "the answer can be application/json or text/plain"),
    Failure("no content type", 415, "POST", "/classify", {}, BLANK,
            "the body is to be application/json or text/csv in UTF-8",
            also=(("accept-post", "application/json, text/csv"),)),
    Failure("xml", 415, "POST", "/evaluate", {"content-type": "text/xml"}, "<a/>",
            "the body is to be application/json or text/csv in UTF-8"),
    Failure("latin", 415, "POST", "/evaluate", {"content-type": "text/csv; charset=latin1"}, BLANK,
            "the body is to be application/json or text/csv in UTF-8"),
    Failure("two types", 415, "POST", "/classify", {"Content-Type": "text/csv", **CSV}, BLANK,
            "the body is to be application/json or text/csv in UTF-8"),
    Failure("packed", 415, "POST", "/classify", {"content-encoding": "gzip", **CSV}, BLANK,
            "the body is encoded; it is to be plain"),
    Failure("unknown parameter", 400, "POST", "/classify?details=all", CSV, BLANK,
            '/classify has no parameter "details"; it has detail, invert'),
    Failure("parameter of none", 400, "GET", "/health?x=1", {}, "", '/health has no parameter "x"'),
    Failure("parameter twice", 400, "POST", "/classify?detail=all&detail=all", CSV, BLANK,
            "the parameter detail is given more than once"),
    Failure("unknown detail", 400, "POST", "/classify?detail=most", CSV, BLANK,
            'detail is runner-up, probabilities or all, not "most"'),
    Failure("odd invert", 400, "POST", "/evaluate?invert=1", CSV, BLANK, "invert is true or false"),
    Failure("odd style", 400, "POST", "/evaluate?style=loud", CSV, BLANK, "style is text or ascii"),
    Failure("many mistakes", 400, "POST", "/evaluate?mistakes=101", CSV, BLANK,
            "mistakes is a whole number from 0 to 100"),
    Failure("minus mistakes", 400, "POST", "/evaluate?mistakes=-1", CSV, BLANK,
            "mistakes is a whole number from 0 to 100"),
    Failure("empty CSV", 422, "POST", "/classify", CSV, "", "there are no images in the body"),
    Failure("header only", 422, "POST", "/evaluate", CSV, BLANK.replace("0", "p") + ",label\n",
            "there are no images in the body"),
    Failure("no images", 422, "POST", "/classify", JSON, '{"images":[]}',
            "there are no images in the body"),
    Failure("empty JSON", 400, "POST", "/classify", JSON, "", "the body cannot be read",
            ({"message": "the text is empty"},)),
    Failure("cut off JSON", 400, "POST", "/classify", JSON, '{"images":\n[',
            "the body cannot be read",
            ({"line": 2, "column": 1, "message": "unexpected end of JSON input"},)),
    Failure("other member", 400, "POST", "/evaluate", JSON, '{"images":[]}',
            "the body cannot be read",
            ({"path": "$", "message": 'there is a member "images"; known are samples'},)),
    Failure("bad UTF-8", 400, "POST", "/classify", JSON, BAD_UTF8, "the body cannot be read",
            ({"line": 1, "column": 24, "message": "the text is not UTF-8"},)),
    Failure("UTF-16", 400, "POST", "/classify", CSV, BLANK.encode("utf-16"),
            "the body cannot be read",
            ({"line": 1, "column": 1, "message": "the text is not UTF-8"},)),
    Failure("a first image with a fault", 400, "POST", "/classify", CSV, f"NaN{BLANK[1:]}\n{BLANK}\n",
            "the body cannot be read",
            ({"line": 1, "column": 1, "message": 'pixel 0: "NaN" is not a whole number'},)),
    Failure("two lists", 400, "POST", "/classify", JSON,
            '{"images":[{"pixels":[' + BLANK + ']}],"images":[]}', "the body cannot be read",
            ({"path": "$", "message": 'there are two members "images"'},)),
    Failure("a fraction", 422, "POST", "/classify", JSON, _pixels(0.5),
            "the body holds values that cannot be used",
            ({"path": "images[0].pixels[0]", "message": "pixel 0.5 is not a whole number"},)),
    Failure("text among pixels", 400, "POST", "/classify", JSON, _pixels(1, "2"),
            "the body cannot be read",
            ({"path": "images[0].pixels[1]", "message": "pixel is a string, not a whole number"},)),
    Failure("pixel beyond a byte", 422, "POST", "/classify", JSON, _pixels(1, 256),
            "the body holds values that cannot be used",
            ({"path": "images[0].pixels[1]", "message": "pixel 256 is not from 0 to 16"},)),
    Failure("all bad lines", 400, "POST", "/evaluate", CSV, f"1,2\n{BLANK},3\n{BLANK}\n{BLANK},x\n",
            "the body cannot be read",
            ({"line": 1, "message": "there are 2 columns, not 65"},
             {"line": 3,
              "message": "there are 64 columns, not 65; the last one is to be the digit shown"},
             {"line": 4, "column": 129, "message": 'label "x" is not a whole number'})),
    # What pixels and labels mean is for the Python component to say; its error crosses to Go.
    Failure("too much ink, CSV", 422, "POST", "/classify", CSV, f"{BLANK}\n17{BLANK[1:]}\n",
            "an image cannot be used",
            ({"line": 2, "message": "pixel 0 is 17, more than 16"},)),
    Failure("too much ink, JSON", 422, "POST", "/classify", JSON, _pixels(*[0] * 63, 255),
            "an image cannot be used",
            ({"path": "images[0]", "message": "pixel 63 is 255, more than 16"},)),
    Failure("few pixels", 422, "POST", "/classify", JSON, _pixels(*[0] * 63),
            "an image cannot be used",
            ({"path": "images[0]", "message": "it has 63 pixels, not 64"},)),
    Failure("other shape", 422, "POST", "/classify", JSON,
            '{"images":[{"width":4,"height":16,"pixels":[' + BLANK + "]}]}",
            "an image cannot be used",
            ({"path": "images[0]", "message": "it is 4 by 16, not 8 by 8"},)),
    Failure("no digit", 422, "POST", "/evaluate", CSV, f"{BLANK},0\n{BLANK},10\n",
            "a label cannot be used",
            ({"line": 2, "message": "its label is not a digit from 0 to 9"},)),
    Failure("bad sample", 422, "POST", "/evaluate", CSV, f"{BLANK},0\n{BLANK[:-1]}99,1\n",
            "an image cannot be used",
            ({"line": 2, "message": "pixel 63 is 99, more than 16"},)),
]  # fmt: skip


@pytest.mark.parametrize("case", FAILURES, ids=lambda case: case.name)
def test_failures_are_problems(gateway: Gateway, case: Failure) -> None:
    response = gateway(case.method, case.target, case.headers, case.body)
    assert response.status == case.status
    assert response.media_type == "application/problem+json"
    assert response.headers["content-length"] == str(len(response.body))
    problem = response.json
    assert problem["status"] == case.status
    assert problem["detail"] == case.detail
    assert problem.get("errors", []) == list(case.errors)
    for name, value in case.also:
        assert response.headers[name] == value


def test_failures_are_counted_beyond_the_limit(gateway: Gateway) -> None:
    problem = gateway("POST", "/classify", CSV, "1,2\n" * 27).json
    assert len(problem["errors"]) == 20
    assert problem["more_errors"] == 7


def test_reading_ends_at_a_thousand_faults(gateway: Gateway) -> None:
    """Eight megabytes of nonsense are not worth the time."""
    for headers, body in [
        (CSV, "0\n" * 4_000_000),
        (JSON, '{"images":[0' + ",0" * 4_000_000 + "]}"),
    ]:
        problem = gateway("POST", "/classify", headers, body).json
        assert problem["detail"] == "the body cannot be read; reading ended after 1000 errors"
        assert (len(problem["errors"]), problem["more_errors"]) == (20, 980)


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        (CSV, "0," * 4_000_000, {"line": 1, "message": "it is longer than 65536 bytes"}),
        (JSON, '{"images":[{"pixels":[0' + ",0" * 4_000_000 + "]}]}",
         {"path": "images[0].pixels", "message": "there are more than 4096 pixels"}),
    ],
)  # fmt: skip
def test_one_huge_image_is_refused_early(
    gateway: Gateway, headers: dict[str, str], body: str, message: dict[str, object]
) -> None:
    assert gateway("POST", "/classify", headers, body).json["errors"] == [message]


def test_options(gateway: Gateway) -> None:
    server = gateway("OPTIONS", "*")
    assert (server.status, server.headers) == (204, {"allow": "GET, HEAD, POST, OPTIONS"})
    assert gateway("OPTIONS", "/classify").headers == {"allow": "POST, OPTIONS"}


@pytest.mark.parametrize("target", ["http://host", "https://host:8080/", "//"])
def test_a_target_may_name_the_host(gateway: Gateway, target: str) -> None:
    status = gateway("GET", target).status
    assert status == (404 if target == "//" else 200)


def test_an_identity_coding_is_none(gateway: Gateway) -> None:
    headers = {"content-encoding": "Identity", **CSV}
    assert gateway("POST", "/classify", headers, BLANK).status == 200


def test_numbers_of_programs_that_only_know_floats(gateway: Gateway) -> None:
    """As `json.dumps` and `numpy.savetxt` write the images of scikit-learn."""
    row = held_out(1)[0][:64]
    expected = gateway("POST", "/classify", CSV, ",".join(row)).json
    floats = json.dumps({"images": [{"pixels": [float(pixel) for pixel in row]}]})
    assert gateway("POST", "/classify", JSON, floats).json == expected
    text = ",".join(f"{float(pixel):.18e}" for pixel in row)
    assert gateway("POST", "/classify", CSV, text).json == expected


def test_the_largest_body_is_read_and_no_larger_one(gateway: Gateway) -> None:
    """One image and empty lines after it, so that reading is what takes the time."""
    largest = (BLANK + "\n").ljust(BODY_LIMIT, "\n")
    response = gateway("POST", "/classify", {"accept": "text/plain", **CSV}, largest)
    assert response.status == 200
    assert response.text.count("\n") == 1
    response = gateway("POST", "/classify", CSV, largest + "\n")
    assert response.status == 413
    assert (
        response.json["detail"]
        == f"a body may have {BODY_LIMIT} bytes, this one has {BODY_LIMIT + 1}"
    )


def test_an_answer_too_large_for_a_host_is_refused(gateway: Gateway) -> None:
    """Wasmtime would trap on it, and end the instance; the gateway says so instead."""
    body = as_csv([row[:64] for row in held_out(400)] * 20)
    response = gateway("POST", "/classify?detail=all", CSV, body)
    assert response.status == 413
    assert response.json["detail"].endswith("ask about fewer images at a time")
    assert gateway("GET", "/model").json["alive"] == 0


def test_batches_go_on_where_the_last_one_ended(gateway: Gateway) -> None:
    """More images than one call of the network takes; the garbage of each is collected between."""
    count = 4 * gateway("GET", "/model").json["batch_limit"] + 1
    response = gateway("POST", "/classify", {"accept": "text/plain", **CSV}, f"{BLANK}\n" * count)
    assert response.status == 200
    assert response.text.count("\n") == count
    bad = f"{BLANK}\n" * (count - 1) + f"99{BLANK[1:]}\n"
    response = gateway("POST", "/classify", CSV, bad)
    assert (response.status, response.json["errors"][0]["line"]) == (422, count)


# Classifying and evaluating.


def test_classify_takes_the_sample_file(gateway: Gateway) -> None:
    body = SAMPLE.read_text()
    count = len(json.loads(body)["images"])
    response = gateway("POST", "/classify", JSON, body)
    assert response.status == 200
    predictions = response.json["predictions"]
    assert len(predictions) == count > 0
    for prediction in predictions:
        assert set(prediction) == {"label", "confidence", "certainty", "explanation"}
        assert prediction["certainty"] in {"clear", "doubtful", "tied"}
        assert f" {prediction['label']} (" in prediction["explanation"]
    text = gateway("POST", "/classify", {"accept": "text/plain", **JSON}, body).text
    assert text.splitlines() == [prediction["explanation"] for prediction in predictions]


def test_json_and_csv_mean_the_same(gateway: Gateway) -> None:
    rows = held_out(40)
    images = [{"pixels": [int(pixel) for pixel in row[:64]]} for row in rows]
    as_json = gateway("POST", "/classify?detail=all", JSON, json.dumps({"images": images}))
    with_columns = ",".join(f"p{n}" for n in range(64)) + "\n" + as_csv([row[:64] for row in rows])
    for text in (as_csv([row[:64] for row in rows]), with_columns, "\ufeff" + with_columns):
        assert gateway("POST", "/classify?detail=all", CSV, text).json == as_json.json
    assert (
        gateway("POST", "/evaluate", JSON, as_samples(rows)).json["confusion"]
        == gateway("POST", "/evaluate", CSV, as_csv(rows)).json["confusion"]
    )


@pytest.mark.parametrize(
    ("detail", "members"),
    [
        ("runner-up", {"runner_up"}),
        ("probabilities", {"probabilities"}),
        ("runner-up,probabilities", {"runner_up", "probabilities"}),
        ("all", {"runner_up", "probabilities"}),
        ("", set()),
    ],
)
def test_detail_is_given_when_asked_for(gateway: Gateway, detail: str, members: set[str]) -> None:
    rows = [row[:64] for row in held_out(12)]
    response = gateway("POST", f"/classify?detail={detail}", CSV, as_csv(rows))
    for prediction in response.json["predictions"]:
        assert set(prediction) - {"label", "confidence", "certainty", "explanation"} == members
        if "probabilities" in members:
            probabilities = prediction["probabilities"]
            assert sum(probabilities) == pytest.approx(1, abs=1e-4)
            assert probabilities[prediction["label"]] == max(probabilities)
            assert prediction["confidence"] == max(probabilities)
            if "runner_up" in members:
                second = prediction["runner_up"]
                assert probabilities[second["label"]] == sorted(probabilities)[-2]
                assert second["confidence"] == sorted(probabilities)[-2]


def test_inverted_images_are_the_same_images(gateway: Gateway) -> None:
    rows = held_out(40)
    inverted = [[str(16 - int(pixel)) for pixel in row[:64]] + row[64:] for row in rows]
    plain = gateway("POST", "/evaluate", CSV, as_csv(rows)).json
    turned = gateway("POST", "/evaluate?invert=true", CSV, as_csv(inverted)).json
    wrongly = gateway("POST", "/evaluate?invert=false", CSV, as_csv(inverted)).json
    assert turned["confusion"] == plain["confusion"]
    assert wrongly["accuracy"] < plain["accuracy"] - 0.3


def test_evaluation_of_the_held_out_images(gateway: Gateway) -> None:
    rows = held_out()
    report = gateway("POST", "/evaluate?mistakes=100", CSV, HELD_OUT.read_bytes()).json
    assert report["samples"] == len(rows) >= 300
    assert report["accuracy"] >= 0.95
    assert report["accuracy"] == report["correct"] / report["samples"]

    # The figures are those that follow from what /classify says of the same images.
    response = gateway("POST", "/classify", CSV, as_csv([row[:64] for row in rows]))
    answers = response.json["predictions"]
    pairs = [(int(row[64]), answer["label"]) for row, answer in zip(rows, answers, strict=True)]
    assert report["confusion"] == [
        [pairs.count((shown, answered)) for answered in range(10)] for shown in range(10)
    ]
    for quality in report["classes"]:
        digit = quality["label"]
        hits = pairs.count((digit, digit))
        shown = sum(1 for pair in pairs if pair[0] == digit)
        answered = sum(1 for pair in pairs if pair[1] == digit)
        assert quality["support"] == shown
        assert quality["recall"] == pytest.approx(hits / shown)
        assert quality["precision"] == pytest.approx(hits / answered)

    wrong = [index for index, (shown, answered) in enumerate(pairs) if shown != answered]
    mistakes = report["mistakes"]
    assert sorted(mistake["index"] for mistake in mistakes) == wrong
    confidences = [mistake["answer"]["confidence"] for mistake in mistakes]
    assert confidences == sorted(confidences, reverse=True)
    for mistake in mistakes:
        assert mistake["pixels"] == [int(pixel) for pixel in rows[mistake["index"]][:64]]
        assert (mistake["label"], mistake["answer"]["label"]) == pairs[mistake["index"]]


def test_a_report_of_one_class_has_no_figures_for_the_others(gateway: Gateway) -> None:
    rows = [row for row in held_out() if row[64] == "0"][:5]
    report = gateway("POST", "/evaluate", CSV, as_csv(rows)).json
    without = [quality for quality in report["classes"] if quality["support"] == 0]
    assert [quality["recall"] for quality in without] == [None] * 9


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_mistakes_are_limited_to_the_worst(gateway: Gateway, limit: int) -> None:
    swapped = mislabelled(20)
    every = gateway("POST", "/evaluate?mistakes=100", CSV, as_csv(swapped)).json["mistakes"]
    some = gateway("POST", f"/evaluate?mistakes={limit}", CSV, as_csv(swapped)).json["mistakes"]
    assert len(every) > 3
    assert some == every[:limit]


@pytest.mark.parametrize("style", ["text", "ascii"])
def test_reports_for_people_fit_a_terminal(gateway: Gateway, style: str) -> None:
    swapped = mislabelled(120)
    headers = {"accept": "text/plain", **CSV}
    target = f"/evaluate?style={style}&mistakes=30"
    text = gateway("POST", target, headers, as_csv(swapped)).text
    assert text.startswith("0 of 120 digits recognised: accuracy 0.0000 (0.0 %)\n")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii() == (style == "ascii")
    for heading in ("answered", "precision", "The worst 30 of 120 mistakes", "the network served "):
        assert heading in text


def test_every_caller_reaches_the_same_network(fresh: Gateway) -> None:
    """Go classifies 5 images itself and Python 7 with the classifier that Go made."""
    assert fresh("GET", "/model").json["served"] == 0
    fresh("POST", "/classify", CSV, as_csv([row[:64] for row in held_out(5)]))
    assert fresh("GET", "/model").json["served"] == 5
    report = fresh("POST", "/evaluate", CSV, as_csv(held_out(7))).json
    assert report["served"] == {"classifier": 7, "instance": 12}
    model = fresh("GET", "/model").json
    assert (model["served"], model["alive"]) == (12, 0)


def test_no_classifier_stays_alive(fresh: Gateway) -> None:
    for _ in range(50):
        assert fresh("POST", "/classify", CSV, BLANK).status == 200
        assert fresh("POST", "/evaluate", CSV, BLANK + ",1").status == 200
        assert fresh("POST", "/evaluate", CSV, BLANK + ",11").status == 422
        assert fresh("POST", "/classify", CSV, "99" + BLANK[1:]).status == 422
    assert fresh("GET", "/model").json["alive"] == 0


def test_the_same_request_has_the_same_answer(gateway: Gateway, fresh: Gateway) -> None:
    body = as_csv([row[:64] for row in held_out(30)])
    first = gateway("POST", "/classify?detail=all", CSV, body)
    assert gateway("POST", "/classify?detail=all", CSV, body) == first
    assert fresh("POST", "/classify?detail=all", CSV, body) == first


# The program.

Program = Callable[..., tuple[bool, str, str]]


@pytest.fixture
def program(opened: Component, tmp_path: Path) -> Program:
    """Runs the program: whether it succeeded, its standard output and its standard error."""

    def run(*arguments: str, stdin: Path | str = "") -> tuple[bool, str, str]:
        if isinstance(stdin, str):
            file = tmp_path / "stdin"
            file.write_text(stdin)
            stdin = file
        out, err = bytearray(), bytearray()
        grants = Grants(
            arguments=("digits", *arguments), stdin=stdin, stdout=out.extend, stderr=err.extend
        )
        assert opened.program is not None
        result = opened.instantiate(grants).call_plain(opened.program, [])
        return "ok" in result, out.decode(), err.decode()

    return run


def test_program_evaluates(program: Program, gateway: Gateway) -> None:
    ok, out, err = program("evaluate", stdin=HELD_OUT)
    assert (ok, err) == (True, "")
    correct = int(out.split(" ", 1)[0])
    assert out.startswith(f"{correct} of 450 digits recognised: ")
    assert correct >= 0.95 * 450
    text = gateway(
        "POST", "/evaluate?mistakes=8", {"accept": "text/plain", **CSV}, HELD_OUT.read_bytes()
    ).text
    # The gateway of the module has served more images than these; the report before is the same.
    served = "the network served "
    assert out.rpartition(served)[0] == text.rpartition(served)[0]
    lent = "450 of them came from analysis, with the classifier that the gateway made\n"
    assert out.endswith(f"\n{served}450 images\n{lent}")
    assert program(stdin=HELD_OUT)[1] == out


def test_program_writes_json_and_ascii(program: Program) -> None:
    some = as_csv(held_out(30))
    ok, out, _ = program("evaluate", "--json", "--mistakes", "2", stdin=some)
    assert ok
    assert json.loads(out)["samples"] == 30
    ok, out, _ = program("--ascii", stdin=some)
    assert ok
    assert out.isascii()


def test_program_classifies(program: Program) -> None:
    rows = held_out(6)
    ok, out, err = program("classify", stdin=as_csv([row[:64] for row in rows]))
    assert (ok, err) == (True, "")
    assert len(out.splitlines()) == 6
    ok, out, _ = program(
        "classify", "--json", "--detail", "runner-up", stdin=as_csv([row[:64] for row in rows])
    )
    assert ok
    assert all("runner_up" in prediction for prediction in json.loads(out)["predictions"])


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["evalute"], "", 'error: there is no command "evalute"\nhint: '),
        (["--loud"], "", "error: flag provided but not defined: -loud\nhint: "),
        ([], "", "error: standard input is empty\nhint: "),
        ([], "1,2\n3,4\n",
         "error: standard input cannot be used\nline 1: there are 2 columns, not 65\nline 2: "),
        ([], f"{BLANK},1\n99{BLANK[1:]},1\n",
         "error: line 2: pixel 0 is 99, more than 16\n"),
        ([], f"{BLANK},77\n", "error: line 1: its label is not a digit from 0 to 9\n"),
    ],
)  # fmt: skip
def test_program_fails_with_a_message(
    program: Program, arguments: list[str], stdin: str, message: str
) -> None:
    ok, out, err = program(*arguments, stdin=stdin)
    assert not ok
    assert out == ""
    assert err.startswith(message)


def test_program_helps(program: Program) -> None:
    ok, out, err = program("--help")
    assert (ok, err) == (True, "")
    assert "usage:" in out
    assert max(len(line) for line in out.splitlines()) <= 80
