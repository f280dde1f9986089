# Made by `wcompose bindings python-host`: changes are lost when it is run again.
# ruff: noqa
# type: ignore
"""Types of the functions of `paperflow:plugins/plugin@1.0.0`."""

from wcompose.runtime import Bindings, ValueType

from . import documents, log, store

_string = ValueType("string")
_list = ValueType("list", (("", _string),))
_attribute = ValueType(
    "record",
    (("name", _string), ("value", _string)),
    "attribute",
    documents.Attribute,
)
_list_2 = ValueType("list", (("", _attribute),))
_document = ValueType(
    "record",
    (
        ("id", _string),
        ("title", _string),
        ("body", _string),
        ("tags", _list),
        ("attributes", _list_2),
    ),
    "document",
    documents.Document,
)
_problem = ValueType(
    "variant",
    (("unsuitable", _string), ("unavailable", _string), ("other", _string)),
    "problem",
    documents.Problem,
)
_result = ValueType("result", (("ok", _document), ("err", _problem)))
_level = ValueType(
    "enum",
    (("debug", None), ("info", None), ("warning", None), ("error", None)),
    "level",
    log.Level,
)
_option = ValueType("option", (("some", _string),))
_u64 = ValueType("u64")
_store_error = ValueType(
    "variant",
    (("full", _u64), ("not-a-number", None), ("other", _string)),
    "store-error",
    store.StoreError,
)
_result_2 = ValueType("result", (("ok", None), ("err", _store_error)))
_bool = ValueType("bool")
_s64 = ValueType("s64")
_result_3 = ValueType("result", (("ok", _s64), ("err", _store_error)))

BINDINGS = Bindings(
    functions={
        "paperflow:plugins/transformer@1.0.0#describe": ((), _string),
        "paperflow:plugins/transformer@1.0.0#transform": ((_document,), _result),
    },
    imports={
        "paperflow:plugins/log@1.0.0#write": ((_level, _string), None),
        "paperflow:plugins/store@1.0.0#get": ((_string,), _option),
        "paperflow:plugins/store@1.0.0#set": ((_string, _string), _result_2),
        "paperflow:plugins/store@1.0.0#remove": ((_string,), _bool),
        "paperflow:plugins/store@1.0.0#add": ((_string, _s64), _result_3),
    },
)
