"""Judgements and changes of every shape, friendly and hostile ones."""

from __future__ import annotations

from dataclasses import replace

from wcompose.check.model import (
    Bump,
    Change,
    ChangeKind,
    Checked,
    Effect,
    Judgement,
    Rule,
    RuleKind,
    Side,
)
from wcompose.report import Level, Place

NO_DELETE = Rule(
    "func-no-delete",
    RuleKind.BREAKING,
    "breaking",
    Level.ERROR,
    "functions stay",
    "A component that imports one does not link without it.",
    bad="interface cart { }",
    good="interface cart { add: func(); }",
)
KEYWORD = Rule(
    "name-keyword",
    RuleKind.LINT,
    "standard",
    Level.WARNING,
    "names are no keywords",
    "Bindings have to rename them.",
    bad="f: func(class: u32);",
    good="f: func(kind: u32);",
)
COMMENT = Rule(
    "comment-func",
    RuleKind.LINT,
    "comments",
    Level.NOTE,
    "functions say what they do",
    "For readers.",
)
SYNTAX = Rule(
    "wit-syntax",
    RuleKind.PROJECT,
    "project",
    Level.ERROR,
    "WIT follows the grammar",
    "WIT.md gives it.",
)
RULES = (NO_DELETE, KEYWORD, COMMENT, SYNTAX)

DELETED = Judgement(
    NO_DELETE,
    "function `add` is gone",
    "acme:shop/cart.add",
    Place("main:wit/shop.wit", 7, 3, 6, source="  add: func(item: string);"),
    side=Side.IMPORT,
    effects=(Effect.LINK, Effect.SOURCE),
    bump=Bump.TRACK,
    causes=("`till` imports it",),
    hint="keep it and mark it `@deprecated`",
    related=(
        ("the interface is here", Place("wit/shop.wit", 5, 11, 15, source="interface cart {")),
    ),
)
RENAMED = Judgement(
    KEYWORD,
    "`class` is a keyword of Python",
    "acme:shop/cart.pay.class",
    Place("wit/shop.wit", 9, 14, 19, source="  \tpay: func(class: u32);"),
    Level.WARNING,
    hint="another name needs no escape",
)
SILENT = Judgement(
    COMMENT,
    "`pay` has no comment",
    "acme:shop/cart.pay",
    Place("wit/shop.wit", 9, 3, 6),
    Level.NOTE,
)
LOCK = Judgement(SYNTAX, "the lock is of another project", place=Place("tills/wcompose.lock"))
NOWHERE = Judgement(SYNTAX, "something is wrong in no file")

UNMET = Judgement(
    NO_DELETE,
    "`acme:shop` is at 1.0.0 still, and its changes need another version track",
    "acme:shop",
)

CHECKED = Checked.of(
    [DELETED, RENAMED, SILENT, LOCK, NOWHERE], ("wit", "tills/wcompose.toml", "empty"), 2
)
NOTHING = Checked.of([], ("wit",))

HOSTILE_TEXT = (
    "a\x1b[31m \x00 \x9b ]]> </failure><script>alert(1)</script> `x` ``` <!-- --> @octocat #1 "
    "[link](https://evil.example) www.evil.example | \\| %0A::error::x \u202egnp.exe \ud800 \ufffe "
    "\"quoted\" 'too' & ##[group] {0} </details>\r\n::error::injected\n| a | b |"
)
HOSTILE = Checked.of(
    [
        Judgement(
            replace(KEYWORD, summary=HOSTILE_TEXT, reason=HOSTILE_TEXT, bad=HOSTILE_TEXT),
            HOSTILE_TEXT,
            f"{HOSTILE_TEXT}{level}",
            Place("wit/" + HOSTILE_TEXT, 3, 2, 400, source=HOSTILE_TEXT),
            level,
            causes=(HOSTILE_TEXT, ""),
            hint=HOSTILE_TEXT,
            related=((HOSTILE_TEXT, Place(HOSTILE_TEXT, 1, 1, source=HOSTILE_TEXT)),),
        )
        for level in Level
    ],
    ("wit", HOSTILE_TEXT),
)
MANY = Checked.of(
    [
        Judgement(
            KEYWORD,
            f"`name-{number}` is a keyword of Python, and of other languages, and long to read",
            f"acme:shop/cart.name-{number}",
            Place("wit/shop.wit", number, 3, 9, source=f"  name-{number}: func();"),
            Level.ERROR if number % 2 else Level.WARNING,
        )
        for number in range(1, 3001)
    ],
    ("wit",),
)

CHANGES = (
    Change(
        ChangeKind.REMOVED,
        "acme:shop/cart.add",
        "function `add` was removed",
        old="add: func(item: string);",
        old_place=Place("main:wit/shop.wit", 7, 3),
        judgements=(DELETED, replace(DELETED, side=Side.EXPORT, key="2")),
        bump=Bump.TRACK,
    ),
    Change(
        ChangeKind.CHANGED,
        "acme:shop/cart.pay",
        "function `pay` has a comment",
        old="pay: func();",
        new="/// Pays.\npay: func();",
        old_place=Place("main:wit/shop.wit", 9, 3),
        new_place=Place("wit/shop.wit", 8, 3),
        bump=Bump.PATCH,
    ),
    Change(
        ChangeKind.ADDED, "acme:shop/till", "interface `till` was added", new="interface till {}"
    ),
)
HOSTILE_CHANGES = tuple(
    Change(
        kind,
        HOSTILE_TEXT,
        HOSTILE_TEXT,
        HOSTILE_TEXT,
        HOSTILE_TEXT,
        Place(HOSTILE_TEXT, 1),
        Place(HOSTILE_TEXT, 2),
        HOSTILE.judgements,
        Bump.MINOR,
    )
    for kind in ChangeKind
)
MANY_CHANGES = tuple(
    replace(
        CHANGES[0],
        item=f"acme:shop/cart.add-{number}",
        judgements=CHANGES[0].judgements if number % 7 == 0 else (),
    )
    for number in range(2000)
)
