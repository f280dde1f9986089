"""Finding a world or an interface by the name that a user writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from wcompose.contract.model import (
    Contract,
    Interface,
    World,
    external_name,
)
from wcompose.contract.names import parse_item_name
from wcompose.errors import ContractError
from wcompose.suggest import did_you_mean, nearest

_Item = TypeVar("_Item", World, Interface)


def find_world(contract: Contract, name: str | None) -> World:
    """See `Contract.find_world`."""
    if name is not None:
        return _find("world", name, contract.worlds, contract.package, contract.interfaces)
    own = [each for each in contract.worlds.values() if each.package == contract.package]
    if len(own) == 1:
        return own[0]
    package = f"package `{contract.package}`" if contract.package else "the contract"
    raise ContractError.of(
        "world-ambiguous" if own else "world-missing",
        f"{package} has {len(own)} worlds" if own else f"{package} has no world",
        hint=f"name one of {_listed(each.name for each in own)}"
        if own
        else "write a world with what the component imports and exports",
    )


def find_interface(contract: Contract, name: str) -> Interface:
    """See `Contract.find_interface`."""
    return _find("interface", name, contract.interfaces, contract.package, contract.worlds)


def _find(
    what: str,
    name: str,
    known: Mapping[str, _Item],
    package: str,
    others_kind: Mapping[str, object],
) -> _Item:
    meant = _meant(name, known, package)
    if len(meant) == 1:
        return known[meant[0]]
    if meant:
        raise ContractError.of(
            f"{what}-ambiguous",
            f"`{name}` means more than one {what}",
            hint=f"name one of {_listed(meant)}",
        )
    if _meant(name, others_kind, package):
        other = "a world" if what == "interface" else "an interface"
        raise ContractError.of(
            f"{what}-missing",
            f"`{name}` is {other}, not {'an' if what == 'interface' else 'a'} {what}",
            hint=f"write `world NAME {{ export {name}; }}`, and name that world"
            if what == "world"
            else f"name an {what}",
        )
    own: list[str] = _plain_names(known, package)
    others: list[str] = sorted(set(known) - {external_name(package, each) for each in own})
    owner = f"package `{package}` has" if package else "there is"
    raise ContractError.of(
        f"{what}-missing",
        f"{owner} no {what} `{name}`",
        hint=_versions_hint(name, known)
        or did_you_mean(name, [*own, *others])
        or _near_hint(name, known)
        or _known_hint(what, own, others),
    )


def _versions_hint(name: str, known: Iterable[str]) -> str:
    """The versions that there are of what was asked for in another one."""
    wanted = parse_item_name(name)
    if wanted is None:
        return ""
    items = [(each, item) for each in known if (item := parse_item_name(each)) is not None]
    there = [each for each, item in items if wanted.same_interface(item)]
    return f"there {'is' if len(there) == 1 else 'are'} {_listed(there)}" if there else ""


def _near_hint(name: str, known: Iterable[str]) -> str:
    """The names of the same package that are near to one that is written with its package."""
    wanted = parse_item_name(name)
    if wanted is None:
        return ""
    items = [(each, item) for each in known if (item := parse_item_name(each)) is not None]
    there = {
        item.interface: each
        for each, item in items
        if (item.namespace, item.package) == (wanted.namespace, wanted.package)
    }
    near = nearest(wanted.interface, there)
    return did_you_mean(name, [there[each] for each in near[:1]]) if near else ""


def _known_hint(what: str, own: list[str], others: list[str]) -> str:
    if own:
        return f"it has {_listed(own)}"
    return f"other packages have {_listed(others)}" if others else f"there is no {what} at all"


def _meant(name: str, known: Mapping[str, object], package: str) -> list[str]:
    """The external names that a name may mean."""
    for exact in (name, external_name(package, name)):
        if exact in known:
            return [exact]
    wanted = parse_item_name(name)
    if wanted is None:
        return []
    items = [(each, item) for each in known if (item := parse_item_name(each)) is not None]
    if wanted.version is None:
        return [each for each, item in items if wanted.same_interface(item)]
    return [each for each, item in items if wanted.matches(item)]


def _plain_names(known: Mapping[str, object], package: str) -> list[str]:
    """The plain names of what belongs to a package."""
    items = [(each, item) for each in known if (item := parse_item_name(each)) is not None]
    return sorted(
        item.interface for each, item in items if external_name(package, item.interface) == each
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
