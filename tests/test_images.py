"""Machine code is loaded from our own cache only, and only as it was made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import BENCH
from wasmtime import Engine, Store
from wasmtime.component import Component, Linker

from wcompose import images as images_module
from wcompose.errors import ArtifactError
from wcompose.images import ImageCache
from wcompose.progress import SilentReporter

COMPONENT = BENCH / "rust-callee.wasm"


class Counting(SilentReporter):
    """Counts how often something was compiled."""

    def __init__(self) -> None:
        self.compiled = 0

    def started(self, subject: str, work: str) -> None:
        self.compiled += work == "compiling"


def compiles(cache: Path, path: Path = COMPONENT) -> bool:
    """Whether opening compiles; what was opened must answer either way."""
    reporter = Counting()
    images = ImageCache(cache)
    assert answers(images.engine, images.open(path, reporter))
    return bool(reporter.compiled)


def answers(engine: Engine, component: Component) -> bool:
    """Whether the component adds rightly."""
    store = Store(engine)
    store.set_epoch_deadline(1 << 40)
    instance = Linker(engine).instantiate(store, component)
    index = instance.get_export_index(store, "wcompose:bench/target@0.1.0")
    index = instance.get_export_index(store, "add", index)
    function = None if index is None else instance.get_func(store, index)
    return function is not None and function(store, 2, 3) == 5


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with one good image."""
    directory = tmp_path / "images"
    assert compiles(directory)
    assert not compiles(directory)
    return directory


def image_of(cache: Path) -> Path:
    (image,) = cache.glob("*.image")
    return image


def test_the_cache_is_private(cache: Path) -> None:
    assert cache.stat().st_mode & 0o777 == 0o700
    assert (cache / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("where", [0, 100, 0.5, -1])
def test_a_flipped_bit_is_never_loaded(cache: Path, where: float) -> None:
    image = image_of(cache)
    data = bytearray(image.read_bytes())
    data[int(where * len(data)) if isinstance(where, float) else int(where)] ^= 1
    image.write_bytes(data)
    assert compiles(cache)
    assert not compiles(cache)


def test_a_flipped_bit_is_seen_in_a_file_that_was_noted(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images_module, "RACY_SECONDS", 0.0)
    assert not compiles(cache)
    assert list(cache.glob("*.seen"))
    image = image_of(cache)
    before = image.stat()
    data = bytearray(image.read_bytes())
    data[len(data) // 2] ^= 1
    image.write_bytes(data)
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert compiles(cache)


def test_a_noted_file_is_not_hashed_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_module, "RACY_SECONDS", 0.0)
    assert not compiles(cache)

    def unasked(*_: object) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr(images_module, "digest_file", unasked)
    monkeypatch.setattr(images_module, "digest_bytes", unasked)
    assert not compiles(cache)


def test_a_forged_note_is_not_believed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_module, "RACY_SECONDS", 0.0)
    assert not compiles(cache)
    for note in cache.glob("*.seen"):
        digest, _, signature = note.read_text().partition("\n")
        note.write_text(f"{digest[:-1]}0\n{signature}")
    assert not compiles(cache)


def test_what_was_just_compiled_is_not_hashed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images_module, "SETTLING_BYTES", 0)
    assert compiles(tmp_path / "images")

    def unasked(*_: object) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr(images_module, "digest_file", unasked)
    monkeypatch.setattr(images_module, "digest_bytes", unasked)
    assert not compiles(tmp_path / "images")


def test_a_component_that_changed_while_it_was_compiled_is_not_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component = tmp_path / "component.wasm"
    component.write_bytes(COMPONENT.read_bytes())
    images = ImageCache(tmp_path / "images")
    compile_it = images._compile

    def compile_and_change(path: Path, data: bytes) -> Component:
        component.write_bytes(data[:-1])
        return compile_it(path, data)

    monkeypatch.setattr(images, "_compile", compile_and_change)
    monkeypatch.setattr(images_module, "RACY_SECONDS", 0.0)
    images.open(component)
    assert not list((tmp_path / "images").glob("*.seen"))


def test_a_fresh_file_is_not_noted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_module, "RACY_SECONDS", 3600.0)
    monkeypatch.setattr(images_module, "FINE_RACY_SECONDS", 3600.0)
    image = image_of(cache)
    image.touch()
    assert not compiles(cache)
    names = {note.name for note in cache.glob("*.seen")}
    assert ImageCache(cache)._note_of(image).name not in names  # type: ignore[union-attr]


def test_a_truncated_image_is_compiled_again(cache: Path) -> None:
    image = image_of(cache)
    image.write_bytes(image.read_bytes()[:-1])
    assert compiles(cache)


def test_an_image_of_another_component_is_not_taken(cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    ImageCache(other).open(BENCH / "go-callee.wasm")
    (foreign,) = other.glob("*.image")
    image = image_of(cache)
    image.write_bytes(foreign.read_bytes())
    image.with_suffix(".mac").write_bytes(foreign.with_suffix(".mac").read_bytes())
    assert compiles(cache)


def test_a_link_in_the_place_of_an_image_is_not_followed(cache: Path, tmp_path: Path) -> None:
    image = image_of(cache)
    moved = tmp_path / "moved"
    image.rename(moved)
    image.symlink_to(moved)
    assert compiles(cache)


def test_a_cache_that_is_a_link_is_not_used(cache: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(cache)
    assert compiles(link)


def test_an_image_that_others_may_write_to_is_not_taken(cache: Path) -> None:
    image_of(cache).chmod(0o666)
    assert compiles(cache)


def test_another_key_makes_every_image_worthless(cache: Path) -> None:
    (cache / "key").write_bytes(os.urandom(32))
    assert compiles(cache)
    assert not compiles(cache)


def test_no_cache_is_needed(tmp_path: Path) -> None:
    assert compiles(tmp_path / "file" / "below")
    (tmp_path / "plain").write_text("a file where a directory is wanted")
    assert compiles(tmp_path / "plain")
    reporter = Counting()
    ImageCache(None).open(COMPONENT, reporter)
    assert reporter.compiled == 1


def test_bytes_and_a_file_share_an_image(cache: Path) -> None:
    images, reporter = ImageCache(cache), Counting()
    assert answers(images.engine, images.open_bytes(COMPONENT.read_bytes(), "given", reporter))
    assert not reporter.compiled
    assert len(list(cache.glob("*.image"))) == 1


def test_bytes_are_compiled_once(tmp_path: Path) -> None:
    images, reporter = ImageCache(tmp_path), Counting()
    for _ in range(2):
        assert answers(images.engine, images.open_bytes(COMPONENT.read_bytes(), "given", reporter))
    assert reporter.compiled == 1
    assert not list(tmp_path.glob("*.seen"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "`given` is empty"),
        (b"(component)", "`given` is not WebAssembly"),
        (b"\0asm\1\0\0\0", "`given` is a core module, not a component"),
        (COMPONENT.read_bytes()[:-100], "`given` is cut short"),
    ],
)
def test_bytes_that_are_no_component_are_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        ImageCache(None).open_bytes(data, "given")


def test_bytes_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images_module, "SIZE_LIMIT", 10_000)
    with pytest.raises(ArtifactError, match="`given` is larger than 10,000 bytes"):
        ImageCache(None).open_bytes(COMPONENT.read_bytes(), "given")


def test_two_processes_may_start_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from wcompose.images import ImageCache\n"
        "ImageCache(Path(sys.argv[1])).open(Path(sys.argv[2]))"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "images"), str(COMPONENT)]
    children = [subprocess.Popen(arguments) for _ in range(4)]
    assert [child.wait(60) for child in children] == [0] * 4
    assert not compiles(tmp_path / "images")
    assert not list((tmp_path / "images").glob(".tmp-*"))
