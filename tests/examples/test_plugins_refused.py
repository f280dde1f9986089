"""Uploads that the example's host does not take, each with everything that is wrong with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from paperflow.sealing import SealBounds
from plugins_support import GUESTS, INVOICE, Service, plan
from wasmtime import wat2wasm

REDACT = GUESTS / "redact.wasm"
NUMBERING = GUESTS / "numbering.wasm"


def rules(answer: Any, status: int = 422) -> set[str]:
    assert answer.status_code == status, answer.text
    return {each["rule"] for each in answer.json()["findings"]}


def nothing_is_left(service: Service, tenant: str) -> bool:
    state = service.places.state
    return (
        service.get(tenant, "plugins") == {"chain": [], "plugins": []}
        and not list((service.places.plugins / tenant).iterdir())
        and not list((state / "uploads").iterdir())
    )


def test_one_for_another_contract_is_told_all_differences(service: Service) -> None:
    answer = service.put("acme", "outdated/1.0.0", GUESTS / "outdated.wasm")
    assert answer.status_code == 422
    findings = answer.json()["findings"]
    told = {(each["rule"], each["place"], each["message"]) for each in findings}
    of_export = (
        "export `paperflow:plugins/transformer@1.0.0` of `plugin` differs from world `plugin`"
    )
    assert (
        "world-export-type",
        "wit/plugins.wit:88:3",
        f"{of_export}: function `describe` is missing",
    ) in told
    assert {message.removeprefix(of_export) for _, _, message in told} >= {
        ": field `attributes` of `document` is missing (`transform` uses it)",
        ": the result of `transform` is `result<document, string>`, not `result<document, problem>`",
        "`plugin` imports `paperflow:plugins/pages@1.0.0`, which world `plugin` does not",
    }
    assert len(told) == 6
    assert str(service.places.sealed) not in answer.text
    assert nothing_is_left(service, "acme")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not-a-component"),
        (b"<!doctype html><title>Not found</title>", "not-a-component"),
        (b"\0" * 1000, "not-a-component"),
        (b"\0asm\x01\0\0\0", "not-a-component"),
        (REDACT.read_bytes()[:20_000], "not-a-component"),
        (b"\0asm\x0d\0\x01\0", "world-export-missing"),
    ],
    ids=["empty", "html", "zeros", "core-module", "cut", "no-exports"],
)
def test_what_is_no_plugin_is_refused(service: Service, content: bytes, rule: str) -> None:
    assert rules(service.put("acme", "nothing/1.0.0", content)) == {rule}
    assert nothing_is_left(service, "acme")


@pytest.mark.parametrize(
    "plugin",
    ["..%2f..%2fetc/1.0.0", "Redact/1.0.0", "redact/1.0", "redact/01.0.0", "redact/1.0.0-rc.1",
     "redact-/1.0.0", f"{'a' * 41}/1.0.0", "red%00act/1.0.0", "r%C3%A9dact/1.0.0",
     "redact/1.0.9999999"],
)  # fmt: skip
def test_names_that_are_no_names_are_refused(service: Service, plugin: str) -> None:
    assert service.put("acme", plugin, REDACT).status_code in {400, 404}
    assert nothing_is_left(service, "acme")


def test_who_asks_for_more_than_the_plan_has_is_refused(service: Service) -> None:
    asked = {
        "memory": "1 GiB", "seconds": 60, "fuel": 10**15, "output": "1 MiB", "instances": 2,
        "assets": True, "variable": "KEY=value",
    }  # fmt: skip
    answer = service.put("globex", "redact/1.0.0", REDACT, **asked)
    assert rules(answer) == {"beyond-plan"}
    assert [each["item"] for each in answer.json()["findings"]] == [
        "instances", "memory", "seconds", "fuel", "output", "assets", "variables",
    ]  # fmt: skip
    assert nothing_is_left(service, "globex")


@pytest.mark.parametrize(
    "asked",
    [{"memory": "much"}, {"seconds": "nan"}, {"seconds": "inf"}, {"seconds": -1}, {"order": "x"},
     {"root": "true"}, {"variable": "lower=1"}, {"fuel": 0}],
)  # fmt: skip
def test_who_asks_for_nonsense_is_told(service: Service, asked: dict[str, Any]) -> None:
    answer = service.put("acme", "redact/1.0.0", REDACT, **asked)
    assert rules(answer, 400) == {"manifest-malformed"}


def test_one_that_cannot_start_leaves_the_old_one_active(service: Service) -> None:
    service.put("acme", "redact/1.0.0", REDACT)
    answer = service.put("acme", "redact/1.1.0", REDACT, fuel=1)
    assert rules(answer) == {"fuel"}
    assert service.chain("acme") == ["redact-1.0.0"]
    assert service.post("acme", INVOICE).status_code == 200
    assert service.get("acme", "plugins")["plugins"] == [
        {
            "name": "redact",
            "version": "1.0.0",
            "state": "active",
            "description": "hides e-mail addresses and card numbers",
        }
    ]


def test_a_plan_has_so_many_plugins(start: Callable[..., Service]) -> None:
    service = start(plan("starter", plugins=1))
    assert service.put("globex", "redact/1.0.0", REDACT).status_code == 201
    assert rules(service.put("globex", "hostile/1.0.0", GUESTS / "hostile.wasm")) == {
        "too-many-plugins"
    }
    assert service.put("globex", "redact/1.0.1", REDACT).status_code == 201
    assert service.chain("globex") == ["redact-1.0.1"]


def test_a_plan_has_so_many_versions(start: Callable[..., Service]) -> None:
    service = start(plan("starter", versions=2))
    assert service.put("globex", "redact/1.0.0", REDACT).status_code == 201
    assert service.put("globex", "redact/0.1.0", REDACT).json()["state"] == "installed"
    assert rules(service.put("globex", "redact/1.0.1", REDACT)) == {"too-many-versions"}
    assert service.put("globex", "redact/1.0.0", REDACT).status_code == 200
    service.delete("globex", "redact/0.1.0")
    assert service.put("globex", "redact/1.0.1", REDACT).json()["state"] == "active"


def test_a_large_upload_is_not_read_to_its_end(start: Callable[..., Service]) -> None:
    service = start(plan("starter", upload=10_000))
    assert rules(service.put("globex", "redact/1.0.0", REDACT), 413) == {"upload-too-large"}
    assert nothing_is_left(service, "globex")


@pytest.mark.parametrize("bounds", [SealBounds(memory=24 << 20), SealBounds(seconds=1)])
def test_compiling_is_bounded(start: Callable[..., Service], bounds: SealBounds) -> None:
    service = start(bounds=bounds)
    # Of a content that was never compiled before, on any machine.
    unique = NUMBERING.read_bytes() + _section(secrets.token_bytes(16))
    # Reading it is bounded, too, by the engine that does it.
    found = rules(service.put("acme", "numbering/1.0.0", unique))
    assert len(found) == 1
    assert found <= {"sealing-bounds", "engine-overran"}
    assert nothing_is_left(service, "acme")


def test_a_bomb_of_instances_is_refused(service: Service) -> None:
    levels = 28
    text = "(component (component $c0)" + "".join(
        f"(component $c{level} (alias outer 1 $c{level - 1} (component $inner))"
        "(instance (instantiate $inner)) (instance (instantiate $inner)))"
        for level in range(1, levels)
    ) + f"(instance (instantiate $c{levels - 1})))"  # fmt: skip
    bomb = bytes(wat2wasm(text))
    assert len(bomb) < 2000
    assert rules(service.put("acme", "bomb/1.0.0", bomb)) == {"world-export-missing"}
    # One that fits: behind the sections of a plugin, the bomb's, and one that sets it off.
    fitting = REDACT.read_bytes() + _nested(bomb) + bytes([5, 4, 1, 0, 1, 0])
    assert rules(service.put("acme", "bomb/1.0.0", fitting)) == {"sealing-bounds"}
    assert nothing_is_left(service, "acme")
    assert service.client.get("/health").json()["status"] == "ok"


def _section(content: bytes) -> bytes:
    """A custom section that nobody reads."""
    body = b"\x04note" + content
    return b"\0" + _length(len(body)) + body


def _nested(component: bytes) -> bytes:
    """Sections that define a component within a component."""
    return b"\x04" + _length(len(component)) + component


def _length(value: int) -> bytes:
    """LEB128."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)
