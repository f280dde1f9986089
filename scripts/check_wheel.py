"""Build the wheel twice, install it into a new environment, and use it from an empty directory.

python scripts/check_wheel.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = """\
[project]
name = "sum"

[components.caller]
path = "caller.wasm"
grants = { clocks = "real", random = { seed = 1 } }

[components.callee]
path = "callee.wasm"
"""


def main() -> int:
    """Build, install, compose and call."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        wheel = build(work / "dist", work)
        if wheel.read_bytes() != build(work / "again", work).read_bytes():
            print("two builds of the wheel differ", file=sys.stderr)
            return 1
        with zipfile.ZipFile(wheel) as archive:
            names = {Path(name).name for name in archive.namelist()}
        if missing := {"LICENSE", "THIRD-PARTY.md", "py.typed", "engine.wasm"} - names:
            print(f"the wheel lacks {', '.join(sorted(missing))}", file=sys.stderr)
            return 1
        venv.create(work / "env", with_pip=True)
        python = str(work / "env/bin/python")
        constraint = str(ROOT / "requirements-dev.txt")
        run([python, "-m", "pip", "install", "--quiet", "-c", constraint, str(wheel)], work)
        empty = work / "empty"
        empty.mkdir()
        for part in ("caller", "callee"):
            source = (
                ROOT
                / f"benches/components/{'go-caller' if part == 'caller' else 'rust-callee'}.wasm"
            )
            (empty / f"{part}.wasm").write_bytes(source.read_bytes())
        (empty / "wcompose.toml").write_text(PROJECT)
        command = str(work / "env/bin/wcompose")
        answers = {
            "run": run([command, "run", ".", "--invoke", "add", "42"], empty),
            "compose": run(
                [command, "compose", "caller.wasm", "callee.wasm", "-o", "out.wasm"], empty
            )
            + run([command, "run", "out.wasm", "--invoke", "add", "42"], empty),
        }
        for what, answer in answers.items():
            if answer.strip() != "42":
                print(f"the installed wheel answered {answer!r} to `{what}`", file=sys.stderr)
                return 1
        for arguments in (["graph", "--format", "html"], ["inspect", "out.wasm"]):
            if "caller" not in run([command, *arguments], empty):
                print(
                    f"`{' '.join(arguments)}` of the installed wheel shows nothing", file=sys.stderr
                )
                return 1
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes; composes, runs, draws and inspects")
        return 0


def build(directory: Path, work: Path) -> Path:
    """Build the wheel into a directory of its own."""
    pip = [sys.executable, "-m", "pip", "--quiet", "wheel", "--no-deps"]
    run([*pip, "--wheel-dir", str(directory), str(ROOT)], work)
    (wheel,) = directory.glob("*.whl")
    return wheel


def run(command: list[str], directory: Path) -> str:
    """Run a command that must succeed; its standard output."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env["WCOMPOSE_CACHE"] = str(directory / ".cache")
    return subprocess.run(
        command, cwd=directory, env=env, check=True, text=True, stdout=subprocess.PIPE
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
