"""The pages on pools say what happens: their Python runs, each page's blocks one after the other."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from guests import guest
from support import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = ("how-to/serve-from-a-pool.md", "explanation/pools.md")
_SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is defined by the blocks of the page that shows how."""
    place = tmp_path_factory.mktemp("pools")
    shutil.copyfile(guest("cell"), place / "cell.wasm")
    found: dict[str, Any] = {}
    text = (DOCS / PAGES[0]).read_text("utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for number, block in enumerate(_SNIPPET.findall(text)):
            exec(compile(block, f"{PAGES[0]}, block {number}", "exec"), found)  # noqa: S102
    return found


def test_its_python_runs(page: dict[str, Any]) -> None:
    assert page["answer"] == 3
    assert page["pool"].state.made == 1


def test_its_application_answers(page: dict[str, Any]) -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def serve() -> None:
        steps: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        lifespan = asyncio.create_task(page["application"]({"type": "lifespan"}, steps.get, send))
        await steps.put({"type": "lifespan.startup"})
        while not sent:
            await asyncio.sleep(0)
        await page["application"]({"type": "http"}, steps.get, send)
        await steps.put({"type": "lifespan.shutdown"})
        await lifespan

    asyncio.run(asyncio.wait_for(serve(), 20))
    assert [(each["type"], each.get("status"), each.get("body")) for each in sent] == [
        ("lifespan.startup.complete", None, None),
        ("http.response.start", 200, None),
        ("http.response.body", None, b"3"),
        ("lifespan.shutdown.complete", None, None),
    ]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    file = DOCS / name
    for link in _LINK.findall(file.read_text("utf-8")):
        assert Path(file.parent, link).is_file(), link
