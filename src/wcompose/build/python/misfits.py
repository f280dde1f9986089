"""Findings about a module that imports, and lacks what its world asks for."""

from __future__ import annotations

from dataclasses import replace

from wcompose.build.python.facts import Fact
from wcompose.build.python.mapping import Mapped
from wcompose.build.python.wording import kebab, listed
from wcompose.report import Finding, Place
from wcompose.suggest import nearest


def missing_class(fact: Fact, mapped: Mapped) -> Finding:
    """A class that is not there, or is under another name."""
    module, name = fact.text("module"), fact.text("class")
    message = (
        f"module `{module}` lacks class `{name}`, which {mapped.world_words} needs for "
        f"{_asked(fact.text('protocol'), name)}"
    )
    place = Place(mapped.file(fact.text("file")), item=mapped.node)
    if (other := _meant(fact)) is not None:
        found = other.text("name")
        return Finding(
            "missing-class",
            message,
            other.place(mapped),
            hint=f"did you mean it by `{found}`? rename `{found}` to `{name}`",
        )
    loose = [each.text("name") for each in fact.list("loose")]
    return Finding(
        "missing-class",
        message,
        place if fact.text("file") else replace(place, file=str(mapped.source)),
        causes=(f"{listed(loose)} must stand in that class, not in the module",) if loose else (),
        hint=f"start from this in `{module}`\n\n{_class_skeleton(fact)}",
    )


def _meant(fact: Fact) -> Fact | None:
    """The class that was meant, if there is one with another name."""
    classes = fact.list("classes")
    fitting = [each for each in classes if each.flag("fits")]
    if len(fitting) == 1:
        return fitting[0]
    near = nearest(fact.text("class"), [each.text("name") for each in classes])
    return next((each for each in classes if each.text("name") in near[:1]), None)


def _asked(protocol: str, name: str) -> str:
    package, _, last = protocol.rpartition(".")
    if package == "wit_world.exports":
        return f"resource `{kebab(name)}` of its exported interface `{kebab(last)}`"
    if protocol == "wit_world.exports":
        return f"its exported interface `{kebab(name)}`"
    return "the functions that it exports itself"


def _class_skeleton(fact: Fact) -> str:
    name, protocol = fact.text("class"), fact.text("protocol")
    package, _, last = protocol.rpartition(".")
    if package == "wit_world.exports":
        header, base = (package, last), f"{last}.{name}"
    elif protocol == "wit_world.exports":
        header, base = ("wit_world", "exports"), f"exports.{name}"
    else:
        header, base = ("", "wit_world"), f"wit_world.{name}"
    wanted: dict[str, set[str]] = {header[0]: {header[1]}}
    for each in fact.list("imports"):
        wanted.setdefault(each.text("module"), set()).add(each.text("name"))
    lines = [
        f"from {module} import {', '.join(sorted(names))}"
        if module
        else f"import {', '.join(sorted(names))}"
        for module, names in sorted(wanted.items(), key=lambda item: (item[0] != "typing", item[0]))
    ]
    methods = "\n\n".join(_skeleton(method) for method in fact.list("methods")) or "    pass"
    return "\n".join(lines) + f"\n\n\nclass {name}({base}):\n{methods}\n"


def not_a_class(fact: Fact, mapped: Mapped) -> Finding:
    """Something that cannot make objects has the name of a class."""
    name = fact.text("class")
    return Finding(
        "not-a-class",
        f"`{name}` of module `{fact.text('module')}` is an object of `{fact.text('found')}`, where "
        f"{mapped.world_words} needs a class",
        fact.place(mapped),
        hint=f"leave the class itself under the name `{name}`: one object of it is made for each "
        "instance of the component",
    )


def unconstructible(fact: Fact, mapped: Mapped) -> Finding:
    """A class that cannot make an object without arguments."""
    name = fact.text("class")
    return Finding(
        "class-needs-arguments",
        f"`{name}()` cannot be called without arguments, which is how the object for "
        f"{mapped.world_words} is made",
        fact.place(mapped),
        hint="give every parameter of `__init__` a default value",
    )


def missing_method(fact: Fact, mapped: Mapped) -> Finding:
    """A method that is not there, or is under another name."""
    method = fact.inner("method")
    name = method.text("name")
    finding = Finding(
        "missing-method",
        f"class `{fact.text('class')}` of module `{fact.text('module')}` lacks `{name}`, which "
        f"{mapped.world_words} exports",
        fact.place(mapped),
        hint=f"add to the class\n\n{_skeleton(method)}\n",
    )
    members = {each.text("name"): each for each in fact.list("members")}
    for found in nearest(name, members)[:1]:
        return replace(
            finding,
            place=members[found].place(mapped),
            hint=f"did you mean it by `{found}`? rename `{found}` to `{name}`",
        )
    return finding


def not_a_method(fact: Fact, mapped: Mapped) -> Finding:
    """Something that cannot be called has the name of a method."""
    method, found = fact.inner("method"), fact.text("found")
    what = "a property" if found == "property" else f"an object of `{found}`"
    return Finding(
        "not-a-method",
        f"`{fact.text('class')}.{method.text('name')}` is {what}, not a method, and "
        f"{mapped.world_words} calls it",
        fact.place(mapped),
        hint="take `@property` away"
        if found == "property"
        else f"declare it as\n\n{_skeleton(method, body='')}\n",
    )


def wrong_signature(fact: Fact, mapped: Mapped) -> Finding:
    """A method that cannot be called with what comes."""
    method = fact.inner("method")
    called = f"{fact.text('class')}.{method.text('name')}"
    return Finding(
        "wrong-signature",
        f"`{called}` cannot be called the way {mapped.world_words} calls it",
        fact.place(mapped),
        causes=(f"it is `{method.text('name')}{fact.text('found')}`",),
        hint=f"declare it as\n\n{_skeleton(method, body='')}\n",
    )


def generator(fact: Fact, mapped: Mapped) -> Finding:
    """A method that gives a generator in place of a value."""
    method = fact.inner("method")
    return Finding(
        "generator-method",
        f"`{fact.text('class')}.{method.text('name')}` is a generator because of its `yield`, but "
        f"{mapped.world_words} exports a function that returns its value",
        fact.place(mapped),
        hint="return the value; for a list, collect the items and return them",
    )


def needless_async(fact: Fact, mapped: Mapped) -> Finding:
    """A coroutine where the world has a plain function."""
    method = fact.inner("method")
    return Finding(
        "needless-async",
        f"`{fact.text('class')}.{method.text('name')}` is `async`, but {mapped.world_words} "
        "exports a plain function",
        fact.place(mapped),
        hint="write `def` in place of `async def`, or declare the function `async` in the contract",
    )


def hidden_module(fact: Fact, mapped: Mapped) -> Finding:
    """A resource whose module the standard library hides."""
    name = fact.text("module")
    return Finding(
        "hidden-module",
        f"class `{fact.text('class')}` has no place: componentize-py looks for resources of "
        f"interface `{kebab(name)}` in module `{name}`, which is the standard library's",
        Place(str(mapped.wit), item=mapped.node),
        hint=f"give interface `{kebab(name)}` another name in the contract",
    )


def _skeleton(method: Fact, body: str = "raise NotImplementedError") -> str:
    text = "    @classmethod\n" if method.flag("class") else ""
    text += "    async def " if method.flag("async") else "    def "
    text += f"{method.text('name')}{method.text('signature')}:"
    return f"{text}\n        {body}" if body else text + " ..."
