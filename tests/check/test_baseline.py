"""Contracts in any form: paths, binaries, git revisions, the lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from check.repositories import Git

from wcompose.build.inputs import wit_digest
from wcompose.check.baseline import Baselines, Subject, load_path
from wcompose.check.git import Repository
from wcompose.engine import Engine
from wcompose.errors import UserError
from wcompose.project.lock import Lock

Load = Callable[..., Subject]


def wit(*functions: str, version: str = "1.0.0") -> str:
    body = "".join(f"  {name}: func();\n" for name in functions)
    return f"package acme:shop@{version};\n\ninterface cart {{\n{body}}}\n"


def functions(subject: Subject) -> list[str]:
    (interface,) = (
        each
        for name, each in subject.contract.interfaces.items()
        if name.startswith("acme:shop/cart")
    )
    return list(interface.functions)


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Three commits: `add` from the first, `remove` from the second, `clear` from the third."""
    repository = Git(tmp_path / "repository")
    repository.write("wit/shop.wit", wit("add"))
    repository.commit()
    repository("tag", "v1")
    repository("tag", "--annotate", "v1.0", "--message", "the first")
    repository("branch", "stable/one")
    repository.write("wit/shop.wit", wit("add", "remove"))
    repository.commit()
    repository.write("wit/shop.wit", wit("add", "remove", "clear"))
    repository.commit()
    repository.write("wit/shop.wit", wit("unsaved"))
    return repository


@pytest.fixture
def load(engine: Engine, git: Git) -> Load:
    return Baselines(engine, git.root).load


def rules_of(load: Load, text: str, like: Path | None = None) -> list[str]:
    with pytest.raises(UserError) as caught:
        load(text, like)
    return [finding.rule for finding in caught.value.findings]


ONE, TWO, THREE = ["add"], ["add", "remove"], ["add", "remove", "clear"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main", THREE),
        ("HEAD", THREE),
        ("@", THREE),
        ("HEAD~1", TWO),
        ("HEAD~", TWO),
        ("HEAD^", TWO),
        ("HEAD^1~1", ONE),
        ("HEAD~2", ONE),
        ("HEAD^^", ONE),
        ("HEAD~2:wit", ONE),
        ("HEAD~2:wit/shop.wit", ONE),
        ("HEAD~2:", ONE),
        ("HEAD:./wit", THREE),
        ("git:main", THREE),
        ("git:v1:wit", ONE),
        ("v1", ONE),
        ("v1.0", ONE),
        ("v1.0^{}", ONE),
        ("v1.0^{commit}", ONE),
        ("refs/tags/v1.0", ONE),
        ("tags/v1.0", ONE),
        ("heads/main", THREE),
        ("stable/one", ONE),
    ],
)
def test_a_revision_is_read_as_git_reads_it(load: Load, text: str, expected: list[str]) -> None:
    assert functions(load(text)) == expected


def test_a_commit_is_found_by_the_beginning_of_its_name(load: Load, git: Git) -> None:
    name = git("rev-parse", "HEAD~1")
    for length in (40, 12, 7):
        assert functions(load(name[:length])) == TWO


def test_packed_references_are_found(load: Load, git: Git) -> None:
    git("pack-refs", "--all")
    git("gc", "--quiet")
    assert functions(load("v1.0")) == ONE
    assert functions(load("stable/one:wit")) == ONE


def test_a_path_wins_over_a_revision_of_its_name(
    load: Load, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(git.root)
    git.write("v1/shop.wit", wit("path"))
    assert functions(load("v1")) == ["path"]
    assert functions(load("git:v1")) == ONE


def test_places_say_the_revision(load: Load) -> None:
    subject = load("v1")
    (interface,) = subject.contract.interfaces.values()
    assert str(interface.place) == "v1:wit/shop.wit:3:11"
    assert interface.place.source == "interface cart {"
    assert subject.package_files == ("v1:wit/shop.wit",)


def test_errors_in_a_revision_say_it_too(load: Load, git: Git) -> None:
    git.write("wit/shop.wit", "package acme:shop;\ninterface cart { add: func(a: no-such); }\n")
    git.commit()
    with pytest.raises(UserError) as caught:
        load("HEAD")
    (finding,) = caught.value.findings
    assert finding.place.file == "HEAD:wit/shop.wit"
    assert "wcompose-" not in repr(finding)


def test_a_revision_without_a_path_means_where_the_other_stands(
    load: Load, git: Git, engine: Engine
) -> None:
    git.write("wit/shop.wit", wit("add"))
    git.write("other/contract/shop.wit", wit("other"))
    git.commit()
    assert functions(load("HEAD", git.root / "other" / "contract")) == ["other"]
    below = Baselines(engine, git.root / "other")
    assert functions(below.load("HEAD:./contract")) == ["other"]
    assert functions(below.load("HEAD:../wit")) == ["add"]


def test_the_project_of_a_revision_says_where_its_contracts_are(load: Load, git: Git) -> None:
    git.write("wcompose.toml", '[project]\nname = "shop"\nwit = "contracts"\n')
    git.write("contracts/shop.wit", wit("contracts"))
    git.commit()
    assert functions(load("HEAD")) == ["contracts"]


def test_remote_branches_are_found_with_and_without_the_remote(git: Git, engine: Engine) -> None:
    clone = git.root.parent / "clone"
    git("clone", "--quiet", str(git.root), str(clone))
    load = Baselines(engine, clone).load
    assert functions(load("origin/stable/one")) == ONE
    assert functions(load("stable/one")) == ONE
    assert functions(load("origin")) == THREE


def test_a_shallow_clone_says_what_to_fetch(git: Git, engine: Engine) -> None:
    clone = git.root.parent / "shallow"
    git("clone", "--quiet", "--depth=1", "--no-tags", f"file://{git.root}", str(clone))
    load = Baselines(engine, clone).load
    assert functions(load("HEAD")) == THREE
    for text, hint in (("HEAD~1", "--unshallow"), ("v1.0", "git fetch --depth=1 origin v1.0")):
        with pytest.raises(UserError) as caught:
            load(text)
        (finding,) = caught.value.findings
        assert finding.rule == "revision-not-fetched"
        assert hint in finding.hint
        assert caught.value.exit_code == 1
    Git(clone, is_new=False)("fetch", "--quiet", "--depth=1", "origin", "v1.0")
    assert functions(load("FETCH_HEAD")) == ONE


def test_a_worktree_and_a_subdirectory_find_their_repository(git: Git, engine: Engine) -> None:
    tree = git.root.parent / "tree"
    git("worktree", "add", "--quiet", str(tree), "v1")
    assert functions(Baselines(engine, tree).load("HEAD")) == ONE
    assert functions(Baselines(engine, tree / "wit").load("main")) == THREE


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("mian", "revision-unknown"),
        ("git:nothing", "revision-unknown"),
        ("HEAD~17", "revision-unknown"),
        ("HEAD^2", "revision-unknown"),
        ("v1^{tree}:x", "baseline-missing"),
        ("main:nothing", "baseline-missing"),
        ("main:wit/nothing.wit", "baseline-missing"),
        ("main:../outside", "path-outside"),
        ("HEAD^{", "revision-malformed"),
        ("", "revision-malformed"),
        (":wit", "revision-malformed"),
        ("git:", "revision-malformed"),
        ("./nothing", "path-missing"),
        ("nothing.wit", "path-missing"),
        ("lock", "lock-missing"),
    ],
)
def test_what_means_nothing_is_told(load: Load, text: str, rule: str) -> None:
    assert rules_of(load, text) == [rule]


def test_a_branch_that_is_nearly_named_is_suggested(load: Load) -> None:
    with pytest.raises(UserError) as caught:
        load("mian")
    assert caught.value.findings[0].hint == "did you mean `main`?"


def test_outside_a_repository_a_revision_is_nothing(engine: Engine, tmp_path: Path) -> None:
    load = Baselines(engine, tmp_path).load
    assert rules_of(load, "main") == ["baseline-unknown"]
    assert rules_of(load, "git:main") == ["repository-missing"]


def test_links_are_not_followed_and_named(load: Load, git: Git) -> None:
    git.write("secret/other.wit", "package acme:other;\ninterface types { type id = u32; }\n")
    (git.root / "wit/deps").mkdir()
    (git.root / "wit/deps/other").symlink_to("../../secret")
    git.write("wit/shop.wit", "package acme:shop;\ninterface cart { use acme:other/types.{id}; }\n")
    git.commit()
    with pytest.raises(UserError) as caught:
        load("HEAD")
    causes = [cause for finding in caught.value.findings for cause in finding.causes]
    assert "`deps/other` is a link, and links are not followed" in causes
    (git.root / "link").symlink_to("wit")
    git.commit()
    assert rules_of(load, "HEAD:link") == ["revision-link"]


def test_names_that_lead_out_are_passed_over(git: Git, tmp_path: Path) -> None:
    """Git refuses to make such a tree; a hand-made repository may have one."""
    from dulwich.objects import Blob, Commit, Tree
    from dulwich.repo import Repo

    with Repo(str(git.root)) as repository:
        blob = Blob.from_string(b"package a:b;\n")
        tree, commit = Tree(), Commit()
        for name in (b"..", b"a\\b.wit", b"good.wit"):
            tree.add(name, 0o100644, blob.id)
        commit.tree = tree.id
        commit.author = commit.committer = b"a <a@b.c>"
        commit.author_time = commit.commit_time = 0
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b""
        for each in (blob, tree, commit):
            repository.object_store.add_object(each)
        name = commit.id.decode()
    found = Repository(git.root)
    target = tmp_path / "target"
    target.mkdir()
    out = found.extract(found.commit(name), "", target, name)
    assert out is not None
    assert [file.name for file in target.rglob("*") if file.is_file()] == ["good.wit"]


def test_pointers_of_large_file_storage_are_told(load: Load, git: Git) -> None:
    git.write("c.wasm", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n")
    git.commit()
    assert rules_of(load, "HEAD:c.wasm") == ["revision-pointer"]


def test_the_lock_means_the_contracts_that_it_was_made_of(load: Load, git: Git) -> None:
    lock = git.root / "wcompose.lock"

    def write(digest: str) -> None:
        Lock("shop", "1.0.0", "sha256:0", 1, digest, ()).write(lock)

    write(wit_digest(git.root / "wit"))
    assert functions(load("lock")) == ["unsaved"]
    git("stash", "--quiet")
    git("checkout", "--quiet", "HEAD~1", "--", "wit")
    write(wit_digest(git.root / "wit"))
    git("checkout", "--quiet", "HEAD", "--", "wit")
    assert functions(load("lock")) == TWO
    write("sha256:" + "0" * 64)
    assert rules_of(load, "lock") == ["baseline-missing"]


def test_binaries_are_contracts_too(engine: Engine, git: Git, tmp_path: Path) -> None:
    component = Path(__file__).parents[2] / "components/rust/inference/inference.wasm"
    subject = load_path(component, engine)
    assert subject.is_component
    assert subject.contract.world is not None
    (git.root / "c.wasm").write_bytes(component.read_bytes())
    git.commit()
    again = Baselines(engine, git.root).load("HEAD:c.wasm")
    assert again.label == "HEAD:c.wasm"
    assert list(again.contract.world.exports) == list(subject.contract.world.exports)  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["", "wit", "wit/shop.wit"])
def test_a_directory_means_the_contracts_in_it(git: Git, engine: Engine, form: str) -> None:
    assert functions(load_path(git.root / form, engine)) == ["unsaved"]


def test_an_empty_directory_has_no_contract(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_path(tmp_path, engine)
    assert caught.value.findings[0].rule == "contract-missing"


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_damaged_repository_is_told(git: Git, engine: Engine, *, is_packed: bool) -> None:
    """Whatever is cut or flipped, there is a contract or an error of ours."""
    if is_packed:
        git("gc", "--quiet")
    load = Baselines(engine, git.root).load
    files = sorted(file for file in (git.root / ".git").rglob("*") if file.is_file())
    told = set()
    for index, file in enumerate(each for each in files if "hooks" not in each.parts):
        old = file.read_bytes()
        if not old:
            continue
        file.chmod(0o644)
        place = (index * 7919) % len(old)
        flipped = old[:place] + bytes([old[place] ^ 1 << index % 8]) + old[place + 1 :]
        for new in (old[:place], flipped):
            file.write_bytes(new)
            try:
                load("HEAD~1")
            except UserError as error:
                told.add(error.findings[0].rule)
        file.write_bytes(old)
    assert "repository-damaged" in told
    assert functions(load("HEAD~1")) == TWO
