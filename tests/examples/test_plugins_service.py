"""The example's host as its tenants see it: plugins in three languages, swapped while it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plugins_support import EXAMPLE, GUESTS, INVOICE, Service, bearing, plan
from support import Command

REDACT = GUESTS / "redact.wasm"
NUMBERING = GUESTS / "numbering.wasm"


def attributes(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["value"] for each in answer.json()["document"]["attributes"]}


def test_the_contracts_keep_the_rules_and_the_bindings_are_current(command: Command) -> None:
    for each in (EXAMPLE / "wit", GUESTS / "outdated-wit"):
        checked = command("check", "--level", "warning", each)
        assert checked.returncode == 0, checked.stdout
    bindings = command(
        "bindings", "python-host", "wit", "--world", "plugin", "-o", "paperflow", "--name", "contract",
        "--check", cwd=EXAMPLE,
    )  # fmt: skip
    assert bindings.returncode == 0, bindings.stdout + bindings.stderr


def test_a_document_passes_plugins_in_three_languages(service: Service, summary: Path) -> None:
    assert service.put("acme", "summary/1.0.0", summary, order=30).status_code == 201
    assert service.put("acme", "numbering/1.0.0", NUMBERING, order=20).status_code == 201
    installed = service.put("acme", "redact/1.0.0", REDACT, order=10)
    assert installed.json() == {
        "name": "redact",
        "version": "1.0.0",
        "state": "active",
        "description": "hides e-mail addresses and card numbers",
    }
    answer = service.post("acme", INVOICE)
    assert answer.json()["passed"] == ["redact-1.0.0", "numbering-1.0.0", "summary-1.0.0"]
    document = answer.json()["document"]
    assert document["body"] == (
        "Twelve chairs at 90 each. Pay by card [card]. Questions go to [e-mail]."
    )
    assert document["tags"] == ["invoice"]
    assert attributes(answer) == {
        "redacted": "2",
        "invoice-number": "INV-000001",
        "summary": "Pay by card [card].",
        "minutes": "1",
    }
    assert service.get("acme", "log")["lines"] == [
        {"plugin": "redact-1.0.0", "level": "info", "message": "2026-17: 2 hidden, 2 in all"},
        {"plugin": "numbering-1.0.0", "level": "info", "message": "2026-17 is INV-000001"},
    ]


def test_without_plugins_documents_pass_as_they_are(service: Service) -> None:
    answer = service.post("acme", INVOICE)
    assert answer.json() == {"document": {**INVOICE, "attributes": []}, "passed": []}


def test_a_reason_not_to_let_a_document_pass_is_told(service: Service) -> None:
    service.put("acme", "numbering/1.0.0", NUMBERING)
    answer = service.post("acme", {**INVOICE, "body": ""})
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "a plugin does not let the document pass",
        "plugin": "numbering-1.0.0",
        "problem": {"unsuitable": "an invoice needs a text"},
    }


def test_tenants_have_stores_and_plugins_of_their_own(service: Service) -> None:
    for tenant in ("acme", "globex"):
        assert service.put(tenant, "numbering/1.0.0", NUMBERING).status_code == 201
    first = [attributes(service.post("acme", {**INVOICE, "id": each})) for each in "abc"]
    assert [each["invoice-number"] for each in first] == ["INV-000001", "INV-000002", "INV-000003"]
    assert attributes(service.post("globex", INVOICE)) == {"invoice-number": "INV-000001"}
    service.put("acme", "redact/1.0.0", REDACT)
    assert service.chain("globex") == ["numbering-1.0.0"]


def test_the_highest_version_is_active_and_removing_it_goes_back(service: Service) -> None:
    assert service.put("acme", "redact/1.2.0", REDACT).json()["state"] == "active"
    assert service.put("acme", "redact/1.10.0", REDACT).json()["state"] == "active"
    assert service.put("acme", "redact/1.9.0", REDACT).json()["state"] == "installed"
    assert service.chain("acme") == ["redact-1.10.0"]
    assert service.delete("acme", "redact/1.10.0").status_code == 204
    assert service.chain("acme") == ["redact-1.9.0"]
    assert service.delete("acme", "redact/1.10.0").status_code == 404
    service.delete("acme", "redact/1.9.0")
    service.delete("acme", "redact/1.2.0")
    assert service.get("acme", "plugins") == {"chain": [], "plugins": []}


def test_a_version_does_not_change(service: Service) -> None:
    service.put("acme", "redact/1.0.0", REDACT)
    assert service.put("acme", "redact/1.0.0", REDACT).status_code == 200
    assert service.put("acme", "redact/1.0.0", NUMBERING).status_code == 409
    assert service.get("acme", "plugins/redact/1.0.0")["description"].startswith("hides")


def test_a_version_takes_the_place_of_the_one_before_it(service: Service) -> None:
    service.put("acme", "redact/1.0.0", REDACT, order=10)
    service.put("acme", "numbering/1.0.0", NUMBERING, order=20)
    service.put("acme", "redact/1.0.1", REDACT)
    assert service.chain("acme") == ["redact-1.0.1", "numbering-1.0.0"]
    service.put("acme", "redact/1.0.2", REDACT, order=30)
    assert service.chain("acme") == ["numbering-1.0.0", "redact-1.0.2"]


def test_what_is_dropped_into_the_directory_is_taken(service: Service) -> None:
    directory = service.places.plugins / "globex"
    shutil.copyfile(REDACT, directory / "redact-2.0.0.wasm")
    (directory / "redact-2.0.0.toml").write_text("order = 5\nseconds = 0.25\n")
    shutil.copyfile(GUESTS / "outdated.wasm", directory / "outdated-1.0.0.wasm")
    (directory / "not a plugin.wasm").write_bytes(b"")
    (directory / "linked-1.0.0.wasm").symlink_to(REDACT)
    service.look()
    told = service.get("globex", "plugins")
    assert told["chain"] == ["redact-2.0.0"]
    assert [(each["name"], each["state"]) for each in told["plugins"]] == [
        ("outdated", "refused"),
        ("redact", "active"),
    ]
    assert {each["rule"] for each in told["plugins"][0]["findings"]} == {
        "world-export-type",
        "world-import-extra",
        "world-import-type",
    }
    (directory / "redact-2.0.0.wasm").unlink()
    service.look()
    assert service.chain("globex") == []


def test_the_directory_is_watched(start: Callable[..., Service]) -> None:
    service = start(plan("starter").model_copy(update={"scan": 0.01}))
    shutil.copyfile(REDACT, service.places.plugins / "globex" / "redact-1.0.0.wasm")
    assert any(service.chain("globex") for _ in range(20_000))
    assert attributes(service.post("globex", INVOICE)) == {"redacted": "2"}


def test_an_edited_manifest_counts_at_once(service: Service) -> None:
    service.put("acme", "redact/1.0.0", REDACT, order=10)
    service.put("acme", "numbering/1.0.0", NUMBERING, order=20)
    assert service.chain("acme") == ["redact-1.0.0", "numbering-1.0.0"]
    (service.places.plugins / "acme" / "redact-1.0.0.toml").write_text("order = 30")
    service.look()
    assert service.chain("acme") == ["numbering-1.0.0", "redact-1.0.0"]


def test_a_wrongly_edited_manifest_leaves_the_plugin_as_it_was(service: Service) -> None:
    service.put("globex", "redact/1.0.0", REDACT, order=10)
    service.put("globex", "redact/0.9.0", REDACT)
    manifest = service.places.plugins / "globex" / "redact-1.0.0.toml"
    for text, rule in (("memory = '1 GiB'", "beyond-plan"), ("memory =", "manifest-malformed")):
        manifest.write_text(text)
        service.look()
        assert service.chain("globex") == ["redact-1.0.0"]
        told = service.get("globex", "plugins/redact/1.0.0")
        assert told["state"] == "active"
        assert [each["rule"] for each in told["findings"]] == [rule]
        assert attributes(service.post("globex", INVOICE)) == {"redacted": "2"}
    manifest.write_text("order = 20")
    service.look()
    assert "findings" not in service.get("globex", "plugins/redact/1.0.0")


def test_half_a_file_is_taken_when_it_is_whole(service: Service) -> None:
    file = service.places.plugins / "acme" / "redact-1.0.0.wasm"
    content = REDACT.read_bytes()
    with file.open("wb") as stream:
        stream.write(content[: len(content) // 2])
        stream.flush()
        service.look()
        assert service.get("acme", "plugins/redact/1.0.0")["state"] == "refused"
        stream.write(content[len(content) // 2 :])
    service.look()
    assert service.get("acme", "plugins/redact/1.0.0")["state"] == "active"


def test_a_restart_goes_on_with_plugins_and_stores(start: Callable[..., Service]) -> None:
    service = start()
    service.put("acme", "numbering/1.0.0", NUMBERING, order=7)
    first = attributes(service.post("acme", {**INVOICE, "id": "first"}))
    service = start()
    assert service.chain("acme") == ["numbering-1.0.0"]
    assert attributes(service.post("acme", {**INVOICE, "id": "first"})) == first
    second = attributes(service.post("acme", {**INVOICE, "id": "second"}))
    assert second == {"invoice-number": "INV-000002"}


def test_use_is_counted_by_plugin_and_survives_a_swap(service: Service) -> None:
    service.put("acme", "redact/1.0.0", REDACT)
    for _ in range(3):
        service.post("acme", INVOICE)
    before = service.get("acme", "usage")
    assert before["documents"] == 3
    # More calls than documents: each version is asked what it does.
    assert before["calls"] == before["plugins"]["redact"]["calls"] > 3
    assert before["fuel"] > 0
    assert before["seconds"] > 0
    assert before["store"]["bytes"] == len("redact/total") + len("6")
    service.put("acme", "redact/1.0.1", REDACT)
    service.post("acme", INVOICE)
    after = service.get("acme", "usage")
    assert after["calls"] > before["calls"] + 1
    assert after["fuel"] > before["fuel"]
    assert service.get("globex", "usage")["calls"] == 0


def test_every_request_of_a_tenant_needs_its_token(service: Service) -> None:
    for headers in ({}, bearing("globex"), bearing("operator"), {"Authorization": "Bearer "}):
        for method, path in (
            ("GET", "usage"),
            ("GET", "log"),
            ("GET", "plugins"),
            ("POST", "documents"),
            ("PUT", "plugins/redact/1.0.0"),
            ("DELETE", "plugins/redact/1.0.0"),
        ):
            answer = service.client.request(method, f"/tenants/acme/{path}", headers=headers)
            assert answer.status_code == 401, (method, path, headers)
    assert service.client.get("/tenants/nobody/usage", headers=bearing("acme")).status_code == 401
    assert service.client.post("/look", headers=bearing("acme")).status_code == 401
    assert service.client.get("/health").json() == {
        "status": "ok",
        "tenants": 2,
        "plugins": 0,
        "suspended": 0,
    }


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 60_000, 400),
        (b"[]", 400),
        (b'{"id": "a"}', 400),
        (b'{"id": 1, "title": "", "body": "", "more": null}', 400),
        (b'{"id": "\\ud800", "title": "", "body": ""}', 400),
        (b'"' + b"x" * (64 << 10) + b'"', 413),
    ],
)
def test_what_is_no_document_is_refused(service: Service, content: bytes, status: int) -> None:
    service.put("globex", "redact/1.0.0", REDACT)
    answer = service.client.post(
        "/tenants/globex/documents", content=content, headers=bearing("globex")
    )
    assert answer.status_code == status, answer.text


def test_plugins_see_what_they_were_granted_and_nothing_else(service: Service) -> None:
    assets = service.places.assets / "acme"
    (assets / "logo.txt").write_text("logo")
    hostile = GUESTS / "hostile.wasm"
    service.put("acme", "hostile/1.0.0", hostile)
    spied = attributes(service.post("acme", {**INVOICE, "title": "spy"}))
    assert spied == {
        "environment": "[]",
        "arguments": "[]",
        "directories": "none",
        "socket": "access-denied",
        "store": "None",
    }
    granted = {"assets": True, "variable": ["REGION=eu", "EMPTY="]}
    assert service.put("acme", "hostile/1.0.1", hostile, **granted).status_code == 201
    spied = attributes(service.post("acme", {**INVOICE, "title": "spy"}))
    assert spied == {
        "environment": '[("EMPTY", ""), ("REGION", "eu")]',
        "arguments": "[]",
        "directories": "/assets (above: not-permitted, written: read-only)",
        "socket": "access-denied",
        "store": "None",
    }
    assert [each.name for each in assets.iterdir()] == ["logo.txt"]
