"""`wcompose grants --learn`: what a run used, as grants with which it can be run again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import tomli
import wasmtime
from support import REPOSITORY, Command

from wcompose.engine import Engine
from wcompose.grants.learned_directories import (
    GivenDirectory,
    HostView,
    PathUse,
    smallest_directories,
)
from wcompose.grants.learned_uses import SeenUse
from wcompose.grants.learning import Learned, Observed, learn
from wcompose.grants.proposal import proposal_text
from wcompose.project import (
    ANY_PORT,
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    RandomGrant,
    RandomKind,
    SocketDirection,
    SocketGrant,
    StreamGrant,
    StreamKind,
    VariableGrant,
    load_project,
)

ATTACKS = REPOSITORY / "tests" / "attacks"
OPEN_AT = "[method]descriptor.open-at"
LOOKUP = "wasi:sockets/ip-name-lookup"
CONNECT = "[method]tcp-socket.start-connect"
PROJECT = """\
[project]
name = "siege"
version = "0.1.0"
wit = "wit"

[components.attacker]
language = "{language}"
path = "attacker.wasm"

[components.keeper]
language = "rust"
path = "keeper.wasm"

[components.driver]
language = "rust"
path = "driver.wasm"

[graph]
exports = [
    "attacker:wcompose:attacks/attacks",
    "keeper:wcompose:attacks/secrets",
    "driver:wasi:cli/run",
]
"""
ATTACKER_TABLE = """
[components.attacker.grants]
filesystem = [{ host = "data", guest = "/data" }]
clocks = { frozen = 2026-01-01T00:00:00Z }
stdout = "prefix"
"""
VIEW = HostView(Path.is_dir, lambda path: Path(os.path.realpath(path)))

Make = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Make:
    """A project with an attacker of some toolchain, that is granted what a text says."""

    def make(language: str = "rust", tables: str = "") -> Path:
        root = tmp_path / "siege"
        shutil.copytree(ATTACKS / "wit", root / "wit")
        for name, file in (
            ("attacker", f"{language}-attacker"),
            ("keeper", "keeper"),
            ("driver", "driver"),
        ):
            shutil.copy(ATTACKS / "components" / f"{file}.wasm", root / f"{name}.wasm")
        for name in ("data/sub", "scratch"):
            (root / name).mkdir(parents=True)
        (root / "data/sub/deep.txt").write_text("deep")
        (root / "data/open.txt").write_text("open")
        (root / "wcompose.toml").write_text(PROJECT.format(language=language) + tables)
        return root

    return make


def apply(root: Path, proposal: str) -> None:
    """Paste a proposal into a project that has no grants, or has some below its graph."""
    file = root / "wcompose.toml"
    text = file.read_text().partition(ATTACKER_TABLE)[0]
    file.write_text(text + "\n" + proposal)


def declared(root: Path, engine: Engine) -> dict[str, GrantsDeclaration]:
    loaded = load_project(root / "wcompose.toml", engine.locate_toml)
    return {node.name: node.grants for node in loaded.nodes}


def denied(file: Path) -> list[str]:
    uses = [json.loads(line) for line in file.read_text().splitlines()]
    assert uses, "nothing was recorded, so nothing is shown"
    return [
        f"{each['node']} {each['interface']}#{each['function']}"
        for each in uses
        if each["decision"] == "denied"
    ]


@pytest.mark.parametrize(
    ("language", "attack", "options", "keys"),
    [
        ("rust", ("read", "/data/sub/deep.txt"), ("--dir", "attacker:data::/data"), {"filesystem"}),
        ("rust", ("write", "/s/new.txt"), ("--dir", "attacker:scratch::/s:rw"), {"filesystem"}),
        ("rust", ("list", "/data"), ("--dir", "attacker:data::/data"), {"filesystem"}),
        ("rust", ("wall-clock", ""), (), {"clocks"}),
        ("rust", ("random", ""), (), {"random"}),
        ("rust", ("lookup", "localhost"), (), {"lookup"}),
        ("rust", ("stdout", "seen"), (), {"stdout"}),
        ("rust", ("arguments", ""), (), {"arguments"}),
        ("go", ("wall-clock", ""), (), None),
        ("go", ("read", "/data/sub/deep.txt"), ("--dir", "attacker:data::/data"), None),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_what_was_learned_is_enough_to_run_again(
    command: Command,
    engine: Engine,
    project: Make,
    tmp_path: Path,
    language: str,
    attack: Sequence[str],
    options: Sequence[str],
    keys: set[str] | None,
) -> None:
    root = project(language)
    learned = command("-q", "grants", "--learn", *options, "--", *attack, cwd=root)
    assert learned.returncode == 0, learned.stderr
    assert "holds nothing back" in learned.stderr
    assert "got: " in learned.stderr
    told = tomli.loads(learned.stdout)["components"]
    assert not list((root / "build" / ".wcompose" / "variants").glob("*.wasm")), (
        "it would hold nothing back"
    )
    assert told["keeper"]["grants"] == {}
    assert set(told["driver"]["grants"]) == {"arguments", "stdout"}
    if keys is not None:
        assert set(told["attacker"]["grants"]) == keys

    apply(root, learned.stdout)
    found = declared(root, engine)
    assert found["attacker"].is_empty is (told["attacker"]["grants"] == {})
    assert found["keeper"].is_empty
    log = tmp_path / "log.jsonl"
    again = command("-q", "run", "--audit", log, "--audit-all", ".", *attack, cwd=root)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(("got: ", "seen"))
    # Go asks for these before its first line, goes on without, and nobody knows which variables it
    # used: none are granted, and that is told.
    at_start = {
        "attacker wasi:cli/environment#get-environment",
        "attacker wasi:filesystem/preopens#get-directories",
    }
    assert set(denied(log)) <= (at_start if language == "go" else set())
    assert ("it asked for all variables" in learned.stdout) is (language == "go")

    # Nothing more is learned from it.
    once_more = command("-q", "grants", "--learn", "--", *attack, cwd=root)
    assert tomli.loads(once_more.stdout)["components"] == told
    assert "granted today" not in once_more.stdout


def test_a_run_without_what_was_learned_is_held(command: Command, project: Make) -> None:
    """The runs above would fail without grants: what is learned is what lets them pass."""
    root = project()
    result = command("-q", "run", ".", "random", "", cwd=root)
    assert result.returncode != 0


def test_it_is_told_what_each_line_rests_on_and_what_was_not_used(
    command: Command, engine: Engine, project: Make
) -> None:
    root = project("rust", ATTACKER_TABLE)
    result = command(
        "-q", "grants", "--learn", "--invoke", "attack", ".", "--", '"read"', '"/data/sub/deep.txt"',
        cwd=root,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert 'ok("deep")' in result.stderr
    assert result.stdout == (
        "# Learned from one run of `siege` in which nothing was held back. It shows what this run used "
        "and no\n"
        "# more: another one may need more, or other things.\n"
        "# Each table takes the place of the node's own, profiles included.\n"
        "\n"
        "[components.attacker.grants]\n"
        "filesystem = [\n"
        "    # read 1 path below /data/sub, such as /data/sub/deep.txt\n"
        '    { host = "data/sub", guest = "/data/sub" },\n'
        "]\n"
        "# granted today, and not used in this run, or not in full:\n"
        "#   filesystem: data as /data, read\n"
        "#   stdout: the host's, with the node's name before each line\n"
        "#   clocks: frozen at 2026-01-01T00:00:00Z\n"
        "\n"
        "[components.driver.grants]\n"
        "# it used nothing that needs a grant\n"
        "\n"
        "[components.keeper.grants]\n"
        "# it used nothing that needs a grant\n"
    )


def test_a_directory_that_was_not_opened_for_writing_is_not_proposed_for_it(
    command: Command, project: Make
) -> None:
    root = project("rust", ATTACKER_TABLE)
    result = command("-q", "grants", "--learn", "--", "write", "/data/open.txt", cwd=root)
    assert "this run failed" not in result.stdout
    assert (root / "data/open.txt").read_text() == "open"
    told = tomli.loads(result.stdout)["components"]["attacker"]["grants"]
    assert told["filesystem"] == [{"host": "data", "guest": "/data"}]
    assert "opened for reading only, and changes were asked for and refused: /data/open" in (
        " ".join(result.stdout.replace("\n# ", " ").split())
    )


def test_variables_are_named_and_not_granted(command: Command, project: Make) -> None:
    root = project()
    result = command(
        "-q", "grants", "--learn", "--env", "attacker:KNOWN=yes", "--", "environment", "",
        cwd=root, env={"HARMLESS": "value of it"},
    )  # fmt: skip
    told = tomli.loads(result.stdout)["components"]["attacker"]["grants"]
    assert told == {"environment": [{"name": "KNOWN", "value": "yes"}]}
    assert "which of them it used is not known" in " ".join(result.stdout.split("\n# "))
    assert "HARMLESS" in result.stdout
    assert "value of it" not in result.stdout


def test_a_socket_that_cannot_be_made_is_told(command: Command, project: Make) -> None:
    root = project()
    result = command("-q", "grants", "--learn", "--", "tcp-connect", "127.0.0.1:9", cwd=root)
    assert "it asked for a TCP socket once" in result.stdout
    failed = command(
        "-q", "grants", "--learn", "--invoke", "attack", "--", '"tcp-connect"', '"127.0.0.1:9"',
        cwd=root,
    )  # fmt: skip
    assert "The run failed with status 1" in failed.stdout


def test_the_end_of_the_program(command: Command, project: Make) -> None:
    root = project()
    result = command("-q", "grants", "--learn", "--", "exit", "", cwd=root)
    assert tomli.loads(result.stdout)["components"]["attacker"]["grants"]["exit"] is True
    trapped = command("-q", "grants", "--learn", "--", "abort", "", cwd=root)
    assert "THE RUN DID NOT FINISH" in trapped.stdout
    assert "until then" in trapped.stderr


def test_nothing_is_opened_unless_it_is_asked_for(command: Command, project: Make) -> None:
    root = project()
    for options in (("--invoke", "attack"), ("--dir", "data"), ("--env", "HOME")):
        result = command("grants", *options, ".", cwd=root)
        assert result.returncode == 2
        assert "nothing is run without `--learn`" in result.stderr
    for options in (("--needed",), ("--json",), ("--against", "main")):
        result = command("grants", "--learn", *options, ".", cwd=root)
        assert result.returncode == 2
        assert "options-conflict" in result.stderr
    result = command("grants", "--learn", "attacker.wasm", cwd=root)
    assert result.returncode == 2
    assert "learning-needs-project" in result.stderr
    shown = command("-q", "grants", ".", cwd=root)
    assert "holds nothing back" not in shown.stderr


FORGER = """(component
  (import "wcompose:gates/audit@0.1.0" (instance $audit
    (export "record" (func (param "event" string)))))
  (core module $memory (memory (export "memory") 1)
    (data (i32.const 0) "keeper wasi:cli/exit exit allowed"))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $shared))
  (core func $record (canon lower (func $audit "record") (memory $shared)))
  (core module $main
    (import "audit" "record" (func $record (param i32 i32)))
    (func (export "lie") i32.const 0 i32.const 33 call $record))
  (core instance $main (instantiate $main (with "audit" (instance
    (export "record" (func $record))))))
  (func (export "lie") (canon lift (core func $main "lie"))))"""


@pytest.mark.parametrize("recorded", [("grants", "--learn"), ("run", "--audit", "-")], ids=" ".join)
def test_no_node_tells_in_the_name_of_another(
    command: Command, tmp_path: Path, recorded: Sequence[str]
) -> None:
    (tmp_path / "liar.wasm").write_bytes(bytes(wasmtime.wat2wasm(FORGER)))
    (tmp_path / "wcompose.toml").write_text(
        '[project]\nname = "lies"\nversion = "0.1.0"\n\n[components.liar]\npath = "liar.wasm"\n\n'
        '[graph]\nexports = ["liar:lie"]\n\n[[graph.edges]]\n'
        'import = "liar:wcompose:gates/audit@0.1.0"\noutside = true\n'
    )
    result = command("-q", *recorded, "--invoke", "lie", ".", cwd=tmp_path)
    assert result.returncode == 1
    assert "audit-faked" in result.stderr


# What grants follow from uses


def of(uses: Sequence[SeenUse], given: GrantsDeclaration | None = None, **more: object) -> Learned:
    grants = given or GrantsDeclaration()
    observed = Observed("node", grants, grants, uses, **more)  # type: ignore[arg-type]
    return learn(observed, root=Path("/project"), view=VIEW)


def test_requests_are_granted_by_host_port_and_method() -> None:
    def sent(target: str) -> SeenUse:
        return SeenUse("wasi:http/outgoing-handler", "handle", target=target)

    learned = of(
        [
            sent("GET https://api.example.com:443"),
            sent("POST https://api.example.com:443"),
            sent("GET https://api.example.com:8443"),
            sent("GET http://[::1]:8080"),
            SeenUse("wasi:http/outgoing-handler", "handle", allowed=False, target="GET x@y"),
        ]
    )
    assert learned.grants.http == (
        HttpGrant("https", "api.example.com", (), ("GET", "POST")),
        HttpGrant("https", "api.example.com", ((8443, 8443),), ("GET",)),
        HttpGrant("http", "::1", ((8080, 8080),), ("GET",)),
    )
    assert any("GET x@y" in each for each in learned.remarks)


def test_addresses_are_granted_by_the_names_that_they_were_resolved_from() -> None:
    resolved = "[method]resolve-address-stream.resolve-next-address"
    learned = of(
        [
            SeenUse(LOOKUP, "resolve-addresses", target="DB.example.com"),
            SeenUse(LOOKUP, "resolve-addresses", target="other.example.com", count=2),
            SeenUse(LOOKUP, resolved, target="db.example.com 10.0.0.7"),
            SeenUse("wasi:sockets/tcp", CONNECT, target="10.0.0.7:5432"),
            SeenUse("wasi:sockets/tcp", CONNECT, target="[fd00::1]:5432"),
            SeenUse("wasi:sockets/udp", "[method]udp-socket.start-bind", target="192.0.2.1:53"),
            SeenUse("wasi:sockets/tcp", "[method]tcp-socket.start-listen", target="127.0.0.1:0"),
        ]
    )
    port = ((5432, 5432),)
    assert learned.grants.tcp == (
        SocketGrant(SocketDirection.CONNECT, "db.example.com", port),
        SocketGrant(SocketDirection.CONNECT, "fd00::1", port),
        SocketGrant(SocketDirection.LISTEN, "127.0.0.1", ANY_PORT),
    )
    assert learned.grants.udp == (SocketGrant(SocketDirection.BIND, "192.0.2.1", ((53, 53),)),)
    assert learned.grants.lookup == ("other.example.com",)
    assert learned.reasons["lookup"] == ("looked up 2 times",)


def test_what_is_narrower_today_stays_so() -> None:
    frozen = ClockGrant(ClockKind.FROZEN)
    prefix = StreamGrant(StreamKind.PREFIX)
    today = GrantsDeclaration(clocks=frozen, stdout=prefix, environment=(VariableGrant("TZ"),))
    uses = [
        SeenUse("wasi:clocks/wall-clock", "now", count=12),
        SeenUse("wasi:cli/stdout", "get-stdout"),
        SeenUse("wasi:cli/environment", "get-environment", target="TZ"),
    ]
    learned = of(uses, today)
    assert (learned.grants, learned.unused) == (today, ())
    assert learned.reasons["clocks"] == ("asked the wall-clock 12 times",)
    request = SeenUse("wasi:http/outgoing-handler", "handle", target="GET http://x.example:80")
    with_network = of([*uses, request], today)
    assert with_network.grants.stdout == StreamGrant(StreamKind.INHERIT)
    assert any("does not go with the network" in each for each in with_network.remarks)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "host"
    for name in ("in/deep", "out", "else"):
        (root / name).mkdir(parents=True)
    (root / "in/deep/x.txt").write_text("")
    (root / "in/link.txt").symlink_to("../else/y.txt")
    (root / "in/away").symlink_to("/")
    (root / "else/y.txt").write_text("")
    return root


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["r in/deep/x.txt"], ["r in/deep"]),
        (["r in/deep/x.txt", "r in/missing.txt"], ["r in"]),
        (["r in/deep/missing/x.txt"], ["r in/deep"]),
        (["r in/deep"], ["r in/deep"]),
        (["r in/deep/../link.txt"], ["r "]),
        (["r in/deep/../none.txt"], ["r in"]),
        (["r in/away/etc/passwd"], ["r in/away/etc"]),
        (["r in/link.txt"], ["r "]),
        (["r ../host/in/x.txt"], ["r "]),
        (["w out/x.txt"], ["w out"]),
        (["w out"], ["w "]),
        (["r in/deep/x.txt", "w out/x.txt"], ["r in/deep", "w out"]),
        (["r in/deep/x.txt", "w in/x.txt"], ["w in"]),
        (["r ", "w out/x.txt"], ["r ", "w out"]),
        (["r out/x.txt", "w out/y.txt"], ["w out"]),
    ],
)
def test_the_smallest_directories(host: Path, paths: list[str], expected: list[str]) -> None:
    uses = [PathUse(OPEN_AT, f"/data/{each[2:]}", each.startswith("w")) for each in paths]
    found = smallest_directories([GivenDirectory("/data", host, write=True)], uses, VIEW)
    assert [
        f"{'w' if each.write else 'r'} {each.host.relative_to(host).as_posix().strip('.')}"
        for each in found
    ] == expected
    for each in found:
        assert each.guest == f"/data/{each.host.relative_to(host).as_posix()}".removesuffix("/.")


def test_a_path_that_no_directory_holds_grants_nothing(host: Path) -> None:
    given = [GivenDirectory("/data", host, write=True)]
    uses = [PathUse(OPEN_AT, "/database/x", write=False), PathUse(OPEN_AT, "x", write=False)]
    assert smallest_directories(given, uses, VIEW) == ()


def test_what_guests_chose_stays_in_its_line(tmp_path: Path) -> None:
    evil = 'a"]\n[components.other.grants]\nexit = true\n#\x1b[2J\u2028\x7f'
    (tmp_path / evil).mkdir()
    uses = [
        SeenUse("wasi:filesystem/types", OPEN_AT, target=f"/data/{evil}/x read"),
        SeenUse("wasi:http/outgoing-handler", "handle", allowed=False, target=f"GET {evil}"),
        SeenUse("wasi:cli/environment", "get-environment", target=evil),
    ]
    directories = [GivenDirectory("/data", tmp_path, write=False)]
    learned = of(uses, directories=directories)
    text = proposal_text([learned], ["about"])
    found = tomli.loads(text)["components"]
    assert list(found) == ["node"]
    (entry,) = found["node"]["grants"]["filesystem"]
    assert entry["guest"] == f"/data/{evil}"
    assert learned.grants.filesystem == (DirectoryGrant(tmp_path / evil, f"/data/{evil}"),)
    assert "\x1b" not in text
    assert "\x7f" not in text


def test_whatever_is_proposed_is_read_as_it_was_meant(engine: Engine, tmp_path: Path) -> None:
    def sockets(*each: tuple[SocketDirection, str, int]) -> tuple[SocketGrant, ...]:
        return tuple(SocketGrant(way, host, ((port, port),)) for way, host, port in each)

    whole = GrantsDeclaration(
        filesystem=(
            DirectoryGrant(Path("data"), "/data", write=True),
            DirectoryGrant(Path("/srv/a b\u00e9"), "/srv"),
        ),
        environment=(VariableGrant("TZ"), VariableGrant("MODE", 'fa"st\n')),
        arguments=("one", "--two"),
        stdin=StreamGrant(StreamKind.FILE, Path("in.csv")),
        stdout=StreamGrant(StreamKind.INHERIT),
        stderr=StreamGrant(StreamKind.FILE, Path("logs/err.txt")),
        clocks=ClockGrant(ClockKind.FROZEN, datetime(2026, 1, 1, 12, 30, tzinfo=UTC)),
        random=RandomGrant(RandomKind.SEEDED, 2**64 - 1),
        http=(
            HttpGrant("https", "api.example.com", (), ("GET", "POST")),
            HttpGrant("http", "::1", ((8080, 8080), (9000, 9010)), ("GET",)),
        ),
        tcp=(
            *sockets((SocketDirection.CONNECT, "db.example.com", 5432)),
            SocketGrant(SocketDirection.LISTEN, "127.0.0.1", ANY_PORT),
        ),
        udp=sockets((SocketDirection.SEND, "fd00::1", 53), (SocketDirection.BIND, "127.0.0.1", 1)),
        lookup=("example.com",),
        exit=True,
        imports=("wasi:keyvalue/store",),
    )
    text = proposal_text([Learned("node", whole, {}, ("a remark",), ("random: real",))], ["about"])
    (tmp_path / "node.wasm").write_bytes(b"")
    (tmp_path / "wcompose.toml").write_text(
        '[project]\nname = "round"\nversion = "0.1.0"\n\n[components.node]\npath = "node.wasm"\n\n'
        + text
    )
    found = declared(tmp_path, engine)["node"]
    assert replace(found, place=whole.place) == whole
