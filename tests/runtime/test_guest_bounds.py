"""Each bound ends a guest in its own exception, in time, and leaves everything else as it was."""

from __future__ import annotations

import dataclasses
import re
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from support import CACHE, REPOSITORY

import wcompose
from wcompose import errors
from wcompose.runtime import Limits

MIB = 1 << 20
LATE = 5.0
"""Seconds by which a bound may be late on a machine that others use, too; it is some 20 ms elsewhere."""


@pytest.fixture(scope="module")
def runtime() -> wcompose.Runtime:
    return wcompose.Runtime(cache=CACHE)


@pytest.fixture(scope="module")
def metered() -> wcompose.Runtime:
    return wcompose.Runtime(cache=CACHE, metering=True)


Make = Callable[..., Any]


@pytest.fixture(scope="module")
def make(runtime: wcompose.Runtime, guest_file: Callable[[str], Path]) -> Make:
    """An instance of a guest, by its name."""
    opened: dict[str, Any] = {}

    def make(name: str, **options: Any) -> Any:
        if name not in opened:
            opened[name] = runtime.open(guest_file(name))
        return opened[name].instantiate(**options)

    return make


def ends(
    instance: Any,
    kind: type[errors.GuestFault],
    function: str,
    *arguments: Any,
    at_least: float = 0,
) -> errors.GuestFault:
    """Hold that a call ends so, not before its time, nor much after; gives the exception."""
    started = time.monotonic()
    with pytest.raises(errors.GuestFault) as caught:
        instance.call(function, *arguments)
    took = time.monotonic() - started
    fault: errors.GuestFault = caught.value
    assert type(fault) is kind, fault
    assert at_least <= took < at_least + LATE
    assert instance.fault is fault
    assert not instance.is_usable
    with pytest.raises(errors.InstanceEnded):
        instance.call(function, *arguments)
    return fault


@pytest.mark.parametrize("language", ["rust", "go", "python"])
def test_a_loop_ends_at_its_deadline(make: Make, language: str) -> None:
    hostile = make(f"hostile-{language}", limits=Limits(seconds=0.3))
    assert hostile.call("hostile#calls") >= 0
    fault = ends(hostile, errors.DeadlineExceeded, "hostile#spin", at_least=0.3)
    assert "longer than 0.3 s" in str(fault)


def test_each_call_has_its_time_to_itself(make: Make) -> None:
    hostile = make("hostile-rust", limits=Limits(seconds=1))
    started = time.monotonic()
    while time.monotonic() - started < 1.5:
        hostile.call("hostile#work", 5_000_000)
    assert hostile.is_usable


def test_a_call_may_have_another_deadline_than_its_instance(make: Make) -> None:
    hostile = make("hostile-rust", limits=Limits(seconds=60))
    short = hostile.function("hostile#spin").within(seconds=0.2)
    started = time.monotonic()
    with pytest.raises(errors.DeadlineExceeded, match=r"longer than 0\.2 s"):
        short()
    assert time.monotonic() - started < LATE


def test_a_longer_deadline_goes_for_one_call_only(make: Make) -> None:
    hostile = make("hostile-rust", limits=Limits(seconds=0.2))
    work = hostile.function("hostile#work")
    assert work.within(seconds=60)(50_000_000) >= 0
    ends(hostile, errors.DeadlineExceeded, "hostile#spin", at_least=0.2)


@pytest.mark.parametrize("seconds", [0.0, 1e-9])
def test_no_time_at_all_ends_a_loop_at_once(make: Make, seconds: float) -> None:
    ends(
        make("hostile-rust", limits=Limits(seconds=seconds)),
        errors.DeadlineExceeded,
        "hostile#spin",
    )


def test_fuel_ends_a_loop_at_the_same_place_each_time(
    metered: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    component = metered.open(guest_file("hostile-rust"))
    used = []
    for _ in range(3):
        hostile = component.instantiate(limits=Limits(fuel=1_000_000))
        hostile.call("hostile#work", 1000)
        used.append(hostile.usage.fuel)
        ends(hostile, errors.FuelExhausted, "hostile#spin")
    assert used[0] == used[1] == used[2]
    assert 1000 < used[0] < 1_000_000


def test_each_call_has_its_fuel_to_itself(
    metered: wcompose.Runtime, guest_file: Callable[[str], Path]
) -> None:
    hostile = metered.open(guest_file("hostile-rust")).instantiate(limits=Limits(fuel=100_000))
    for _ in range(20):
        hostile.call("hostile#work", 5000)
    assert hostile.usage.fuel > 100_000
    with pytest.raises(errors.FuelExhausted):
        hostile.function("hostile#work").within(fuel=1000)(5000)


def test_fuel_without_metering_is_refused_and_not_ignored(make: Make) -> None:
    with pytest.raises(errors.UsageError, match="meter"):
        make("hostile-rust", limits=Limits(fuel=1000))
    with pytest.raises(errors.UsageError, match="meter"):
        make("hostile-rust").function("hostile#calls").within(fuel=1000)()


def test_memory_stops_growing_at_its_limit(make: Make) -> None:
    hostile = make("hostile-rust", limits=Limits(memory=16 * MIB))
    assert 14 * MIB < hostile.call("hostile#eat", 1 << 40) <= 16 * MIB
    assert hostile.call("hostile#eat", MIB) == 0
    assert hostile.is_usable


def test_memory_that_a_language_does_not_get_is_told(make: Make) -> None:
    hostile = make("hostile-go", limits=Limits(memory=128 * MIB))
    fault = ends(hostile, errors.MemoryExceeded, "hostile#eat", 1 << 30)
    assert "memory" in str(fault)


def test_a_guest_that_hears_of_it_may_go_on_without_more_memory(make: Make) -> None:
    hostile = make("hostile-python", limits=Limits(memory=128 * MIB))
    assert 0 < hostile.call("hostile#eat", 1 << 30) < 128 * MIB
    fault = ends(hostile, errors.MemoryExceeded, "hostile#huge-list", 1 << 29)
    assert "MemoryError" in fault.findings[0].causes[0]


def test_what_is_too_large_from_its_start_is_told(make: Make, runtime: wcompose.Runtime) -> None:
    with pytest.raises(errors.MemoryExceeded, match="wants more memory"):
        make("large-at-start", limits=Limits(memory=64 * MIB))
    table = "(component (core module $m (table 2000 funcref)) (core instance (instantiate $m)))"
    component = runtime.open(bytes(wasmtime.wat2wasm(table)), name="table")
    component.instantiate(limits=Limits(table_elements=2000)).close()
    with pytest.raises(errors.MemoryExceeded, match="larger table"):
        component.instantiate(limits=Limits(table_elements=1999))


def test_what_no_engine_takes_is_told_when_it_is_opened_or_made(make: Make) -> None:
    """A pool of memories has its tables' size from its start, and refuses larger ones at once."""
    with pytest.raises((errors.ArtifactError, errors.MemoryExceeded)):
        make("wide-at-start")


def test_a_guest_that_takes_all_memory_while_it_starts_gets_its_limit(make: Make) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with make("eats-at-start", limits=Limits(memory=64 * MIB)) as instance:
        assert instance.call("ready") is True
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 << 10


@pytest.mark.parametrize(
    ("guest", "kind"),
    [("spins-at-start", errors.DeadlineExceeded), ("traps-at-start", errors.Trapped)],
)
def test_bounds_hold_while_an_instance_is_made(
    make: Make, guest: str, kind: type[errors.GuestFault]
) -> None:
    started = time.monotonic()
    with pytest.raises(errors.GuestFault) as caught:
        make(guest, limits=Limits(seconds=0.3))
    assert type(caught.value) is kind
    assert time.monotonic() - started < 0.3 + LATE


def test_tables_stop_growing_at_their_limit(make: Make) -> None:
    traps = make("traps", limits=Limits(table_elements=1000))
    assert traps.call("grow-table", 100) >= 0
    assert traps.call("grow-table", 1000) == -1
    assert traps.call("grow-memory", 1) >= 0
    assert traps.is_usable


@pytest.mark.parametrize("language", ["rust", "go", "python"])
def test_recursion_ends(make: Make, language: str) -> None:
    hostile = make(f"hostile-{language}")
    assert hostile.call("hostile#recurse", 5) == 5
    with pytest.raises(errors.GuestFault) as caught:
        hostile.call("hostile#recurse", 1 << 40)
    kinds = {
        "rust": errors.StackExhausted,
        "go": errors.StackExhausted,
        "python": errors.Trapped,  # its interpreter counts for itself, and raises an exception
    }
    assert type(caught.value) is kinds[language], caught.value
    if language == "python":
        assert "RecursionError" in caught.value.findings[0].causes[0]


@pytest.mark.parametrize("stream", ["standard-output", "standard-error"])
def test_a_flood_ends_at_its_limit(make: Make, stream: str) -> None:
    heard: list[int] = []
    grants = wcompose.Grants(
        stdout=lambda data: heard.append(len(data)), stderr=lambda data: heard.append(len(data))
    )
    flooder = make("flooder", grants=grants, limits=Limits(output=1 * MIB))
    assert flooder.call("flood", 1000, stream) == 1000
    fault = ends(flooder, errors.OutputExceeded, "flood", 1 << 40, stream)
    assert "1,048,576 bytes" in str(fault)
    assert sum(heard) <= 1000 + MIB


def test_a_flood_that_nobody_hears_ends_too(make: Make) -> None:
    flooder = make("flooder", limits=Limits(output=1 * MIB, seconds=60))
    ends(flooder, errors.OutputExceeded, "flood", 1 << 40, "standard-output")


def test_each_call_has_its_output_to_itself(make: Make) -> None:
    flooder = make("flooder", limits=Limits(output=1000))
    for _ in range(10):
        assert flooder.call("flood", 900, "standard-output") == 900
    assert flooder.usage.output == 9000


@pytest.mark.parametrize("function", ["hostile#huge-list", "hostile#huge-string"])
def test_a_result_that_is_too_large_is_told(make: Make, function: str) -> None:
    hostile = make("hostile-rust", limits=Limits(result=1000))
    assert len(hostile.call(function, 500)) == 500
    ends(hostile, errors.OutputExceeded, function, 100_000)


@pytest.mark.parametrize("size", [5 * MIB, 200 * MIB])
def test_a_result_that_cannot_cross_takes_no_memory_of_the_host(make: Make, size: int) -> None:
    hostile = make("hostile-rust", limits=Limits(memory=512 * MIB))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ends(hostile, errors.OutputExceeded, "hostile#huge-list", size)
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    assert used < 300 * MIB + size


KINDS = (
    "unreachable", "divide-by-zero", "integer-overflow", "invalid-conversion",
    "memory-out-of-bounds", "memory-copy-out-of-bounds", "table-out-of-bounds", "null-function",
    "wrong-signature", "misaligned-atomic", "wait-alone", "null-reference", "array-out-of-bounds",
    "failed-cast", "huge-array",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_trap_is_one(make: Make, kind: str) -> None:
    ends(make("traps"), errors.Trapped, "run-into", kind)


def test_a_stack_that_overflows_has_its_own_exception(make: Make) -> None:
    ends(make("traps"), errors.StackExhausted, "run-into", "stack-overflow")


LIES = (
    "not-utf8", "string-outside", "list-outside", "list-endless", "list-misaligned", "result-misaligned",
    "result-outside", "not-a-char", "no-such-case", "no-such-case-in-list", "trap-after",
)  # fmt: skip


@pytest.mark.parametrize("function", LIES)
def test_every_lie_about_a_value_is_a_trap(make: Make, function: str) -> None:
    ends(make("traps"), errors.Trapped, function)


def test_what_happens_after_a_call_is_bounded_too(make: Make) -> None:
    ends(
        make("traps", limits=Limits(seconds=0.3)),
        errors.DeadlineExceeded,
        "spin-after",
        at_least=0.3,
    )


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("outside", errors.Trapped),
        ("misaligned", errors.Trapped),
        ("trap", errors.Trapped),
        ("spin", errors.DeadlineExceeded),
    ],
)
def test_room_for_arguments_is_not_trusted(
    make: Make, place: str, kind: type[errors.GuestFault]
) -> None:
    traps = make("traps", limits=Limits(seconds=0.3))
    traps.call("set-room", "in-memory")
    assert traps.call("take", [1, 2, 3]) == 3
    traps.call("set-room", place)
    ends(traps, kind, "take", [1, 2, 3])


@pytest.mark.parametrize("language", ["rust", "go", "python"])
def test_a_panic_is_told_in_the_guest_s_words(make: Make, language: str) -> None:
    hostile = make(f"hostile-{language}")
    with pytest.raises(errors.GuestFault) as caught:
        hostile.call("hostile#panic", "all is lost")
    fault = caught.value
    assert isinstance(fault, (errors.Trapped, errors.GuestExited))
    if language != "rust":  # it has no standard error
        assert "all is lost" in fault.findings[0].causes[0]
    if isinstance(fault, errors.GuestExited):
        assert fault.code != 0


def test_memories_are_counted(make: Make, runtime: wcompose.Runtime) -> None:
    many = "(core module $m (memory 1))" + "(core instance (instantiate $m))" * 20
    component = runtime.open(bytes(wasmtime.wat2wasm(f"(component {many})")), name="many")
    component.instantiate(limits=Limits(memories=20)).close()
    for limits in (Limits(memories=19), Limits(instances=19)):
        with pytest.raises(errors.MemoryExceeded):
            component.instantiate(limits=limits)


def test_the_defaults_let_every_guest_of_ours_run(make: Make) -> None:
    for name in ("echo-rust", "echo-go", "echo-python"):
        with make(name) as instance:
            assert instance.call("values#add", 1, 2) == 3


def test_the_example_in_the_reference_runs(
    guest_file: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (REPOSITORY / "docs" / "reference" / "limits.md").read_text("utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "guest.wasm").write_bytes(guest_file("hostile-rust").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []
    exec(compile(snippet, "limits.md", "exec"), {"print": told.append})  # noqa: S102
    assert told == [
        "the component was stopped: `wcompose:echo/hostile@0.1.0#spin` took longer than 0.2 s"
    ]


def test_the_reference_tells_the_defaults() -> None:
    page = (REPOSITORY / "docs" / "reference" / "limits.md").read_text("utf-8")
    spelt = {"memory": "2 GiB", "output": "1 GiB"}
    for field in dataclasses.fields(Limits):
        rows = [line for line in page.splitlines() if line.startswith("| ")]
        row = next(line for line in rows if f"`{field.name}`" in line.split("|")[1])
        default = field.default
        words = spelt.get(field.name) or ("none" if default is None else f"{default:,}")
        assert f"| {words} |" in row, field.name
