"""Grants in `wcompose.toml`: what is read, how profiles join, and how it stands in a composition."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import jsonschema
import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from wcompose.errors import ArtifactError, ProjectError
from wcompose.project import (
    ANY_PORT,
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    Project,
    RandomGrant,
    RandomKind,
    SocketDirection,
    SocketGrant,
    StreamGrant,
    StreamKind,
    VariableGrant,
    load_project,
    ports_text,
)
from wcompose.project.grant_hosts import read_host, read_ports
from wcompose.project.grant_texts import GrantTextError, normal_guest, read_guest
from wcompose.project.granting import grants_from_json
from wcompose.project.schema import json_schema

EVERYTHING = """
[components.a.grants]
filesystem = [{ host = "data", guest = "/data" }, { host = "../out", guest = "/", write = true }]
environment = ["TZ", { name = "MODE", value = "fast" }, { name = "ONLY" }]
arguments = ["-v", ""]
stdin = { file = "in.csv" }
stdout = "inherit"
stderr = { file = "/var/log/err.txt" }
clocks = { frozen = 2026-01-01T02:00:00.5+02:00 }
random = { seed = 9223372036854775807 }
http = [
    "https://API.example.com",
    "http://[::1]:8080",
    "https://10.0.0.0/8",
    { host = "*.example.com", ports = [443, "8000-8080", 8001], methods = ["POST", "GET"] },
    { scheme = "http", host = "*", ports = "*", methods = ["*"] },
]
tcp = [{ connect = "10.0.0.0/8", ports = 5432 }, { listen = "::", ports = ["*", 1] }]
udp = [{ send = "dns.example.com", ports = "53" }, { bind = "[::1]", ports = [5353] }]
lookup = ["*.Example.com", "*"]
exit = true
imports = ["wasi:keyvalue/store", "acme:host/log@1.0.0", "plain"]
"""


def load(root: Path, text: str) -> Project:
    (root / "a.wasm").write_bytes(b"\0asm")
    file = root / "wcompose.toml"
    file.write_text(f'[project]\nname = "x"\n[components.a]\npath = "a.wasm"\n{text}', "utf-8")

    def unasked(*_: str) -> dict[tuple[str, ...], object]:
        return {}

    return load_project(file, unasked)  # type: ignore[arg-type]


def granted(root: Path, text: str) -> GrantsDeclaration:
    return next(node.grants for node in load(root, text).nodes if node.name == "a")


def test_everything_is_read(tmp_path: Path) -> None:
    grants = granted(tmp_path, EVERYTHING)
    assert grants.filesystem == (
        DirectoryGrant(Path("data"), "/data"),
        DirectoryGrant(Path("../out"), "/", write=True),
    )
    assert grants.environment == (
        VariableGrant("TZ"), VariableGrant("MODE", "fast"), VariableGrant("ONLY"),
    )  # fmt: skip
    assert grants.arguments == ("-v", "")
    assert grants.stdin == StreamGrant(StreamKind.FILE, Path("in.csv"))
    assert grants.stdout == StreamGrant(StreamKind.INHERIT)
    assert grants.stderr == StreamGrant(StreamKind.FILE, Path("/var/log/err.txt"))
    assert grants.clocks == ClockGrant(
        ClockKind.FROZEN, datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    )
    assert grants.random == RandomGrant(RandomKind.SEEDED, 9223372036854775807)
    assert grants.http == (
        HttpGrant("https", "api.example.com"),
        HttpGrant("http", "::1", ((8080, 8080),)),
        HttpGrant("https", "10.0.0.0/8"),
        HttpGrant("*", "*.example.com", ((443, 443), (8000, 8080)), ("GET", "POST")),
        HttpGrant("http", "*", ANY_PORT),
    )
    assert grants.tcp == (
        SocketGrant(SocketDirection.CONNECT, "10.0.0.0/8", ((5432, 5432),)),
        SocketGrant(SocketDirection.LISTEN, "::", ANY_PORT),
    )
    assert grants.udp == (
        SocketGrant(SocketDirection.SEND, "dns.example.com", ((53, 53),)),
        SocketGrant(SocketDirection.BIND, "::1", ((5353, 5353),)),
    )
    assert grants.lookup == ("*.example.com", "*")
    assert grants.exit
    assert grants.imports == ("wasi:keyvalue/store", "acme:host/log@1.0.0", "plain")
    assert grants.place.item == "components.a.grants"
    assert not grants.is_empty


def test_what_is_recorded_says_the_same(tmp_path: Path) -> None:
    grants = granted(tmp_path, EVERYTHING)
    recorded = grants.to_json()
    assert recorded == {
        "filesystem": [
            {"host": "data", "guest": "/data", "write": False},
            {"host": "../out", "guest": "/", "write": True},
        ],
        "environment": [{"name": "TZ"}, {"name": "MODE", "value": "fast"}, {"name": "ONLY"}],
        "arguments": ["-v", ""],
        "stdin": {"file": "in.csv"},
        "stdout": "inherit",
        "stderr": {"file": "/var/log/err.txt"},
        "clocks": {"frozen": "2026-01-01T00:00:00.500000Z"},
        "random": {"seed": 9223372036854775807},
        "http": [
            {"scheme": "https", "host": "api.example.com"},
            {"scheme": "http", "host": "::1", "ports": "8080"},
            {"scheme": "https", "host": "10.0.0.0/8"},
            {"scheme": "*", "host": "*.example.com", "ports": "443,8000-8080",
             "methods": ["GET", "POST"]},
            {"scheme": "http", "host": "*", "ports": "*"},
        ],
        "tcp": [{"connect": "10.0.0.0/8", "ports": "5432"}, {"listen": "::", "ports": "*"}],
        "udp": [{"send": "dns.example.com", "ports": "53"}, {"bind": "::1", "ports": "5353"}],
        "lookup": ["*.example.com", "*"],
        "exit": True,
        "imports": ["wasi:keyvalue/store", "acme:host/log@1.0.0", "plain"],
    }  # fmt: skip
    again = grants_from_json(json.loads(json.dumps(recorded)))
    assert again.to_json() == recorded
    assert again.http == grants.http
    assert again.tcp == grants.tcp
    assert again.clocks == grants.clocks


def test_the_json_schema_takes_what_is_read() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    head = "[project]\nname = 'x'\n[components.a]\npath = 'a.wasm'\n"

    def complaints(text: str) -> list[str]:
        data = json.loads(json.dumps(tomli.loads(head + text), default=datetime.isoformat))
        return [each.message for each in validator.iter_errors(data)]

    assert complaints(EVERYTHING) == []
    assert complaints(PROFILES + "[components.a.grants]\nprofiles = ['worker']\n") == []
    assert complaints("grants.clocks = { frozen = '2026-01-01T00:00:00Z' }\n") == []
    for wrong in (
        "clocks = 'never'",
        "tcp = [{ connect = 'a.test' }]",
        "stdin = 'prefix'",
        "x = 1",
    ):
        assert complaints(f"grants.{wrong}\n"), wrong


def test_what_gates_stand_before_is_not_granted_in_whole(tmp_path: Path) -> None:
    names = ("wasi:filesystem/types", "wasi:filesystem/types@0.2.9", "wasi:io/streams")
    for name in names:
        with pytest.raises(ProjectError, match="not granted in whole"):
            granted(tmp_path, f"grants.imports = ['{name}']\n")
    for name in ("wasi:filesystem/types@0.3.0", "wasi:filesystems/x", "wasi:config/store@0.2.0"):
        assert granted(tmp_path, f"grants.imports = ['{name}']\n").imports == (name,)


def test_a_node_without_grants_has_none(tmp_path: Path) -> None:
    for text in ("", "[components.a.grants]\n", "grants = { clocks = 'none', exit = false }\n"):
        grants = granted(tmp_path, text)
        assert grants.is_empty
        assert grants.to_json() == {}
        assert bool(grants.place.file) == bool(text)
    assert grants_from_json({}).is_empty


def test_a_second_instance_has_grants_of_its_own(tmp_path: Path) -> None:
    nodes = load(
        tmp_path,
        """
        grants = { clocks = "real", exit = true }
        [components.bare]
        from = "a"
        [components.other]
        from = "a"
        grants = { random = "real" }
        """,
    ).nodes
    assert {node.name: node.grants.to_json() for node in nodes} == {
        "a": {"clocks": "real", "exit": True},
        "bare": {},
        "other": {"random": "real"},
    }


PROFILES = """
[profiles.base]
clocks = "real"
random = "real"
environment = ["TZ", "LANG"]
filesystem = [{ host = "data", guest = "/data" }]
arguments = true
exit = true
stdout = "inherit"

[profiles.worker]
profiles = ["base"]
random = { seed = 1 }
environment = [{ name = "LANG", value = "C" }, "HOME"]
lookup = ["a.test"]

[profiles.quiet]
stdout = "none"
clocks = { frozen = 2026-01-01T00:00:00Z }
lookup = ["b.test", "a.test"]
"""


def test_lists_join_and_later_values_win(tmp_path: Path) -> None:
    def joined(profiles: str, more: str = "") -> dict[str, object]:
        table = f"[components.a.grants]\nprofiles = [{profiles}]\n{more}\n"
        return granted(tmp_path, table + PROFILES).to_json()

    data = {"host": "data", "guest": "/data", "write": False}
    assert joined('"worker"') == {
        "filesystem": [data],
        "environment": [{"name": "TZ"}, {"name": "LANG", "value": "C"}, {"name": "HOME"}],
        "arguments": True,
        "stdout": "inherit",
        "clocks": "real",
        "random": {"seed": 1},
        "lookup": ["a.test"],
        "exit": True,
    }
    assert joined('"worker", "quiet"')["lookup"] == ["a.test", "b.test"]
    assert joined('"quiet", "worker"')["lookup"] == ["b.test", "a.test"]
    assert joined('"quiet", "worker"')["clocks"] == "real"
    assert joined('"worker", "quiet"')["clocks"] == {"frozen": "2026-01-01T00:00:00Z"}
    assert "stdout" not in joined('"worker", "quiet"')
    own = joined(
        '"worker", "base"',
        """
        random = "none"
        exit = false
        arguments = ["x"]
        environment = ["LANG"]
        filesystem = [
            { host = "data", guest = "/data" },
            { host = "more", guest = "/more", write = true },
        ]
        """,
    )
    assert own == {
        "filesystem": [data, {"host": "more", "guest": "/more", "write": True}],
        "environment": [{"name": "HOME"}, {"name": "TZ"}, {"name": "LANG"}],
        "arguments": ["x"],
        "stdout": "inherit",
        "clocks": "real",
        "lookup": ["a.test"],
    }


def test_a_long_chain_of_profiles_is_followed(tmp_path: Path) -> None:
    chain = "".join(
        f'[profiles.p{index}]\nprofiles = ["p{index + 1}"]\n'
        + ('lookup = ["n.test"]\n' if index % 50 == 0 else "")
        for index in range(1000)
    )
    text = f'grants = {{ profiles = ["p0"] }}\n{chain}[profiles.p1000]\nexit = true\n'
    grants = granted(tmp_path, text)
    assert grants.lookup == ("n.test",)
    assert grants.exit


def test_profiles_do_not_multiply_without_end(tmp_path: Path) -> None:
    names = ", ".join(f'"n{index}.test"' for index in range(1000))
    nodes = "".join(
        f'[components.n{index}]\npath = "a.wasm"\ngrants = {{ profiles = ["p"] }}\n'
        for index in range(1000)
    )
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, f"[profiles.p]\nlookup = [{names}]\n{nodes}")
    assert [each.rule for each in caught.value.findings] == ["grants-too-many"]


def test_a_link_does_not_hide_that_a_directory_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("data")
    table = """
    [components.a.grants]
    filesystem = [
        {{ host = "{write}", guest = "/w", write = true }},
        {{ host = "{read}", guest = "/r" }},
    ]
    """
    for write, read in (("data", "link/deep"), ("link", "data"), ("data", "data/not/yet")):
        with pytest.raises(ProjectError) as caught:
            granted(tmp_path, table.format(write=write, read=read))
        assert [each.rule for each in caught.value.findings] == ["grant-overlap"]
    for write, read in (("data/deep", "data"), ("data", "database"), ("data/deep", "data/dee")):
        assert len(granted(tmp_path, table.format(write=write, read=read)).filesystem) == 2


@pytest.mark.parametrize("seed", [0, 1 << 63, (1 << 64) - 1])
def test_seeds_fill_64_bits(tmp_path: Path, seed: int) -> None:
    grants = granted(tmp_path, f"grants.random = {{ seed = {seed} }}\n")
    assert grants.random == RandomGrant(RandomKind.SEEDED, seed)
    with pytest.raises(ProjectError, match="at most"):
        granted(tmp_path, f"grants.random = {{ seed = {1 << 64} }}\n")


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-01t00:00:00z",
        "2026-01-01 01:30:00.000+01:30",
        "2025-12-31T23:59:59.999999999-00:00",
    ],
)
def test_times_are_also_texts(tmp_path: Path, time: str) -> None:
    at = granted(tmp_path, f"grants.clocks = {{ frozen = '{time}' }}\n").clocks.at
    assert at is not None
    assert abs((at - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()) < 1e-5


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"clocks": "sometimes"},
        {"http": ["https://a.test/x"]},
        {"more": 1},
        "x",
        {"exit": None, "tcp": [{}]},
    ],
)
def test_what_nobody_recorded_is_refused(data: object) -> None:
    with pytest.raises(ArtifactError):
        grants_from_json(data)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value) if not isinstance(value, datetime) else value.isoformat()


WORDS = (
    "profiles", "filesystem", "environment", "arguments", "stdin", "clocks", "random", "http", "tcp",
    "udp", "lookup", "exit", "imports", "host", "guest", "write", "name", "value", "file", "frozen",
    "seed", "ports", "methods", "scheme", "connect", "listen", "real", "none", "null", "*", "a.test",
    "https://a.test", "/data", "GET", "b", "c", "=a string", "",
)  # fmt: skip
leaves = st.one_of(
    st.sampled_from(WORDS), st.booleans(), st.integers(-1, 70_000), st.just(datetime(2026, 1, 1))
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
    ),
    max_leaves=8,
)
tables = st.dictionaries(st.sampled_from(WORDS), values, max_size=4)


@given(
    grants=tables, profiles=st.dictionaries(st.sampled_from(["b", "c", "B"]), values, max_size=2)
)
def test_whatever_is_written_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, grants: object, profiles: object
) -> None:
    root = tmp_path_factory.mktemp("random-grants")
    try:
        declaration = granted(
            root,
            f"grants = {toml(grants)}\n[profiles]\n"
            + "".join(
                f"{name} = {toml(table)}\n"
                for name, table in profiles.items()  # type: ignore[attr-defined]
            ),
        )
    except ProjectError:
        return
    assert grants_from_json(declaration.to_json()).to_json() == declaration.to_json()


hosts = st.one_of(
    st.ip_addresses().map(str),
    st.builds(
        lambda address, length: str(ip_network((address, min(length, 32)), strict=False)),
        st.ip_addresses(v=4), st.integers(0, 32),
    ),
    st.from_regex(r"(\*\.)?[a-z0-9_]{1,8}(\.[a-z]{1,8}){0,3}", fullmatch=True),
    st.text(st.sampled_from("aZ0.*:[]/-_%@xü"), max_size=12),
)  # fmt: skip


@given(hosts)
def test_a_host_that_is_read_is_canonical(text: str) -> None:
    try:
        host = read_host(text)
    except GrantTextError:
        return
    assert read_host(host) == host
    assert host.isascii()
    assert host == host.lower()
    assert " " not in host
    bare = host.removeprefix("*.")
    if host != "*" and not ("/" in host or ":" in host or bare[-1].isdigit()):
        assert all(0 < len(label) < 64 for label in bare.split("."))
    elif "/" in host:
        assert str(ip_network(host)) == host
    elif ":" in host:
        assert str(ip_address(host)) == host


@given(
    st.lists(
        st.one_of(
            st.integers(1, 65535),
            st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(
                lambda pair: f"{min(pair)}-{max(pair)}"
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_ports_are_the_same_ports_when_read(items: list[int | str]) -> None:
    wanted = set()
    for item in items:
        first, _, last = str(item).partition("-")
        wanted |= set(range(int(first), int(last or first) + 1))
    ports = read_ports(items)
    assert {port for first, last in ports for port in range(first, last + 1)} == wanted
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ports))
    assert read_ports(ports_text(ports)) == ports


@given(st.text(st.sampled_from("/.ab"), max_size=12))
def test_a_guest_path_that_is_read_is_normal(text: str) -> None:
    normal = normal_guest(text)
    assert read_guest(normal) == normal
    if text != normal:
        with pytest.raises(GrantTextError):
            read_guest(text)
