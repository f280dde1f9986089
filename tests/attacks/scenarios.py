"""Projects in which an attacker stands beside a keeper, and what the attacker is granted in each."""

from __future__ import annotations

from dataclasses import dataclass

from attacks_support import GRANTED_PORTS

PROJECT = """\
[project]
name = "siege"
version = "0.1.0"
wit = "wit"

[components.attacker]
language = "{toolchain}"
path = "attacker.wasm"

[components.attacker.grants]
{grants}

[components.keeper]
language = "rust"
path = "keeper.wasm"

[components.keeper.grants]
filesystem = [{{ host = "keep", guest = "/keep" }}]
environment = ["TREASURE"]
arguments = true

[components.driver]
language = "rust"
path = "driver.wasm"

[components.driver.grants]
arguments = true
stdout = "inherit"

[graph]
exports = [
    "attacker:wcompose:attacks/attacks",
    "keeper:wcompose:attacks/secrets",
    "driver:wasi:cli/run",
]
"""

ALIVE = {
    "rust": "",
    "python": "random = { seed = 7 }\n",
    "go": 'random = { seed = 7 }\nclocks = "real"\n',
}
"""What the language's own runtime asks for before any of the node's code runs.

Go's clock must go on: its scheduler waits for it.
"""

PORTS = f"{GRANTED_PORTS[0]}-{GRANTED_PORTS[-1]}"

SOME = f"""\
filesystem = [
    {{ host = "data", guest = "/data" }},
    {{ host = "scratch", guest = "/scratch", write = true }},
]
environment = ["GRANTED", {{ name = "MODE", value = "fast" }}]
arguments = ["mine"]
stdin = {{ file = "streams/in.txt" }}
stdout = {{ file = "streams/out.txt" }}
stderr = {{ file = "streams/err.txt" }}
random = {{ seed = 7 }}
http = [{{ scheme = "http", host = "localhost", ports = ["{PORTS}"], methods = ["GET"] }}]
tcp = [{{ connect = "127.0.0.1", ports = ["{PORTS}"] }}]
udp = [{{ send = "127.0.0.1", ports = ["{PORTS}"] }}]
"""

FROZEN = "clocks = { frozen = 2026-01-01T00:00:00Z }\n"

OWN_ANSWERS = frozenset({"working-directory", "lookup-address"})
"""Go knows a directory to work in, and what an address is, without asking anybody."""


@dataclass(frozen=True)
class Scenario:
    """What the attacker is granted.

    Attributes:
        name: of the golden files.
        grants: the lines of its table, by toolchain.
        granted: cases that may get something: what they get was granted.
    """

    name: str
    grants: dict[str, str]
    granted: frozenset[str]


NOTHING = Scenario("nothing", {"rust": "", "python": "", "go": ""}, frozenset())

ONLY_ALIVE = Scenario(
    "alive",
    {key: ALIVE[key] for key in ("python", "go")},
    frozenset({"wall-clock", "monotonic-clock", "sleep", "random", "random-number", "random-seed"})
    | OWN_ANSWERS,
)

PARTLY = Scenario(
    "partly",
    {"rust": SOME + FROZEN, "python": SOME + FROZEN, "go": SOME + 'clocks = "real"\n'},
    ONLY_ALIVE.granted
    | {
        "own-file",
        "own-symlink",
        "own-list",
        "own-file-below-scratch",
        "own-link-made-on-the-host",
        "own-below-directory",
        "own-tcp-connect",
        "own-udp-send",
        "own-http",
        "directories",
        "environment",
        "arguments",
        "stdin",
        "stdout",
        "stderr",
        "insecure-random",
        "handle-copied",
        "read-link",
        "http-path-with-slashes",
        "make-symlink-to-read-only",
    },
)

SCENARIOS = (NOTHING, ONLY_ALIVE, PARTLY)
PAIRS = tuple(
    (scenario, toolchain) for scenario in SCENARIOS for toolchain in sorted(scenario.grants)
)
