# ruff: noqa: B018, F841
"""Mistakes, each on a line of its own with the error that a strict type checker must find there."""

from __future__ import annotations

from typing import assert_never

from echo_host import Color, Counter, Echo, Mixed, Person, Point, Weather
from echo_host.values import Columns
from echo_host_host import EchoHost, Shape
from echo_host_host import host as contract

import wcompose


def calls(echo: Echo, component: wcompose.Component) -> None:
    echo.values.add(1, "2")  # E: arg-type
    echo.values.add(1)  # E: call-arg
    echo.values.add(1, 2, 3)  # E: call-arg
    echo.values.add(1, c=2)  # E: call-arg
    echo.values.ad(1, 2)  # E: attr-defined
    echo.value.add(1, 2)  # E: attr-defined
    echo.values = None  # E: misc, assignment
    text: str = echo.values.add(1, 2)  # E: assignment
    echo.values.describe(Point(1, 2))  # E: arg-type
    echo.values.echo_color("red")  # E: arg-type
    echo.values.echo_list_u8("text")  # E: arg-type
    echo.values.echo_list_string(None)  # E: arg-type
    echo.values.echo_result(7)  # E: arg-type
    echo.values.echo_option_option_u32(7)  # E: arg-type
    echo.values.echo_list_f64([1.0]).add(1.0)  # E: attr-defined
    Echo.instantiate(component, imports=None)  # E: call-arg
    Echo.instantiate("echo.wasm")  # E: arg-type


def values(person: Person) -> None:
    Person("Ann", "ann@example.org", 41)  # E: call-arg
    Person("Ann", "ann@example.org", "41", True, 0.5)  # E: arg-type
    person.name = "Eve"  # E: misc
    person.nickname  # E: attr-defined
    Columns([1], [2], ["3"], [], [])  # E: list-item
    Color.PINK  # E: attr-defined
    Mixed.Whole("1")  # E: arg-type
    Mixed.Nothing(1)  # E: call-arg
    Mixed.Something()  # E: attr-defined


def cases(weather: Weather.Sunny | Weather.Cloudy | Weather.Stormy) -> int:
    match weather:
        case Weather.Sunny():
            return 1
        case Weather.Cloudy():
            return 2
        case _:
            assert_never(weather)  # E: arg-type


def resources(echo: Echo) -> None:
    Counter(1)  # E: arg-type
    echo.counters.Counter("1")  # E: arg-type
    echo.counters.Counter(1).subtract(1)  # E: attr-defined
    echo.counters.take(1)  # E: arg-type
    echo.counters.Counter.value()  # E: attr-defined


class Host:
    File = int

    def log(self, text: str) -> None: ...


class ForgetsShout:
    host: contract.Imports


class ShoutsNumbers:
    host: contract.Imports

    def shout(self, text: str) -> int:
        return len(text)


class AddsTexts(contract.Imports):
    def add(self, a: str, b: str) -> str:  # E: override
        return a + b


def imports(component: wcompose.Component, host: contract.Imports) -> None:
    EchoHost.instantiate(component)  # E: call-arg
    EchoHost.instantiate(component, imports=ForgetsShout())  # E: arg-type
    EchoHost.instantiate(component, imports=ShoutsNumbers())  # E: arg-type
    first: contract.Imports = Host()  # E: assignment
    AddsTexts()  # E: abstract
    host.shapes([Shape.Circle("1")])  # E: arg-type
    host.latest().name()  # E: union-attr
