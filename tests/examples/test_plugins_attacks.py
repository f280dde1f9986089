"""What the example's host does with a plugin that means harm; `ATTACKS.md` shows the answers."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from plugins_support import EXAMPLE, GUESTS, INVOICE, Service, bearing, plan

HOSTILE = GUESTS / "hostile.wasm"
REDACT = GUESTS / "redact.wasm"
PAGE = EXAMPLE / "ATTACKS.md"
FAULTS = {
    "loop": "DeadlineExceeded",
    "memory": "Trapped",
    "recursion": "StackExhausted",
    "trap": "Trapped",
    "flood": "OutputExceeded",
    "log": "DeadlineExceeded",
    "huge": "OutputExceeded",
    "exit": "Trapped",
}
"""Attacks that end the instance, and how."""


def attack(service: Service, name: str, tenant: str = "globex") -> Any:
    return service.post(tenant, {"id": name, "title": name, "body": ""})


@pytest.fixture
def attacked(service: Service) -> Service:
    """A host of two tenants, one of which has the hostile plugin."""
    assert service.put("globex", "hostile/1.0.0", HOSTILE).status_code == 201
    assert service.put("acme", "redact/1.0.0", REDACT).status_code == 201
    return service


@pytest.mark.parametrize("name", FAULTS)
def test_an_attack_ends_within_its_bound_and_all_others_go_on(attacked: Service, name: str) -> None:
    ended = threading.Event()
    answers = []

    def send() -> None:
        answers.append(attack(attacked, name))
        ended.set()

    attacker = threading.Thread(target=send)
    attacker.start()
    served = 0
    while not ended.is_set() or not served:
        assert attacked.post("acme", INVOICE).status_code == 200
        served += 1
    attacker.join()
    assert answers[0].status_code == 502
    assert answers[0].json()["fault"] == FAULTS[name]
    assert answers[0].json()["plugin"] == "hostile-1.0.0"
    assert attack(attacked, "nothing").status_code == 200
    usage = attacked.get("globex", "usage")
    assert usage["faults"] == 1
    assert attacked.get("acme", "usage")["faults"] == 0


def test_fuel_ends_a_loop_where_it_is_short(service: Service) -> None:
    service.put("globex", "hostile/1.0.0", HOSTILE, fuel=1_000_000)
    answer = attack(service, "loop")
    assert answer.status_code == 502
    assert answer.json()["fault"] == "FuelExhausted"
    assert service.get("globex", "usage")["fuel"] >= 1_000_000


def test_a_full_store_is_a_reason_and_no_fault(attacked: Service) -> None:
    answer = attack(attacked, "store")
    assert answer.status_code == 422
    assert answer.json()["problem"] == {
        "unavailable": "the store keeps 262144 bytes, and not one more"
    }
    store = attacked.get("globex", "usage")["store"]
    assert 0 < store["bytes"] <= store["limit"] == 262144


def test_the_log_is_kept_short_and_clean(attacked: Service) -> None:
    attack(attacked, "log")
    lines = attacked.get("globex", "log")["lines"]
    assert 0 < len(lines) <= 1000
    assert all(len(each["message"]) <= 500 for each in lines)
    assert all(each["message"].isprintable() for each in lines)


def test_sleeping_takes_no_time_where_no_clock_is_granted(attacked: Service) -> None:
    assert attack(attacked, "sleep").status_code == 200
    assert attacked.get("globex", "usage")["seconds"] < 30


def test_one_that_faults_again_and_again_is_suspended(start: Callable[..., Service]) -> None:
    service = start(plan("starter", faults=3))
    service.put("globex", "hostile/1.0.0", HOSTILE)
    statuses = [attack(service, each).status_code for each in ("trap", "trap", "no", "trap")]
    assert statuses == [502, 502, 200, 502]
    assert [attack(service, "trap").status_code for _ in range(2)] == [502, 502]
    refused = attack(service, "no")
    assert (refused.status_code, refused.json()) == (
        503,
        {"error": "a plugin failed too often and is suspended", "plugin": "hostile-1.0.0"},
    )
    assert service.get("globex", "plugins/hostile/1.0.0")["state"] == "suspended"
    assert service.client.get("/health").json()["status"] == "degraded"
    resumed = service.client.post(
        "/tenants/globex/plugins/hostile/1.0.0/resume", headers=bearing("globex")
    )
    assert resumed.status_code == 204
    assert attack(service, "no").status_code == 200
    assert service.client.get("/health").json()["status"] == "ok"


def test_too_many_at_once_are_sent_away(start: Callable[..., Service]) -> None:
    service = start(plan("starter", waiting=0))
    service.put("globex", "hostile/1.0.0", HOSTILE, seconds=0.5)
    statuses = []
    senders = [
        threading.Thread(target=lambda: statuses.append(attack(service, "loop").status_code))
        for _ in range(4)
    ]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    assert set(statuses) == {429, 502}


def shown_as(answer: dict[str, Any]) -> str:
    """An answer as the page shows it, backtraces cut short: they change with the compiler."""
    for finding in answer.get("findings", []):
        kept = [each for each in finding["causes"] if not each.startswith("at `")]
        finding["causes"] = [*kept, "at …"] if kept != finding["causes"] else kept
    return json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def test_the_page_shows_what_happens(start: Callable[..., Service]) -> None:
    attacked = start(plan("starter", faults=100))
    attacked.put("globex", "hostile/1.0.0", HOSTILE)
    text = PAGE.read_text("utf-8")
    shown = dict(
        re.findall(r"^## `([^`]*)`\n.*?^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    )
    answers = {name: attack(attacked, name) for name in (*FAULTS, "store", "sleep", "spy")}
    answers |= {
        "outdated.wasm": attacked.put("globex", "outdated/1.0.0", GUESTS / "outdated.wasm"),
        "page.html": attacked.put("globex", "page/1.0.0", b"<!doctype html>"),
        "?memory=1GiB": attacked.put("globex", "redact/1.0.0", REDACT, memory="1GiB"),
    }
    assert shown.keys() == answers.keys()
    for name, answer in answers.items():
        told = shown_as({"status": answer.status_code, **answer.json()})
        if os.environ.get("BLESS"):
            text = text.replace(f"```json\n{shown[name]}```", f"```json\n{told}```", 1)
        else:
            assert shown[name] == told, name
    if os.environ.get("BLESS"):
        PAGE.write_text(text, "utf-8")
