"""Where a grant leads: hosts, networks, ports, methods and URLs, checked and made canonical."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from wcompose.project.grant_texts import GrantTextError
from wcompose.project.grants import ANY_HOST, ANY_PORT, HttpGrant, Ports

SCHEMES = ("http", "https")
LAST_PORT = 65535
_NAME_LIMIT = 253
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_METHOD = re.compile(r"[A-Z0-9!#$%&'*+.^_`|~-]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*|\*)://(.*)", re.DOTALL)


def read_host(text: str) -> str:
    """A host in canonical form: a name, a pattern of names, an address, a network, or ``*``.

    Args:
        text: the host; an IPv6 address may stand in brackets.

    Raises:
        GrantTextError: it is none of them.
    """
    return text if text == ANY_HOST else _numeric(text) or _name(text)


def read_own_host(text: str) -> str:
    """Where a node itself listens, in canonical form: an address, a network, or ``*``.

    Raises:
        GrantTextError: it is none of them.
    """
    if text == ANY_HOST:
        return text
    if found := _numeric(text):
        return found
    raise GrantTextError(
        f"`{text}` is no address of this machine",
        "write an address such as `127.0.0.1` or `::1`, a network, or `*` for all",
    )


def _numeric(text: str) -> str:
    """An address or a network; empty when it is a name."""
    _refuse_url(text)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "/" in bare:
        return _network(bare)
    if ":" in bare or _NUMBER.fullmatch(bare.rpartition(".")[2].lower()):
        return _address(bare)
    return ""


def read_lookup(text: str) -> str:
    """A name that may be looked up, a pattern, or ``*``, in canonical form.

    Raises:
        GrantTextError: it is neither.
    """
    host = read_host(text)
    if ":" in host or "/" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise GrantTextError(
            f"`{text}` is an address, and only names are looked up",
            "write a name such as `db.example.com`, or grant the address in `tcp` or `udp`",
        )
    return host


def _refuse_url(text: str) -> None:
    if not text:
        raise GrantTextError("the host is empty", "write a name, an address, or `*` for all")
    if "://" in text:
        raise GrantTextError(
            f"`{text}` is a URL, not a host", "write its host, such as `api.example.com`"
        )
    if "@" in text:
        raise GrantTextError(
            f"`{text}` has a user in front of its host",
            f"write `{text.rpartition('@')[2]}`: a grant is for a host, whoever the user",
        )


def _network(text: str) -> str:
    address, _, length = text.partition("/")
    if not re.fullmatch(r"[0-9]{1,3}", length):
        raise GrantTextError(
            f"`{text}` is no network",
            "write an address, a slash and the number of bits, such as `10.0.0.0/8`; a host has "
            "no path",
        )
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise GrantTextError(
            f"`{text}` is no network",
            "write an address, a slash and the number of bits, such as `10.0.0.0/8` or `fd00::/8`",
        ) from None
    given = ip_address(address)
    _refuse_mapped(text, found.network_address)
    if given != found.network_address:
        raise GrantTextError(
            f"`{text}` names an address inside a network",
            f"write `{_network_text(found)}` for the whole network, or `{given}` for that address",
        )
    return _network_text(found)


def _network_text(network: IPv4Network | IPv6Network) -> str:
    return f"{network.network_address}/{network.prefixlen}"


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if colon and ":" not in host and port.isascii() and port.isdigit():
        raise GrantTextError(
            f"`{text}` has a port", f"write `{host}`, and the port into `ports`: `ports = [{port}]`"
        )
    if "%" in text:
        raise GrantTextError(
            f"`{text}` has a zone", f"write `{text.partition('%')[0]}`: zones cannot be granted"
        )
    try:
        found = ip_address(text)
    except ValueError:
        raise GrantTextError(
            f"`{text}` is no address",
            "write four numbers from 0 to 255 such as `10.0.0.1`, or an IPv6 address such as "
            "`fd00::1`",
        ) from None
    _refuse_mapped(text, found)
    return str(found)


def _refuse_mapped(text: str, address: object) -> None:
    """One way to write an IPv4 address: the other would be another grant to a reader's eye only."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        raise GrantTextError(
            f"`{text}` is an IPv4 address in the clothes of IPv6",
            f"write `{address.ipv4_mapped}`",
        )


def _name(text: str) -> str:
    if not text.isascii():
        raise GrantTextError(f"`{text}` is not ASCII", _punycode_hint(text))
    name = text.lower()
    if name.endswith("."):
        raise GrantTextError(
            f"`{text}` ends with a dot", f"write `{name.rstrip('.') or 'example.com'}`"
        )
    labels = name.split(".")
    if labels[0] == "*":
        labels = labels[1:]
    if any("*" in label for label in labels):
        raise GrantTextError(
            f"`{text}` has `*` inside",
            "`*` stands for all labels in front of a name: `*.example.com`, or alone for any host",
        )
    if len(name) > _NAME_LIMIT or not all(_LABEL.fullmatch(label) for label in labels):
        raise GrantTextError(
            f"`{text}` is no host name",
            "write a name such as `api.example.com`, a pattern such as `*.example.com`, or an "
            "address",
        )
    return name


def _punycode_hint(text: str) -> str:
    star, rest = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    try:
        return (
            f"write `{star}{rest.encode('idna').decode('ascii').lower()}`, as it goes over the wire"
        )
    except UnicodeError:
        return "write the name as it goes over the wire, in ASCII"


def read_ports(items: int | str | Sequence[int | str]) -> Ports:
    """Ports in canonical form: ascending ranges that do not overlap.

    Args:
        items: a port, a text such as ``443,8000-8080`` or ``*``, or a list of those.

    Raises:
        GrantTextError: one is no port, or there are none.
    """
    if isinstance(items, int | str):
        items = [items]
    if not items:
        raise GrantTextError(
            "no port is named", 'write ports such as `[443, "8000-8080"]`, or `"*"` for all'
        )
    ranges: list[tuple[int, int]] = []
    is_any = False
    for item in items:
        for part in str(item).split(","):
            if part.strip() == "*":
                is_any = True
            else:
                ranges.append(_port_range(part.strip()))
    if is_any:
        return ANY_PORT
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _port_range(text: str) -> tuple[int, int]:
    first_text, dash, last_text = text.partition("-")
    first = _port(first_text.strip(), text)
    last = _port(last_text.strip(), text) if dash else first
    if last < first:
        raise GrantTextError(f"`{text}` ends before it begins", f"write `{last}-{first}`")
    return first, last


def _port(text: str, whole: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", text) and 1 <= (port := int(text)) <= LAST_PORT:
        return port
    raise GrantTextError(
        f"`{whole}` is no port",
        "`*` lets the host choose one, and grants all others"
        if text == "0"
        else f"ports are 1 to {LAST_PORT}; a range is `8000-8080`, all are `*`",
    )


def read_methods(items: Sequence[str]) -> tuple[str, ...]:
    """Methods of HTTP, sorted; empty for all.

    Raises:
        GrantTextError: one is no method, or none is named.
    """
    if not items:
        raise GrantTextError("no method is named", "leave `methods` out to grant all of them")
    for item in items:
        if not _METHOD.fullmatch(item):
            raise GrantTextError(
                f"`{item}` is no method",
                f"methods are in capitals: `{item.upper()}`"
                if _METHOD.fullmatch(item.upper())
                else "write methods such as `GET` and `POST`",
            )
    return () if "*" in items else tuple(sorted(set(items)))


def split_ports(text: str) -> tuple[str, str | None]:
    """A host and the ports behind its colon, none when there is no colon.

    Raises:
        GrantTextError: an IPv6 address lacks its brackets.
    """
    if text.startswith("["):
        host, bracket, behind = text.partition("]")
        if bracket and (not behind or behind.startswith(":")):
            return host + bracket, behind[1:] if behind else None
        raise GrantTextError(
            f"`{text}` has no host and ports", "write an IPv6 address as in `[::1]:8080`"
        )
    host, colon, ports = text.partition(":")
    if ":" in ports:
        raise GrantTextError(
            f"it cannot be told where the address ends in `{text}`",
            "put an IPv6 address into brackets: `[::1]:8080`",
        )
    return host, ports if colon else None


def read_url(text: str, *, may_be_host: bool = False) -> HttpGrant:
    """A grant to send requests from a text: ``SCHEME://HOST[:PORTS]``.

    Args:
        text: the text.
        may_be_host: whether ``HOST[:PORTS]`` will do, for both schemes.

    Raises:
        GrantTextError: it is something else, or says more than that.
    """
    found = _SCHEME.fullmatch(text)
    if found is None and not may_be_host:
        raise GrantTextError(
            f"`{text}` is no URL", 'write `https://HOST`, or a table: `{ host = "…" }`'
        )
    scheme, rest = (found[1].lower(), found[2]) if found else ("*", text)
    if scheme not in (*SCHEMES, "*"):
        raise GrantTextError(
            f"`{scheme}` is not granted as HTTP",
            "write `http://…` or `https://…`; other protocols go through `tcp`",
        )
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise GrantTextError(
            f"`{text}` has a user in front of its host",
            f"leave out `{authority.rpartition('@')[0]}@`: a grant is for a host, whoever the user",
        )
    network = re.fullmatch(r"(\[?[0-9A-Fa-f:.]+/\d+\]?)(:[0-9,*-]+)?", rest)
    if rest != authority and network is None:
        what = {"?": "a query", "#": "a fragment"}.get(rest[len(authority)], "a path")
        written = f"{scheme}://{authority}" if found else authority
        raise GrantTextError(
            f"`{text}` has {what}", f"write `{written}`: a grant is for all of a host"
        )
    host, ports = split_ports(rest)
    return HttpGrant(scheme, read_host(host), () if ports is None else _told_ports(ports, text))


def read_target(text: str) -> tuple[str, Ports]:
    """Host and ports of a socket from ``HOST:PORTS``.

    Raises:
        GrantTextError: one of the two is missing or wrong.
    """
    host, ports = split_ports(text)
    if ports is None:
        raise GrantTextError(
            f"`{text}` has no ports", f"write `{text}:443`, or `{text}:*` for all of them"
        )
    return read_host(host), _told_ports(ports, text)


def _told_ports(ports: str, text: str) -> Ports:
    if not ports:
        raise GrantTextError(
            f"`{text}` has a colon and no port", f"write `{text.rstrip(':')}` or `{text}443`"
        )
    return read_ports(ports)
