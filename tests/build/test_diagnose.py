"""From an exception in a component's interpreter to a finding: its text, its causes and what to do."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wcompose.build.python import comparing, diagnose
from wcompose.build.python.mapping import Mapped
from wcompose.report import Finding


def finding_of(source: Path, **fact: Any) -> Finding:
    mapped = Mapped("shop", "app", "shop", Path("wit"), source, None, {"/0": source})
    (found,) = diagnose.findings_of_facts([{"kind": "exception", **fact}], mapped)
    return found


def names(*known: str) -> list[dict[str, str]]:
    return [{"name": name} for name in known]


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (
            {
                "type": "ImportError",
                "source_module": "lib",
                "wanted": "helpr",
                "known": names("helper"),
            },
            "did you mean `helper`?",
        ),
        (
            {
                "type": "ModuleNotFoundError",
                "name": "lib.depp",
                "wanted": "depp",
                "known": names("deep"),
            },
            "did you mean `deep`?",
        ),
        (
            {
                "type": "ImportError",
                "source_module": "wit_world.imports",
                "wanted": "ratez",
                "known": names("rates"),
            },
            "did you mean `rates`?",
        ),
        (
            {
                "type": "ImportError",
                "source_module": "wit_world.imports",
                "wanted": "clock",
                "known": names("rates", "carts"),
            },
            "`wit_world.imports` has `rates` and `carts`",
        ),
        (
            {
                "type": "ModuleNotFoundError",
                "name": "wit_world.imports",
                "source_module": "wit_world",
                "wanted": "imports",
            },
            "world `shop` imports no interface",
        ),
        (
            {"type": "AttributeError", "source_module": "wit_world", "wanted": "exports"},
            "write `from wit_world import exports`",
        ),
        ({"type": "ModuleNotFoundError", "name": "distutils.core"}, "no `distutils` any more"),
        ({"type": "ModuleNotFoundError", "name": "_ssl", "is_standard": True}, "in WebAssembly"),
        ({"type": "ModuleNotFoundError", "name": "numpy"}, "requirements.txt"),
        ({"type": "ImportError", "text": "attempted relative import with no"}, "leading dot"),
        ({"type": "RuntimeError", "text": "can't start new thread"}, "no threads"),
        ({"type": "MemoryError"}, "when it is first needed"),
        ({"type": "SystemExit"}, "__main__"),
        ({"type": "OSError", "is_os_error": True, "filename": "data.txt"}, "Path(__file__).parent"),
        ({"type": "OSError", "is_os_error": True, "filename": "none.txt"}, "inside a function"),
        ({"type": "OSError", "is_os_error": True, "filename": "/data.txt"}, "inside a function"),
        (
            {"type": "ImportError", "source_module": "calendar", "wanted": "spring"},
            "`calendar` is the standard library's",
        ),
        ({"type": "ImportError", "source_module": "random", "wanted": "seed"}, ""),
    ],
)
def test_an_exception_tells_what_to_do(fact: dict[str, Any], said: str, tmp_path: Path) -> None:
    (tmp_path / "data.txt").touch()
    (tmp_path / "calendar.py").touch()
    hint = finding_of(tmp_path, **fact).hint
    assert said in hint
    assert bool(said) == bool(hint)


def test_a_text_without_end_is_cut(tmp_path: Path) -> None:
    found = finding_of(tmp_path, text="first\n" + "x" * 3_000 + "\n" * 300)
    assert found.message.endswith("does not import: first")
    (cause,) = found.causes
    assert len(cause) < 1_000
    assert cause.endswith("lines more")


def frame(file: str, line: int) -> dict[str, Any]:
    return {"file": file, "line": line, "function": "<module>", "source": "call()"}


def test_of_the_standard_library_the_last_frame_is_shown(tmp_path: Path) -> None:
    frames = [frame("<frozen importlib>", 1), frame("/0/app.py", 2), frame("/0/lib.py", 3)]
    frames += [frame(f"/python/asyncio/{number}.py", number) for number in range(9)]
    found = finding_of(tmp_path, text="it", frames=frames)
    assert found.place.file == str(tmp_path / "lib.py")
    assert [(place.file, place.line) for _, place in found.related] == [
        (str(tmp_path / "app.py"), 2),
        ("asyncio/8.py of the standard library", 8),
    ]


# What the component's interpreter tells ---------------------------------------------------------


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The module as it is in a component, where its neighbour has another name."""
    monkeypatch.setitem(sys.modules, "wcompose_comparing", comparing)
    from wcompose.build.python import telling

    return telling


class Unspeakable(Exception):
    """Cannot be made text."""

    def __str__(self) -> str:
        raise RuntimeError


def raised() -> Iterator[BaseException]:
    for code in (
        "raise ValueError('outer') from KeyError('inner')",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    {}['key']",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('alone') from None",
        "raise ExceptionGroup('all', [ValueError('one'), TypeError('two')])",
        "raise Unspeakable",
        "import json\njson.dumpz",
        "from json import dumpz",
        "open('nowhere.txt')",
    ):
        try:
            exec(code, {"Unspeakable": Unspeakable})  # noqa: S102
        except BaseException as error:  # noqa: BLE001
            yield error


def test_an_exception_tells_causes_parts_and_what_there_is(telling: types.ModuleType) -> None:
    facts = [fact for error in raised() for fact in telling.facts_of(error)]
    causes = [[cause["text"] for cause in fact["causes"]] for fact in facts]
    assert causes[:4] == [
        ["caused by KeyError: 'inner'"],
        ["while handling ZeroDivisionError: division by zero"],
        [],
        ["ValueError: one", "TypeError: two"],
    ]
    assert "Unspeakable" in facts[4]["text"]
    for fact in facts[5:7]:
        assert fact["source_module"] == "json"
        assert {"name": "dumps"} in fact["known"]
        assert fact["is_standard"]
    assert facts[5]["wanted"] == "dumpz"
    assert facts[7]["filename"] == "nowhere.txt"
