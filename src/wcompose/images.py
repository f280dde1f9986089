"""Machine-code images: components compiled ahead of time, kept in a directory of ours.

An image is machine code, and the runtime trusts it: one with a flipped bit can crash the process, a
planted one owns it. So an image is only ever loaded from a directory that belongs to the caller and
that nobody else may write to, and only if its keyed digest (HMAC-SHA256) is the one that was recorded
when it was made, for the same component, runtime release, configuration and processor. Anything else
is compiled again, without a word: the cache is never needed, only fast.

Hashing costs 0.7 ms a megabyte (SHA-256 with the processor's help), compiling 200 times that. A file
that was hashed before, and whose identity (device, inode, size, times of the last change of its content
and of its status) is what it was then, is not hashed again: the status time cannot be set from outside.
Times have the kernel's coarse resolution, so only an identity that was older than that when hashing
began is remembered; git's index does the same with what it calls racy entries. What was just compiled
is remembered at once, so that the first opening after a build is as fast as every other.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import platform
import secrets
import stat
import threading
import time
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wcompose.errors import ArtifactError, WcomposeError
from wcompose.files import digest_bytes, digest_file, write_atomically
from wcompose.native.configuration import EngineSettings, Warn, engine_for
from wcompose.progress import Reporter, SilentReporter
from wcompose.report import Place

if TYPE_CHECKING:
    from wasmtime import Engine
    from wasmtime.component import Component

SIZE_LIMIT = 1 << 29
"""Bytes of a component that are read at most: 512 MiB."""

KEPT_BYTES = 2 << 30
"""Bytes of images that the cache keeps; those opened longest ago go first."""

KEPT_NOTES = 1000
"""Remembered identities that the cache keeps."""

RACY_SECONDS = 2.0
"""A file that changed less long ago than this when it was hashed is hashed again the next time: no file
system's times are coarser."""

FINE_RACY_SECONDS = 0.05
"""The same, where times have digits below the millisecond: they come from a clock that ticks every 10 ms
at most (Linux, `ktime_get_coarse_real_ts64`)."""

SETTLING_BYTES = 4 << 20
"""An image this large took so long to compile that a wait until its times are settled does not show."""


class ImageCache:
    """Compiles components once.

    Args:
        directory: where images are kept; none to keep none. Made when needed, with mode 0700. A
            directory that cannot be used (read-only, or another's) is passed over.
        settings: of the engine that they are compiled for. A directory may hold images for many.
        warn: hears what this machine or release of the runtime cannot do, in a sentence.
    """

    def __init__(
        self,
        directory: Path | None,
        settings: EngineSettings | None = None,
        warn: Warn | None = None,
    ) -> None:
        self._wanted = directory
        self._warn = warn
        self.settings = settings or EngineSettings()
        """What the engine is made for."""

    @cached_property
    def engine(self) -> Engine:
        """The engine of all that this cache opens; caches with the same settings share it."""
        return engine_for(self.settings, self._warn)

    def open(self, path: Path, reporter: Reporter | None = None) -> Component:
        """Open a component, from its image if there is a good one.

        Args:
            path: the component binary.
            reporter: hears about compiling, which can take seconds.

        Raises:
            ArtifactError: the file cannot be read, or is not a component that the runtime takes.
        """
        known = self._known_digest(path)
        if known is not None:
            image = self._image_of(known)
            if image is not None and (component := self._load(image)) is not None:
                return component
        began = time.time()
        data = _read(path)
        digest = digest_bytes(data)
        component, was_kept = self._component_of(path, data, digest, reporter)
        if was_kept:
            self._note_digest(path, digest, began)
        else:
            self._note_again(path, digest)
        return component

    def open_bytes(self, data: bytes, name: str, reporter: Reporter | None = None) -> Component:
        """Open a component that is in memory, from its image if there is a good one.

        Args:
            data: the component binary.
            name: what messages call it.
            reporter: hears about compiling, which can take seconds.

        Raises:
            ArtifactError: it is not a component that the runtime takes.
        """
        if len(data) > SIZE_LIMIT:
            raise _too_large(name)
        return self._component_of(Path(name), data, digest_bytes(data), reporter)[0]

    def _component_of(
        self, path: Path, data: bytes, digest: str, reporter: Reporter | None
    ) -> tuple[Component, bool]:
        """The component, and whether there was an image of it."""
        if not data.startswith(b"\0asm"):
            # The runtime would take text for a program, and tell of its syntax otherwise.
            raise _refusal(path, data, "")
        image = self._image_of(digest)
        if image is not None and (component := self._load(image)) is not None:
            return component, True
        reporter = reporter or SilentReporter()
        reporter.started(path.name, "compiling")
        component = self._compile(path, data)
        if image is not None:
            self._store(image, component)
        reporter.finished(path.name, "compiled")
        return component, False

    def warm(self, path: Path, reporter: Reporter | None = None) -> None:
        """Make sure that opening ``path`` is fast; see `open`."""
        self.open(path, reporter)

    @cached_property
    def _directory(self) -> Path | None:
        """The directory if it is safe to load machine code from."""
        directory = self._wanted
        if directory is None:
            return None
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = directory.lstat()
            if not stat.S_ISDIR(status.st_mode):
                return None
            if hasattr(os, "getuid"):
                if status.st_uid != os.getuid():
                    return None
                if status.st_mode & 0o077:
                    directory.chmod(0o700)
            return directory if os.access(directory, os.W_OK | os.X_OK) else None
        except OSError:
            return None

    @cached_property
    def _key(self) -> bytes | None:
        """The secret that images are signed with; made once, readable by the owner only."""
        if self._directory is None:
            return None
        file = self._directory / "key"
        for _ in range(2):
            try:
                if file.is_symlink() or file.exists():
                    if _is_ours(file) and len(key := file.read_bytes()) == 32:
                        return key
                    file.unlink(missing_ok=True)
                # Linked into place: of two processes that start at once, the first one's key counts.
                fresh = file.with_name(f".tmp-{secrets.token_hex(8)}")
                descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(secrets.token_bytes(32))
                with contextlib.suppress(FileExistsError):
                    os.link(fresh, file)
                fresh.unlink()
            except OSError:
                return None
        return None

    def _image_of(self, digest: str) -> Path | None:
        if self._directory is None or self._key is None:
            return None
        depends_on = (digest, self.settings.name, *_machine())
        name = hashlib.sha256("\0".join(depends_on).encode()).hexdigest()
        return self._directory / f"{name}.image"

    def _load(self, image: Path) -> Component | None:
        from wasmtime import WasmtimeError
        from wasmtime.component import Component

        signature = image.with_suffix(".mac")
        try:
            if not (_is_ours(image) and _is_ours(signature)):
                return None
            if not hmac.compare_digest(signature.read_bytes(), self._sign_file(image)):
                return None
            os.utime(signature)
            return Component.deserialize_file(self.engine, str(image))
        except (OSError, WasmtimeError):
            return None

    def _compile(self, path: Path, data: bytes) -> Component:
        from wasmtime import WasmtimeError
        from wasmtime.component import Component

        made: list[Component | WasmtimeError] = []

        def compile_it() -> None:
            try:
                made.append(Component(self.engine, data))
            except WasmtimeError as error:
                made.append(error)

        # Not on our own thread: compiling takes seconds, and Ctrl-C must not wait for its end.
        thread = threading.Thread(target=compile_it, name="wcompose-compile", daemon=True)
        thread.start()
        thread.join()
        (outcome,) = made
        if isinstance(outcome, WasmtimeError):
            raise _refusal(path, data, str(outcome))
        return outcome

    def _store(self, image: Path, component: Component) -> None:
        # A full disk or a directory that went away costs the image, not the run.
        with contextlib.suppress(OSError):
            data = bytes(component.serialize())
            digest = digest_bytes(data)
            image.with_suffix(".mac").unlink(missing_ok=True)
            write_atomically(image, data)
            write_atomically(image.with_suffix(".mac"), self._sign(image.name, digest))
            if len(data) >= SETTLING_BYTES:
                time.sleep(FINE_RACY_SECONDS)
                self._note_again(image, digest)
            self._evict(keep=image)

    def _sign(self, name: str, digest: str) -> bytes:
        if self._key is None:
            raise AssertionError("an image is only named when there is a key")
        content = bytes.fromhex(digest.removeprefix("sha256:"))
        return hmac.new(self._key, name.encode() + content, "sha256").digest()

    def _sign_file(self, image: Path) -> bytes:
        digest = self._known_digest(image)
        if digest is None:
            began = time.time()
            digest = digest_file(image)
            self._note_digest(image, digest, began)
        return self._sign(image.name, digest)

    def _known_digest(self, path: Path) -> str | None:
        """The digest of a file that is still the one that was hashed before."""
        try:
            note = self._note_of(path)
            if note is None or self._key is None or not _is_ours(note):
                return None
            digest, _, signature = note.read_text("ascii").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        expected = self._sign_note(note.name, digest)
        return digest if hmac.compare_digest(signature, expected) else None

    def _note_again(self, path: Path, digest: str) -> None:
        """Remember the digest of a file that had it a while ago, if it still has."""
        began = time.time()
        with contextlib.suppress(OSError):
            if digest_file(path) == digest:
                self._note_digest(path, digest, began)

    def _note_digest(self, path: Path, digest: str, began: float) -> None:
        """Remember the digest of a file, unless it changed since, or just before, hashing began."""
        with contextlib.suppress(OSError):
            note = self._note_of(path)
            status = path.stat()
            newest = max(status.st_mtime, status.st_ctime)
            if note is None or not 0 <= newest <= began - _racy_seconds(status):
                return
            write_atomically(note, f"{digest}\n{self._sign_note(note.name, digest)}".encode())

    def _note_of(self, path: Path) -> Path | None:
        """The file that remembers ``path`` as it is now."""
        if self._directory is None:
            return None
        status = path.stat()
        identity = (
            status.st_dev,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )
        name = hashlib.sha256(repr(identity).encode()).hexdigest()
        return self._directory / f"{name}.seen"

    def _sign_note(self, name: str, digest: str) -> str:
        if self._key is None:
            raise AssertionError("a file is only noted when there is a key")
        return hmac.new(self._key, f"seen\0{name}\0{digest}".encode(), "sha256").hexdigest()

    def _evict(self, keep: Path) -> None:
        if self._directory is None:
            return
        images = sorted(
            self._directory.glob("*.image"),
            key=lambda image: _used_at(image.with_suffix(".mac")),
            reverse=True,
        )
        total = 0
        for image in images:
            total += image.stat().st_size
            if total > KEPT_BYTES and image != keep:
                image.with_suffix(".mac").unlink(missing_ok=True)
                image.unlink(missing_ok=True)
        notes = sorted(self._directory.glob("*.seen"), key=_used_at, reverse=True)
        for note in notes[KEPT_NOTES:]:
            note.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ArtifactError.of(
                "component-unreadable",
                f"`{path}` is a directory, not a component",
                place=Place(str(path)),
                hint="name a `.wasm` file",
            )
        with path.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ArtifactError.of(
            "component-unreadable",
            f"cannot read `{path}`",
            place=Place(str(path)),
            causes=[(error.strerror or str(error)).lower()],
            hint="check the path and its permissions",
        ) from None
    if len(data) > SIZE_LIMIT:
        raise _too_large(str(path))
    return data


def _too_large(name: str) -> ArtifactError:
    return ArtifactError.of(
        "component-too-large",
        f"`{name}` is larger than {SIZE_LIMIT:,} bytes",
        place=Place(name),
        hint="strip debug information from the component",
    )


def _is_ours(file: Path) -> bool:
    """Whether a file is a plain file that only its owner, the caller, may write to."""
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        return False
    return not hasattr(os, "getuid") or (
        status.st_uid == os.getuid() and not status.st_mode & 0o022
    )


def _racy_seconds(status: os.stat_result) -> float:
    """How long ago a file must have changed for its times to tell the next change."""
    has_fine_times = status.st_mtime_ns % 1_000_000 and status.st_ctime_ns % 1_000_000
    return min(FINE_RACY_SECONDS, RACY_SECONDS) if has_fine_times else RACY_SECONDS


def _used_at(signature: Path) -> float:
    try:
        return signature.stat().st_mtime
    except OSError:
        return 0.0


@cache
def _machine() -> tuple[str, ...]:
    """What an image depends on besides the component and the configuration."""
    flags = ""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as stream:  # noqa: PTH123
        # "flags" on x86, "Features" on Arm; the first processor stands for all.
        flags = next(
            (line for line in stream if line.lower().startswith(("flags", "features"))), ""
        )
    return (_runtime_version(), platform.system(), platform.machine(), flags)


def _runtime_version() -> str:
    """The release of the runtime, which the directory beside it has in its name (by PyPA's rules)."""
    # `importlib.metadata` takes five milliseconds to say the same, in every process anew.
    import wasmtime

    beside = Path(wasmtime.__file__).parents[1].glob("wasmtime-*.dist-info")
    names = {path.name.removeprefix("wasmtime-").removesuffix(".dist-info") for path in beside}
    if len(names) == 1:
        return names.pop()
    from importlib.metadata import version

    return version("wasmtime")


def _refusal(path: Path, data: bytes, text: str) -> WcomposeError:
    """The runtime's refusal in words about the file, for what never went through the engine."""
    magic = data[:8]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes: list[str] = []
    if not data:
        message, hint = "is empty", "build the component again"
    elif magic[:4] != b"\0asm":
        message, hint = "is not WebAssembly", "name a component binary (`.wasm`)"
    elif magic[4:8] == b"\x01\0\0\0":
        message, hint = (
            "is a core module, not a component",
            "make a component of it first: `wcompose encode MODULE -o COMPONENT`",
        )
    elif any(sign in text for sign in ("unexpected end", "unexpected EOF", "is out of bounds")):
        message, hint = "is cut short", "copy or build it again"
        causes = [lines[-1].partition(": ")[2] or lines[-1]]
    else:
        message, hint = "is not a component that the runtime takes", "build the component again"
        causes = [line for line in lines if line != "Caused by:"][:8]
    return ArtifactError.of(
        "component-invalid", f"`{path}` {message}", place=Place(str(path)), causes=causes, hint=hint
    )
