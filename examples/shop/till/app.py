from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.till import Item
from wit_world.imports import prices


class Till(exports.Till):
    def total(self, items: list[Item]) -> int:
        cents = 0
        for item in items:
            price = prices.price_of(item.article)
            if price is None:
                raise Err(item.article)
            cents += price * item.count
        return cents
