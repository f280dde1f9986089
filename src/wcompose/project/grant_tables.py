"""The shape of a table of grants in ``wcompose.toml``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

Label = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
"""A name in kebab case, as the Component Model spells labels."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Value = Annotated[str, StringConstraints(max_length=65_536)]

ENTRY_LIMIT = 1024
"""Entries of a list of grants at most."""

KIND_MARK = "="
"""Begins a step of an error's path that names a kind of value, and not a key."""


class Table(BaseModel):
    """A table of the file: unknown keys are errors, and types are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title=None)


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a string"),
    (int, "an integer"),
    (list, "an array"),
    (dict, "a table"),
    (Table, "a table"),
    (date, "a time"),
)


def _kind(value: Any) -> str:
    for kind, words in _KINDS:
        if isinstance(value, kind):
            return KIND_MARK + words
    return KIND_MARK


_BOOLEAN = Tag("=true or false")
_STRING = Tag("=a string")
_INTEGER = Tag("=an integer")
_ARRAY = Tag("=an array")
_TABLE = Tag("=a table")
_TIME = Tag("=a time")
_BY_KIND = Discriminator(_kind)

Port = Annotated[
    Annotated[Annotated[int, Field(ge=1, le=65535)], _INTEGER] | Annotated[Text, _STRING], _BY_KIND
]
PortList = Annotated[
    Annotated[Annotated[int, Field(ge=1, le=65535)], _INTEGER]
    | Annotated[Text, _STRING]
    | Annotated[list[Port], Field(max_length=ENTRY_LIMIT), _ARRAY],
    _BY_KIND,
]

AllOrSome = Annotated[
    Annotated[bool, _BOOLEAN] | Annotated[list[Text], Field(max_length=ENTRY_LIMIT), _ARRAY],
    _BY_KIND,
]
"""`true` for all there are, `false` for none, or the names of some."""


class DirectoryTable(Table):
    """An entry of `filesystem`: a directory of the host, and where the node sees it."""

    host: Value = Field(
        description="Directory of the host, relative to the project file or absolute; it may lie "
        "outside of the project, and need not be there before the run."
    )
    guest: Value = Field(description="Absolute path by which the node sees it, such as `/data`.")
    write: bool = Field(default=False, description="Whether the node may change what is in it.")


class VariableTable(Table):
    """An entry of `environment`: a variable."""

    name: Value = Field(description="Its name.")
    value: Value | None = Field(
        default=None,
        description="Its value; unless told, what it is where the composition is run, if it is set "
        "there.",
    )


class FileTable(Table):
    """`{ file = "…" }`: a file in the place of a standard stream."""

    file: Value = Field(
        description="The file, relative to the project file or absolute. Output is added at its "
        "end; its directory must be there."
    )


class FrozenTable(Table):
    """`{ frozen = … }`: a time at which the clocks stand still."""

    frozen: Annotated[
        Annotated[datetime | date, _TIME] | Annotated[Text, _STRING],
        _BY_KIND,
        # To a reader of JSON Schema both are texts, and one text would be two kinds at once.
        WithJsonSchema({"type": "string", "format": "date-time"}),
    ] = Field(description="The time, with its offset from UTC: `2026-01-01T00:00:00Z`.")


class SeedTable(Table):
    """`{ seed = … }`: a number from which all random numbers follow."""

    seed: int = Field(
        description="The number, from 0 to 18,446,744,073,709,551,615.", ge=0, le=(1 << 64) - 1
    )


class HttpTable(Table):
    """An entry of `http`: where requests may go."""

    scheme: Literal["http", "https", "*"] = Field(
        default="*", description="`http`, `https`, or `*` for both."
    )
    host: Value = Field(
        description="A name, a pattern such as `*.example.com` (all names below, not the name "
        "itself), an address, a network such as `10.0.0.0/8`, or `*` for any."
    )
    ports: PortList | None = Field(
        default=None,
        description='Ports: `443`, `[443, "8000-8080"]`, or `"*"` for all; unless told, the '
        "scheme's own, 80 or 443.",
    )
    methods: list[Text] | None = Field(
        default=None,
        description='Methods in capitals, such as `["GET", "HEAD"]`; unless told, all.',
        max_length=ENTRY_LIMIT,
    )


class TcpTable(Table):
    """An entry of `tcp`: `connect` or `listen`, and the ports."""

    connect: Value | None = Field(
        default=None,
        description="Host to connect to, as in `http`. A name may also be looked up, and stands for "
        "the addresses that it then has.",
    )
    listen: Value | None = Field(
        default=None, description="Address or network to listen at, or `*` for any."
    )
    ports: PortList = Field(description='Ports, as in `http`; `"*"` for all.')


class UdpTable(Table):
    """An entry of `udp`: `send` or `bind`, and the ports."""

    send: Value | None = Field(
        default=None, description="Host to exchange datagrams with, as `connect` in `tcp`."
    )
    bind: Value | None = Field(
        default=None, description="Address or network to receive at, or `*` for any."
    )
    ports: PortList = Field(description='Ports, as in `http`; `"*"` for all.')


Input = Annotated[
    Annotated[Literal["inherit", "null", "none"], _STRING] | Annotated[FileTable, _TABLE], _BY_KIND
]
Output = Annotated[
    Annotated[Literal["inherit", "null", "prefix", "none"], _STRING] | Annotated[FileTable, _TABLE],
    _BY_KIND,
]


class GrantsTable(Table):
    """``[components.NAME.grants]``: what a node may reach of the world; nothing unless told."""

    profiles: list[Label] = Field(
        default_factory=list,
        description="Profiles whose grants it has too: lists are joined, and of single values that "
        "of a later profile wins, and its own over all of them.",
        max_length=ENTRY_LIMIT,
    )
    filesystem: list[DirectoryTable] = Field(
        default_factory=list,
        description="Directories of the host, each a table with `host`, `guest` and `write`.",
        max_length=ENTRY_LIMIT,
    )
    environment: list[
        Annotated[Annotated[Value, _STRING] | Annotated[VariableTable, _TABLE], _BY_KIND]
    ] = Field(
        default_factory=list,
        description="Environment variables: the name of one that is passed on, or a table with "
        "`name` and `value`.",
        max_length=ENTRY_LIMIT,
    )
    arguments: (
        Annotated[
            Annotated[bool, _BOOLEAN]
            | Annotated[list[Value], Field(max_length=ENTRY_LIMIT), _ARRAY],
            _BY_KIND,
        ]
        | None
    ) = Field(
        default=None,
        description="`true` for the arguments of the run, or a list of its own in their place.",
    )
    stdin: Input | None = Field(
        default=None,
        description='Standard input: `"inherit"`, `"null"` (always at its end), `{ file = "…" }`, '
        'or `"none"`.',
    )
    stdout: Output | None = Field(
        default=None,
        description='Standard output: `"inherit"`, `"prefix"` (with the node\'s name in front of each '
        'line), `"null"` (swallows everything), `{ file = "…" }`, or `"none"`.',
    )
    stderr: Output | None = Field(default=None, description="Standard error, as standard output.")
    clocks: (
        Annotated[
            Annotated[Literal["real", "none"], _STRING] | Annotated[FrozenTable, _TABLE], _BY_KIND
        ]
        | None
    ) = Field(
        default=None,
        description='Clocks: `"real"`, `{ frozen = 2026-01-01T00:00:00Z }`, or `"none"`.',
    )
    random: (
        Annotated[
            Annotated[Literal["real", "none"], _STRING] | Annotated[SeedTable, _TABLE], _BY_KIND
        ]
        | None
    ) = Field(
        default=None,
        description='Random numbers: `"real"`, `{ seed = 7 }` for tests, or `"none"`.',
    )
    http: list[Annotated[Annotated[Text, _STRING] | Annotated[HttpTable, _TABLE], _BY_KIND]] = (
        Field(
            default_factory=list,
            description="Where requests may go: `https://HOST`, `https://HOST:PORT`, or a table with "
            "`host`, and `scheme`, `ports` and `methods` where needed.",
            max_length=ENTRY_LIMIT,
        )
    )
    tcp: list[TcpTable] = Field(
        default_factory=list,
        description="TCP, each a table with `connect` or `listen`, and `ports`.",
        max_length=ENTRY_LIMIT,
    )
    udp: list[UdpTable] = Field(
        default_factory=list,
        description="UDP, each a table with `send` or `bind`, and `ports`.",
        max_length=ENTRY_LIMIT,
    )
    lookup: list[Text] = Field(
        default_factory=list,
        description="Names that may be looked up: `db.example.com`, `*.example.com`, or `*`. Names in "
        "`tcp` and `udp` may be looked up anyway.",
        max_length=ENTRY_LIMIT,
    )
    exit: bool | None = Field(
        default=None, description="Whether it may end the whole program with a status."
    )
    imports: list[Text] = Field(
        default_factory=list,
        description="Other imports that the host fills, such as `wasi:keyvalue/store`: an interface "
        "without a version means all of its versions.",
        max_length=ENTRY_LIMIT,
    )
