"""Rebuild every prebuilt part from source: the engine, and all Rust and Go components.

    python scripts/rebuild.py                 rebuild all parts in place
    python scripts/rebuild.py engine gateway  rebuild some
    python scripts/rebuild.py --output DIR    write them below DIR, under the same relative paths
    python scripts/rebuild.py --check         rebuild elsewhere and compare digests with the record
    python scripts/rebuild.py --compare DIR   compare what was rebuilt below DIR before
    python scripts/rebuild.py --record        rebuild in place and write `components/prebuilt.toml`

Needs Go, and cargo and rustc that can make `wasm32-unknown-unknown`: with that target installed by
rustup, or Debian's `rustc-web cargo-web rust-web-src lld-22`, where the standard library is built from
its source. Crates come from the network unless they were fetched before; nothing else does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
import tomli_w

sys.path.insert(0, str(Path(__file__).resolve().parent))
from slim import slim

ROOT = Path(__file__).resolve().parent.parent
RUST = ROOT / "components/rust"
RECORD = ROOT / "components/prebuilt.toml"
TARGET = "wasm32-unknown-unknown"
DEBIAN = "apt-get install rustc-web cargo-web rust-web-src lld-22"
GO_RUNTIME = "go.bytecodealliance.org/pkg"
GO_BINDINGS_CRATE = "wit-bindgen-go"
WASI_CRATE = "wasip2"
GATES = RUST / "gates"
LEAN_LINK = ROOT / "scripts/lean_link.py"
LINKER = f"CARGO_TARGET_{TARGET.upper().replace('-', '_')}_LINKER"


@dataclass(frozen=True)
class RustPart:
    """A component made by cargo, with its contract in its type section.

    What the crates in `lean` register at start is left out: see `lean_link.py`.
    """

    crate: str
    output: str
    profile: str = "release"
    lean: tuple[str, ...] = ()


def _gate(name: str) -> RustPart:
    return RustPart(f"gate-{name}", f"src/wcompose/grants/gates/{name}.wasm", profile="gate")


@dataclass(frozen=True)
class GoPart:
    """A component made by Go, with bindings generated for its world."""

    source: str
    wit: str
    world: str
    output: str


PARTS: dict[str, RustPart | GoPart] = {
    "engine": RustPart("wcompose-engine", "src/wcompose/engine/engine.wasm"),
    "inference": RustPart(
        "digits-inference",
        "components/rust/inference/inference.wasm",
        profile="large",
        lean=("tract_core", "tract_nnef"),
    ),
    "gateway": GoPart(
        "components/go/gateway", "wit", "gateway", "components/go/gateway/gateway.wasm"
    ),
    "bench-rust-callee": RustPart("bench-callee", "benches/components/rust-callee.wasm"),
    "bench-files": RustPart("bench-files", "benches/components/rust-files.wasm"),
    "bench-go-callee": GoPart(
        "benches/components/go/callee",
        "benches/components/wit",
        "callee",
        "benches/components/go-callee.wasm",
    ),
    "bench-go-caller": GoPart(
        "benches/components/go/caller",
        "benches/components/wit",
        "caller",
        "benches/components/go-caller.wasm",
    ),
    "tokens-vault": RustPart("tokens-vault", "tests/composing/components/vault.wasm"),
    "tokens-relay": RustPart("tokens-relay", "tests/composing/components/relay.wasm"),
    "tokens-auditor": RustPart("tokens-auditor", "tests/composing/components/auditor.wasm"),
    "tokens-runner": RustPart("tokens-runner", "tests/composing/components/runner.wasm"),
    "tokens-clerk": GoPart(
        "tests/composing/components/clerk",
        "tests/composing/wit",
        "front-desk",
        "tests/composing/components/clerk.wasm",
    ),
    "carried-echo": RustPart("carried-echo", "tests/carrying/components/echo.wasm"),
    "attacks-attacker": RustPart("attacks-attacker", "tests/attacks/components/rust-attacker.wasm"),
    "attacks-keeper": RustPart("attacks-keeper", "tests/attacks/components/keeper.wasm"),
    "attacks-lender": RustPart(
        "attacks-lender", "tests/attacks/components/lender.wasm", profile="gate"
    ),
    "attacks-borrower": RustPart(
        "attacks-borrower", "tests/attacks/components/borrower.wasm", profile="gate"
    ),
    "attacks-driver": RustPart("attacks-driver", "tests/attacks/components/driver.wasm"),
    "attacks-go": GoPart(
        "tests/attacks/components/go",
        "tests/attacks/wit",
        "attacker",
        "tests/attacks/components/go-attacker.wasm",
    ),
    "echo-values": RustPart("echo-values", "tests/runtime/components/echo-rust.wasm"),
    "echo-host": RustPart("echo-host", "tests/runtime/components/echo-host-rust.wasm"),
    "echo-cell": RustPart("echo-cell", "tests/runtime/components/cell.wasm"),
    "hostile-owner": RustPart("hostile-owner", "tests/runtime/components/hostile-rust.wasm"),
    "hostile-flooder": RustPart("hostile-flooder", "tests/runtime/components/flooder.wasm"),
    "echo-go": GoPart(
        "tests/runtime/components/go/echo",
        "tests/runtime/wit",
        "echo",
        "tests/runtime/components/echo-go.wasm",
    ),
    "echo-host-go": GoPart(
        "tests/runtime/components/go/echo-host",
        "tests/runtime/wit",
        "echo-host",
        "tests/runtime/components/echo-host-go.wasm",
    ),
    "hostile-go": GoPart(
        "tests/runtime/components/go/hostile",
        "tests/runtime/wit",
        "hostile-writer",
        "tests/runtime/components/hostile-go.wasm",
    ),
    "plugin-redact": RustPart(
        "plugin-redact", "examples/plugins/guests/redact.wasm", profile="gate"
    ),
    "plugin-hostile": RustPart(
        "plugin-hostile", "examples/plugins/guests/hostile.wasm", profile="gate"
    ),
    "plugin-outdated": RustPart(
        "plugin-outdated", "examples/plugins/guests/outdated.wasm", profile="gate"
    ),
    "plugin-numbering": GoPart(
        "examples/plugins/guests/numbering",
        "examples/plugins/wit",
        "plugin",
        "examples/plugins/guests/numbering.wasm",
    ),
    "shop-prices": RustPart("shop-prices", "examples/shop/prices.wasm"),
    "shop-receipts": GoPart(
        "examples/shop/receipts", "examples/shop/wit", "clerk", "examples/shop/receipts.wasm"
    ),
    "netprober": RustPart("netprober", "tests/grants/components/netprober.wasm", profile="gate"),
    "prober": RustPart("prober", "tests/grants/components/prober.wasm", profile="gate"),
    **{
        f"gate-{name}": _gate(name)
        for name in (
            "environment",
            "clocks",
            "random",
            "redirect",
            "directories",
            "filesystem",
            "standard",
            "http",
            "sockets",
        )
    },
}


class RebuildError(Exception):
    """Something that stops the rebuild, in words for the person who runs it."""


def run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run a command; its standard output, or an error with all that it said."""
    done = subprocess.run(command, cwd=cwd, env=env, check=False, text=True, capture_output=True)
    if done.returncode:
        raise RebuildError(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout


class RustToolchain:
    """Cargo and rustc that can make the target, and how to call them.

    Args:
        cache: directory for what is compiled on the way.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self._flags: list[str] = []
        self._env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("RUST", "CARGO_"))
        }
        for key in ("CARGO_HOME", "RUSTUP_HOME", "CARGO_HTTP_CAINFO"):
            if key in os.environ:
                self._env[key] = os.environ[key]
        self._env["CARGO_TARGET_DIR"] = str(cache)
        if _rustup_has_target():
            self._cargo, self._rustc = "cargo", "rustc"
        else:
            self._use_debian()
        self.version = run([self._rustc, "--version"], cwd=RUST).strip()
        sysroot = run([self._rustc, "--print", "sysroot"], cwd=RUST).strip()
        self._sysroot = Path(sysroot)
        home = self._env.get("CARGO_HOME", str(Path.home() / ".cargo"))
        # The same bytes from every checkout, home and toolchain directory.
        self._env["RUSTFLAGS"] = " ".join(
            [
                f"--remap-path-prefix={RUST}=/source",
                f"--remap-path-prefix={home}=/cargo",
                f"--remap-path-prefix={sysroot}=/rust",
                '--cfg=getrandom_backend="custom"',
            ]
        )

    def _use_debian(self) -> None:
        self._cargo, self._rustc = "/usr/bin/cargo", "/usr/bin/rustc"
        source = Path("/usr/lib/rustlib/src/rust/library")
        linker = next(
            (
                found
                for name in ("wasm-ld-22", "wasm-ld-19", "rust-lld")
                if (found := shutil.which(name))
            ),
            None,
        )
        if not (Path(self._rustc).exists() and Path(self._cargo).exists() and source.exists()):
            raise RebuildError(f"no Rust for {TARGET}: `rustup target add {TARGET}`, or `{DEBIAN}`")
        if linker is None:
            raise RebuildError(f"no linker for {TARGET}: `{DEBIAN}`")
        self._env["RUSTC"] = self._rustc
        self._env["RUSTC_BOOTSTRAP"] = "1"  # building the standard library is not stable
        self._env[LINKER] = linker
        self._flags = ["-Zbuild-std=std,panic_abort"]

    def module(self, part: RustPart) -> Path:
        """Compile a crate to a core module."""
        env, linking = self._env, []
        if part.lean:
            env = {**env, "LEAN_LINKER": self._linker(), "LEAN_CRATES": ",".join(part.lean)}
            linking = ["--", "-C", f"linker={LEAN_LINK}"]
        run(
            [
                self._cargo,
                "rustc" if linking else "build",
                "--locked",
                "--profile",
                part.profile,
                "--target",
                TARGET,
                "--package",
                part.crate,
                *self._flags,
                *linking,
            ],
            cwd=RUST,
            env=env,
        )
        return self.cache / TARGET / part.profile / f"{part.crate.replace('-', '_')}.wasm"

    def _linker(self) -> str:
        """The linker that links when no other is named."""
        named = self._env.get(LINKER)
        if named is not None:
            return named
        for path in sorted(self._sysroot.glob("lib/rustlib/*/bin/rust-lld")):
            return str(path)
        raise RebuildError(f"`{self._rustc}` has no linker of its own below {self._sysroot}")

    def xtask(self) -> Path:
        """The native helper that encodes components and generates Go bindings."""
        env = {key: value for key, value in self._env.items() if key != "RUSTFLAGS"}
        run([self._cargo, "build", "--locked", "--package", "xtask"], cwd=RUST, env=env)
        return self.cache / "debug/xtask"

    def metadata(self) -> dict[str, Any]:
        """What cargo knows about the workspace and all that it depends on."""
        command = [self._cargo, "metadata", "--locked", "--format-version", "1"]
        text = run([*command, "--filter-platform", TARGET], cwd=RUST, env=self._env)
        answer: dict[str, Any] = json.loads(text)
        return answer

    def crate_source(self, name: str) -> Path:
        """Where cargo keeps the source of a dependency."""
        for package in self.metadata()["packages"]:
            if package["name"] == name:
                return Path(package["manifest_path"]).parent
        raise RebuildError(f"crate `{name}` is no dependency any more")


def _rustup_has_target() -> bool:
    if shutil.which("rustup") is None:
        return False
    done = subprocess.run(
        ["rustup", "target", "list", "--installed"], check=False, text=True, capture_output=True
    )
    return TARGET in done.stdout.split()


def build_rust(part: RustPart, rust: RustToolchain, output: Path) -> None:
    """Build a Rust part into `output`."""
    if part.profile == "gate":
        _copy_wasi_wit(rust.crate_source(WASI_CRATE) / "wit/deps")
    run([str(rust.xtask()), "component", str(rust.module(part)), str(output)], cwd=ROOT)
    if part.profile == "gate":
        output.write_bytes(slim(output.read_bytes()))


def _copy_wasi_wit(source: Path) -> None:
    """WASI's interfaces for the worlds of the gates; they come with the crate, and are not kept here."""
    target = GATES / "wit/deps"
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.wit")):
        # Cargo looks at times: what is the same stays.
        if not (copy := target / path.name).exists() or copy.read_bytes() != path.read_bytes():
            copy.write_bytes(path.read_bytes())


def build_go(part: GoPart, rust: RustToolchain, output: Path) -> None:
    """Build a Go part into `output`. Generated code lives in a temporary copy of the source."""
    xtask = str(rust.xtask())
    with tempfile.TemporaryDirectory() as name:
        work = Path(name) / "build"
        shutil.copytree(
            ROOT / part.source, work, ignore=shutil.ignore_patterns("*.wasm", "*_test.go")
        )
        generated = Path(name) / "generated"
        run([xtask, "go-bindings", str(ROOT / part.wit), part.world, str(generated)], cwd=ROOT)
        if (work / "go.mod").exists():
            (generated / "go.mod").unlink()
        shutil.copytree(generated, work, dirs_exist_ok=True)
        _copy_go_runtime(rust.crate_source(GO_BINDINGS_CRATE) / "src/pkg", work / "runtime")
        env = {
            **os.environ,
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-mod=mod",
            "GOPROXY": "off",
            "GOWORK": "off",
            "GOENV": "off",
            "CGO_ENABLED": "0",
        }
        run(
            [
                "go",
                "mod",
                "edit",
                "-go=1.26",
                f"-require={GO_RUNTIME}@v0.4.0",
                f"-replace={GO_RUNTIME}=./runtime",
            ],
            cwd=work,
            env=env,
        )
        run(
            [
                "go",
                "build",
                "-buildmode=c-shared",
                "-trimpath",
                "-buildvcs=false",
                # The runtime package links to `runtime.sbrk`, which Go checks unless told not to.
                "-ldflags=-s -w -buildid= -checklinkname=0",
                "-o",
                "core.wasm",
                ".",
            ],
            cwd=work,
            env={**env, "GOOS": "wasip1", "GOARCH": "wasm"},
        )
        run(
            [
                xtask,
                "component",
                str(work / "core.wasm"),
                str(output),
                str(ROOT / part.wit),
                part.world,
            ],
            cwd=ROOT,
        )


def _copy_go_runtime(source: Path, target: Path) -> None:
    """The package that the bindings import; it is a dependency, and comes with the crate."""
    shutil.copytree(source, target)
    module = target / "go.mod"
    # It asks for a newer Go than it needs.
    module.write_text(module.read_text().replace("go 1.27.1", "go 1.26"))


def toolchain_of(part: RustPart | GoPart, rust: RustToolchain) -> str:
    """The compiler that makes a part, as it names itself."""
    if isinstance(part, RustPart):
        return rust.version
    return run(["go", "version"], cwd=ROOT, env={**os.environ, "GOTOOLCHAIN": "local"}).strip()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Parse arguments, rebuild, compare or record."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--output", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if unknown := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    names = options.parts or list(PARTS)
    cache = Path(os.environ.get("WCOMPOSE_BUILD_CACHE") or RUST / "target")
    try:
        rust = RustToolchain(cache)
        with tempfile.TemporaryDirectory() as temporary:
            root = options.output or (Path(temporary) if options.check else ROOT)
            if options.compare is not None:
                return _compare(
                    {name: options.compare / PARTS[name].output for name in names}, rust
                )
            built = {}
            for name in names:
                built[name] = _rebuild(name, rust, root)
            if options.record:
                _record(built, rust)
            return _compare(built, rust) if options.check else 0
    except RebuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _rebuild(name: str, rust: RustToolchain, root: Path) -> Path:
    part = PARTS[name]
    output: Path = root / part.output
    output.parent.mkdir(parents=True, exist_ok=True)
    print(f"{name}: building", flush=True)
    if isinstance(part, RustPart):
        build_rust(part, rust, output)
    else:
        build_go(part, rust, output)
    print(f"{name}: {output.stat().st_size:,} bytes, {digest(output)}", flush=True)
    return output


def _record(built: dict[str, Path], rust: RustToolchain) -> None:
    record = tomli.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name, path in built.items():
        record[name] = {
            "file": PARTS[name].output,
            "digest": digest(path),
            "size": path.stat().st_size,
            "toolchain": toolchain_of(PARTS[name], rust),
        }
    text = tomli_w.dumps({name: record[name] for name in PARTS if name in record})
    RECORD.write_text("# Written by `python scripts/rebuild.py --record`.\n\n" + text)


def _compare(built: dict[str, Path], rust: RustToolchain) -> int:
    record = tomli.loads(RECORD.read_text())
    failed = 0
    for name, path in built.items():
        told = record.get(name, {})
        if told.get("toolchain") != toolchain_of(PARTS[name], rust):
            print(f"{name}: not comparable: recorded with {told.get('toolchain')}")
        elif told["digest"] == digest(path) == digest(ROOT / PARTS[name].output):
            print(f"{name}: the same bytes")
        else:
            print(f"{name}: DIFFERS from the record ({told['digest']}) or from the committed file")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
