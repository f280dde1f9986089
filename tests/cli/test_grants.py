"""`wcompose grants` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import wasmtime
from check.repositories import Git
from golden import assert_golden
from support import REPOSITORY

from wcompose.check.outputs import output_schema

GOLDEN = Path(__file__).parent / "golden"
RANDOM = "wasi:random/random@0.2.0"
ARGUMENTS = "wasi:cli/environment@0.2.0"
COMPONENT = f"""(component
  (import "{RANDOM}" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (import "{ARGUMENTS}" (instance $arguments
    (export "get-arguments" (func (result (list string))))))
  (import "wasi:random/insecure@0.2.0" (instance $insecure
    (export "get-insecure-random-u64" (func (result u64)))))
  (core func $random (canon lower (func $random "get-random-u64")))
  (core func $insecure (canon lower (func $insecure "get-insecure-random-u64")))
  (core module $main
    (import "wasi" "random" (func $get_random (result i64)))
    (import "wasi" "insecure" (func $get_insecure (result i64)))
    (func $roll (result i64) call $get_random)
    (func (export "roll") (result i64) call $roll)
    (func $lost (result i64) call $get_insecure))
  (core instance $main (instantiate $main (with "wasi" (instance
    (export "random" (func $random)) (export "insecure" (func $insecure))))))
  (func (export "roll") (result u64) (canon lift (core func $main "roll"))))"""
PROJECT = """\
[project]
name = "casino"
version = "1.0.0"

[components.dealer]
path = "dealer.wasm"

[components.dealer.grants]
{dealer}

[components.guest]
path = "guest.wasm"
{guest}
[graph]
exports = ["dealer:roll"]
"""
DEALER = 'random = "real"\nclocks = "real"\nhttp = ["https://api.example.com"]'
PLAIN = """(component (core module $m (func (export "wait")))
  (core instance $i (instantiate $m))
  (func (export "wait") (canon lift (core func $i "wait"))))"""


@pytest.fixture
def casino(tmp_path: Path) -> Git:
    git = Git(tmp_path / "casino")
    (git.root / "dealer.wasm").write_bytes(bytes(wasmtime.wat2wasm(COMPONENT)))
    (git.root / "guest.wasm").write_bytes(bytes(wasmtime.wat2wasm(PLAIN)))
    declare(git)
    git.commit()
    git("tag", "--annotate", "v1", "--message", "one")
    return git


def declare(git: Git, dealer: str = DEALER, guest: str = "") -> None:
    if guest:
        guest = f"\n[components.guest.grants]\n{guest}\n"
    git.write("wcompose.toml", PROJECT.format(dealer=dealer, guest=guest))


def rules_of(text: str) -> list[tuple[str, str, str]]:
    return [(each["rule"], each["level"], each["item"]) for each in json.loads(text)["findings"]]


@pytest.mark.parametrize("width", [40, 100])
@pytest.mark.parametrize("options", [(), ("--needed",)], ids=["imported", "needed"])
def test_the_table_at_any_width(command, casino: Git, width: int, options: tuple[str, ...]) -> None:
    columns = {"COLUMNS": str(width)}
    result = command("-q", "grants", *options, cwd=casino.root, env=columns)
    assert result.returncode == 0, result.stderr
    assert all(len(line) <= width for line in result.stdout.splitlines())
    assert "\x1b" not in result.stdout
    name = "needed" if options else "imported"
    assert_golden(GOLDEN / f"grants-{name}-{width}.txt", result.stdout)


def test_what_is_imported_is_granted_denied_or_unused(command, casino: Git) -> None:
    result = command("-q", "grants", "--json", cwd=casino.root)
    assert result.returncode == 0, result.stderr
    dealer, guest = json.loads(result.stdout)["nodes"]
    assert (dealer["name"], guest["name"]) == ("dealer", "guest")
    assert {name: each["status"] for name, each in dealer["capabilities"].items()} == {
        "arguments": "denied",
        "clocks": "unused",
        "random": "granted",
        "http": "unused",
    }
    assert dealer["grants"]["clocks"] == "real"
    assert guest["capabilities"] == {}


def test_what_code_cannot_reach_is_not_needed(command, casino: Git) -> None:
    result = command("-q", "grants", "--needed", "--format", "json", cwd=casino.root)
    assert result.returncode == 0, result.stderr
    dealer = json.loads(result.stdout)["nodes"][0]
    assert dealer["capabilities"]["arguments"]["status"] == "idle"
    insecure, real = dealer["capabilities"]["random"]["functions"]
    assert insecure["function"] == "get-insecure-random-u64"
    assert (insecure["reached"], insecure["from"]) == (False, [])
    assert (real["reached"], real["from"]) == (True, ["roll"])
    assert [step["function"] for step in real["why"]] == ["roll", "roll"]
    assert dealer["interpreter"] is None


def test_a_composition_tells_what_its_project_did(command, casino: Git) -> None:
    built = command("build", cwd=casino.root)
    assert built.returncode == 0, built.stderr
    of_project = command("-q", "grants", "--json", cwd=casino.root)
    of_whole = command("-q", "grants", "--json", "build/casino.wasm", cwd=casino.root)
    assert of_whole.returncode == 0, of_whole.stderr
    one, other = (json.loads(each.stdout)["nodes"] for each in (of_project, of_whole))
    assert one == other
    result = command("-q", "grants", "--against", "build/casino.wasm", cwd=casino.root)
    assert (result.returncode, result.stdout) == (0, "nothing found\n")


def test_a_component_without_gates_leaves_all_to_who_runs_it(command, casino: Git) -> None:
    result = command("grants", "--json", "dealer.wasm", cwd=casino.root)
    assert result.returncode == 0, result.stderr
    (node,) = json.loads(result.stdout)["nodes"]
    assert (node["name"], node["gated"]) == ("dealer", False)
    assert {each["status"] for each in node["capabilities"].values()} == {"needed"}


def test_the_code_of_a_composition_is_not_told_by_node(command, flagship: Path) -> None:
    result = command("grants", "--needed", flagship)
    assert result.returncode == 2
    assert "needs-of-composition" in result.stderr


def test_what_was_added_since_a_revision_is_found_where_it_stands(command, casino: Git) -> None:
    declare(casino, DEALER.replace('"real"\nhttp', "{ frozen = 2026-01-01T00:00:00Z }\nhttp"))
    result = command("grants", "--against", "v1", "--json", cwd=casino.root)
    assert result.returncode == 0, result.stderr
    assert rules_of(result.stdout) == [("grant-narrowed", "note", "dealer.clocks")]

    more = DEALER.replace("api.example.com", "*.example.com").replace(
        "random", "exit = true\nrandom"
    )
    tcp = 'tcp = [{ connect = "10.0.0.0/8", ports = [5432] }]'
    declare(casino, more, f'filesystem = [{{ host = "data", guest = "/data" }}]\n{tcp}')
    result = command("grants", "--against", "v1", "--json", cwd=casino.root)
    assert result.returncode == 100
    assert sorted(rules_of(result.stdout)) == [
        ("grant-added", "warning", "dealer.exit"),
        ("grant-filesystem-added", "error", "guest.filesystem"),
        ("grant-network-added", "error", "guest.tcp"),
        ("grant-widened", "error", "dealer.http"),
    ]
    findings = json.loads(result.stdout)["findings"]
    jsonschema.validate(json.loads(result.stdout), output_schema("check"))
    lines = (casino.root / "wcompose.toml").read_text().splitlines()
    for each in findings:
        line = lines[each["place"]["line"] - 1]
        assert line.startswith(each["item"].partition(".")[2])


@pytest.mark.parametrize("format_", ["text", "junit", "github", "gitlab", "sarif", "markdown"])
def test_findings_come_in_every_format_of_check(command, casino: Git, format_: str) -> None:
    declare(casino, DEALER, 'environment = ["SECRET"]')
    result = command("grants", "--against", "v1", "--format", format_, cwd=casino.root)
    assert result.returncode == 100, result.stderr
    assert "grant-environment-added" in result.stdout
    without = command("grants", "--format", format_, cwd=casino.root)
    assert without.returncode == (0 if format_ == "text" else 2)


def test_a_directory_that_holds_the_old_project_is_compared(command, casino: Git) -> None:
    old = casino.root / "old"
    old.mkdir()
    for name in ("wcompose.toml", "dealer.wasm", "guest.wasm"):
        (old / name).write_bytes((casino.root / name).read_bytes())
    calm = COMPONENT.replace("(result i64) call $get_random)", "(result i64) i64.const 4)")
    (old / "dealer.wasm").write_bytes(bytes(wasmtime.wat2wasm(calm)))
    result = command("-q", "grants", "--needed", "--against", "old", "--json", ".", cwd=casino.root)
    assert result.returncode == 0, result.stderr
    assert rules_of(result.stdout) == [("need-added", "warning", "dealer.random")]
    back = command("-q", "grants", "--needed", "--against", ".", "--json", "old", cwd=casino.root)
    assert rules_of(back.stdout) == [("need-removed", "note", "dealer.random")]


def test_needs_of_a_revision_are_not_known(command, casino: Git) -> None:
    result = command("-q", "grants", "--needed", "--against", "v1", "--json", cwd=casino.root)
    assert result.returncode == 0, result.stderr
    assert [each[0] for each in rules_of(result.stdout)] == ["need-unknown"]


def test_what_is_accepted_in_the_project_is_left_out(command, casino: Git) -> None:
    declare(casino, DEALER, 'environment = ["SECRET"]')
    file = casino.root / "wcompose.toml"
    file.write_text(
        file.read_text()
        + '[check]\nignore = [{ rule = "GRANT_ENVIRONMENT_ADDED", item = "guest.*", '
        'reason = "the guest prints it" }]\n'
    )
    result = command("grants", "--against", "v1", cwd=casino.root)
    assert (result.returncode, result.stdout) == (0, "1 suppressed\n")
    # It is for grants, and no contract makes it useless.
    checked = command("check", "--format", "json", cwd=casino.root)
    assert "unused-suppression" not in checked.stdout


@pytest.mark.parametrize(
    ("old", "code", "rule"),
    [
        ("nothing", 2, "baseline-unknown"),
        ("v1:nothing.toml", 1, "baseline-missing"),
        ("guest.wasm", 0, ""),
        ("git:v1", 0, ""),
        ("v1:wcompose.toml", 0, ""),
    ],
)
def test_what_to_compare_with(command, casino: Git, old: str, code: int, rule: str) -> None:
    result = command("grants", "--against", old, "--level", "error", cwd=casino.root)
    if old == "guest.wasm":
        # It grants nothing, so all that the project grants is new.
        assert result.returncode == 100
        return
    assert result.returncode == code, result.stdout
    assert rule in result.stderr


def test_a_project_file_of_a_revision_that_is_damaged_is_told(command, casino: Git) -> None:
    casino.write("wcompose.toml", "[project\n")
    casino.commit()
    declare(casino)
    result = command("grants", "--against", "HEAD", cwd=casino.root)
    assert result.returncode == 1
    assert "`HEAD:wcompose.toml` cannot be read" in result.stderr


def test_rules_about_grants_are_in_the_table(command) -> None:
    result = command("rules", "grants", "--format", "json")
    rules = {each["id"]: each for each in json.loads(result.stdout)["rules"]}
    assert {"grant-network-added", "grant-widened", "need-added"} <= rules.keys()
    assert {each["kind"] for each in rules.values()} == {"grants"}


def test_the_flagship_needs_what_its_toolchains_do(command) -> None:
    result = command("-q", "grants", "--needed", "--json", REPOSITORY)
    assert result.returncode == 0, result.stderr
    nodes = {each["name"]: each for each in json.loads(result.stdout)["nodes"]}
    assert nodes["inference"]["capabilities"] == {}
    assert nodes["analysis"]["interpreter"] == "CPython"
    assert nodes["analysis"]["capabilities"]["tcp"]["status"] == "denied"
    assert nodes["gateway"]["capabilities"]["clocks"]["status"] == "granted"
