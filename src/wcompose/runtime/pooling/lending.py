"""What pools for threads and for asyncio have in common."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from wcompose.bounds import Limits
from wcompose.errors import Full, UsageError
from wcompose.runtime.bindings import Bindings
from wcompose.runtime.crossing.exports import ExportedFunction, find_function
from wcompose.runtime.crossing.types import ValueType
from wcompose.runtime.hosting.grants import Grants
from wcompose.runtime.instances.store import Usage
from wcompose.runtime.pooling.places import Places, Turn
from wcompose.runtime.pooling.stock import Kept, Stock

if TYPE_CHECKING:
    from wcompose.runtime.component import Component
    from wcompose.runtime.instances.instance import Instance

STOP_SECONDS = 0.02
"""Time between two attempts to stop a call: one that begins just after the first hears the second."""
CLOSING = "its pool was closed"
"""Why calls are stopped that a closing pool does not wait for."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """What the instances of a pool are made from: a component, and what each is given."""

    component: Component
    grants: Grants
    limits: Limits | None
    imports: Mapping[str, Any] | None
    bindings: Bindings | None
    fitting: dict[Any, None] = field(default_factory=dict, repr=False)
    """Functions that were found to do."""

    def make(self) -> Instance:
        """Make an instance.

        Raises:
            WcomposeError: as `Component.instantiate`.
        """
        return self.component.instantiate(self.grants, self.limits, self.imports, self.bindings)

    def check(self, function: str | ExportedFunction, /) -> None:
        """Refuse a function that takes or gives resources of a guest: they belong to one instance.

        Raises:
            UsageError: that is so, or there is no such function.
        """
        found = (
            find_function(self.component.functions, function)
            if isinstance(function, str)
            else function
        )
        types = [each for _, each in found.parameters]
        if found.result is not None:
            types.append(found.result)
        # Those of the host's own are plain objects on this side, which no instance takes with it.
        resources = self.component.imported.resources
        own = {
            index
            for interface in self.component.own_imports
            for index in resources.get(interface, {}).values()
        }
        if any(_has_handle_but(own, each) for each in types):
            raise UsageError.of(
                "pooled-resource",
                f"`{found.full_name}` takes or gives resources, which belong to one instance, and the "
                "next call may have another",
                hint="do all that belongs together on one instance, with `pool.run(work)`",
            )
        self.fitting[function] = None


def _has_handle_but(known: Collection[int], kind: ValueType) -> bool:
    """Whether values of a type hold handles of other resources than these."""
    if kind.kind in {"own", "borrow"}:
        return kind.resource not in known
    return any(member is not None and _has_handle_but(known, member) for _, member in kind.members)


class PoolOptions(TypedDict, total=False):
    """What a pool is made with besides its component; see `Lender`."""

    size: int
    waiting: int
    reuse: bool
    warm: int
    max_uses: int | None
    grants: Grants | None
    limits: Limits | None
    imports: Mapping[str, Any] | None
    bindings: Bindings | None


@dataclass(frozen=True)
class PoolState:
    """A pool at one moment.

    Attributes:
        size: calls that may run at once.
        running: those that do.
        waiting: callers in line.
        idle: instances that are ready.
        made: instances made so far.
        lost: instances thrown away because a call of theirs failed or was stopped.
        is_closed: whether it takes nothing new.
    """

    size: int
    running: int
    waiting: int
    idle: int
    made: int
    lost: int
    is_closed: bool


class Lease(Turn):
    """A turn that ends with an instance."""

    __slots__ = ("kept", "pool", "token")

    def __init__(self, pool: Lender) -> None:
        self.has_place = self.is_known = False
        self.pool = pool
        self.kept: Kept | None = None
        self.token: Token[tuple[Lease, ...]] | None = None


HELD: ContextVar[tuple[Lease, ...]] = ContextVar("wcompose_pool_leases", default=())
"""The leases inside which something runs: a function of the host that a guest calls has its call's."""


class Lender:
    """A pool without the way in which its callers wait.

    Args:
        component: what instances are made of.
        size: how many calls may run at once, and how many instances there are at most.
        waiting: how many callers may wait for a place; all others are refused at once.
        reuse: whether an instance is called again; else every call has a fresh one.
        warm: how many instances are kept ready.
        max_uses: after so many calls an instance is replaced, for guests that leak; none for never.
        grants: what each instance is granted.
        limits: what each instance may use.
        imports: what the host gives to each; called from several threads at once.
        bindings: classes for its types.

    Raises:
        ValueError: a number makes no sense.
    """

    def __init__(
        self,
        component: Component,
        *,
        size: int = 4,
        waiting: int = 64,
        reuse: bool = True,
        warm: int = 1,
        max_uses: int | None = None,
        grants: Grants | None = None,
        limits: Limits | None = None,
        imports: Mapping[str, Any] | None = None,
        bindings: Bindings | None = None,
    ) -> None:
        numbers = {"size": size, "waiting": waiting + 1, "warm": warm + 1, "max_uses": max_uses}
        for name, number in numbers.items():
            if number is not None and number < 1:
                raise ValueError(f"`{name}` is too small")
        self._recipe = Recipe(component, grants or Grants(), limits, imports, bindings)
        uses = max_uses if reuse else 1
        self._stock = Stock(self._recipe, size=size, warm=warm, uses=uses)
        self._places = Places(size, waiting)
        self._process = os.getpid()
        self._prepare()

    def _prepare(self) -> None:
        """What a pool does when it is made."""

    @property
    def usage(self) -> Usage:
        """What all instances have used together, those that are gone too."""
        return self._stock.usage

    @property
    def state(self) -> PoolState:
        """How it is now."""
        places, stock = self._places, self._stock
        return PoolState(
            size=places.size,
            running=places.taken,
            waiting=places.lined_up,
            idle=stock.idle,
            made=stock.made,
            lost=stock.lost,
            is_closed=places.is_closed,
        )

    def _changed(
        self,
        component: Component,
        grants: Grants | None,
        limits: Limits | None,
        imports: Mapping[str, Any] | None,
        bindings: Bindings | None,
    ) -> Recipe:
        old = self._recipe
        return Recipe(
            component,
            old.grants if grants is None else grants,
            old.limits if limits is None else limits,
            old.imports if imports is None else imports,
            bindings,
        )

    def _replace(self, recipe: Recipe) -> None:
        self._stock.warm_up(recipe)
        self._recipe = recipe

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise UsageError.of(
                "forked-pool",
                "the pool was made in another process, before a fork",
                hint="make a pool in each process, after the fork",
            )

    def _is_inside(self) -> bool:
        """Whether this is done inside a call of this pool, such as by a function of the host."""
        return any(lease.pool is self and lease.has_place for lease in HELD.get())

    def _check_waiting(self) -> None:
        if self._is_inside():
            raise Full.of(
                "nested-pool-call",
                "a call inside a call of the same pool found no place, and must not wait for one: it "
                "could wait for itself",
                hint="give the pool a larger `size`, or use another pool for the inner calls",
            )

    def _check_closing(self) -> None:
        if self._is_inside():
            raise UsageError.of(
                "nested-pool-close",
                "the pool cannot be closed inside a call of its own, whose end it would wait for",
                hint="close it from outside",
            )

    def _end(self, lease: Lease) -> None:
        """Give back what a lease has, if it has anything; a second time does no harm."""
        try:
            if lease.token is not None:
                # A generator may be closed in another context than it was begun in, and this may be the
                # second time; the lease is over anyway, and counts no longer.
                try:  # noqa: SIM105  (`suppress` takes as long as all the rest)
                    HELD.reset(lease.token)
                except (ValueError, RuntimeError):
                    pass
            self._stock.give(lease)
        finally:
            if lease.kept is not None:
                self._stock.forget(lease)
            self._places.leave(lease)


def invoke(
    kept: Kept,
    function: str | ExportedFunction,
    arguments: tuple[Any, ...],
    seconds: float | None,
    fuel: int | None,
) -> Any:
    """Call a function of a lent instance.

    Args:
        kept: the instance.
        function: the function, or a name of it.
        arguments: what it is given.
        seconds: bound of this call; none for that of the instance.
        fuel: as `seconds`.
    """
    source = kept.source
    if function not in source.fitting:
        source.check(function)
    if seconds is None and fuel is None:
        return kept.instance.call(function, *arguments)
    return kept.instance.function(function).within(seconds=seconds, fuel=fuel)(*arguments)
