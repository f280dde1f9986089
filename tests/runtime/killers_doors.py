"""Every door of the API opened the wrong way: without grants, with others' things, damaged files."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from killing import Scene, raises

import wcompose
from wcompose import errors

REFUSED = (errors.ValueFault, errors.UsageError)


def wasi_without_grants(scene: Scene) -> None:
    """Whoever wants WASI gets one in which there is nothing."""
    flooder = scene.component("flooder")
    with flooder.instantiate() as instance:
        assert instance.call("say", "x", "standard-output") is None
    with flooder.instantiate(grants=wcompose.Grants()) as instance:
        assert instance.call("say", "x", "standard-error") is None
    with flooder.pool(size=1) as pool:
        assert pool.call("say", "x", "standard-output") is None

    async def ask() -> None:
        async with flooder.async_pool(size=1) as pool:
            assert await pool.call("say", "x", "standard-output") is None

    asyncio.run(ask())
    for name in ("echo-go", "hostile-go"):
        with scene.make(name) as instance:
            assert instance.is_usable
    opened = wcompose.open(flooder.path)
    with opened.instantiate() as instance:
        assert instance.call("flood", 10, "standard-output") == 10


def wasi_of_every_version(scene: Scene) -> None:
    """A name that looks like WASI's, and is not of this host, is refused in words."""
    for name in (
        "wasi:http/types@0.2.0", "wasi:http/outgoing-handler@0.2.12", "wasi:cli/stdout@0.2.0",
        "wasi:cli/stdout@0.3.0", "wasi:nonsense/x@0.2.0", "wasi:http/types@0.9.0", "wasi:cli/exit@0.2.0",
        "wasi:clocks/monotonic-clock@0.2.0", "wasi:sockets/tcp@0.2.0", "wasi:filesystem/preopens@0.2.0",
    ):  # fmt: skip
        for export in ("", '(export "f" (func))', '(export "get-stdout" (func (result u32)))'):
            component = scene.text(f'(component (import "{name}" (instance {export})))')
            with suppress(errors.LinkError):
                component.instantiate().close()
    wants_http = scene.text("""(component
      (import "wasi:http/types@0.2.0" (instance $types
        (export "fields" (type $own (sub resource)))
        (type $owned (own $own))
        (export "[constructor]fields" (func (result $owned)))))
      (alias export $types "[constructor]fields" (func $new))
      (core func $lowered (canon lower (func $new)))
      (core module $m (import "" "new" (func $new (result i32))) (func (export "f") (drop (call $new))))
      (core instance $i (instantiate $m (with "" (instance (export "new" (func $lowered))))))
      (func (export "f") (canon lift (core func $i "f"))))""")
    with wants_http.instantiate() as instance:
        instance.call("f")


def what_the_c_api_cannot_hold(scene: Scene) -> None:
    """It ends the process at a stream or a future; a component that has one is refused before."""
    for kind, new in (("(stream u8)", "stream.new"), ("(future u8)", "future.new")):
        with raises(errors.WcomposeError):
            scene.text(f"""(component
              (type $s {kind})
              (core func $new (canon {new} $s))
              (core module $m (import "" "new" (func $new (result i64)))
                (func (export "f") (result i32) (i32.wrap_i64 (call $new))))
              (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
              (func (export "f") (result $s) (canon lift (core func $i "f"))))""").instantiate().call(
                "f"
            )
        with raises(errors.WcomposeError):
            scene.text(f"""(component (type $s {kind})
              (import "g" (func $g (param "it" $s))))""").instantiate(imports={"g": print})
    with raises(errors.WcomposeError):
        scene.text("""(component
          (core module $m (func (export "f")))
          (core instance $i (instantiate $m))
          (func (export "f") async (canon lift (core func $i "f"))))""").instantiate().call("f")


def functions_of_another_instance(scene: Scene) -> None:
    first, second = scene.echo(), scene.echo()
    other = scene.make("hostile-rust")
    with raises(*REFUSED):
        second.call(first.function("values#add"), 1, 2)
    with raises(*REFUSED):
        other.call(first.function("values#add"), 1, 2)
    function, bounded = first.function("values#add"), first.function("values#add").within(seconds=5)
    first.close()
    for call in (function, bounded):
        with raises(errors.UsageError):
            call(1, 2)
    assert second.call("values#add", 1, 2) == 3


def everything_after_its_end(scene: Scene) -> None:
    echo = scene.echo()
    exports, interface, add = echo.exports, echo.exports.values, echo.function("values#add")
    echo.close()
    echo.close()
    echo.cancel("x")
    for use in (
        lambda: add(1, 2),
        lambda: add.within(seconds=1)(1, 2),
        lambda: interface.add(1, 2),
        lambda: exports.values.add(1, 2),
        lambda: echo.call("values#add", 1, 2),
        lambda: echo.function("values#add")(1, 2),
        lambda: exports.counters.Counter(1),
        lambda: echo.__enter__().call("values#add", 1, 2),
    ):
        with raises(errors.UsageError):
            use()
    assert echo.usage is not None
    assert not echo.is_usable
    assert not echo.is_busy
    assert echo.fault is None


def files_that_are_no_components(scene: Scene) -> None:
    from guests import guest

    whole = guest("cell").read_bytes()
    chance = random.Random(7)  # noqa: S311
    data = [
        b"",
        b"\0",
        b"\0asm",
        b"\0asm\x01\0\0\0",
        b"\0asm\x0d\0\x01\0",
        whole[:-1],
        whole + b"\0",
        b"(component)",
        b"<html>",
    ]
    data += [chance.randbytes(chance.randrange(2000)) for _ in range(20)]
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(8, len(changed))] = chance.randrange(256)
        data.append(bytes(changed))
    for each in data:
        try:
            component = scene.runtime.open(each, name="x")
            with component.instantiate(
                limits=wcompose.Limits(seconds=1, memory=64 << 20)
            ) as instance:
                instance.call("add", 1, 2)
        except errors.WcomposeError:
            pass
    for source in (
        scene.room,
        scene.room / "none",
        Path("/dev/null"),
        Path("/dev/zero"),
        5,
        None,
        object(),
        "\0",
        "",
    ):
        with raises(errors.WcomposeError, TypeError, ValueError):
            scene.runtime.open(source)


def _fresh(scene: Scene, cache: Path) -> Any:
    """The answer of a component that is opened through a cache, by an engine that has not seen it."""
    runtime = wcompose.Runtime(cache=cache)
    with runtime.open(scene.room / "cell.wasm").instantiate() as instance:
        return instance.call("add", 40, 2)


def images_that_were_changed(scene: Scene) -> None:  # noqa: PLR0915 - one file after another
    """Bits flipped, cut, swapped, linked to, of another's: compiled again, never loaded."""
    from guests import guest

    shutil.copy(guest("cell"), scene.room / "cell.wasm")
    shutil.copy(guest("hostile-rust"), scene.room / "other.wasm")
    cache = scene.room / "cache"
    assert _fresh(scene, cache) == 42
    (image,) = cache.rglob("*.image")
    good, signature = image.read_bytes(), image.with_suffix(".mac").read_bytes()

    def restore() -> None:
        for path in (image, image.with_suffix(".mac")):
            if path.is_symlink() or path.is_dir():
                path.unlink()
        image.write_bytes(good)
        image.with_suffix(".mac").write_bytes(signature)
        for path in (image, image.with_suffix(".mac")):
            path.chmod(0o600)

    chance = random.Random(5)  # noqa: S311
    for _ in range(40):
        changed = bytearray(good)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        restore()
        image.write_bytes(changed)
        assert _fresh(scene, cache) == 42
    for cut in (0, 1, 100, len(good) // 2, len(good) - 1):
        restore()
        image.write_bytes(good[:cut])
        assert _fresh(scene, cache) == 42
    restore()
    wcompose.Runtime(cache=cache).open(scene.room / "other.wasm")
    other = next(each for each in cache.rglob("*.image") if each != image)
    for name in (".image", ".mac"):
        shutil.copy(other.with_suffix(name), image.with_suffix(name))
    assert _fresh(scene, cache) == 42
    for name in (".image", ".mac"):
        restore()
        planted = scene.room / f"planted{name}"
        planted.write_bytes(image.with_suffix(name).read_bytes())
        image.with_suffix(name).unlink()
        image.with_suffix(name).symlink_to(planted)
        assert _fresh(scene, cache) == 42
        restore()
        image.with_suffix(name).chmod(0o666)
        assert _fresh(scene, cache) == 42
        if os.getuid() == 0:
            restore()
            os.chown(image.with_suffix(name), 12345, 12345)
            assert _fresh(scene, cache) == 42
            os.chown(image.with_suffix(name), 0, 0)
    restore()
    for path in cache.rglob("key"):
        path.write_bytes(os.urandom(32))
    assert _fresh(scene, cache) == 42
    shutil.rmtree(cache)
    cache.mkdir()
    (cache / "images").symlink_to(scene.room / "elsewhere")
    (scene.room / "elsewhere").mkdir()
    assert _fresh(scene, cache) == 42
    assert not list((scene.room / "elsewhere").iterdir())


def limits_and_grants_of_every_kind(scene: Scene) -> None:
    cell = scene.component("cell")
    strange: list[Any] = [
        -1,
        0,
        1 << 62,
        1 << 63,
        1 << 64,
        1 << 1000,
        1.5,
        float("nan"),
        float("inf"),
        "x",
        None,
        b"",
    ]
    for name in (
        "memory",
        "seconds",
        "fuel",
        "output",
        "result",
        "table_elements",
        "instances",
        "memories",
        "tables",
    ):
        for value in strange:
            try:
                limits = wcompose.Limits(**{name: value})
                with cell.instantiate(limits=limits) as instance:
                    instance.call("add", 1, 2)
            except (errors.WcomposeError, TypeError, ValueError, OverflowError):
                pass
    for stack in (-1, 0, 1, 1000, 1 << 20, 1 << 40, 1 << 64, "x", None, 1.5):
        try:
            runtime = wcompose.Runtime(cache=scene.cache, stack=stack)
            with runtime.open(cell.path).instantiate() as instance:
                instance.call("add", 1, 2)
        except (errors.WcomposeError, TypeError, ValueError, OverflowError):
            pass
    for seconds in (0, -1, float("nan"), float("inf"), 1e308, 1 << 70, "x"):
        instance = cell.instantiate()
        with suppress(errors.WcomposeError, TypeError, ValueError, OverflowError):
            instance.function("add").within(seconds=seconds)(1, 2)
