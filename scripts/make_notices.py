"""Write `THIRD-PARTY.md`: whose work is inside the prebuilt parts, and under which licences.

python scripts/make_notices.py

Needs what `scripts/rebuild.py` needs: cargo says which crates are linked into a part, and their licences
are read where cargo keeps them. Nothing is written by hand but what cargo does not know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from rebuild import PARTS, ROOT, GoPart, RustPart, RustToolchain, run

NOTICES = ROOT / "THIRD-PARTY.md"
SHIPPED = "src/"
"""What lies below is in the package."""

HEAD = """\
# The work of others

<!-- Written by scripts/make_notices.py. -->

wcompose itself is under Apache-2.0, the licence in [LICENSE](LICENSE). Its prebuilt WebAssembly files
contain the work of others; this page says whose. Where a choice of licences is offered, Apache-2.0 is
the one taken. Libraries that pip installs beside wcompose bring their own licences.

What you build contains the work of others, too. A Python component contains CPython, under the
[PSF licence](https://docs.python.org/3/license.html), and the runtime of componentize-py, under
Apache-2.0 with the LLVM exception. A Go component contains the runtime of Go, a Rust one the standard
library of Rust. A composition with gates contains what is listed for the package.

The flagship's network was trained on the UCI digits, and `data/` is taken from them. They are under
CC BY 4.0; [data/README.md](data/README.md) names the authors and what was changed.
"""
STANDARD = ("the standard library of Rust", "", "MIT OR Apache-2.0")
GO = ("the runtime and standard library of Go", "", "BSD-3-Clause")
GO_PACKAGE = "wit-bindgen-go"
"""Carries the source of `go.bytecodealliance.org/pkg`, which Go components contain."""

ADAPTER = "wasi-preview1-component-adapter-provider"
"""Carries the adapter that is put under Go's modules; part of Wasmtime."""

SAME_TEXT = {"nom-language": "nom"}
"""Crates without the text of their licence, and a crate of the same repository that has it."""

WANTED = {"MIT": "MIT", "Zlib": "", "Unicode-3.0": "UNICODE"}
"""Licences whose text has to be given, and what its file is called beside others."""


@dataclass(frozen=True, order=True)
class Work:
    """Something that is inside a part.

    Attributes:
        name: as its makers call it.
        version: empty for what comes with a compiler.
        licence: an SPDX expression.
    """

    name: str
    version: str
    licence: str


class Crates:
    """What cargo knows about the workspace.

    Args:
        metadata: answer of ``cargo metadata``.
    """

    def __init__(self, metadata: dict[str, Any]) -> None:
        self._packages = {package["id"]: package for package in metadata["packages"]}
        self._nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def linked(self, crate: str) -> Iterator[Work]:
        """The crates of others that are linked into the component that a crate of ours makes."""
        waiting = [self._named(crate)["id"]]
        seen = set(waiting)
        while waiting:
            identity = waiting.pop()
            package = self._packages[identity]
            if package["source"] is not None:
                yield self._work(package)
            for dependency in self._nodes[identity]["deps"]:
                if dependency["pkg"] not in seen and self._is_linked(dependency):
                    seen.add(dependency["pkg"])
                    waiting.append(dependency["pkg"])

    def work(self, crate: str) -> Work:
        """A crate that is used for what it carries."""
        return self._work(self._named(crate))

    def text(self, work: Work, licence: str) -> str:
        """The text of one licence of a crate.

        Raises:
            LookupError: the crate's archive has no such file.
        """
        name = SAME_TEXT.get(work.name, work.name)
        for package in self._packages.values():
            if package["name"] == name and (
                name != work.name or package["version"] == work.version
            ):
                files = sorted(Path(package["manifest_path"]).parent.glob("LICEN[CS]E*"))
                exact = [file for file in files if WANTED[licence] in file.stem.upper()]
                alone = [file for file in files if file.stem.upper() in {"LICENSE", "LICENCE"}]
                if found := [*exact, *alone] if WANTED[licence] else alone:
                    return _tidy(found[0].read_text("utf-8"))
        raise LookupError(f"no text of {licence} in the archive of `{work.name}`")

    def _is_linked(self, dependency: dict[str, Any]) -> bool:
        kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
        targets = self._packages[dependency["pkg"]]["targets"]
        return None in kinds and not any("proc-macro" in target["kind"] for target in targets)

    def _named(self, crate: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            package for package in self._packages.values() if package["name"] == crate
        )
        return found

    @staticmethod
    def _work(package: dict[str, Any]) -> Work:
        licence = package["license"].replace("/", " OR ")
        return Work(package["name"], package["version"], licence)


def contents(crates: Crates) -> dict[str, set[Work]]:
    """What is inside each prebuilt part, by its file."""
    found = {}
    for part in PARTS.values():
        if isinstance(part, RustPart):
            found[part.output] = {Work(*STANDARD), *crates.linked(part.crate)}
        elif isinstance(part, GoPart):
            found[part.output] = {Work(*GO), crates.work(GO_PACKAGE), crates.work(ADAPTER)}
    return found


def needed_texts(work: Work) -> Iterator[str]:
    """The licences whose text has to be given for a crate, Apache-2.0 taken where it is offered."""
    for part in work.licence.replace("(", "").replace(")", "").split(" AND "):
        choices = part.split(" OR ")
        if not any(choice.startswith("Apache-2.0") for choice in choices):
            yield next(choice for choice in choices if choice in WANTED)


def notices(crates: Crates, go_licence: str) -> str:
    """The whole page."""
    files = contents(crates)
    shipped = {file: works for file, works in files.items() if file.startswith(SHIPPED)}
    others = {file: works for file, works in files.items() if file not in shipped}
    page = [
        HEAD,
        "\n## In the package\n",
        _table(shipped),
        "\n## In this repository only\n",
        _table(others),
    ]
    texts: dict[str, list[str]] = {_tidy(go_licence): [GO[0]]}
    for work in sorted(set().union(*files.values())):
        for licence in needed_texts(work) if work.version else ():
            texts.setdefault(crates.text(work, licence), []).append(f"{work.name} {work.version}")
    page.append(
        "\n## Texts\n\nOf all others the text is that of [LICENSE](LICENSE); the LLVM exception to it"
        " gives more rights and asks for nothing.\n"
    )
    for text, names in texts.items():
        page.append(f"\n### {', '.join(names)}\n\n```text\n{text}```\n")
    return "".join(page)


def _table(files: dict[str, set[Work]]) -> str:
    rows = ["\n| work | version | licence | in |\n|---|---|---|---|\n"]
    for work in sorted(set().union(*files.values()), key=lambda each: (each.version != "", each)):
        inside = [file for file, works in files.items() if work in works]
        if len(inside) == len(files):
            where = "all"
        elif len(inside) > 3:
            where = f"{len(inside)} of {len(files)} files"
        else:
            where = ", ".join(f"`{file.rpartition('/')[2]}`" for file in inside)
        rows.append(f"| {work.name} | {work.version} | {work.licence} | {where} |\n")
    return "".join(rows)


def _tidy(text: str) -> str:
    """A text without spaces at line ends, empty lines around it, and old line ends."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def main() -> None:
    """Ask cargo and Go, and write the page."""
    crates = Crates(RustToolchain(ROOT / "components/rust/target").metadata())
    go_root = run(["go", "env", "GOROOT"], cwd=ROOT).strip()
    page = notices(crates, (Path(go_root) / "LICENSE").read_text("utf-8"))
    NOTICES.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
