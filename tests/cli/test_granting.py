"""Grants on the command line: who gets what, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wcompose.cli.granting import GrantOptions, run_grants, split_node, with_run_grants
from wcompose.errors import UsageError
from wcompose.project import (
    ANY_PORT,
    ClockGrant,
    ClockKind,
    DirectoryGrant,
    GrantsDeclaration,
    HttpGrant,
    SocketDirection,
    SocketGrant,
    StreamGrant,
    StreamKind,
    VariableGrant,
)

HERE = Path("/here")
NODES = ("gateway", "db", "http", "c")


def read(**options: list[str]) -> list[tuple[str | None, dict[str, object]]]:
    found = run_grants(GrantOptions(**options), NODES, HERE)
    return [(node, grants.to_json()) for node, grants in found]


@pytest.mark.parametrize(
    ("text", "node", "host", "guest", "write"),
    [
        ("data", None, "/here/data", "/data", False),
        ("./data/in", None, "/here/data/in", "/data/in", False),
        (".", None, "/here", "/", False),
        ("/srv/data:rw", None, "/srv/data", "/srv/data", True),
        ("data::/in:rw", None, "/here/data", "/in", True),
        ("gateway:data", "gateway", "/here/data", "/data", False),
        ("gateway:../up::/up", "gateway", "/here/../up", "/up", False),
        ("gateway::/up", None, "/here/gateway", "/up", False),
        ("gateway", None, "/here/gateway", "/gateway", False),
        ("./gateway:x", None, "/here/gateway:x", "/gateway:x", False),
        (":gateway:x", None, "/here/gateway:x", "/gateway:x", False),
        ("D:/data::/in", None, (HERE / "D:/data").as_posix(), "/in", False),
        ("C:/data::/in", None, (HERE / "C:/data").as_posix(), "/in", False),
    ],
)
def test_a_directory_goes_to_a_node_only_by_its_name(
    text: str, node: str | None, host: str, guest: str, write: bool
) -> None:
    ((found, grants),) = read(directories=[text])
    assert found == node
    assert grants == {"filesystem": [{"host": host, "guest": guest, "write": write}]}


@pytest.mark.parametrize(
    ("key", "text", "node", "shown"),
    [
        ("variables", "A", None, {"environment": [{"name": "A"}]}),
        ("variables", "db:A=b:c=d", "db", {"environment": [{"name": "A", "value": "b:c=d"}]}),
        ("variables", "A=gateway:x", None, {"environment": [{"name": "A", "value": "gateway:x"}]}),
        ("http", "http://a.test", None, {"http": [{"scheme": "http", "host": "a.test"}]}),
        ("http", "http:http://A.test", "http", {"http": [{"scheme": "http", "host": "a.test"}]}),
        ("http", "db:*.test", "db", {"http": [{"scheme": "*", "host": "*.test"}]}),
        ("http", "a.test:*", None, {"http": [{"scheme": "*", "host": "a.test", "ports": "*"}]}),
        ("http", ":db:80", None, {"http": [{"scheme": "*", "host": "db", "ports": "80"}]}),
        ("http", "10.0.0.0/8", None, {"http": [{"scheme": "*", "host": "10.0.0.0/8"}]}),
        ("tcp", "[::1]:1,3-4", None, {"tcp": [{"connect": "::1", "ports": "1,3-4"}]}),
        ("tcp", "db:db:5432", "db", {"tcp": [{"connect": "db", "ports": "5432"}]}),
        ("tcp", "db:10.0.0.0/8:*", "db", {"tcp": [{"connect": "10.0.0.0/8", "ports": "*"}]}),
        ("udp", "c:[fd00::/8]:53", "c", {"udp": [{"send": "fd00::/8", "ports": "53"}]}),
        ("lookup", "db:*.test", "db", {"lookup": ["*.test"]}),
        ("clocks", "", None, {"clocks": "real"}),
        ("clocks", "*", None, {"clocks": "real"}),
        ("clocks", "all", None, {"clocks": "real"}),
        ("random", "db", "db", {"random": "real"}),
        ("stdio", "db", "db", dict.fromkeys(("stdin", "stdout", "stderr"), "inherit")),
    ],
)
def test_an_option_is_read(key: str, text: str, node: str | None, shown: dict[str, object]) -> None:
    assert read(**{key: [text]}) == [(node, shown)]


def test_a_node_may_be_called_all() -> None:
    found = run_grants(GrantOptions(clocks=["all", "*"]), {"all", "b"}, HERE)
    assert [node for node, _ in found] == ["all", None]


def test_all_is_everything_that_needs_no_name() -> None:
    ((node, grants),) = run_grants(GrantOptions(all=["db"]), NODES, HERE)
    assert node == "db"
    assert set(grants.to_json()) == {
        "arguments", "stdin", "stdout", "stderr", "clocks", "random", "http", "tcp", "udp",
        "lookup", "exit",
    }  # fmt: skip
    assert {each.ports for each in grants.http} == {ANY_PORT}
    assert {each.ports for each in (*grants.tcp, *grants.udp)} == {ANY_PORT}


def test_every_problem_is_told_at_once() -> None:
    options = GrantOptions(
        directories=["gatway:data", "..", "db:~/x", "a::b", ""],
        variables=["gatewy:A=1", "=b"],
        http=["gatewy:https://a.test", "https://a.test/x", "apis.test:99999"],
        tcp=["db:5432", "a.test", "gatway:a.test:80", "::1:80"],
        lookup=["10.0.0.1"],
        clocks=["gatewai", "nobody"],
    )
    with pytest.raises(UsageError) as caught:
        run_grants(options, NODES, HERE)
    assert [(each.message, each.hint) for each in caught.value.findings] == [
        ("`--dir gatway:data`: no node is called `gatway`",
         "did you mean `gateway`? For every node, write `:gatway:data`"),
        ("`--dir ..`: it is not told by which path `..` is seen", "write `..::/`"),
        ("`--dir db:~/x`: `~/x` begins with `~`, which nobody expands here",
         "write the whole path, or `./~/x` for what is really called so"),
        ("`--dir a::b`: `b` is not absolute", "write `/b`"),
        ("`--dir `: the path is empty", "name a path, such as `data`; `.` is the project"),
        ("`--env gatewy:A=1`: no node is called `gatewy`",
         "did you mean `gateway`? For every node, write `:gatewy:A=1`"),
        ("`--env =b`: the variable has no name", "write a name such as `TZ`"),
        ("`--allow-http gatewy:https://a.test`: no node is called `gatewy`",
         "did you mean `gateway`? For every node, write `:gatewy:https://a.test`"),
        ("`--allow-http https://a.test/x`: `https://a.test/x` has a path",
         "write `https://a.test`: a grant is for all of a host"),
        ("`--allow-http apis.test:99999`: `99999` is no port",
         "ports are 1 to 65535; a range is `8000-8080`, all are `*`"),
        ("`--allow-tcp db:5432`: `db` is a node, and behind it is no host",
         "write `db:HOST:5432`, or `:db:5432` to grant a host of that name to all"),
        ("`--allow-tcp a.test`: `a.test` has no ports",
         "write `a.test:443`, or `a.test:*` for all of them"),
        ("`--allow-tcp gatway:a.test:80`: no node is called `gatway`",
         "did you mean `gateway`? For every node, write `:gatway:a.test:80`"),
        ("`--allow-tcp ::1:80`: it cannot be told where the address ends in `::1:80`",
         "put an IPv6 address into brackets: `[::1]:8080`"),
        ("`--allow-lookup 10.0.0.1`: `10.0.0.1` is an address, and only names are looked up",
         "write a name such as `db.example.com`, or grant the address in `tcp` or `udp`"),
        ("`--allow-clocks gatewai`: no node is called `gatewai`", "did you mean `gateway`?"),
        ("`--allow-clocks nobody`: no node is called `nobody`",
         "there are `c`, `db`, `gateway`, `http`"),
    ]  # fmt: skip


@given(name=st.sampled_from(NODES), rest=st.text(max_size=12))
def test_what_a_node_is_told_it_gets(name: str, rest: str) -> None:
    assert split_node(f":{name}:{rest}", NODES) == (None, f"{name}:{rest}")
    if not rest.startswith((":", "//")):
        assert split_node(f"{name}:{rest}", NODES) == (name, rest)
        assert split_node(f"{name}:{rest}", ()) == (None, f"{name}:{rest}")


def test_the_command_line_adds_to_what_is_declared(tmp_path: Path) -> None:
    declared = {
        "db": GrantsDeclaration(
            filesystem=(
                DirectoryGrant(Path("a"), "/a"),
                DirectoryGrant(Path("b"), "/b", write=True),
            ),
            environment=(VariableGrant("A", "1"), VariableGrant("B")),
            clocks=ClockGrant(ClockKind.FROZEN),
            stdout=StreamGrant(StreamKind.PREFIX),
            exit=True,
        ),
        "gateway": GrantsDeclaration(http=(HttpGrant("https", "a.test"),)),
    }
    extra = run_grants(
        GrantOptions(
            directories=["db:/other::/a", "/more"], variables=["db:A=2"],
            http=["gateway:https://a.test", "gateway:b.test"], clocks=[""],
        ),
        declared, tmp_path,
    )  # fmt: skip
    whole = with_run_grants(declared, extra, tmp_path)
    more = DirectoryGrant(Path("/more"), "/more")
    assert whole["db"].filesystem == (
        DirectoryGrant(Path("b"), "/b", write=True),
        DirectoryGrant(Path("/other"), "/a"),
        more,
    )
    assert whole["db"].environment == (VariableGrant("B"), VariableGrant("A", "2"))
    assert whole["db"].clocks == whole["gateway"].clocks == ClockGrant(ClockKind.REAL)
    assert whole["db"].stdout == StreamGrant(StreamKind.PREFIX)
    assert whole["db"].exit
    assert whole["gateway"].http == (HttpGrant("https", "a.test"), HttpGrant("*", "b.test"))
    assert whole["gateway"].filesystem == (more,)
    assert declared["gateway"].filesystem == ()
    assert with_run_grants(declared, (), tmp_path) == declared


def test_what_does_not_go_together_is_refused_for_a_run_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    declared = {
        "db": GrantsDeclaration(filesystem=(DirectoryGrant(Path("data"), "/data"),)),
        "gateway": GrantsDeclaration(stdout=StreamGrant(StreamKind.PREFIX)),
    }
    extra = run_grants(
        GrantOptions(directories=["db:link:rw"], http=["a.test"]), declared, tmp_path
    )
    with pytest.raises(UsageError) as caught:
        with_run_grants(declared, extra, tmp_path)
    assert [(each.rule, each.message.partition(":")[0]) for each in caught.value.findings] == [
        ("grant-overlap", "`db`"),
        ("grant-streams", "`gateway`"),
    ]


def test_a_socket_option_connects_and_never_listens() -> None:
    ((_, tcp), (_, udp)) = run_grants(GrantOptions(tcp=["a.test:1"], udp=["a.test:1"]), NODES, HERE)
    assert tcp.tcp == (SocketGrant(SocketDirection.CONNECT, "a.test", ((1, 1),)),)
    assert udp.udp == (SocketGrant(SocketDirection.SEND, "a.test", ((1, 1),)),)


def test_the_whole_network_is_for_every_node_and_beside_other_grants() -> None:
    from wcompose.cli.permitting import Permissions, _asked_for

    asked = Permissions(GrantOptions(lookup=("a:example.com",)), network=True)
    (to, one), (everyone, network) = _asked_for(asked, ["a", "b"])
    assert (to, one.lookup) == ("a", ("example.com",))
    assert everyone is None
    assert network.http
    assert network.tcp
    assert network.udp
    assert network.lookup
    assert not network.filesystem
