"""Every kind of value crosses between every two languages: by the contracts, and in a run.

The golden table `golden/matrix.txt` names the functions that carry each kind, `in` with the call and
`out` with its result. The run shows values of each kind that could not be in an answer without having
crossed.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import REPOSITORY

from wcompose.contract import Contract
from wcompose.contract.model import Function, FunctionKind, InterfaceExtern, World
from wcompose.contract.types import (
    EnumType,
    FlagsType,
    HandleType,
    ListType,
    OptionType,
    RecordType,
    ResultType,
    Type,
    TypeDef,
    VariantType,
)
from wcompose.engine import Engine
from wcompose.images import ImageCache
from wcompose.runtime import Component, Grants, find_function

GOLDEN = Path(__file__).parent / "golden" / "matrix.txt"
ANALYSIS = REPOSITORY / "components/python/analysis"
BLESS = os.environ.get("BLESS") == "1"
KINDS: dict[type, str] = {
    RecordType: "record",
    VariantType: "variant",
    ResultType: "result",
    OptionType: "option",
    ListType: "list",
    FlagsType: "flags",
    EnumType: "enum",
    HandleType: "resource",
}
PAIRS = {
    ("Go", "Rust"): ("gateway", "inference"),
    ("Go", "Python"): ("gateway", "analysis"),
    ("Python", "Rust"): ("analysis", "inference"),
}
"""Caller and callee; the caller's node and the callee's interface."""


def kinds_in(of: Type | None) -> Iterator[str]:
    """The kinds of a type and of everything inside it."""
    while isinstance(of, TypeDef):
        assert not of.is_resource
        of = of.definition  # type: ignore[assignment]
    if (kind := KINDS.get(type(of))) is not None:
        yield kind
    match of:
        case RecordType() | VariantType():
            for member in of.members:
                yield from kinds_in(member.type)
        case ResultType():
            yield from kinds_in(of.ok)
            yield from kinds_in(of.error)
        case OptionType():
            yield from kinds_in(of.payload)
        case ListType():
            yield from kinds_in(of.element)


def carried(world: World, interface: str, source: str) -> dict[str, tuple[list[str], list[str]]]:
    """Functions that a node calls, by the kinds that they carry in and out.

    A binary from Python imports all that its world does; what is called stands in its source.
    """
    extern = world.imports[f"digits:vision/{interface}@0.1.0"]
    assert isinstance(extern, InterfaceExtern)
    found: dict[str, tuple[list[str], list[str]]] = {kind: ([], []) for kind in KINDS.values()}
    for name, function in extern.interface.functions.items():
        if source and not is_called(function, source):
            continue
        inside = {kind for each in function.parameters for kind in kinds_in(each.type)}
        for place, kinds in enumerate((inside, set(kinds_in(function.result)))):
            for kind in kinds:
                found[kind][place].append(name)
    return found


def is_called(function: Function, source: str) -> bool:
    """Whether Python source calls a function of `inference`."""
    plain = function.name.rpartition("]")[2].rpartition(".")[2]
    match function.kind:
        case FunctionKind.CONSTRUCTOR:
            return f"inference.{plain.title()}(" in source
        case FunctionKind.METHOD:
            return f"classifier.{plain}(" in source
        case _:
            return f"inference.{plain}(" in source


@pytest.fixture(scope="module")
def worlds(flagship: Path, engine: Engine) -> dict[str, World]:
    """What the nodes import: of Go only what the program uses is left in the binary."""
    gateway = Contract.from_json(engine.decode(REPOSITORY / "components/go/gateway/gateway.wasm"))
    wit = Contract.from_json(engine.resolve(REPOSITORY / "wit"))
    assert gateway.world is not None
    return {"gateway": gateway.world, "analysis": wit.find_world("data")}


def test_every_kind_crosses_every_pair(worlds: dict[str, World]) -> None:
    python = "".join(path.read_text("utf-8") for path in ANALYSIS.glob("*.py"))
    lines = []
    for (caller, callee), (node, interface) in PAIRS.items():
        lines.append(f"{caller} calls {callee}")
        source = python if node == "analysis" else ""
        for kind, ways in carried(worlds[node], interface, source).items():
            assert any(ways), f"no {kind} between {caller} and {callee}"
            for way, functions in zip(("in", "out"), ways, strict=True):
                lines.append(f"  {kind:8} {way:3}  {', '.join(sorted(functions)) or '-'}")
    text = "\n".join(lines) + "\n"
    if BLESS:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


@pytest.fixture(scope="module")
def answers(flagship: Path, images: ImageCache) -> dict[str, Any]:
    """One run: a classification, an evaluation with mistakes, the same as text, and a refusal."""
    opened = Component(flagship, images)
    handle = find_function(opened.functions, "handler#handle")
    with (REPOSITORY / "data/digits-heldout.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    # Inverted, so that the flags of the step matter; and some labels wrong, so that there are mistakes.
    plain = "".join(
        ",".join(str(16 - int(pixel)) for pixel in row[:64]) + "\n" for row in rows[:40]
    )
    blank = ",".join(["0"] * 64)
    labels = [(int(row[64]) + (number >= 30)) % 10 for number, row in enumerate(rows[:40])]
    wrong = "".join(
        ",".join([*row[:64], str(label)]) + "\n" for row, label in zip(rows, labels, strict=False)
    )
    with opened.instantiate(Grants()) as instance:

        def ask(target: str, body: str, accept: str = "application/json") -> Any:
            headers = {"content-type": "text/csv", "accept": accept}
            request = {
                "method": "post" if body else "get",
                "target": target,
                "headers": [{"name": name, "value": value} for name, value in headers.items()],
                "body": list(body.encode()),
            }
            body = bytes(instance.call_plain(handle, [request])["body"]).decode()
            return body if accept == "text/plain" else json.loads(body)

        return {
            "labels": [int(row[64]) for row in rows[:40]],
            "told": labels,
            "classify": ask("/classify?invert=true&detail=all", plain)["predictions"],
            "blank": ask("/classify?detail=runner-up", blank)["predictions"],
            "bare": ask("/classify", blank)["predictions"],
            "evaluate": ask("/evaluate?mistakes=100", wrong + blank + ",3\n"),
            "text": ask("/evaluate?style=ascii", wrong, "text/plain"),
            "one": ask("/evaluate", blank + ",3\n"),
            "refused": ask("/evaluate", blank + ",77\n"),
            "model": ask("/model", ""),
        }


def test_go_and_rust(answers: dict[str, Any]) -> None:
    predictions, model = answers["classify"], answers["model"]
    assert model["labels"] == [str(digit) for digit in range(10)]  # record and list out
    # The tensor, a record with lists and a variant, in; the list of records in a result out.
    right = [p["label"] == label for p, label in zip(predictions, answers["labels"], strict=True)]
    assert sum(right) >= 38
    assert {p["certainty"] for p in [*predictions, *answers["blank"]]} >= {"clear", "tied"}  # enum
    # Flags in make the details, and an option carries one of them.
    assert all(len(p["probabilities"]) == 10 and p["runner_up"] for p in predictions)
    assert "runner_up" in answers["blank"][0]
    assert not {"runner_up", "probabilities"} & set(answers["bare"][0])
    # The resource: made and used by Go, counted by Rust, gone when the request is answered.
    assert (model["served"] > 0, model["alive"]) == (True, 0)


def test_go_and_python(answers: dict[str, Any]) -> None:
    # Images, records with lists, and flags in: without the step `invert` these would be no digits.
    assert answers["classify"][0]["label"] == answers["labels"][0]
    # Predictions in: their enum and their option make the words.
    second = answers["blank"][0]["runner_up"]["label"]
    assert f" or {second} (" in answers["blank"][0]["explanation"]
    assert answers["bare"][0]["explanation"].endswith(" or another")
    # A variant out in the error of a result.
    assert answers["refused"]["errors"][0]["message"] == "its label is not a digit from 0 to 9"
    # The report, a record out, with options that are there and not, variants and enums.
    report = answers["evaluate"]
    recalls = [quality["recall"] for quality in answers["one"]["classes"]]
    assert recalls == [None, None, None, 0.0, *[None] * 6]
    assert {reason["kind"] for each in report["mistakes"] for reason in each["reasons"]} >= {
        "near-tie", "looks-like", "sure-but-wrong",
    }  # fmt: skip
    assert {each["certainty"] for each in report["mistakes"]} >= {"clear", "tied"}
    # The report in again, its variants with it, and the enum of the style.
    assert answers["text"].isascii()
    assert "the network was sure" in answers["text"]
    # Both resources: 41 samples reached the evaluation, by the classifier that Go lent.
    assert report["samples"] == report["served"]["classifier"] == 41


def test_python_and_rust(answers: dict[str, Any]) -> None:
    report = answers["evaluate"]
    # The tensor in, and predictions out, in a call of the resource that came from Go.
    said = [prediction["label"] for prediction in answers["classify"]]
    pairs = [*zip(answers["told"], said, strict=True), (3, answers["blank"][0]["label"])]
    assert report["confusion"] == [
        [pairs.count((shown, answered)) for answered in range(10)] for shown in range(10)
    ]
    # What Python alone knows: near ties need the enum and the option of Rust's predictions.
    ties = [
        reason
        for each in report["mistakes"]
        for reason in each["reasons"]
        if reason["kind"] == "near-tie"
    ]
    assert ties
    assert all(0 < tie["confidence"] <= 0.5 for tie in ties)
