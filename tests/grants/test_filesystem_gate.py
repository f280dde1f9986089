"""The gate for directories, in front of real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from files_support import FILES, Probed, compose_behind
from wasmtime.component import Component

from wcompose.engine import Engine
from wcompose.images import ImageCache
from wcompose.runtime import DirectoryGrant

READ_ONLY = "error: read-only"
Open = Callable[..., Probed]


@pytest.fixture(scope="module")
def component(
    engine: Engine, images: ImageCache, tmp_path_factory: pytest.TempPathFactory
) -> Component:
    file = tmp_path_factory.mktemp("filesystem") / "whole.wasm"
    compose_behind("filesystem", FILES, engine, file)
    return images.open(file)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Directories of the host: `in`, `out` and `secret`, and a file beside them."""
    for name in ("in", "out", "secret"):
        directory = tmp_path / name
        (directory / "sub").mkdir(parents=True)
        (directory / "a.txt").write_text(f"{name} a")
        (directory / "sub" / "b.txt").write_text(f"{name} b")
        (directory / "link").symlink_to("a.txt")
        (directory / "down").symlink_to("sub")
        (directory / "up").symlink_to("../secret/a.txt")
        (directory / "away").symlink_to(tmp_path / "secret" / "a.txt")
    return tmp_path


@pytest.fixture
def probed(component: Component, images: ImageCache, host: Path) -> Open:
    """Open a prober; the host gives all three directories, and all may be written."""

    def make(*lines: str) -> Probed:
        names = ("in", "out", "secret")
        directories = [DirectoryGrant(host / name, name, writable=True) for name in names]
        probe = Probed(component, images.engine, "\n".join(["node prober", *lines]), directories)
        probe.shown = probe.file("preopens")
        return probe

    return make


def _tree(directory: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a directory that a change would change."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [directory, *sorted(directory.rglob("*"))]:
        stat = path.lstat()
        content = path.readlink() if path.is_symlink() else path.is_file() and path.read_bytes()
        name = str(path.relative_to(directory))
        found[name] = (stat.st_mode, stat.st_nlink, stat.st_mtime_ns, content)
    return found


BOTH = ("directory in /data read", "directory out /work write")


def test_only_what_is_granted_is_shown_under_its_name(probed: Open) -> None:
    assert probed(*BOTH).shown == "/data /work"
    assert probed("directory in /data read", "directory in /again write").shown == "/data /again"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "directory",
        "directory in",
        "directory in /data",
        "directory in /data writes",
        "directory in /data WRITE",
        "directory in /data %",
        "directory other /data write",
        "directory IN /data write",
        "directory in/ /data write",
        "directory in/sub /data write",
        "directory ./in /data write",
        "directory %69%6 /data write",
        "directory%20in /data write",
        " directory in /data write",
        "directories in /data write",
        "directory in%00 /data write",
        "learning",
    ],
)
def test_a_line_that_is_not_understood_shows_nothing(probed: Open, line: str) -> None:
    assert probed(line).shown == ""


def test_names_may_have_any_characters(
    component: Component, images: ImageCache, host: Path
) -> None:
    directories = [DirectoryGrant(host / "in", "my data %é", writable=True)]
    policy = "directory my%20data%20%25%C3%A9 /d%20d read"
    probe = Probed(component, images.engine, policy, directories)
    assert probe.file("preopens") == "/d d"
    assert probe.file("stat-at", "/d d", "f", "a.txt") == "DescriptorType::RegularFile 4"


def test_reading_works_below_a_directory_that_may_be_read(probed: Open) -> None:
    probe = probed(*BOTH)
    assert probe.file("open", "/data", "a.txt", "r", "a") == "done"
    assert probe.file("read", "a", 100, 0) == "in a false"
    assert probe.file("reading", "a", 3, "stream") == "done"
    assert probe.stream("blocking-read", "stream", 100) == "a"
    assert probe.stream("blocking-read", "stream", 100) == "error: closed"
    assert probe.file("list", "/data") == "a.txt away down link sub up"
    assert probe.file("open", "/data", "sub", "dr", "sub") == "done"
    assert probe.file("list", "sub") == "b.txt"
    assert probe.file("open", "/data", "down/b.txt", "fr", "b") == "done"
    assert probe.file("read", "b", 100, 0) == "in b false"
    assert probe.file("readlink", "/data", "link") == "a.txt"
    assert probe.file("stat-at", "/data", "f", "link") == "DescriptorType::RegularFile 4"
    assert probe.file("stat-at", "/data", "", "link").startswith("DescriptorType::SymbolicLink")
    assert probe.file("type", "sub") == "DescriptorType::Directory"
    assert probe.file("stat", "a") == "4"
    assert probe.file("advise", "a") == "done"
    assert probe.file("hash", "a") == probe.file("hash-at", "/data", "", "a.txt")
    assert probe.file("hash", "a") != probe.file("hash", "b")
    probe.file("open", "/data", "link", "fr", "same")
    assert probe.file("same", "a", "same") == "true"
    assert probe.file("same", "a", "b") == "false"
    assert probe.file("open", "/data", "nothing", "r", "x") == "error: no-entry"
    assert probe.events == []


def test_flags_promise_no_writing(probed: Open) -> None:
    probe = probed(*BOTH)
    assert (probe.file("flags", "/data"), probe.file("flags", "/work")) == ("r", "rm")
    probe.file("open", "/data", "a.txt", "r", "a")
    probe.file("open", "/work", "a.txt", "rw", "b")
    assert (probe.file("flags", "a"), probe.file("flags", "b")) == ("r", "rw")


CHANGES = [
    ("make-directory", "/data", "new"),
    ("remove-directory", "/data", "sub"),
    ("unlink", "/data", "a.txt"),
    ("symlink", "/data", "a.txt", "new"),
    ("set-times", "/data"),
    ("set-times-at", "/data", "f", "a.txt"),
    ("set-times-at", "/data", "", "link"),
    ("rename", "/data", "a.txt", "/data", "new"),
    ("rename", "/data", "a.txt", "/work", "new"),
    ("rename", "/work", "a.txt", "/data", "new"),
    ("rename", "/work", "a.txt", "/data", "a.txt"),
    ("rename", "/data", "sub", "/work", "new"),
    ("link", "/data", "", "a.txt", "/data", "new"),
    ("link", "/data", "", "a.txt", "/work", "new"),
    ("link", "/data", "f", "a.txt", "/work", "new"),
    ("link", "/work", "", "a.txt", "/data", "new"),
    ("open", "/data", "new", "crw", "x"),
    ("open", "/data", "new", "c", "x"),
    ("open", "/data", "new", "cxw", "x"),
    ("open", "/data", "a.txt", "x", "x"),
    ("open", "/data", "a.txt", "c", "x"),
    ("open", "/data", "a.txt", "t", "x"),
    ("open", "/data", "a.txt", "tr", "x"),
    ("open", "/data", "a.txt", "w", "x"),
    ("open", "/data", "a.txt", "rw", "x"),
    ("open", "/data", "link", "fw", "x"),
    ("open", "/data", "sub", "dm", "x"),
    ("open", "/data", "sub", "rm", "x"),
    ("open", "/data", "down/b.txt", "fw", "x"),
    ("write", "file", "text", 0),
    ("set-size", "file", 0),
    ("set-times", "file"),
    ("writing", "file", 0, "x"),
    ("appending", "file", "x"),
    ("make-directory", "sub", "new"),
    ("unlink", "sub", "b.txt"),
    ("open", "sub", "b.txt", "w", "x"),
    ("open", "sub", "../a.txt", "w", "x"),
    ("rename", "sub", "b.txt", "/work", "new"),
    ("link", "sub", "", "b.txt", "/work", "new"),
    ("rename", "/work", "a.txt", "sub", "new"),
    ("set-times", "dot"),
    ("unlink", "dot", "a.txt"),
    ("write", "linked", "text", 0),
]


def _opened(probe: Probed) -> Probed:
    for path, flags, name in [
        ("a.txt", "r", "file"),
        ("sub", "dr", "sub"),
        (".", "dr", "dot"),
        ("link", "fr", "linked"),
    ]:
        assert probe.file("open", "/data", path, flags, name) == "done"
    return probe


@pytest.mark.parametrize("step", CHANGES, ids=lambda step: "-".join(map(str, step)))
def test_nothing_changes_below_a_directory_that_may_be_read(
    probed: Open, host: Path, step: tuple[str, ...]
) -> None:
    probe = _opened(probed(*BOTH))
    before = [_tree(host / name) for name in ("in", "out", "secret")]
    assert probe.file(*step) == READ_ONLY
    assert [_tree(host / name) for name in ("in", "out", "secret")] == before
    # It was the grant: the host does it, or has a reason of its own.
    writing = _opened(probed("directory in /data write", "directory out /work write"))
    assert writing.file(*step) != READ_ONLY


def test_everything_works_where_writing_is_granted(probed: Open, host: Path) -> None:
    out = host / "out"
    probe = probed("directory out /work write", "directory in /other write")
    assert probe.file("open", "/work", "new.txt", "cxrw", "new") == "done"
    assert probe.file("write", "new", "hello world", 0) == "11"
    assert probe.file("set-size", "new", 5) == "done"
    assert (out / "new.txt").read_text() == "hello"
    assert probe.file("writing", "new", 1, "stream") == "done"
    assert probe.stream("write-flush", "stream", "u") == "done"
    assert probe.file("appending", "new", "end") == "done"
    assert probe.stream("write-all", "end", "!") == "done"
    assert probe.stream("blocking-flush", "end") == "done"
    assert (out / "new.txt").read_text() == "hullo!"
    for step in ("sync", "sync-data", "set-times"):
        assert probe.file(step, "new") == "done"
    assert (out / "new.txt").stat().st_mtime == 1
    assert probe.file("set-times-at", "/work", "f", "link") == "done"
    assert (out / "a.txt").stat().st_mtime == 1
    assert probe.file("make-directory", "/work", "made") == "done"
    assert probe.file("rename", "/work", "new.txt", "/work", "made/new.txt") == "done"
    assert probe.file("link", "/work", "", "made/new.txt", "/other", "hard") == "done"
    assert (host / "in" / "hard").samefile(out / "made" / "new.txt")
    assert probe.file("rename", "/other", "hard", "/work", "back") == "done"
    assert probe.file("symlink", "/work", "back", "soft") == "done"
    assert (out / "soft").read_text() == "hullo!"
    assert probe.file("unlink", "/work", "made/new.txt") == "done"
    assert probe.file("remove-directory", "/work", "made") == "done"
    assert not (out / "made").exists()
    assert probe.file("open", "/work", "back", "tw", "back") == "done"
    assert (out / "back").read_text() == ""


@pytest.mark.parametrize("letters", ["", "f", "r", "fr", "w", "fw", "cw", "fcw", "fctw"])
@pytest.mark.parametrize(
    "path",
    [
        "up",
        "away",
        "../secret/a.txt",
        "sub/../../secret/a.txt",
        "..",
        "../",
        "down/../../secret/a.txt",
        "/etc/passwd",
        "{secret}",
        "up/",
        "../in/a.txt",
        "fresh",
        "fresh/",
        "steps",
        "steps/a.txt",
    ],
)
def test_a_directory_is_not_left(probed: Open, host: Path, path: str, letters: str) -> None:
    before = _tree(host / "secret"), _tree(host / "in")
    for directory in ("/data", "/work"):
        probe = probed(*BOTH)
        if directory == "/work":
            probe.file("symlink", "/work", "../secret/a.txt", "fresh")
            probe.file("symlink", "/work", "../secret", "steps")
        words = path.format(secret=host / "secret" / "a.txt")
        if probe.file("open", directory, words, letters, "x") == "done":
            # A link itself may be opened, if at all: nothing can be read from it.
            assert "secret" not in probe.file("read", "x", 100, 0)
        assert "secret" not in probe.file("list", "x")
    assert (_tree(host / "secret"), _tree(host / "in")) == before


def test_a_writable_directory_around_a_read_only_one_still_writes(
    component: Component, images: ImageCache, host: Path
) -> None:
    """Two preopens are two grants; that is refused where paths of the host are known."""
    directories = [DirectoryGrant(host, "all", True), DirectoryGrant(host / "in", "in", True)]
    policy = "directory all / write\ndirectory in /in read"
    probe = Probed(component, images.engine, policy, directories)
    assert probe.file("preopens") == "/ /in"
    assert probe.file("open", "/in", "a.txt", "w", "x") == READ_ONLY
    assert probe.file("open", "/", "in/a.txt", "w", "x") == "done"


def test_a_descriptor_that_the_host_lets_read_only_stays_so(
    component: Component, images: ImageCache, host: Path
) -> None:
    directories = [DirectoryGrant(host / "in", "in", writable=False)]
    probe = Probed(component, images.engine, "directory in /in write", directories)
    assert probe.file("preopens") == "/in"
    assert probe.file("flags", "/in") == "r"
    assert probe.file("unlink", "/in", "a.txt") == "error: not-permitted"
    assert probe.file("open", "/in", "a.txt", "w", "x") == "error: not-permitted"


def test_errors_of_streams_are_known(probed: Open) -> None:
    probe = probed(*BOTH)
    probe.file("open", "/work", "a.txt", "rw", "a")
    probe.file("writing", "a", 2**63, "far")
    assert probe.stream("write-flush", "far", "x") == "error: failed: invalid"


def test_all_is_recorded(probed: Open) -> None:
    probe = probed(*BOTH, "audit all")
    probe.file("open", "/data", "./sub//", "dr", "sub")
    probe.file("open", "sub", "b.txt", "r", "b")
    probe.file("open", "/data", "b c%é", "w", "x")
    probe.file("set-size", "b", 0)
    probe.file("stat-at", "/data", "", "a.txt")
    probe.file("open", "/work", "new", "cw", "new")
    probe.file("writing", "new", 0, "stream")
    probe.file("rename", "/work", "new", "/data", "../x")
    probe.file("rename", "/work", "new", "/work", "newer")
    probe.file("open", "/work", "/etc/passwd", "r", "x")
    types = "wasi:filesystem/types [method]descriptor"
    assert probe.decisions == [
        f"{types}.open-at allowed /data/sub read",
        f"{types}.open-at allowed /data/sub/b.txt read",
        f"{types}.open-at denied /data/b c%é write",
        f"{types}.set-size denied /data/sub/b.txt write",
        f"{types}.stat-at allowed /data/a.txt read",
        f"{types}.open-at allowed /work/new write",
        f"{types}.write-via-stream allowed /work/new write",
        f"{types}.rename-at denied /work/new write",
        f"{types}.rename-at denied /data/../x write",
        f"{types}.rename-at allowed /work/new write",
        f"{types}.rename-at allowed /work/newer write",
        f"{types}.open-at denied /etc/passwd read",
    ]
    assert probe.events[2].endswith(" denied /data/b%20c%25%C3%A9%20write")
    assert all(event.startswith("prober ") for event in probe.events)


def test_what_is_denied_is_recorded(probed: Open) -> None:
    probe = probed(*BOTH, "audit denied")
    probe.file("open", "/work", "a.txt", "w", "a")
    probe.file("open", "/data", "a.txt", "r", "b")
    probe.file("open", "/data", "a.txt", "w", "x")
    probe.file("appending", "b", "x")
    types = "wasi:filesystem/types [method]descriptor"
    assert probe.decisions == [
        f"{types}.open-at denied /data/a.txt write",
        f"{types}.append-via-stream denied /data/a.txt write",
    ]


def test_learning_allows_and_records_all(probed: Open, host: Path) -> None:
    probe = probed("learn")
    assert probe.shown == "in out secret"
    assert probe.file("open", "in", "new", "cw", "new") == "done"
    assert (host / "in" / "new").exists()
    assert probe.file("unlink", "secret", "a.txt") == "done"
    types = "wasi:filesystem/types [method]descriptor"
    assert probe.decisions == [
        f"{types}.open-at allowed in/new write",
        f"{types}.unlink-file-at allowed secret/a.txt write",
    ]


def test_learning_knows_names_that_were_granted(probed: Open) -> None:
    probe = probed(*BOTH, "learn")
    assert probe.shown == "/data /work in out secret"
    assert probe.file("open", "/data", "a.txt", "w", "x") == "done"


def test_many_descriptors_come_and_go(probed: Open) -> None:
    probe = probed(*BOTH)
    assert probe.file("timed", "/data", "open", "a.txt", 20_000) == "done"
