"""Gives back every kind of value, and owns counters."""

from typing import Any, Self

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports import counters, values


class WitWorld:
    def greet(self, name: str) -> str:
        return f"hello, {name}"


def give_back(self: object, it: Any) -> Any:
    return it


def settle(self: object, it: Ok[Any] | Err[Any]) -> Any:
    """What is an error as an argument is raised as a result."""
    if isinstance(it, Err):
        raise it
    return it.value


GIVING = {name: give_back for name in dir(exports.Values) if name.startswith("echo_")}
SETTLING = {name: settle for name in dir(exports.Values) if name.startswith("echo_result")}
Giving = type("Giving", (exports.Values,), {**GIVING, **SETTLING, "describe": give_back})
swallowed = 0


class Values(Giving):  # type: ignore[misc, valid-type]
    def add(self, a: int, b: int) -> int:
        return (a + b) % 2**32

    def divide(self, a: int, b: int) -> int:
        if b == 0:
            raise Err(values.Failure(a, f"{a} can't be divided by 0", ["values", "divide"]))
        return a // b

    def nothing(self) -> None:
        pass

    def swallowed(self) -> int:
        return swallowed

    def swallow(self, it: str) -> None:
        global swallowed  # noqa: PLW0603 -- the state of the component
        swallowed += 1

    def several(
        self, a: int, b: str, c: list[int], d: float | None, e: Any, f: Any
    ) -> tuple[int, str, list[int], float | None, Any, Any]:
        return a, b, c, d, e, f

    def seventeen(
        self,
        a: int,
        b: int,
        c: int,
        d: int,
        e: int,
        f: int,
        g: int,
        h: int,
        i: float,
        j: float,
        k: bool,
        l: str,  # noqa: E741
        m: int,
        n: int,
        o: int,
        p: int,
        q: str,
    ) -> str:
        truth = str(k).lower()
        numbers = f"{a} {b} {c} {d} {e} {f} {g} {h} {i:g} {j:g}"
        return f"{numbers} {truth} {l} {m} {n} {o} {p} {q}"


class Bulk:
    def take_u8(self, it: bytes) -> int:
        return len(it) + it[0] + it[-1] if it else 0

    def give_u8(self, size: int) -> bytes:
        return (bytes(range(251)) * (size // 251 + 1))[:size]

    def take_f64(self, it: list[float]) -> float:
        return len(it) + it[0] + it[-1] + sum(it) if it else 0.0

    def give_f64(self, size: int) -> list[float]:
        return [float(each) for each in range(size)]

    def take_string(self, it: str) -> int:
        return len(it.encode())

    def give_string(self, size: int) -> str:
        return ("abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[:size]

    def take_people(self, it: list[Any]) -> int:
        return sum(person.age for person in it)

    def give_people(self, size: int) -> list[Any]:
        return [
            values.Person(
                name=f"Person {age}",
                email=f"person-{age}@example.org",
                age=age,
                admin=age % 7 == 0,
                score=age / 4,
            )
            for age in range(size)
        ]


made = 0
dropped = 0
kept: list["Counter"] = []


class Counter(counters.Counter):
    """componentize-py 0.25 never lets go of an object that was given out: none of these ends."""

    def __init__(self, start: int) -> None:
        global made  # noqa: PLW0603 -- the state of the component
        made += 1
        self.at = start
        self.armed = False

    def __del__(self) -> None:
        global dropped  # noqa: PLW0603
        dropped += 1

    @classmethod
    def parse(cls, text: str) -> Self:
        if not text.isdecimal() or int(text) >= 2**32:
            raise Err(f"`{text}`: no number")
        return cls(int(text))

    @classmethod
    def sum(cls, left: Self, right: Self) -> int:
        return (left.at + right.at) % 2**32

    def value(self) -> int:
        return self.at

    def add(self, by: int) -> int:
        self.at = (self.at + by) % 2**32
        return self.at

    def copy(self) -> Self:
        return type(self)(self.at)

    def give_up(self) -> None:
        raise AssertionError("giving up")

    def arm(self) -> None:
        """No destructor traps in Python: an exception in `__del__` ends nothing."""
        self.armed = True


class Counters:
    def take(self, it: Counter) -> int:
        return it.at

    def pass_(self, it: Counter) -> Counter:
        return it

    def look(self, it: Counter) -> int:
        return it.at

    def total(self, left: Counter, right: Counter) -> int:
        return (left.at + right.at) % 2**32

    def total_of(self, given: list[Counter]) -> int:
        return sum(each.at for each in given) % 2**32

    def row(self, count: int) -> list[Counter]:
        return [Counter(start) for start in range(count)]

    def maybe(self, start: int | None) -> Counter | None:
        return None if start is None else Counter(start)

    def twins(self, start: int) -> tuple[Counter, Counter]:
        return Counter(start), Counter(start)

    def even(self, start: int) -> Counter:
        if start % 2:
            raise Err(f"{start} is odd")
        return Counter(start)

    def merge(self, given: list[Counter]) -> Counter:
        return Counter(sum(each.at for each in given) % 2**32)

    def label(self, label: str, it: Counter) -> counters.Labelled:
        return counters.Labelled(label, it)

    def echo_labelled(self, it: counters.Labelled) -> counters.Labelled:
        return it

    def echo_holding(self, it: counters.Holding) -> counters.Holding:
        return it

    def keep(self, it: Counter) -> int:
        kept.append(it)
        return len(kept)

    def release(self) -> list[Counter]:
        released = list(kept)
        kept.clear()
        return released

    def live(self) -> int:
        return made - dropped

    def dropped(self) -> int:
        return dropped

    def give_up_holding(self, it: Counter) -> None:
        raise AssertionError("giving up")
