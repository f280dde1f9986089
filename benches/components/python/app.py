"""The calling side of the benchmarks, in Python."""

from wit_world import exports
from wit_world.imports import target


class Driver(exports.Driver):
    """Calls the target in a loop."""

    def add(self, calls: int) -> int:
        """Call the target's ``add`` so many times."""
        total = 0
        add = target.add
        for _ in range(calls):
            total = add(total, 1)
        return total

    def take(self, size: int, calls: int) -> int:
        """Call the target's ``take`` with so many bytes, so many times."""
        data = bytes(size)
        take = target.take
        return sum(take(data) for _ in range(calls))
