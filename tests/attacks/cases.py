"""Every attack that is tried: its name, what the component does, with which argument.

Placeholders: ``{host}`` is the directory of the test on the host, ``{allowed}`` and ``{forbidden}`` are
ports of local servers, ``{udp}`` is one where datagrams are heard. The same table is used against every
toolchain; what one cannot express says so by itself (``unknown attack``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One attack.

    Attributes:
        name: what it is called in the golden files.
        attack: what the component is asked to do.
        arguments: with which arguments.
        machine: when everything is granted, the whole machine is one directory for it.
    """

    name: str
    attack: str
    arguments: tuple[str, ...] = ("",)
    machine: bool = False


def _paths(prefix: str, attack: str, **paths: str) -> tuple[Case, ...]:
    return tuple(
        Case(f"{prefix}-{name.replace('_', '-')}", attack, (path,)) for name, path in paths.items()
    )


READING = (
    # What a node with a grant for `/data` may do: shows that the node is alive, and what it was given.
    *_paths("own", "read", file="/data/open.txt", symlink="/data/inner"),
    Case("own-list", "list", ("/data",)),
    Case("own-file-below-scratch", "write", ("/scratch/new.txt",)),
    Case("own-link-made-on-the-host", "read", ("/data/hard.txt",)),
    # Out of the directory.
    *_paths(
        "read",
        "read",
        parent="/data/../keep/secret.txt",
        parent_twice="/data/sub/../../keep/secret.txt",
        parent_relative="../keep/secret.txt",
        parent_doubled="/data//..//keep//secret.txt",
        parent_dotted="/data/./.././keep/secret.txt",
        parent_slash="/data/../keep/secret.txt/",
        other_node="/keep/secret.txt",
        other_node_relative="keep/secret.txt",
        other_node_doubled="//keep/secret.txt",
        other_node_dot="/keep/./secret.txt",
        capitals="/KEEP/SECRET.TXT",
        own_capitals="/DATA/open.txt",
        wide_slash="\uff0fkeep\uff0fsecret.txt",
        wide_dots="/data/\uff0e\uff0e/keep/secret.txt",
        two_dot_leader="/data/\u2025/keep/secret.txt",
        percent="/data/%2e%2e/keep/secret.txt",
        backslash="/data/..\\keep\\secret.txt",
        composed="/keep/caf\u00e9.txt",
        decomposed="/keep/cafe\u0301.txt",
        zero_byte="/keep/secret.txt\0/data/open.txt",
        own_zero_byte="/data/open.txt\0/../../keep/secret.txt",
        trailing_dot="/keep/secret.txt.",
        trailing_space="/keep/secret.txt ",
        empty="",
        symlink="/data/out.txt",
        symlink_directory="/data/out/secret.txt",
        symlink_absolute="/data/absolute.txt",
        symlink_absolute_slash="/data/absolute/secret.txt",
        symlink_slash="/data/out.txt/",
        symlink_chain="/data/chain.txt",
        symlink_parent="/data/out/../keep/secret.txt",
    ),
    Case("read-host-path", "read", ("{host}/keep/secret.txt",), machine=True),
    Case("read-environment-of-process", "read", ("/proc/self/environ",), machine=True),
    Case("read-arguments-of-process", "read", ("/proc/self/cmdline",), machine=True),
    Case("read-root-of-process", "read", ("/proc/self/root{host}/keep/secret.txt",), machine=True),
    Case("read-directory-of-process", "list", ("/proc/self",), machine=True),
    Case("read-devices", "list", ("/dev",), machine=True),
    Case("read-random-device", "stat", ("/dev/urandom",), machine=True),
    Case("read-passwords", "stat", ("/etc/passwd",), machine=True),
    Case("own-below-directory", "read-below", ("/data", "open.txt")),
    Case("read-below-directory", "read-below", ("/data", "../keep/secret.txt")),
    Case("read-below-directory-symlink", "read-below", ("/data/sub", "../out.txt")),
    Case("read-below-directory-absolute", "read-below", ("/data/sub", "/keep/secret.txt")),
    Case("list-root", "list", ("/",)),
    Case("list-parent", "list", ("/data/..",)),
    Case("list-parent-slash", "list", ("/data/../",)),
    Case("list-other-node", "list", ("/keep",)),
    Case("list-symlink", "list", ("/data/out",)),
    Case("list-symlink-slash", "list", ("/data/out/",)),
    Case("stat-other-node", "stat", ("/keep/secret.txt",)),
    Case("stat-symlink", "stat", ("/data/out.txt",)),
    Case("stat-parent", "stat", ("/data/../keep/secret.txt",)),
    Case("working-directory", "working-directory"),
    Case("directories", "directories"),
)

WRITING = (
    Case("change-write", "write", ("/data/open.txt",)),
    Case("change-new", "write", ("/data/new.txt",)),
    Case("change-append", "append", ("/data/open.txt",)),
    Case("change-truncate", "truncate", ("/data/open.txt",)),
    Case("change-resize", "resize", ("/data/open.txt",)),
    Case("change-write-through-reading", "write-through-reading", ("/data/open.txt",)),
    Case("change-below-directory", "write-below", ("/data/sub", "new.txt")),
    Case("change-below-parent", "write-below", ("/data/sub", "../open.txt")),
    Case("change-delete", "delete", ("/data/open.txt",)),
    Case("change-make-directory", "make-directory", ("/data/new",)),
    Case("change-remove-directory", "remove-directory", ("/data/empty",)),
    Case("change-mode", "change-mode", ("/data/open.txt",)),
    Case("change-times", "set-times", ("/data/open.txt",)),
    Case("change-own-times", "set-own-times", ("/data/open.txt",)),
    Case("change-rename", "rename", ("/data/open.txt", "/data/other.txt")),
    Case("change-link", "link", ("/data/open.txt", "/data/other.txt")),
    Case("change-symlink", "symlink", ("open.txt", "/data/other.txt")),
    Case("change-through-scratch", "write", ("/scratch/to-data/open.txt",)),
    Case("change-other-node", "write", ("/keep/secret.txt",)),
    Case("change-other-node-by-parent", "write", ("/scratch/../keep/secret.txt",)),
    Case("change-other-node-by-symlink", "write", ("/scratch/to-keep/secret.txt",)),
    Case("delete-other-node", "delete", ("/scratch/../keep/secret.txt",)),
    # Links and names that the guest makes itself, where it may write.
    Case(
        "make-symlink-out",
        "through-symlink",
        ("../keep/secret.txt", "/scratch/way", "/scratch/way"),
    ),
    Case(
        "make-symlink-out-directory",
        "through-symlink",
        ("../keep", "/scratch/way", "/scratch/way/secret.txt"),
    ),
    Case(
        "make-symlink-out-slash",
        "through-symlink",
        ("../keep/", "/scratch/way", "/scratch/way/secret.txt"),
    ),
    Case(
        "make-symlink-absolute",
        "through-symlink",
        ("{host}/keep/secret.txt", "/scratch/way", "/scratch/way"),
    ),
    Case("make-symlink-to-read-only", "symlink", ("../data/open.txt", "/scratch/way")),
    Case("make-link-to-other-node", "through-link", ("/keep/secret.txt", "/scratch/way")),
    Case("make-link-by-parent", "through-link", ("/scratch/../keep/secret.txt", "/scratch/way")),
    Case("make-link-by-symlink", "through-link", ("/data/out.txt", "/scratch/way")),
    Case("make-link-to-read-only", "link", ("/data/open.txt", "/scratch/way")),
    Case("rename-from-read-only", "rename", ("/data/open.txt", "/scratch/way")),
    Case("rename-into-read-only", "rename", ("/scratch/mine.txt", "/data/way")),
    Case("rename-over-other-node", "rename", ("/scratch/mine.txt", "/keep/secret.txt")),
    Case("rename-by-parent", "rename", ("/scratch/../keep/secret.txt", "/scratch/way")),
    Case("read-link", "read-link", ("/data/out.txt",)),
    Case("read-link-absolute", "read-link", ("/data/absolute.txt",)),
)

SURROUNDINGS = (
    Case("environment", "environment"),
    Case("arguments", "arguments"),
    Case("stdin", "stdin"),
    Case("stdout", "stdout", ("attacked",)),
    Case("stderr", "stderr", ("attacked",)),
    Case("terminal", "terminal"),
    Case("wall-clock", "wall-clock"),
    Case("monotonic-clock", "monotonic-clock"),
    Case("sleep", "sleep"),
    Case("random", "random"),
    Case("random-number", "random-number"),
    Case("insecure-random", "insecure-random"),
    Case("random-seed", "random-seed"),
    Case("exit", "exit"),
    Case("abort", "abort"),
)

NETWORK = (
    Case("lookup", "lookup", ("localhost",)),
    Case("lookup-address", "lookup", ("127.0.0.1",)),
    Case("tcp-connect", "tcp-connect", ("127.0.0.1:{forbidden}",)),
    Case("tcp-connect-other-address", "tcp-connect", ("127.0.0.2:{allowed}",)),
    Case("tcp-connect-mapped", "tcp-connect", ("[::ffff:127.0.0.1]:{forbidden}",)),
    Case("tcp-connect-any", "tcp-connect", ("0.0.0.0:{forbidden}",)),
    Case("own-tcp-connect", "tcp-connect", ("127.0.0.1:{allowed}",)),
    Case("tcp-listen", "tcp-listen", ("127.0.0.1:0",)),
    Case("tcp-listen-everywhere", "tcp-listen", ("0.0.0.0:0",)),
    Case("tcp-listen-unbound", "tcp-listen-unbound"),
    Case("udp-send", "udp-send", ("127.0.0.1:{udp}",)),
    Case("udp-stream", "udp-stream", ("127.0.0.1:{udp}",)),
    Case("own-udp-send", "udp-send", ("127.0.0.1:{allowed}",)),
    Case("udp-stream-again", "udp-stream-again", ("127.0.0.1:{allowed}", "127.0.0.1:{udp}")),
    Case("udp-other-remote", "udp-other-remote", ("127.0.0.1:{allowed}", "127.0.0.1:{udp}")),
    Case("udp-bind", "udp-bind", ("127.0.0.1:0",)),
    Case("own-http", "http", ("http://localhost:{allowed}/own",)),
    Case("http-forbidden-host", "http", ("http://127.0.0.2:{allowed}/host",)),
    Case("http-by-address", "http", ("http://127.0.0.1:{allowed}/address",)),
    Case("http-by-number", "http", ("http://2130706433:{allowed}/number",)),
    Case("http-by-hexadecimal", "http", ("http://0x7f.1:{allowed}/hexadecimal",)),
    Case("http-capitals", "http", ("http://LOCALHOST:{forbidden}/capitals",)),
    Case("http-trailing-dot", "http", ("http://localhost.:{forbidden}/dot",)),
    Case("http-userinfo", "http", ("http://localhost:{allowed}@127.0.0.2:{allowed}/userinfo",)),
    Case("http-userinfo-name", "http", ("http://localhost@127.0.0.2:{allowed}/userinfo",)),
    Case("http-userinfo-empty", "http", ("http://@127.0.0.2:{allowed}/userinfo",)),
    Case("http-fragment", "http", ("http://127.0.0.2:{allowed}#@localhost:{allowed}/fragment",)),
    Case("http-backslash", "http", ("http://127.0.0.2:{allowed}\\@localhost:{allowed}/backslash",)),
    Case("http-zero-byte", "http", ("http://localhost\0.127.0.0.2:{allowed}/zero",)),
    Case("http-other-port", "http", ("http://localhost:{forbidden}/port",)),
    Case("http-other-scheme", "http", ("https://localhost:{allowed}/scheme",)),
    Case("http-unknown-scheme", "http", ("gopher://localhost:{allowed}/scheme",)),
    Case("http-no-authority", "http", ("http:///nobody",)),
    Case("http-redirect", "http-follow", ("http://localhost:{allowed}/redirect",)),
    Case("http-method", "http-method", ("POST", "http://localhost:{allowed}/method")),
    Case("http-own-method", "http-method", ("STEAL", "http://localhost:{allowed}/method")),
    Case(
        "http-path-with-host",
        "http-path",
        ("http://localhost:{allowed}", "http://127.0.0.2:{allowed}/path"),
    ),
    Case(
        "http-path-with-slashes",
        "http-path",
        ("http://localhost:{allowed}", "//127.0.0.2:{allowed}/slashes"),
    ),
    Case(
        "http-path-carriage-return",
        "http-path",
        ("http://localhost:{allowed}", "/ HTTP/1.1\rHost: evil"),
    ),
    Case(
        "http-method-with-path",
        "http-method",
        ("GET /hidden", "http://localhost:{allowed}/method"),
    ),
    Case("http-host-header", "http-host", ("http://localhost:{allowed}/header", "127.0.0.2")),
)

HANDLES = (
    Case("handle-copied", "handle-copied"),
    *(Case(f"handle-forged-{number}", "handle-forged", (number, "")) for number in "0123"),
    Case("handle-forged-far", "handle-forged", ("4294967295", "")),
    Case("handle-forged-other-node", "handle-forged", ("1", "secret.txt")),
    Case("stream-forged", "stream-forged", ("1",)),
    Case("pollable-forged", "pollable-forged", ("1",)),
    Case("network-forged", "network-forged", ("1",)),
    Case("handle-reused", "handle-reused"),
    Case("handle-dropped-twice", "handle-dropped-twice"),
    Case("handle-of-another-type", "handle-of-another-type"),
    Case("stream-of-another-type", "stream-of-another-type"),
)

CASES = (*READING, *WRITING, *SURROUNDINGS, *NETWORK, *HANDLES)
