"""The gate for requests, in front of the real host."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest
from network_support import GATES, Probed, compose_behind, web_server
from wasmtime.component import Component

from wcompose.engine import Engine
from wcompose.graph import Node
from wcompose.graph.compose import read_component
from wcompose.images import ImageCache

DENIED = "error: ErrorCode::HttpRequestDenied"
Open = Callable[..., Probed]


@pytest.fixture(scope="module")
def component(
    engine: Engine, images: ImageCache, tmp_path_factory: pytest.TempPathFactory
) -> Component:
    file = tmp_path_factory.mktemp("http") / "whole.wasm"
    compose_behind("http", engine, file)
    return images.open(file)


@pytest.fixture
def probed(component: Component, images: ImageCache) -> Open:
    def make(*lines: str) -> Probed:
        return Probed(component, images.engine, "\n".join(["node prober", *lines]))

    return make


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with web_server() as port:
        yield port


def test_what_is_granted_arrives(probed: Open, port: int) -> None:
    probe = probed(f"http http 127.0.0.1 {port} GET,POST")
    for method in ("GET", "POST"):
        assert (
            probe("http", method, "http", f"127.0.0.1:{port}", "/a?b=c")
            == f"200 {method} /a?b=c 127.0.0.1:{port}"
        )
    assert probe.events == []


def test_nothing_is_granted_without_a_line(probed: Open, port: int) -> None:
    probe = probed("argument x", "tcp-connect * *", "audit denied")
    assert probe("http", "GET", "http", f"127.0.0.1:{port}", "/") == DENIED
    assert probe.events == [
        f"prober wasi:http/outgoing-handler handle denied GET%20http://127.0.0.1:{port}"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "http https 127.0.0.1 {port} GET",
        "http http 127.0.0.2 {port} GET",
        "http http localhost {port} GET",
        "http http *.example.com {port} GET",
        "http http 127.0.0.1 {other} GET",
        "http http 127.0.0.1 default GET",
        "http http 127.0.0.1 {port} POST,HEAD",
        "http http 127.0.0.1 {port} get",
        "http http 127.0.0.1 {port}",
        "http http 127.0.0.1",
        "http http",
        "http",
        "http HTTP 127.0.0.1 {port} GET",
        "http http 127.1 {port} GET",
        "http http 127.0.0.0/33 {port} GET",
        "http http 10.0.0.0/8 {port} GET",
        "http http ::/0 {port} GET",
        "http%20http 127.0.0.1 {port} GET",
        " http http 127.0.0.1 {port} GET",
        "http http 127.0.0.1 0{port} GET",
        "http http 127.0.0.1 {port}- GET",
        "http http % * *",
    ],
)
def test_a_line_grants_no_more_than_it_says(probed: Open, port: int, line: str) -> None:
    probe = probed(line.format(port=port, other=port % 60000 + 1))
    assert probe("http", "GET", "http", f"127.0.0.1:{port}", "/") == DENIED


@pytest.mark.parametrize(
    "line",
    [
        "http * * * *",
        "http http 127.0.0.0/8 {port} *",
        "http * 127.0.0.1 1-65535 POST,GET",
        "http http [::ffff:127.0.0.1] 1,{port} GET",
        "http http ::ffff:127.0.0.0/104 {port} GET",
        "http http %31%32%37.0.0.1 {port} GET",
    ],
)
def test_wider_lines_grant_as_well(probed: Open, port: int, line: str) -> None:
    probe = probed("http http other.example 80 GET", line.format(port=port))
    assert probe("http", "GET", "http", f"127.0.0.1:{port}", "/").startswith("200 GET / ")


def test_names_are_granted_by_names_only(probed: Open, port: int) -> None:
    probe = probed("http http 127.0.0.0/8 * *", "http http *.localhost * *")
    assert probe("http", "GET", "http", f"localhost:{port}", "/") == DENIED
    probe = probed("http http LocalHost * *")
    assert probe("http", "GET", "http", f"LOCALHOST:{port}", "/").startswith("200 ")
    assert probe("http", "GET", "http", f"127.0.0.1:{port}", "/") == DENIED


AUTHORITIES = [
    "user@127.0.0.1:{port}",
    "127.0.0.1@127.0.0.1:{port}",
    "127.0.0.1:{port}@127.0.0.1:{port}",
    "127.1:{port}",
    "127.0.0.01:{port}",
    "0177.0.0.1:{port}",
    "0x7f.0.0.1:{port}",
    "0x7f000001:{port}",
    "2130706433:{port}",
    "127.0.0.1.:{port}",
    "localhost.:{port}",
    "127.0.0.1:0{port}",
    "127.0.0.1:+{port}",
    "127.0.0.1:",
    "127.0.0.1:0",
    "127.0.0.1:99999",
    "localhost:{port}:{port}",
    "loc%61lhost:{port}",
    "[127.0.0.1]:{port}",
    "[::1",
    "[::1]x:{port}",
    "[::1%25lo]:{port}",
    "[]:{port}",
    "::1",
    "löcalhost:{port}",
    "*.localhost:{port}",
    "*:{port}",
    "a,b:{port}",
    "",
    "-",
]


@pytest.mark.parametrize("authority", AUTHORITIES)
@pytest.mark.parametrize("more", ["http * * * *", "learn"])
def test_odd_servers_are_refused_whatever_is_granted(
    probed: Open, port: int, authority: str, more: str
) -> None:
    probe = probed(more)
    said = probe("http", "GET", "http", authority.format(port=port), "/")
    assert said in {DENIED, "error: host refused authority"}
    if more == "learn" and said == DENIED:
        assert probe.events[0].startswith("prober wasi:http/outgoing-handler handle denied GET%20")


def test_odd_servers_reach_the_gate(probed: Open, port: int) -> None:
    """The test above is about the gate: the host lets most of them through."""
    probe = probed("http * * * *")
    said = [probe("http", "GET", "http", each.format(port=port), "/") for each in AUTHORITIES]
    assert said.count(DENIED) > 15


@pytest.mark.parametrize("method", ["other:get", "other:Get", "other:DELETE", "DELETE", "HEAD"])
def test_methods_are_judged_as_they_are_sent(probed: Open, port: int, method: str) -> None:
    probe = probed("http * * * GET")
    assert probe("http", method, "http", f"127.0.0.1:{port}", "/") == DENIED


def test_methods_in_small_letters_are_never_granted(probed: Open, port: int) -> None:
    """Some hosts send them in capitals."""
    probe = probed("http * * * *", "http * * * get")
    assert probe("http", "other:get", "http", f"127.0.0.1:{port}", "/") == DENIED


def test_a_method_may_be_spelled_out(probed: Open, port: int) -> None:
    probe = probed("http * * * GET,PURGE")
    for method in ("GET", "PURGE"):
        said = probe("http", f"other:{method}", "http", f"127.0.0.1:{port}", "/")
        assert said.startswith(f"200 {method} ")


def test_tunnels_are_granted_by_name_only(probed: Open, port: int) -> None:
    assert probed("http * * * *")("http", "CONNECT", "http", f"127.0.0.1:{port}", "/") == DENIED
    granted = probed("http * * * CONNECT")
    assert granted("http", "CONNECT", "http", f"127.0.0.1:{port}", "/") != DENIED


@pytest.mark.parametrize("scheme", ["other:http", "other:HTTP", "other:https", "other:ftp"])
def test_schemes_in_disguise_are_refused(probed: Open, port: int, scheme: str) -> None:
    probe = probed("http * * * *")
    assert probe("http", "GET", scheme, f"127.0.0.1:{port}", "/") == DENIED


def test_no_scheme_is_https(probed: Open, port: int) -> None:
    http = probed("http http * * *", "audit denied")
    assert http("http", "GET", "-", f"127.0.0.1:{port}", "/") == DENIED
    assert http.decisions == [
        f"wasi:http/outgoing-handler handle denied GET https://127.0.0.1:{port}"
    ]
    # The server of the test speaks no TLS: the request got past the gate.
    https = probed("http https * * *")
    assert https("http", "GET", "-", f"127.0.0.1:{port}", "/") != DENIED


def test_the_default_port_is_that_of_the_scheme(probed: Open) -> None:
    probe = probed("http * api.example.com 443 *", "audit all")
    assert probe("http", "GET", "http", "api.example.com", "/") == DENIED
    probe = probed("http http api.example.com default *", "audit denied")
    for scheme, authority in [
        ("https", "api.example.com"),
        ("http", "api.example.com:443"),
        ("http", "api.example.com:8080"),
    ]:
        assert probe("http", "GET", scheme, authority, "/") == DENIED
    assert probe.decisions[-3:] == [
        "wasi:http/outgoing-handler handle denied GET https://api.example.com:443",
        "wasi:http/outgoing-handler handle denied GET http://api.example.com:443",
        "wasi:http/outgoing-handler handle denied GET http://api.example.com:8080",
    ]


def test_redirects_come_through_the_gate_again(probed: Open, port: int) -> None:
    probe = probed(f"http http 127.0.0.1 {port} GET", "audit all")
    assert probe("http", "GET", "http", f"127.0.0.1:{port}", "/moved").startswith("302 ")
    assert len(probe.events) == 1


def test_ipv6_and_ipv4_in_its_clothes(probed: Open) -> None:
    with web_server(socket.AF_INET6) as port:
        probe = probed(f"http http fd00::/8 {port} *", f"http http ::1 {port} *")
        said = probe("http", "GET", "http", f"[0:0::1]:{port}", "/")
        assert said == f"200 GET / [0:0::1]:{port}"
    with web_server() as port:
        clothed = f"[::ffff:127.0.0.1]:{port}"
        probe = probed("http * ::/0 * *", "audit denied")
        assert probe("http", "GET", "http", clothed, "/") == DENIED
        assert probe.decisions == [
            f"wasi:http/outgoing-handler handle denied GET http://127.0.0.1:{port}"
        ]
        probe = probed("http * 127.0.0.1 * *")
        assert probe("http", "GET", "http", clothed, "/").startswith("200 ")


def test_everything_is_recorded_if_asked(probed: Open, port: int) -> None:
    server = f"127.0.0.1:{port}"
    for audit, expected in [
        ("audit all", ["allowed", "denied"]),
        ("audit denied", ["denied"]),
        ("node prober", []),
    ]:
        probe = probed(audit, f"http http 127.0.0.1 {port} GET")
        probe("http", "GET", "http", server, "/")
        probe("http", "PUT", "http", server, "/")
        assert [event.split(" ")[3] for event in probe.events] == expected
    probe = probed("learn")
    assert probe("http", "PUT", "http", server, "/").startswith("200 ")
    assert probe.decisions == [f"wasi:http/outgoing-handler handle allowed PUT http://{server}"]


def test_errors_of_the_host_are_handed_on(probed: Open) -> None:
    """With their texts, again and again."""
    probe = probed("http * * * *")
    first = probe("http", "GET", "http", "nowhere.invalid", "/")
    assert first.startswith("error: ErrorCode::")
    assert first != DENIED
    assert {probe("http", "GET", "http", "nowhere.invalid", "/") for _ in range(20)} == {first}


@pytest.mark.parametrize(
    ("name", "value"), [("Host", "other.example"), ("transfer-encoding", "chunked")]
)
def test_headers_that_say_otherwise(probed: Open, port: int, name: str, value: str) -> None:
    """Wasmtime refuses them before the gate does."""
    probe = probed("http * * * *")
    said = probe("http", "GET", "http", f"127.0.0.1:{port}", "/", name, value)
    assert said in {DENIED, f"error: host refused header {name}"}
    assert probe("http", "GET", "http", f"127.0.0.1:{port}", "/", "X-Any", "y").startswith("200 ")


def test_what_the_gate_needs_of_the_host(engine: Engine) -> None:
    gate = read_component(engine, GATES / "http.wasm")
    assert {str(name).partition("@")[0] for name in Node("gate", gate).imports} == {
        "wcompose:gates/policy",
        "wcompose:gates/audit",
        "wasi:http/types",
        "wasi:http/outgoing-handler",
    }
