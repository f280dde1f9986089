"""What the host opens for a composition whose gates share it out among its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from wcompose.grants.directories import name_directories, streams_of
from wcompose.project.grants import GrantsDeclaration, StreamKind
from wcompose.runtime.hosting.grants import DirectoryGrant, Grants


def host_grants(
    grants: Mapping[str, GrantsDeclaration],
    everything: Grants,
    *,
    root: Path,
    variables: Mapping[str, str],
) -> Grants:
    """What all nodes together need of the host, and no more.

    Args:
        grants: what each node is granted.
        everything: the arguments, streams and files that there are to give.
        root: the directory that relative directories start from.
        variables: the host's environment.
    """
    directories = name_directories(grants)
    all_grants = grants.values()
    wanted = {
        name
        for name in ("stdin", "stdout", "stderr")
        if any(
            grant.kind in {StreamKind.INHERIT, StreamKind.PREFIX}
            for each in all_grants
            for stream, grant in streams_of(each)
            if stream == name
        )
    }
    takes_arguments = any(each.arguments is True for each in all_grants)
    return replace(
        everything,
        arguments=everything.arguments if takes_arguments else (),
        environment=tuple(sorted(_variables(all_grants, variables).items())),
        directories=tuple(
            DirectoryGrant(root / each.host, each.outer, each.write) for each in directories.host
        ),
        network=any(each.tcp or each.udp or each.lookup for each in all_grants),
        stdin=everything.stdin if "stdin" in wanted else None,
        inherit_stdin=everything.inherit_stdin and "stdin" in wanted,
        stdout=everything.stdout if "stdout" in wanted else None,
        stderr=everything.stderr if "stderr" in wanted else None,
    )


def _variables(grants: Iterable[GrantsDeclaration], variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that are passed on; what a node's own table sets is in its policy."""
    names = {each.name for one in grants for each in one.environment if each.value is None}
    return {name: variables[name] for name in names if name in variables}
