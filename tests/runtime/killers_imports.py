"""Host imports that raise, lie, call back, block, or close what calls them."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from killing import Scene, in_thread, raises

import wcompose
from wcompose import errors

HOST = "wcompose:echo/host"
REFUSED = (errors.ValueFault, errors.UsageError)


class File:
    """The host's own resource."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self.data = b""

    @classmethod
    def open(cls, name: str, how: Any) -> File:
        return cls(name)

    def name(self) -> str:
        return self._name

    def write(self, data: bytes) -> int:
        self.data += data
        return len(self.data)

    def read(self) -> bytes:
        return self.data


class Host:
    """A host as it should be."""

    File = File

    def log(self, text: str) -> None:
        pass

    def add(self, a: int, b: int) -> int:
        return (a + b) & 0xFFFFFFFF

    def lookup(self, key: str) -> str | None:
        return None

    def transform(self, values: Any) -> Any:
        return values

    def scramble(self, data: bytes) -> bytes:
        return data

    def shapes(self, shapes: Any) -> Any:
        raise wcompose.ResultError("unknown")

    def same(self, left: File, right: File) -> bool:
        return left is right

    def archive(self, it: File) -> str:
        return it.name()

    def latest(self) -> File | None:
        return None


def _shout(text: str) -> str:
    return text.upper()


def make(scene: Scene, **functions: Any) -> Any:
    """An instance whose host has these functions in the place of its own."""
    host = Host()
    for name, function in functions.items():
        setattr(host, name, function)
    return scene.make(
        "echo-host-rust", imports={HOST: host, "shout": functions.get("shout", _shout)}
    )


class Odd(BaseException):
    """An exception that is no `Exception`."""


RAISED: tuple[BaseException, ...] = (
    ValueError("\ud800\0"), KeyError(), Exception(), RecursionError("deep"), MemoryError(),
    OSError(5, "no"), StopIteration(1), StopAsyncIteration(), AssertionError("x" * 1_000_000),
    TimeoutError(), BlockingIOError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), wcompose.ResultError("not of this function"),
    errors.UsageError.of("x", "y"), KeyboardInterrupt(), SystemExit(3), GeneratorExit(), Odd(),
)  # fmt: skip


def raising_everything(scene: Scene) -> None:
    for error in RAISED:

        def fail(*_: Any, error: BaseException = error) -> Any:
            raise error

        for name, arguments in (
            ("log", ("x",)),
            ("add", (1, 2)),
            ("lookup", ("x",)),
            ("transform", ([1.0],)),
        ):
            instance = make(scene, **{name: fail})
            kinds = (
                (errors.ImportRaised,)
                if isinstance(error, Exception)
                else (type(error), errors.ImportRaised)
            )
            with raises(*kinds) as caught:
                instance.call(f"through#{name}", *arguments)
            if isinstance(caught[0], errors.ImportRaised):
                assert caught[0].__cause__ is error
            else:
                assert caught[0] is error
            assert not instance.is_usable
            with raises(errors.UsageError):
                instance.call("through#add", 1, 2)
            instance.close()
        instance = make(scene, shout=fail)
        with raises(errors.ImportRaised, type(error)):
            instance.call("shout-through", "x")


def raising_in_the_host_s_own_resources(scene: Scene) -> None:
    for name in ("__init__", "name", "write", "read", "close", "__exit__", "__del__"):
        for error in (ValueError("x"), KeyboardInterrupt(), SystemExit(3)):

            def fail(*_: Any, error: BaseException = error, **__: Any) -> Any:
                raise error

            if name == "__del__" and not isinstance(error, ValueError):
                continue
            kind = type("File", (File,), {name: fail} if name != "__del__" else {})
            instance = make(scene, File=kind)
            call = partial(instance.call, "through#write-and-read", "n", b"a", b"b")
            if name in {"__init__", "name", "write", "read"}:
                with raises(errors.ImportRaised, type(error)):
                    call()
            elif name == "close":
                try:
                    call()
                except (errors.ImportRaised, type(error)):
                    pass
            else:
                assert call() == ("n", b"ab")
            instance.close()


WRONG: tuple[Any, ...] = (
    None, True, -1, 1 << 32, 1 << 100_000, 1.5, "x", "\ud800", b"\xff", [], [None], ["\ud800"], {},
    object(),
    wcompose.Ok(1), wcompose.Err(2), (1, 2), [float("nan")] * 10, [1] * 1000, File("x"), print, Ellipsis,
)  # fmt: skip


def giving_back_what_does_not_fit(scene: Scene) -> None:
    for name, arguments in (
        ("log", ("x",)), ("add", (1, 2)), ("lookup", ("x",)), ("transform", ([1.0],)),
        ("scramble", (b"x",)),
        ("shapes", ([],)), ("latest", ()),
    ):  # fmt: skip
        outcomes = set()
        for value in WRONG:
            instance = make(scene, **{name: lambda *_, value=value: value})
            try:
                instance.call(f"through#{name}", *arguments)
                outcomes.add("taken")
            except (errors.ImportRaised, errors.ValueFault) as error:
                outcomes.add("refused")
                assert name in f"{error} {error.__cause__}", error  # noqa: PT017 - no pytest here
            except wcompose.ResultError:
                outcomes.add("taken")
        # Any object of Python's may be a resource of the host's.
        assert outcomes == {"taken"} if name == "latest" else "refused" in outcomes, name


def raising_a_result_that_does_not_fit(scene: Scene) -> None:
    for value in WRONG:

        def fail(_: Any, value: Any = value) -> Any:
            raise wcompose.ResultError(value)

        instance = make(scene, shapes=fail)
        with raises(errors.ImportRaised, errors.ValueFault):
            instance.call("through#shapes", [])


def calling_back(scene: Scene) -> None:
    """A host function may call other instances; the one that called it is busy."""
    held: list[Any] = []
    caught: list[BaseException] = []

    def back(a: int, b: int) -> int:
        for again in (
            lambda: held[0].call("through#add", 1, 2),
            lambda: held[0].exports.through.log("x"),
            held[0].close,
            lambda: in_thread(lambda: held[0].call("through#add", 1, 2)),
        ):
            try:
                again()
            except errors.UsageError as error:
                caught.append(error)
        return int(scene.echo().call("values#add", a, b))

    held.append(make(scene, add=back))
    assert held[0].call("through#add", 1, 2) == 3
    assert [type(error).__name__ for error in caught] == ["InstanceBusy"] * 4
    assert held[0].call("through#add-often", 5) == 5


def forking_inside(scene: Scene) -> None:
    """The child goes on where the host function was, and so does the parent."""
    children: list[int] = []
    instance = make(scene, log=lambda text: children.append(os.fork()))
    instance.call("through#log", "x")
    if not children[0]:
        code = 1
        try:
            assert instance.call("through#add", 1, 2) == 3
            with scene.make("hostile-rust") as hostile, raises(errors.DeadlineExceeded):
                hostile.function("hostile#spin").within(seconds=0.1)()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(children[0], 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert instance.call("through#add", 1, 2) == 3


def closing_the_instance_that_calls(scene: Scene) -> None:
    held: list[Any] = []

    def close(text: str) -> None:
        with suppress(errors.UsageError):
            held[0].close()
        held[0].cancel("go")

    held.append(make(scene, log=close))
    with suppress(errors.Cancelled):
        held[0].call("through#log", "x")
    held[0].close()
    with raises(errors.UsageError):
        held[0].call("through#log", "x")


def cancelling_from_inside(scene: Scene) -> None:
    held: list[Any] = []
    held.append(make(scene, log=lambda text: held[0].cancel("from inside")))
    with raises(errors.Cancelled) as caught:
        held[0].call("through#log-then-spin", "x")
    assert "from inside" in str(caught[0].findings[0].causes)  # type: ignore[attr-defined]


def blocking_while_it_is_cancelled(scene: Scene) -> None:
    """Nothing stops a host function; the guest is stopped when that gives back."""
    inside, go = threading.Event(), threading.Event()

    def block(text: str) -> None:
        inside.set()
        go.wait(30)

    instance = make(scene, log=block)
    caught: list[BaseException] = []

    def run() -> None:
        try:
            instance.call("through#log-then-spin", "x")
        except BaseException as error:  # noqa: BLE001
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    inside.wait(30)
    instance.cancel("enough")
    assert instance.is_busy
    go.set()
    thread.join(30)
    assert type(caught[0]) is errors.Cancelled


def raising_where_output_is_heard(scene: Scene) -> None:
    """What hears a guest's output runs in a thread of the runtime's, in the middle of its event loop."""
    for error in (ValueError("x"), OSError(5, "no"), SystemExit(3), KeyboardInterrupt(), Odd()):

        def hear(data: bytes, error: BaseException = error) -> None:
            raise error

        for stream in ("standard-output", "standard-error"):
            for function, arguments in (("say", ("x",)), ("flood", (10_000,))):
                grants = wcompose.Grants(stdout=hear, stderr=hear)
                instance = scene.make("flooder", grants=grants)
                with suppress(errors.ImportRaised, wcompose.ResultError, type(error)):
                    instance.call(function, *arguments, stream)
                instance.close()


def calling_others_where_output_is_heard(scene: Scene) -> None:
    heard: list[bytes] = []

    def hear(data: bytes) -> None:
        heard.append(data)
        with scene.make("flooder") as other:
            other.call("say", "nested", "standard-output")
        with scene.echo() as echo:
            assert echo.call("values#add", 1, 2) == 3

    for stream in ("standard-output", "standard-error"):
        with scene.make("flooder", grants=wcompose.Grants(stdout=hear, stderr=hear)) as instance:
            instance.call("say", "x", stream)
            instance.call("flood", 1000, stream)
    assert b"x" in heard
    held: list[Any] = []

    def again(data: bytes) -> None:
        for use in (lambda: held[0].call("say", "again", "standard-output"), held[0].close):
            with raises(errors.InstanceBusy):
                use()
        held[0].cancel("from its output")

    held.append(scene.make("flooder", grants=wcompose.Grants(stdout=again)))
    with raises(errors.Cancelled):
        held[0].call("flood", 1 << 40, "standard-output")


def trapping_after_it_was_called(scene: Scene) -> None:
    for _ in range(50):
        instance = make(scene)
        with raises(errors.Trapped):
            instance.call("through#log-then-trap", "x")
        instance.close()


def keeping_what_it_was_lent(scene: Scene) -> None:
    """Values and handles that a host function got are used after its call, and after the instance."""
    kept: list[Any] = []

    def keep(*values: Any) -> Any:
        kept.extend(values)
        return values[0]

    instance = make(scene, scramble=keep, transform=keep)
    assert bytes(instance.call("through#scramble", b"x" * 1000)) == b"x" * 1000
    assert list(instance.call("through#transform", [1.0] * 1000)) == [1.0] * 1000
    instance.close()
    assert bytes(kept[0]) == b"x" * 1000
    assert list(kept[1]) == [1.0] * 1000
    files: list[Any] = []
    instance = make(scene, same=lambda left, right: files.extend([left, right]) or True)
    first, second = File("a"), File("b")
    assert instance.call("through#same", first, second) is True
    instance.close()
    assert [each.name() for each in files] == ["a", "b"]


def that_are_not_what_they_should_be(scene: Scene) -> None:
    component = scene.component("echo-host-rust")
    strange: list[Any] = [
        None, 5, "x", object(), [], {}, {HOST: None}, {HOST: object()}, {HOST: {}}, {5: 6},
        {HOST: {"log": 5}}, {HOST: Host(), "shout": 5}, {HOST: Host()}, {"shout": _shout},
        {HOST: Host(), "shout": _shout, "more": _shout},
        {HOST: Host, "shout": _shout}, {HOST: _Hostile(), "shout": _shout}, {"\ud800": 1}, {"\0": 1},
    ]  # fmt: skip
    python = (TypeError, ValueError, AttributeError, ZeroDivisionError)
    for imports in strange:
        with raises(errors.LinkError, errors.UsageError, *python):
            component.instantiate(imports=imports).call("through#log", "x")
    assert make(scene).call("through#add", 1, 2) == 3


class _Hostile:
    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(name)


def deep_through_the_host(scene: Scene) -> None:
    """guest → host → another guest → host …: an exception, however small the stack is."""

    def descend(depth: int) -> int:
        reached = [0]

        def down(a: int, b: int) -> int:
            reached[0] = max(reached[0], a)
            if a < depth:
                return int(make(scene, add=down).call("through#add", a + 1, b))
            return a

        with suppress(errors.WcomposeError, RecursionError):
            make(scene, add=down).call("through#add", 0, 0)
        return reached[0]

    assert descend(3) == 3
    for stack in (64 << 10, 1 << 20):
        assert in_thread(lambda: descend(300), stack=stack) >= 0


def deep_through_the_host_and_the_guest(scene: Scene) -> None:
    """The same, each guest using most of what it may have before it calls out."""
    deep = scene.text("""(component
      (import "down" (func $down (param "level" u32)))
      (core func $lowered (canon lower (func $down)))
      (core module $m (import "" "down" (func $down (param i32)))
        (func $go (param i32 i32)
          (if (i32.eqz (local.get 0))
            (then (call $down (local.get 1)))
            (else (call $go (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))))
        (func (export "f") (param i32) (call $go (i32.const 15000) (local.get 0))))
      (core instance $i (instantiate $m (with "" (instance (export "down" (func $lowered))))))
      (func (export "f") (param "level" u32) (canon lift (core func $i "f"))))""")
    reached: list[int] = []

    def down(level: int) -> None:
        reached.append(level)
        if level < 200:
            deep.instantiate(imports={"down": down}).call("f", level + 1)

    def start() -> None:
        with raises(errors.WcomposeError, RecursionError):
            deep.instantiate(imports={"down": down}).call("f", 0)

    start()
    for stack in (64 << 10, 256 << 10, 1 << 20, 8 << 20):
        in_thread(start, stack=stack)
    assert max(reached) >= 1
