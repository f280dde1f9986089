"""Real contracts with one line changed: what the rules say against what wasmparser decides."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest
from check.oracle_wat import fitting
from check.test_oracle import links
from check.test_wasi import PACKAGES, closure
from support import REPOSITORY

from wcompose.check.baseline import load_path
from wcompose.check.changes import compare_contracts
from wcompose.check.model import Effect, Side
from wcompose.contract import Contract
from wcompose.engine import Engine
from wcompose.errors import UserError

FLAGSHIP = REPOSITORY / "wit"
WASI = REPOSITORY / "tests/check/wasi/0.2.12"
PRIMITIVES = ("u8", "u32", "u64", "s32", "f32", "f64", "bool", "string")
FUNCTION = re.compile(r"^(\s+)([a-z][a-z0-9-]*)(: (?:static )?func\(.*;)$")
MEMBER = re.compile(r"^(\s+)([a-z][a-z0-9-]*)((?:\(.*\))?|: .*),$")


def changed(text: str, chance: random.Random) -> tuple[str, str]:
    """The text with one line changed, and how; the same text where nothing could be."""
    lines = text.splitlines()
    order = list(range(len(lines)))
    chance.shuffle(order)
    for at in order:
        line = lines[at]
        match = FUNCTION.match(line) or MEMBER.match(line)
        words = list(re.finditer(r"\b[usf]\d+\b|\bbool\b|\bstring\b", line))
        if match is None or line.lstrip().startswith("//"):
            continue
        how = chance.choice(["drop", "rename", "double", "swap", "retype", "retype"])
        indent, name, rest = match.groups()
        end = line[-1]
        if how == "drop":
            lines[at : at + 1] = []
        elif how == "rename":
            lines[at] = f"{indent}{name}-2{rest}{'' if rest.endswith(end) else end}"
        elif how == "double":
            lines[at + 1 : at + 1] = [f"{indent}{name}-2{rest}{'' if rest.endswith(end) else end}"]
        elif how == "swap" and at + 1 < len(lines) and MEMBER.match(lines[at + 1]):
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        elif how == "retype" and words:
            word = chance.choice(words)
            other = chance.choice([each for each in PRIMITIVES if each != word.group()])
            lines[at] = line[: word.start()] + other + line[word.end() :]
        else:
            continue
        return "\n".join(lines) + "\n", f"line {at + 1}: {how}: {line.strip()}"
    return text, "nothing"


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize(("root", "count"), [(FLAGSHIP, 60), (WASI, 15)], ids=["flagship", "wasi"])
def test_the_rules_agree_on_real_contracts(
    root: Path, count: int, part: int, engine: Engine, tmp_path: Path
) -> None:
    before = load_path(root, engine).contract
    packages = PACKAGES if root == WASI else ()
    answers = []
    for number in range(count):
        seed = part * 1_000 + number
        chance = random.Random(seed)  # noqa: S311 - no secret
        copy = tmp_path / str(number)
        shutil.copytree(root, copy)
        files = sorted(file for file in copy.rglob("*.wit") if packages or file.parent == copy)
        file = chance.choice(files)
        text, how = changed(file.read_text(), chance)
        file.write_text(text)
        try:
            after = load_path(copy, engine).contract
        except UserError:
            continue  # what was dropped is used elsewhere
        told = f"seed {seed}, {file.relative_to(copy)}, {how}"
        for side in (Side.IMPORT, Side.EXPORT):
            answers += agreed(before, after, side, packages, told, engine, tmp_path)
        shutil.rmtree(copy)
    # Both answers must come, or the question asks nothing.
    assert answers.count(False) > count // 3
    assert packages or True in answers


def agreed(
    before: Contract,
    after: Contract,
    side: Side,
    packages: tuple[str, ...],
    told: str,
    engine: Engine,
    directory: Path,
) -> list[bool]:
    """Whether each interface links, on which the rules and wasmparser agree."""
    changes = compare_contracts(before, after, side=side, packages=packages)
    broken = {
        change.item.partition(".")[0]
        for change in changes
        for judgement in change.judgements
        if Effect.LINK in judgement.effects and judgement.rule.id.split("-")[0] != "world"
    }
    touched = {change.item.partition(".")[0] for change in changes}
    wanted, given = (before, after) if side is Side.IMPORT else (after, before)
    answers = []
    for name in wanted.interfaces:
        closed = closure(wanted, name)
        reached = {each.partition("@")[0] for each in closed}
        if not reached & touched or any(each not in given.interfaces for each in closed):
            continue
        text = fitting(
            wanted, given, [(each, each) for each in closed], is_pruned=side is Side.IMPORT
        )
        is_linked = links(text, engine, directory)
        assert is_linked is not bool(reached & broken), (told, side, name, reached & broken)
        answers.append(is_linked)
    return answers
