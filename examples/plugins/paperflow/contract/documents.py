# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
# type: ignore
"""`paperflow:plugins/documents@1.0.0`"""

from wcompose.runtime import record_class, variant_class


Attribute = record_class("Attribute", ("name", "value"), module=__name__)


Document = record_class("Document", ("id", "title", "body", "tags", "attributes"), module=__name__)


Problem = variant_class(
    "Problem",
    (("unsuitable", True), ("unavailable", True), ("other", True)),
    module=__name__,
)
AnyProblem = Problem.Unsuitable | Problem.Unavailable | Problem.Other
