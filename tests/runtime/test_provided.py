"""What a host gives for imports goes by the names that people write, and nothing else is taken."""

from __future__ import annotations

from typing import Any

import pytest
from support import CACHE
from wasmtime import wat2wasm

import wcompose

SHOP = """
(component
  (import "shop:till/price-list" (instance (export "look-up" (func (result u32)))))
  (import "basket" (type $basket (sub resource)))
  (import "[constructor]basket" (func (result (own $basket))))
  (import "[method]basket.add-up" (func (param "self" (borrow $basket)) (result u32)))
  (import "sum-of" (func $sum (param "it" (borrow $basket)) (result u32)))
  (core func $sum-core (canon lower (func $sum)))
  (core func $drop (canon resource.drop $basket))
  (core module $code
    (import "" "sum" (func $sum (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "again") (param i32) (result i32)
      (call $sum (local.get 0))
      (call $drop (local.get 0))))
  (core instance $made (instantiate $code
    (with "" (instance (export "sum" (func $sum-core)) (export "drop" (func $drop))))))
  (func $again (param "it" (borrow $basket)) (result u32) (canon lift (core func $made "again")))
  (export "again" (func $again))
)
"""


class Basket:
    def add_up(self) -> int:
        return 3


class Prices:
    def look_up(self) -> int:
        return 1


@pytest.fixture(scope="module")
def shop() -> wcompose.Component:
    return wcompose.Runtime(cache=CACHE).open(bytes(wat2wasm(SHOP)), name="shop")


def told(shop: wcompose.Component, **given: Any) -> list[tuple[str, str]]:
    all_of_it = {"price_list": Prices(), "Basket": Basket, "sum_of": lambda it: it.add_up()}
    findings = shop.check({**all_of_it, **given})
    return [(each.rule, each.hint) for each in findings]


def test_imports_go_by_their_names_in_wit_and_in_python(shop: wcompose.Component) -> None:
    for name in ("shop:till/price-list", "price-list", "price_list"):
        for resource in ("basket", "Basket"):
            for function in ("sum-of", "sum_of"):
                given = {name: Prices(), resource: Basket, function: Basket.add_up}
                assert shop.check(given) == []
    with shop.instantiate(
        imports={"price_list": Prices(), "Basket": Basket, "sum_of": Basket.add_up}
    ) as instance:
        assert instance.call("again", Basket()) == 3


def test_a_function_inside_of_an_interface_is_not_given_by_itself(shop: wcompose.Component) -> None:
    hint = "it is a function of `shop:till/price-list`: give an object that has it for that"
    assert told(shop, look_up=Prices().look_up) == [("unknown-import", hint)]
    assert told(shop, **{"look-up": Prices().look_up}) == [("unknown-import", hint)]


def test_a_misspelt_import_is_told_with_what_is_near(shop: wcompose.Component) -> None:
    assert told(shop, baskets=1) == [("unknown-import", "did you mean `basket`?")]
    assert told(shop, **{"wasi:cli/stdin": 1}) == [("unknown-import", "WASI is given by grants")]


def test_what_the_world_itself_misses_is_told_by_its_own_names(shop: wcompose.Component) -> None:
    messages = {each.message: each.hint for each in shop.check({"price-list": Prices()})}
    assert messages["there is nothing for the resource `basket`"] == "give a class `Basket`"
    assert (
        messages["nothing is given for `sum-of: func(it: borrow<basket>) -> u32`"]
        == "give a function `sum_of`"
    )
