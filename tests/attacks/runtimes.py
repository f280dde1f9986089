"""Other runtimes that the suite runs under: jco on Node, and the `wasmtime` command.

Each gives a composition all that it can: every file, variables, the network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attacks_support import TREASURE, Outcome, Surroundings, outer_directories
from cases import Case
from support import REPOSITORY

PEERS = REPOSITORY / "tests/peers/node_modules"
SHIM = PEERS / "@bytecodealliance/jco/node_modules/@bytecodealliance/preview2-shim"
RUN = Path(__file__).parent / "jco/run.mjs"

VARIABLES = {"TREASURE": TREASURE, "GRANTED": "passed on", "HOME": TREASURE}

Try = Callable[[Case, Surroundings], Outcome]
"""Tries one attack in an instance of its own."""


def given_directories(case: Case, surroundings: Surroundings, *, alone: bool) -> dict[str, str]:
    """Directories by the guest's name for them.

    Args:
        case: what is tried.
        surroundings: where.
        alone: the attacker stands alone, and its one directory is all there is.
    """
    host = surroundings.host
    if alone:
        return {"/": "/" if case.machine else str(host)}
    return {**outer_directories(host), "/": "/"}


def missing_jco() -> str | None:
    """Why jco cannot be used."""
    if (PEERS / ".bin/jco").exists() and (PEERS / ".bin/node").exists():
        return None
    return "jco is not installed: npm install --prefix tests/peers"


def missing_wasmtime() -> str | None:
    """Why the `wasmtime` command cannot be used."""
    return None if shutil.which("wasmtime") else "there is no `wasmtime` command"


@contextmanager
def under_jco(component: Path, work: Path, *, alone: bool = False) -> Iterator[Try]:
    """One process of Node, which makes an instance for each attack."""
    node = str(PEERS / ".bin/node")
    out = work / "transpiled"
    how = ("--instantiation", "async", "--name", "siege")
    made = subprocess.run(
        [node, PEERS / ".bin/jco", "transpile", component, "-o", out, *how],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    questions, ask = os.pipe()
    hear, answers = os.pipe()
    (work / "stdin").write_text(TREASURE)
    with (work / "stdin").open() as stdin, (work / "stderr").open("w") as said:
        process = subprocess.Popen(
            [node, RUN, SHIM, out, "siege", str(questions), str(answers)],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=(questions, answers),
            env={"PATH": os.environ["PATH"], **VARIABLES},
        )
    os.close(questions)
    os.close(answers)

    def attempt(case: Case, surroundings: Surroundings) -> Outcome:
        request = {
            "attack": case.attack,
            "argument": "\n".join(surroundings.arguments(case)),
            "directories": given_directories(case, surroundings, alone=alone),
            "variables": VARIABLES,
            "args": ["program", TREASURE],
        }
        sending.write(json.dumps(request) + "\n")
        sending.flush()
        line = hearing.readline()
        assert line, f"Node ended in `{case.name}`: {(work / 'stderr').read_text()}"
        answer = json.loads(line)
        if "trap" in answer:
            return Outcome(False, f"trap: {answer.get('frames') or answer['trap']}")
        return Outcome.of(None if "exit" in answer else answer, answer.get("exit"))

    with os.fdopen(ask, "w") as sending, os.fdopen(hear) as hearing:
        try:
            yield attempt
        finally:
            process.kill()
            process.wait()


@contextmanager
def under_wasmtime(component: Path, work: Path, *, alone: bool = False) -> Iterator[Try]:
    """A process of the `wasmtime` command for each attack, which the driver in it makes."""
    assert not alone, "an attacker alone is no program"
    command = shutil.which("wasmtime")
    assert command is not None
    image = work / "image.cwasm"
    subprocess.run([command, "compile", component, "-o", image], check=True, timeout=300)
    (work / "stdin").write_text(TREASURE)

    def attempt(case: Case, surroundings: Surroundings) -> Outcome:
        directories = given_directories(case, surroundings, alone=False)
        options = [f"--dir={host}::{guest}" for guest, host in directories.items()]
        options += ["-S", "http,inherit-network,allow-ip-name-lookup"]
        options += [f"--env={name}={value}" for name, value in VARIABLES.items()]
        arguments = surroundings.arguments(case)
        with (work / "stdin").open() as stdin:
            done = subprocess.run(
                [command, "run", "--allow-precompiled", *options, image, case.attack, *arguments],
                stdin=stdin,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        word, _, text = done.stdout.partition(": ")
        if done.returncode == 0 and word in {"got", "held"}:
            return Outcome(word == "got", text.removesuffix("\n"))
        refused = [each for each in done.stderr.splitlines() if "not granted" in each]
        trap = [each for each in done.stderr.splitlines() if "trap" in each or "handle" in each]
        assert refused or trap, done.stderr
        return Outcome(False, f"trap: {(refused + trap)[0].strip()}")

    yield attempt


RUNTIMES = {"jco": (under_jco, missing_jco), "wasmtime": (under_wasmtime, missing_wasmtime)}
