"""The files for CI do what they say: their scripts run, and what the page shows is what they take."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from check.repositories import Git
from support import CACHE, REPOSITORY

import wcompose

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text("utf-8"))
GITLAB = yaml.safe_load((REPOSITORY / "ci" / "gitlab.yml").read_text("utf-8"))["wcompose-check"]
HOOKS = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text("utf-8"))
PAGE = (REPOSITORY / "docs" / "how-to" / "check-in-ci.md").read_text("utf-8")
EXAMPLES = [yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]

BEFORE = """\
/// A shop.
package acme:shop@1.0.0;

/// A cart.
interface cart {
  /// Puts something in.
  add: func(item: string);
}

/// The shop.
world shop {
  export cart;
}
"""
AFTER = BEFORE.replace("item: string", "item: u32")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are for a shell")


@pytest.fixture
def shop(tmp_path: Path) -> Git:
    """A contract that breaks since the last commit."""
    git = Git(tmp_path / "shop")
    git.write("wit/shop.wit", BEFORE)
    git.commit()
    git.write("wit/shop.wit", AFTER)
    return git


def tool(directory: Path) -> Path:
    """An installed `wcompose`, and a `pip` that installs nothing."""
    directory.mkdir(parents=True)
    for name, line in (
        ("wcompose", f'exec "{sys.executable}" -m wcompose "$@"'),
        ("pip", "exit 0"),
    ):
        (directory / name).write_text(f"#!/bin/sh\n{line}\n")
        (directory / name).chmod(0o755)
    return directory


def run(script: str, cwd: Path, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "WCOMPOSE_CACHE": str(CACHE),
        **{k: str(v) for k, v in variables.items()},
    }
    return subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def act(shop: Git, temporary: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    tool(temporary / "wcompose" / "bin")
    (step,) = (each for each in ACTION["runs"]["steps"] if each.get("id") == "check")
    variables = {}
    for name, value in step["env"].items():
        key = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)
        assert key is not None
        variables[name] = inputs.get(key[1], ACTION["inputs"][key[1]]["default"])
    files = {name: temporary / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    return run(step["run"], shop.root, RUNNER_TEMP=temporary, **files, **variables)


def test_the_action_annotates_sums_up_and_fails(shop: Git, tmp_path: Path) -> None:
    inputs = {"against": "HEAD", "upload-sarif": "true", "level": "error", "paths": "wit\n\n"}
    result = act(shop, tmp_path, **inputs)
    assert result.returncode == 100, result.stderr
    assert "::error file=wit/shop.wit,line=7," in result.stdout
    assert "| `func-param-type` |" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    output = (tmp_path / "GITHUB_OUTPUT").read_text()
    log = json.loads(Path(output.strip().partition("=")[2]).read_text())
    assert {each["level"] for each in log["runs"][0]["results"]} == {"error"}


def test_the_action_passes_where_nothing_breaks(shop: Git, tmp_path: Path) -> None:
    shop.write("wit/shop.wit", BEFORE)
    result = act(shop, tmp_path, against="HEAD")
    assert result.returncode == 0, result.stdout + result.stderr
    assert not (tmp_path / "GITHUB_OUTPUT").exists()


def test_the_action_says_when_it_could_not_check(shop: Git, tmp_path: Path) -> None:
    result = act(shop, tmp_path, against="nothing")
    assert result.returncode == 2
    assert "nothing" in result.stderr


def test_inputs_of_the_action_cannot_run_anything(shop: Git, tmp_path: Path) -> None:
    result = act(shop, tmp_path, paths="$(touch pwned)\n; touch pwned", against="`touch pwned`")
    assert result.returncode == 2
    assert not (shop.root / "pwned").exists()
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), "a script reads inputs from its environment"


def test_actions_of_others_are_pinned_to_commits() -> None:
    used = [step["uses"] for step in steps(ACTION["runs"]["steps"], *jobs()) if "uses" in step]
    assert used
    for each in used:
        assert each == "OWNER/wcompose@COMMIT" or re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", each), each


def jobs() -> list[list[dict[str, Any]]]:
    return [job["steps"] for each in EXAMPLES for job in each.get("jobs", {}).values()]


def steps(*lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for each in lists for step in each]


def test_the_gitlab_job_writes_its_reports_and_fails(shop: Git, tmp_path: Path) -> None:
    path = f"{tool(tmp_path / 'bin')}:{os.environ['PATH']}"
    script = "\n".join(GITLAB["script"])
    result = run(script, shop.root, PATH=path, WCOMPOSE_AGAINST="HEAD", WCOMPOSE_PATHS="wit")
    assert result.returncode == 100, result.stderr
    assert "error[func-param-type]" in result.stdout
    reports = GITLAB["artifacts"]["reports"]
    (entry,) = json.loads((shop.root / reports["codequality"]).read_text())[:1]
    assert entry["location"]["path"] == "wit/shop.wit"
    assert "<testsuite " in (shop.root / reports["junit"]).read_text()
    shop.write("wit/shop.wit", BEFORE)
    result = run(script, shop.root, PATH=path, WCOMPOSE_AGAINST="", WCOMPOSE_PATHS="")
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_hook_is_a_command(command) -> None:
    for hook in HOOKS:
        name, *arguments = shlex.split(hook["entry"])
        assert name == "wcompose"
        assert command(*arguments, "--help").returncode == 0, hook["entry"]
        assert re.search(hook["files"], "contracts/wit/shop.wit")
        assert not re.search(hook["files"], "shop.witness")


def test_examples_name_inputs_variables_and_hooks_that_exist() -> None:
    for step in steps(*jobs()):
        if step.get("uses", "").startswith("OWNER/"):
            assert set(step["with"]) <= set(ACTION["inputs"])
    told = [each["wcompose-check"]["variables"] for each in EXAMPLES if "wcompose-check" in each]
    assert told
    assert set().union(*told) <= set(GITLAB["variables"])
    shown = [
        hook["id"] for each in EXAMPLES for repo in each.get("repos", ()) for hook in repo["hooks"]
    ]
    assert sorted(shown) == sorted(hook["id"] for hook in HOOKS)
    for name in ACTION["inputs"]:
        assert f"| `{name}` |" in PAGE


def test_examples_name_this_version() -> None:
    assert GITLAB["variables"]["WCOMPOSE_VERSION"] == wcompose.__version__
    for version in re.findall(r"wcompose==(\S+?)['\"]?\n", PAGE) + re.findall(
        r"(?:ref|rev): v(.*)", PAGE
    ):
        assert version == wcompose.__version__


def test_commands_of_the_page_run(command, shop: Git) -> None:
    lines = [line.strip() for line in PAGE.splitlines()]
    found = [
        line[line.index("wcompose") :]
        for line in lines
        if re.match(r"wcompose (check|diff) ", line)
    ]
    quoted = re.findall(r'bin/wcompose" ((?:check|diff) [^|\n]*)', PAGE)
    assert found
    assert quoted
    for text in [*(line.removeprefix("wcompose ") for line in found), *quoted]:
        arguments = shlex.split(text.replace("origin/main", "HEAD").replace("HEAD~1", "HEAD"))
        assert command(*arguments, cwd=shop.root).returncode == 100, text


def test_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert links
    for link in links:
        assert (REPOSITORY / "docs" / "how-to" / link).is_file(), link
