"""Whole runs over projects, bare WIT and components, with settings and baselines."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from check.repositories import Git
from support import CACHE, REPOSITORY

from wcompose.check.model import Bump, Checked, RuleKind, Side
from wcompose.check.run import Conditions, diff, run_checks
from wcompose.engine import Engine
from wcompose.errors import UsageError, UserError
from wcompose.report import Level

INFERENCE = REPOSITORY / "components/rust/inference/inference.wasm"


def wit(*functions: str, version: str = "1.0.0") -> str:
    body = "".join(f"  /// Does it.\n  {name}: func();\n" for name in functions)
    return (
        f"/// A shop.\npackage acme:shop@{version};\n\n/// A cart.\ninterface cart {{\n{body}}}\n\n"
        "/// The shop.\nworld shop {\n  import cart;\n}\n"
    )


@pytest.fixture
def check(engine: Engine, tmp_path: Path) -> object:
    def run(*paths: Path, against: str | None = None, side: Side = Side.BOTH) -> Checked:
        conditions = Conditions(date(2026, 11, 21), tmp_path / "cache", against, side)
        return run_checks(paths, conditions, engine).checked

    return run


def errors(checked: Checked) -> list[str]:
    return sorted({each.rule.id for each in checked.judgements if each.level is Level.ERROR})


def found(checked: Checked) -> set[str]:
    return {each.rule.id for each in checked.judgements}


def test_sound_contracts_have_no_errors(check, tmp_path: Path) -> None:
    (tmp_path / "wit").mkdir()
    (tmp_path / "wit/shop.wit").write_text(wit("add"))
    for path in (tmp_path, tmp_path / "wit", tmp_path / "wit/shop.wit"):
        assert errors(check(path)) == []


def test_what_is_here_is_checked_unless_told(
    check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wit").mkdir()
    (tmp_path / "wit/shop.wit").write_text("package a:b;\ninterface i { f: func(x: no-such); }\n")
    monkeypatch.chdir(tmp_path)
    checked = check()
    assert checked.subjects == ("wit",)
    (judgement,) = (each for each in checked.judgements if each.level is Level.ERROR)
    assert judgement.rule.kind is RuleKind.PROJECT
    assert judgement.place.file == "wit/shop.wit"
    assert (judgement.place.line, judgement.place.column) == (2, 26)


def test_all_paths_are_checked_in_one_run(check, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.wit").write_text("package a:b;\ninterface i { f: func( }\n")
    files = {each.place.file for each in check(tmp_path / "one", tmp_path / "two").judgements}
    assert files == {str(tmp_path / name / "a.wit") for name in ("one", "two")}


@pytest.mark.parametrize("content", [b"", b"\0asm\x0d\0\1\0\xff", b"\xff\xfe", b"{" * 10_000])
@pytest.mark.parametrize("name", ["a.wit", "a.wasm"])
def test_whatever_a_file_holds_there_is_a_finding(
    check, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    try:
        assert check(file).has_errors
    except UserError as error:
        assert error.findings  # noqa: PT017 - a clear refusal is as good


def test_a_path_that_is_not_there_is_wrong_usage(check, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        check(tmp_path / "nothing")


def test_a_break_is_found_against_a_directory(check, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for directory, functions in ((old, ("add", "remove")), (new, ("add",))):
        directory.mkdir()
        (directory / "shop.wit").write_text(wit(*functions))
    checked = check(new, against=str(old))
    assert "func-no-delete" in errors(checked)
    assert check(old, against=str(old)).bump is Bump.NONE
    assert errors(check(old, against=str(old))) == []
    assert "func-no-add" not in errors(check(old, against=str(new), side=Side.IMPORT))
    assert "func-no-add" in errors(check(old, against=str(new), side=Side.EXPORT))


def test_a_break_is_found_against_a_revision_and_may_be_suppressed(check, tmp_path: Path) -> None:
    git = Git(tmp_path)
    git.write("wit/shop.wit", wit("add", "remove"))
    git.commit()
    git.write("wit/shop.wit", wit("add"))
    (gone,) = (
        each
        for each in check(tmp_path, against="HEAD").judgements
        if each.rule.id == "func-no-delete"
    )
    assert gone.place.file == "HEAD:wit/shop.wit"
    assert gone.item == "acme:shop/cart.remove"
    git.write(
        "wit/wcompose-check.toml",
        'except = ["version-bump-sufficient"]\n[[ignore]]\nrule = "FUNC_NO_DELETE"\n'
        'item = "acme:shop/cart.remove"\nreason = "nobody called it"\n',
    )
    checked = check(tmp_path, against="HEAD")
    assert errors(checked) == []
    assert checked.suppressed == 1
    assert "unused-suppression" not in found(checked)
    assert "unused-suppression" not in found(check(tmp_path))
    git.commit()
    assert "unused-suppression" in found(check(tmp_path, against="HEAD"))


def test_an_addition_may_be_suppressed_beside_it(check, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for directory, functions in ((old, ("add",)), (new, ("add", "remove"))):
        directory.mkdir()
        (directory / "shop.wit").write_text(wit(*functions))
    assert "func-no-add" in errors(check(new, against=str(old)))
    text = wit("add", "remove").replace(
        "  remove:", "  // wcompose:ignore func-no-add all exporters are ours\n  remove:"
    )
    (new / "shop.wit").write_text(text)
    checked = check(new, against=str(old))
    assert "func-no-add" not in found(checked)
    assert checked.suppressed == 1


def test_a_version_that_carries_a_break_allows_it(check, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for directory, functions, version in (
        (old, ("add", "remove"), "1.0.0"),
        (new, ("add",), "2.0.0"),
    ):
        directory.mkdir()
        (directory / "shop.wit").write_text(wit(*functions, version=version))
    checked = check(new, against=str(old))
    assert errors(checked) == []
    assert "func-no-delete" in found(checked)


def test_a_contract_that_the_baseline_lacks_breaks_nobody(check, tmp_path: Path) -> None:
    git = Git(tmp_path)
    git.commit()
    git.write("wit/shop.wit", wit("add"))
    checked = check(tmp_path, against="HEAD")
    assert "baseline-missing" in found(checked)
    assert errors(checked) == []
    with pytest.raises(UserError):
        check(tmp_path, against="HEAD:wit")


def test_unknown_rules_of_the_settings_are_findings(check, tmp_path: Path) -> None:
    (tmp_path / "shop.wit").write_text(wit("add"))
    (tmp_path / "wcompose-check.toml").write_text('use = ["default"]\nexcept = ["func-no-delet"]\n')
    (judgement,) = (each for each in check(tmp_path).judgements if each.rule.id == "unknown-rule")
    assert (judgement.place.line, judgement.place.column) == (2, 11)
    assert judgement.hint.startswith("did you mean `func-no-delete`")


def test_a_component_is_held_against_another(check) -> None:
    assert errors(check(INFERENCE, against=str(INFERENCE))) == []
    assert errors(check(INFERENCE)) == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(REPOSITORY / "wit", root / "wit")
    (root / "wcompose.toml").write_text(
        '[project]\nname = "one"\n\n[components.inference]\nlanguage = "rust"\n'
        'path = "inference.wasm"\nworld = "logic"\n'
    )
    shutil.copy(INFERENCE, root)
    return root


def test_a_sound_project_has_no_errors(check, project: Path) -> None:
    checked = check(project)
    assert errors(checked) == []
    assert "lock-missing" in found(checked)
    assert checked.subjects == (str(project / "wcompose.toml"),)


def test_a_node_that_does_not_fit_its_world_is_found(check, project: Path) -> None:
    file = project / "wcompose.toml"
    file.write_text(file.read_text().replace('"logic"', '"gateway"'))
    assert "world-export-missing" in errors(check(project))


def test_a_graph_that_does_not_link_is_found(check, project: Path) -> None:
    file = project / "wcompose.toml"
    gateway = REPOSITORY / "components/go/gateway/gateway.wasm"
    shutil.copy(gateway, project)
    file.write_text(file.read_text() + '\n[components.gateway]\npath = "gateway.wasm"\n')
    assert "unmet-import" in errors(check(project))


def test_a_malformed_project_is_found_and_its_contracts_are_checked_all_the_same(
    check, project: Path
) -> None:
    (project / "wcompose.toml").write_text("[project]\nnames = 1\n")
    (project / "wit/types.wit").write_text("package digits:vision@0.1.0;\ninterface types {")
    rules = errors(check(project))
    assert "unknown-key" in rules
    assert "wit-syntax" in rules


def test_a_python_node_that_was_never_built_is_not_checked(check, project: Path) -> None:
    shutil.copytree(REPOSITORY / "components/python/analysis", project / "analysis")
    with (project / "wcompose.toml").open("a") as stream:
        stream.write(
            '\n[components.analysis]\nlanguage = "python"\nsource = "analysis"\nworld = "data"\n'
        )
    checked = check(project)
    (note,) = (each for each in checked.judgements if each.rule.id == "node-not-built")
    assert note.level is Level.NOTE
    assert "`analysis`" in note.message
    assert errors(checked) == []
    file = project / "wcompose.toml"
    file.write_text(file.read_text().replace('"logic"', '"gateway"'))
    assert "world-export-missing" in errors(check(project))


def test_the_lock_is_held_against_what_is_there(
    check, project: Path, command, engine: Engine
) -> None:
    result = command("build", project)
    assert result.returncode == 0, result.stderr
    conditions = Conditions(date(2026, 11, 21), CACHE / "components")
    assert (
        found(run_checks([project], conditions, engine).checked) & {"lock-missing", "lock-differs"}
        == set()
    )
    with (project / "wit/types.wit").open("a") as stream:
        stream.write("\n// More.\n")
    (judgement,) = (
        each
        for each in run_checks([project], conditions, engine).checked.judgements
        if each.rule.id == "lock-differs"
    )
    assert "contracts" in judgement.message
    shutil.copy(REPOSITORY / "components/go/gateway/gateway.wasm", project / "inference.wasm")
    messages = [
        each.message
        for each in run_checks([project], conditions, engine).checked.judgements
        if each.rule.id == "lock-differs"
    ]
    assert len(messages) == 2


def test_diff_takes_every_form_in_every_combination(engine: Engine, tmp_path: Path) -> None:
    git = Git(tmp_path)
    git.write("wit/shop.wit", wit("add"))
    git.commit()
    git("tag", "v1")
    file = git.write("wit/shop.wit", wit("add", "remove"))
    forms = ("v1", "v1:wit", "v1:wit/shop.wit", str(tmp_path / "wit"), str(file), str(tmp_path))
    for old in forms:
        for new in forms:
            difference = diff(old, new, engine, directory=tmp_path)
            is_same = old.startswith("v1") == new.startswith("v1")
            assert bool(difference.changes) is not is_same, (old, new)
            assert difference.is_carried is is_same


def test_a_diff_that_its_version_carries(engine: Engine, tmp_path: Path) -> None:
    for name, functions, version in (
        ("a", ("add", "remove"), "1.0.0"),
        ("b", ("add", "remove", "clear"), "1.1.0"),
        ("c", ("add",), "1.2.0"),
        ("d", ("add",), "2.0.0"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.wit").write_text(wit(*functions, version=version))

    def carried(old: str, new: str) -> bool:
        return diff(str(tmp_path / old), str(tmp_path / new), engine, directory=tmp_path).is_carried

    assert carried("a", "b")
    assert not carried("a", "c")
    assert carried("a", "d")
    assert not carried("b", "a")


def test_contracts_of_a_project_keep_its_settings(check, project: Path) -> None:
    with (project / "wcompose.toml").open("a") as stream:
        stream.write('\n[check]\nuse = ["comments"]\nlevel = { comments = "error" }\n')
    file = project / "wit/types.wit"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "///" not in line))
    whole = {each.place for each in check(project).judgements if each.rule.group == "comments"}
    assert whole
    assert {each.place for each in check(project / "wit").judgements} == whole


@pytest.mark.parametrize("text", ["a\0b", "a" * 5_000, "-", "", "~", ":", "^", "a b", "\n"])
def test_odd_names_are_refused(check, tmp_path: Path, text: str, engine: Engine) -> None:
    (tmp_path / "shop.wit").write_text(wit("add"))
    with pytest.raises(UserError):
        check(tmp_path, against=text)
    if text not in {"", "-"}:
        with pytest.raises(UserError):
            diff(text, str(tmp_path), engine, directory=tmp_path)


def test_an_addition_without_another_version_is_a_warning(check, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for directory, functions in ((old, ("add",)), (new, ("add", "remove"))):
        directory.mkdir()
        (directory / "shop.wit").write_text(wit(*functions))
    checked = check(new, against=str(old), side=Side.IMPORT)
    assert errors(checked) == []
    (judgement,) = (
        each for each in checked.judgements if each.rule.id == "version-bump-sufficient"
    )
    assert judgement.level is Level.WARNING
    assert judgement.bump is Bump.MINOR
    assert (judgement.place.line, judgement.place.source) == (2, "package acme:shop@1.0.0;")
