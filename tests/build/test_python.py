"""The Python builder, on real components: what it makes, what it refuses, and in which words."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import component as wasm

from wcompose.build.python import (
    PythonNode,
    build_python,
    diagnose,
    driver,
    fingerprint,
    sources,
    write_bindings,
)
from wcompose.build.python.mapping import Mapped
from wcompose.build.python.packages import install_requirements
from wcompose.errors import BuildError
from wcompose.progress import SilentReporter
from wcompose.report import Finding, Report

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures" / "python"
WIT = FIXTURES / "wit"


class Notes(SilentReporter):
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, subject: str, message: str) -> None:
        self.lines.append(f"{subject}: {message}")


def node_in(directory: Path, **changes: object) -> PythonNode:
    node = PythonNode("calculator", directory, "app", None, "calculating", WIT)
    return replace(node, **changes)


def write_tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def refusal(node: PythonNode, output: Path, **options: object) -> tuple[Finding, ...]:
    with pytest.raises(BuildError) as caught:
        build_python(node, output, SilentReporter(), **options)
    assert not output.exists()
    assert list(output.parent.glob(".tmp-*")) == []
    return Report.of(caught.value.findings).findings


def check_golden(name: str, findings: tuple[Finding, ...], *roots: Path) -> None:
    text = "\n".join(_as_text(finding) for finding in findings)
    for root in roots:
        text = text.replace(str(root), "ROOT")
    file = HERE / "golden" / "python" / f"{name}.txt"
    if os.environ.get("BLESS"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def _as_text(finding: Finding) -> str:
    lines = [f"{finding.rule}: {finding.message}"]
    for label, place in (("at", finding.place), *finding.related):
        lines.append(f"{label} {place} ({place.item}) to {place.end_column}: {place.source}")
    lines += [f"cause: {cause}" for cause in finding.causes]
    lines += [f"hint: {line}".rstrip() for line in finding.hint.splitlines()]
    return "\n".join(lines) + "\n"


# What is made ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The component of the node that does everything right."""
    output = tmp_path_factory.mktemp("sound") / "sound.wasm"
    build_python(node_in(FIXTURES / "sound"), output, SilentReporter())
    return output


@pytest.fixture(scope="module")
def loaded(sound: Path) -> tuple[wasmtime.Engine, wasm.Component]:
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"  # half the time to compile
    engine = wasmtime.Engine(config)
    return engine, wasm.Component.from_file(engine, str(sound))


Call = Callable[..., object]


@pytest.fixture
def start(loaded: tuple[wasmtime.Engine, wasm.Component]) -> Callable[[], Call]:
    """Starts an instance and gives a function that calls its exports."""

    def instantiate() -> Call:
        engine, component = loaded
        linker = wasm.Linker(engine)
        linker.add_wasip2()
        with linker.root() as root, root.add_instance("test:calculator/backing@0.1.0") as backing:
            backing.add_func("multiply", lambda _store, left, right: left * right)
        store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        wasi.env = [("GIVEN", "1")]
        store.set_wasi(wasi)
        instance = linker.instantiate(store, component)

        def call(path: str, *arguments: object) -> object:
            index = None
            for name in path.split("#"):
                index = instance.get_export_index(store, name, index)
                assert index is not None, path
            function = instance.get_func(store, index)
            assert function is not None
            return function(store, *arguments)

        return call

    return instantiate


ARITHMETIC = "test:calculator/arithmetic@0.1.0"


def test_exports_answer_and_imports_are_reached(start: Callable[[], Call]) -> None:
    call = start()
    assert call(f"{ARITHMETIC}#area", 6, 7) == 42
    fraction = wasm.Record()
    fraction.numerator, fraction.denominator = -6, 9
    reduced = call(f"{ARITHMETIC}#reduce", fraction)
    reduced = getattr(reduced, "payload", reduced)
    assert (reduced.numerator, reduced.denominator) == (-2, 3)
    counter = call(f"{ARITHMETIC}#[static]counter.of-ten")
    bumped = call(f"{ARITHMETIC}#[method]counter.bump", counter, 5)
    assert getattr(bumped, "payload", bumped) == 15


def test_files_beside_a_module_are_there_while_it_is_imported(start: Callable[[], Call]) -> None:
    assert start()("describe", "greeting") == "good morning, Zoë"


def test_the_callers_environment_does_not_leak(start: Callable[[], Call]) -> None:
    call = start()
    assert call("describe", "leak") == "none"
    assert call("describe", "environment") == "GIVEN"
    seen = str(call("describe", "environment at build")).split(",")
    assert [entry for entry in seen if not entry.startswith("PYTHON")] == []
    path = str(call("describe", "path")).split(":")
    assert [
        entry for entry in path if re.match(r"/(python|world|bundled|\d)\b", entry) is None
    ] == []


def test_nothing_of_the_preparation_stays(start: Callable[[], Call], sound: Path) -> None:
    call = start()
    modules = str(call("describe", "modules")).split(",")
    assert "app" in modules
    assert "traceback" not in modules
    binary = sound.read_bytes()
    assert b"/0/app.py" in binary
    assert str(FIXTURES).encode() not in binary
    assert b"wcompose-python-" not in binary


def test_randomness_is_not_frozen(start: Callable[[], Call]) -> None:
    answers = {part for _ in range(2) for part in str(start()("describe", "random")).split()}
    assert len(answers) == 4


def test_building_leaves_the_source_alone(tmp_path: Path, sound: Path) -> None:
    assert sound.stat().st_size > 1_000_000
    names = {path.name for path in (FIXTURES / "sound").rglob("*")}
    assert names == {"app.py", "arithmetic.py", "greeting", "__init__.py", "greeting.txt"}


def test_two_builds_order_text_alike(tmp_path: Path) -> None:
    text = "raise ValueError(' '.join({str(number) for number in range(50)}))\n"
    messages = [
        refusal(node_in(write_tree(tmp_path / name, app=text)), tmp_path / "out.wasm")[0].message
        for name in ("one", "two")
    ]
    # Without a fixed seed the fifty words would fall into one of very many orders each time.
    assert messages[0] == messages[1]
    assert len(messages[0].rpartition(": ")[2].split()) == 50


def test_one_file_and_dynamic_classes_are_accepted(tmp_path: Path) -> None:
    output = tmp_path / "one.wasm"
    build_python(node_in(FIXTURES / "one_file", world="bare"), output, SilentReporter())
    assert output.read_bytes()[:8] == b"\0asm\r\0\1\0"


# What is refused ------------------------------------------------------------------------------


def test_all_that_the_world_asks_for_is_named_at_once(tmp_path: Path) -> None:
    node = node_in(FIXTURES / "lacking")
    check_golden("lacking", refusal(node, tmp_path / "out.wasm"), FIXTURES)


def test_what_can_be_meant_is_pointed_at_and_what_works_is_let_be(tmp_path: Path) -> None:
    node = node_in(FIXTURES / "twisted", wit=FIXTURES / "twisted.wit", world="twisted")
    check_golden("twisted", refusal(node, tmp_path / "out.wasm"), FIXTURES)


def test_syntax_errors_of_all_files_are_named_at_once(tmp_path: Path) -> None:
    source = write_tree(
        tmp_path / "source",
        app="import other\n\ndef f(:\n    pass\n",
        other='"""Fine."""\n\nvalue = = "zwölf"\n',
    )
    check_golden("syntax", refusal(node_in(source), tmp_path / "out.wasm"), tmp_path)


def test_a_failing_import_shows_the_users_own_frames(tmp_path: Path) -> None:
    node = node_in(FIXTURES / "failing")
    check_golden("failing", refusal(node, tmp_path / "out.wasm"), FIXTURES)


def test_an_import_called_while_importing_is_pointed_at(tmp_path: Path) -> None:
    node = node_in(FIXTURES / "early")
    check_golden("early", refusal(node, tmp_path / "out.wasm"), FIXTURES)


def test_a_source_that_changes_during_a_build_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_tree(tmp_path / "source", app="x = 1\n")

    def change_and_build(request: dict[str, str], *_: object, **__: object) -> None:
        Path(request["output"]).write_bytes(b"component")
        write_tree(source, app="x = 2\n")

    monkeypatch.setattr("wcompose.build.python.call_componentize", change_and_build)
    (found,) = refusal(node_in(source), tmp_path / "out.wasm")
    assert found.rule == "source-changed"
    monkeypatch.undo()
    monkeypatch.setattr(
        "wcompose.build.python.call_componentize",
        lambda request, *_, **__: Path(request["output"]).write_bytes(b"component") and None,
    )
    node = node_in(source)
    assert build_python(node, tmp_path / "out.wasm", SilentReporter()) == fingerprint(node)
    assert (tmp_path / "out.wasm").read_bytes() == b"component"


def test_a_failed_build_leaves_the_old_output(tmp_path: Path) -> None:
    output = tmp_path / "out.wasm"
    output.write_bytes(b"old")
    with pytest.raises(BuildError, match="no world `calculatin`"):
        build_python(node_in(FIXTURES / "sound", world="calculatin"), output, SilentReporter())
    assert output.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [output]


def test_an_unknown_world_lists_the_known_ones(tmp_path: Path) -> None:
    node = node_in(FIXTURES / "sound", world="calculatin")
    check_golden("unknown-world", refusal(node, tmp_path / "out.wasm"), FIXTURES)


def test_contracts_that_do_not_parse_are_pointed_at(tmp_path: Path) -> None:
    wit = tmp_path / "wit"
    wit.mkdir()
    (wit / "broken.wit").write_text("package a:b;\n\nworld w {\n  import missing;\n}\n")
    node = node_in(FIXTURES / "sound", wit=wit, world="w")
    check_golden("wit-error", refusal(node, tmp_path / "out.wasm"), tmp_path)


def test_a_missing_module_is_found_out_without_a_build(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", analysis="", helper="")
    found = refusal(node_in(source, module="analysys"), tmp_path / "out.wasm")
    check_golden("module-not-found", found, tmp_path)


@pytest.mark.parametrize("module", sorted(sources.RESERVED_MODULES))
def test_generated_names_are_reserved(module: str, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", app="", **{module: ""})
    (found,) = refusal(node_in(source), tmp_path / "out.wasm")
    assert found.rule == "reserved-module"
    assert f"`{module}`" in found.message


def test_a_module_named_like_the_standard_librarys_is_refused(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", json="")
    (found,) = refusal(node_in(source, module="json"), tmp_path / "out.wasm")
    assert found.rule == "hidden-module"
    assert found.place.file.endswith("json.py")


def test_what_the_standard_library_is_does_not_depend_on_this_python(tmp_path: Path) -> None:
    source = write_tree(tmp_path, imp="", compression="")
    tree = sources.read_sources(source, "calculator")
    assert tree.hidden == ("compression",)  # new in 3.14; `imp` was in 3.11
    sources.check_module(tree, "imp", "calculator", None)
    with pytest.raises(BuildError) as caught:
        sources.check_module(tree, "compression", "calculator", None)
    assert caught.value.findings[0].rule == "hidden-module"


def test_a_missing_directory_is_an_error_of_the_user(tmp_path: Path) -> None:
    (found,) = refusal(node_in(tmp_path / "nowhere"), tmp_path / "out.wasm")
    assert found.rule == "source-unreadable"
    assert "no such file" in found.causes[0]


def test_a_source_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FILE_LIMIT", 3)
    source = write_tree(tmp_path / "source", a="", b="", c="", app="")
    (found,) = refusal(node_in(source), tmp_path / "out.wasm")
    assert found.rule == "source-too-large"


def test_links_that_lead_out_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("SECRET = 1\n")
    source = write_tree(tmp_path / "source", app="")
    (source / "link.py").symlink_to(tmp_path / "secret.py")
    (source / "everything").symlink_to(tmp_path)
    (source / "inner.py").symlink_to(source / "app.py")
    tree = sources.read_sources(source, "node")
    assert [file.name for file in tree.files] == ["app.py", "inner.py"]
    assert [file.name for file in tree.left_out] == ["everything", "link.py"]


# Children -------------------------------------------------------------------------------------


def test_a_cancelled_build_ends_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    cancelled = threading.Event()
    cancelled.set()
    (found,) = refusal(node_in(FIXTURES / "looping"), tmp_path / "out.wasm", cancelled=cancelled)
    assert found.rule == "build-cancelled"
    assert list(temporary.iterdir()) == []


def test_a_build_without_end_is_stopped(tmp_path: Path) -> None:
    found = refusal(node_in(FIXTURES / "looping"), tmp_path / "out.wasm", timeout=0.5)
    check_golden("too-slow", found, FIXTURES)


_PARENT = """
import json, os, signal, subprocess, sys
driver, work = sys.argv[1:]
request = json.loads(open(work + "/request.json").read())
request["parent"] = os.getpid()
open(work + "/request.json", "w").write(json.dumps(request))
child = subprocess.Popen([sys.executable, "-I", driver, work], stdin=subprocess.DEVNULL)
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux's process descriptors")
def test_no_orphan_survives_a_killed_parent(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "temporary").mkdir(parents=True)
    request = {
        "operation": "componentize",
        "wit": str(WIT),
        "world": "calculating",
        "python_path": [str(shutil.copytree(FIXTURES / "looping", tmp_path / "source"))],
        "module": "app",
        "output": str(tmp_path / "out.wasm"),
        "temporary": str(work / "temporary"),
        "packages": next(entry for entry in sys.path if Path(entry, "componentize_py").is_dir()),
    }
    (work / "request.json").write_text(json.dumps(request))
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, driver.__file__, str(work)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = os.pidfd_open(int(parent.stdout.readline()))
    try:
        parent.kill()
        parent.wait()
        # The child's module never ends by itself; its end makes its descriptor readable.
        assert select.select([child], [], [], 60)[0] == [child]
    finally:
        parent.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(child, signal.SIGKILL)
        os.close(child)


# Fingerprints ---------------------------------------------------------------------------------


def test_a_fingerprint_knows_neither_time_nor_place(tmp_path: Path) -> None:
    one = node_in(FIXTURES / "sound")
    copy = Path(shutil.copytree(FIXTURES / "sound", tmp_path / "elsewhere"))
    wit = Path(shutil.copytree(WIT, tmp_path / "contracts"))
    os.utime(copy / "app.py", (1, 1))
    for left_out in (".git/config", "__pycache__/app.cpython-314.pyc", "old.pyc", "env/x.py"):
        (copy / left_out).parent.mkdir(exist_ok=True)
        (copy / left_out).write_text("anything")
    (copy / "env" / "pyvenv.cfg").touch()
    other = node_in(copy, wit=wit, name="another")
    assert fingerprint(one) == fingerprint(other)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", fingerprint(one))


def test_a_fingerprint_of_a_projects_root_ignores_what_a_build_writes(tmp_path: Path) -> None:
    source = write_tree(tmp_path, app="x = 1\n")
    (source / "wcompose.toml").touch()
    before = fingerprint(node_in(source))
    (source / "build").mkdir()
    (source / "build" / "out.wasm").write_bytes(b"new")
    (source / "wcompose.lock").write_text("new")
    assert fingerprint(node_in(source)) == before


def _changes(root: Path) -> Iterator[PythonNode]:
    source, wit = root / "source", root / "wit"
    node = node_in(source, wit=wit, requirements=root / "requirements.txt")
    yield replace(node, module="arithmetic")
    yield replace(node, world="bare")
    yield replace(node, requirements=None)
    for file in (source / "app.py", wit / "calculator.wit"):
        text = file.read_text()
        file.write_text(text + " ")
        yield node
        file.write_text(text)
    (source / "more.txt").touch()
    yield node
    (source / "more.txt").rename(source / "less.txt")
    yield node
    (source / "less.txt").unlink()
    for file in (root / "requirements.txt", root / "more.txt"):
        file.write_text(file.read_text() + "other==1\n")
        yield node


def test_a_fingerprint_changes_with_all_that_matters(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "sound", tmp_path / "source")
    shutil.copytree(WIT, tmp_path / "wit")
    (tmp_path / "requirements.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text("something==1  # pinned\n")
    node = node_in(
        tmp_path / "source", wit=tmp_path / "wit", requirements=tmp_path / "requirements.txt"
    )
    seen = [fingerprint(node), *(fingerprint(changed) for changed in _changes(tmp_path))]
    assert len(set(seen)) == len(seen) == 10


# Requirements ---------------------------------------------------------------------------------


def write_wheel(directory: Path, name: str, tag: str, files: dict[str, bytes]) -> None:
    info = f"{name}-1.0.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
    }
    directory.mkdir(exist_ok=True)
    with zipfile.ZipFile(directory / f"{name}-1.0-{tag}.whl", "w") as wheel:
        for path, data in {**files, **metadata}.items():
            wheel.writestr(path, data)
        names = "".join(f"{path},,\n" for path in (*files, *metadata, f"{info}/RECORD"))
        wheel.writestr(f"{info}/RECORD", names)


@pytest.fixture
def requirements(tmp_path: Path) -> Callable[..., Path]:
    """Writes a requirements file that looks for wheels in a directory and nowhere else."""

    def write(*lines: str) -> Path:
        file = tmp_path / "requirements.txt"
        wheels = tmp_path / "wheels"
        file.write_text("\n".join(("--no-index", f"--find-links {wheels}", *lines)) + "\n")
        return file

    return write


def install(file: Path, cache: Path, notes: Notes | None = None) -> Path:
    return install_requirements(file, "calculator", cache, notes or Notes(), None)


def test_requirements_are_installed_once(tmp_path: Path, requirements: Callable[..., Path]) -> None:
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "pure", "py3-none-any", {"pure/__init__.py": b"VALUE = 7\n"})
    file = requirements("pure==1.0")
    notes = Notes()
    first = install(file, tmp_path / "cache", notes)
    assert (first / "pure" / "__init__.py").read_bytes() == b"VALUE = 7\n"
    assert notes.lines == []
    shutil.rmtree(wheels)  # as if the network were gone
    assert install(file, tmp_path / "cache") == first
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [first.name]


def test_a_component_can_use_its_requirements(
    tmp_path: Path, requirements: Callable[..., Path]
) -> None:
    write_wheel(tmp_path / "wheels", "pure", "py3-none-any", {"pure/__init__.py": b"1 / 0\n"})
    source = write_tree(tmp_path / "source", app="import pure\n")
    node = node_in(source, requirements=requirements("pure"))
    notes = Notes()
    with pytest.raises(BuildError) as caught:
        build_python(node, tmp_path / "out.wasm", notes, packages=tmp_path / "cache")
    (found,) = caught.value.findings
    assert found.message.endswith("ZeroDivisionError: division by zero")
    assert found.place.file.endswith("pure/__init__.py")
    assert [line for line in notes.lines if "not pinned" in line and "`pure`" in line]


def test_native_wheels_are_refused(tmp_path: Path, requirements: Callable[..., Path]) -> None:
    write_wheel(tmp_path / "wheels", "fast", "cp314-cp314-manylinux_2_17_x86_64", {"fast.py": b""})
    with pytest.raises(BuildError) as caught:
        install(requirements("fast==1.0"), tmp_path / "cache")
    check_golden("native-wheel", caught.value.findings, tmp_path)


def test_native_code_in_a_pure_wheel_is_refused(
    tmp_path: Path, requirements: Callable[..., Path]
) -> None:
    files = {"sly/core.so": b"\x7fELF", "sly/wasm.abi3.so": b"\0asm", "sly/__init__.py": b""}
    write_wheel(tmp_path / "wheels", "sly", "py3-none-any", files)
    with pytest.raises(BuildError) as caught:
        install(requirements("sly==1.0"), tmp_path / "cache")
    (found,) = caught.value.findings
    assert (found.rule, found.causes) == ("native-requirement", ("`sly/core.so`",))
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_unreachable_index_is_named(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("--index-url http://127.0.0.1:1/simple\nanything==1.0\n")
    with pytest.raises(BuildError) as caught:
        install(file, tmp_path / "cache")
    (found,) = caught.value.findings
    assert found.rule == "package-index-unreachable"


@pytest.mark.parametrize(
    "line", ["-e .", "--editable ../lib", "./lib", "../lib", "/srv/lib", "lib @ file:///srv/lib"]
)
def test_paths_are_no_requirements(line: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"# a comment\n{line}\n")
    with pytest.raises(BuildError) as caught:
        fingerprint(node_in(FIXTURES / "sound", requirements=file))
    (found,) = caught.value.findings
    assert (found.rule, found.place.line) == ("local-requirement", 2)


# Bindings -------------------------------------------------------------------------------------


def test_bindings_for_editors_are_the_same_every_time(tmp_path: Path) -> None:
    node = node_in(FIXTURES / "sound")
    write_bindings(node, tmp_path / "one")
    write_bindings(node, tmp_path / "two")
    one, two = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two
    assert b"class Counter(Protocol)" in one[Path("wit_world/exports/arithmetic.py")]


# Facts ----------------------------------------------------------------------------------------

_MAPPED = Mapped("node", "app", "world", WIT, FIXTURES, None, {"/0": FIXTURES})
_KEYS = st.sampled_from(
    [
        *("kind", "type", "text", "file", "line", "column", "end_column", "source", "module"),
        *("class", "protocol", "methods", "method", "name", "signature", "frames", "cause"),
    ]
)
_KINDS = st.sampled_from(["class", "method", "signature", "async", "hidden", "syntax", "exception"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | _KINDS | st.just("/0/app.py"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(st.lists(_JSON, max_size=4))
def test_any_facts_become_findings(tmp_path_factory: pytest.TempPathFactory, facts: list) -> None:
    file = tmp_path_factory.getbasetemp() / f"facts-{os.getpid()}.json"
    file.write_text(json.dumps(facts))
    read = diagnose.read_facts(file)
    assert len(read) == sum(isinstance(fact, dict) for fact in facts)
    for finding in diagnose.findings_of_facts(read, _MAPPED):
        assert finding.message
        assert finding.place.column <= len(finding.place.source) + 1


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 200_000, b"3", b'{"kind": "class"}'])
def test_damaged_facts_are_no_facts(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(data)
    assert diagnose.read_facts(file) == []


def test_no_facts_are_no_facts(tmp_path: Path) -> None:
    assert diagnose.read_facts(tmp_path / "facts.json") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("called trapping stub: a:b/c#d", "import-called-early"),
        ("0: x\n1: wasm trap: call stack exhausted", "python-trap"),
        (
            "caused by:\n0: retrieving memory\n1: too much data is being copied between the host and",
            "python-memory",
        ),
        (
            "Something New.\n\nCaused by:\n    x\n\nStack backtrace:\n 0: y",
            "componentize-py-failed",
        ),
    ],
)
def test_what_componentize_py_says_is_taken_apart(text: str, rule: str) -> None:
    (found,) = diagnose.findings_of_text(text, _MAPPED, is_panic=False)
    assert found.rule == rule
    assert "backtrace" not in found.message + "".join(found.causes)


def test_a_panic_asks_for_a_report() -> None:
    (found,) = diagnose.findings_of_text("boom", _MAPPED, is_panic=True)
    assert found.rule == "componentize-py-broke-down"
    assert "report" in found.hint
