"""One run: a program, or one function, and how it ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wcompose.cli.arguments import read_arguments
from wcompose.cli.listing import callable_functions
from wcompose.cli.permitting import Permitted, RunRequest
from wcompose.cli.session import Session, write_result

if TYPE_CHECKING:
    from wcompose.bounds import Limits
    from wcompose.cli.watching import Watch
    from wcompose.images import ImageCache
    from wcompose.report import Finding
    from wcompose.runtime import Component, ExportedFunction, Grants, Instance

_MAGIC = b"\0asm"
_TEXTS = {
    "wasm-text": "make a binary of it first: `wasm-tools parse FILE -o COMPONENT`",
    "wit-text": "it only holds a contract: name a component that implements it",
}
"""Kinds of text files that are near to components, and what to do instead."""
_RUNTIME_FRAME = re.compile(
    r"at `[^`]*/?(libc\.so|libpython[^`]*|componentize_py_runtime\.wasm|[^`]*adapter[^`]*)`, "
    r"|at `[^`]*`, `runtime\."
)
"""Frames of what languages bring along: C's library, CPython, Go's runtime."""
SOURCE_ROOT = "/0"
"""Where componentize-py puts the first directory of a Python node's search path: its source."""


def perform(
    session: Session,
    request: RunRequest,
    permitted: Permitted,
    limits: Limits,
    *,
    images: ImageCache | None = None,
    as_json: bool = False,
    show: Callable[[str], None] = write_result,
    cleanup: Callable[[], None] | None = None,
) -> tuple[int, bool]:
    """Run a program, or call one function.

    Ctrl-C, a request to end and the end of its time reach a guest that waits in the host, too: they end
    the process (`wcompose.cli.watching`).

    Args:
        session: the command line's.
        request: what to run.
        permitted: what it takes.
        limits: what it may use.
        images: those of the engine that it runs on; none for the usual ones.
        as_json: whether arguments and results are JSON, not WAVE.
        show: takes the result of a function.
        cleanup: called before the process ends in the middle of the run; the caller's own `finally`
            does not run then.

    Returns:
        The exit code, and whether the guest ended everything with it.

    Raises:
        GuestFault: it trapped, with the user's files in its traceback.
    """
    from wcompose.cli.watching import watching

    opened = open_component(session, permitted.file, images or session.images)
    function, values = _call_of(session, opened, request, as_json=as_json)
    with (
        _last_words_once(permitted, request.sources) as (grants, settle),
        watching(settle, cleanup) as watch,
    ):
        run = _Run(opened, grants, limits, watch)
        instance, result = run.call(function, values)
    if request.invoke is None:
        code = instance.exit_code
        return (
            0 if result is None or "ok" in result else 1
        ) if code is None else code, code is not None
    if instance.exit_code is not None:
        return _ended_itself(function, instance), True
    if function.result is not None:
        if as_json or not function.result.has_text:
            show(json_text(result))
        else:
            show(session.engine.print_value(function.result.expression(), result))
    instance.close()
    return 1 if isinstance(result, dict) and _is_error(function, result) else 0, False


class _Run:
    """Instantiates and calls within the time that is allowed."""

    def __init__(
        self, opened: Component, grants: Grants, limits: Limits, watch: Watch | None
    ) -> None:
        self._opened = opened
        self._grants = grants
        self._limits = limits
        self._watch = watch

    def call(self, function: ExportedFunction, values: Sequence[Any]) -> tuple[Instance, Any]:
        with self._within("its start"):
            instance = self._opened.instantiate(self._grants, self._limits)
        with self._within(f"`{function.full_name}`"):
            return instance, instance.call_plain(function, values)

    @contextmanager
    def _within(self, what: str) -> Iterator[None]:
        seconds = self._limits.seconds
        if self._watch is None or seconds is None:
            yield
            return
        with self._watch.within(seconds, lambda: _tell_of_deadline(what, seconds)):
            yield


def _tell_of_deadline(what: str, seconds: float) -> None:
    """The end of a guest that waits in the host when its time is over; the process ends behind it."""
    from rich.console import Console

    from wcompose.cli.render import print_findings
    from wcompose.report import Finding

    finding = Finding(
        "deadline",
        f"the component was stopped: {what} took longer than {seconds:g} s",
        causes=("it was waiting: for standard input, for time to pass, or for the network",),
        hint="allow more: `--timeout SECONDS`",
    )
    print_findings(Console(stderr=True, highlight=False, markup=False), [finding])


@contextmanager
def _last_words_once(
    permitted: Permitted, sources: Mapping[str, Path]
) -> Iterator[tuple[Grants, Callable[[], None]]]:
    """Grants under which a guest's last words are shown by its fault alone.

    Gives them, and what puts the terminal in order: writes what is held back, ends colours.
    """
    from wcompose.cli.holding import HeldWords
    from wcompose.cli.terminal import TerminalText
    from wcompose.errors import GuestFault

    grants = permitted.grants
    held = None if grants.stderr is None else HeldWords(grants.stderr)
    stdout = grants.stdout

    def write_behind(data: bytes) -> None:
        if held is not None:
            held.flush()
        if stdout is not None:
            stdout(data)

    def leave() -> None:
        if held is not None:
            held.flush()
        for output in (grants.stdout, grants.stderr):
            if isinstance(output, TerminalText):
                output.close()

    try:
        yield (
            replace(grants, stderr=held, stdout=None if stdout is None else write_behind),
            leave,
        )
    except GuestFault as fault:
        if held is not None:
            held.settle(fault.findings)
        fault.findings = tuple(
            _of_silent(_in_source(each, sources), permitted.silent) for each in fault.findings
        )
        raise
    finally:
        leave()


def _in_source(finding: Finding, sources: Mapping[str, Path]) -> Finding:
    """A fault whose traceback names the user's files and shows their lines.

    The guest knows only paths in its frozen interpreter, and has no source to quote.
    """
    source = sources.get(finding.place.item)
    if source is None:
        return finding
    return replace(finding, causes=tuple(_with_lines(each, source) for each in finding.causes))


def _of_silent(finding: Finding, silent: frozenset[str]) -> Finding:
    """A fault of a node whose last words nobody heard: says so, and how to hear them.

    What is left without them are frames of the language's runtime, which tell nothing.
    """
    node = finding.place.item
    if finding.rule not in {"trap", "not-granted"} or node not in silent:
        return finding
    is_exit = finding.rule == "not-granted" and "`exit`" in finding.message
    if finding.rule == "not-granted" and not is_exit:
        return finding
    kept = tuple(each for each in finding.causes if not _RUNTIME_FRAME.match(each))
    unheard = f"what `{node}` said of it went to its standard error, which nobody hears"
    hear = f'to hear it, run with `--allow-stdio {node}`, or add `stderr = "inherit"` to its grants'
    hint = f"{hear}\n{finding.hint}" if is_exit else hear
    return replace(finding, causes=(unheard, *kept), hint=hint)


def _with_lines(traceback: str, source: Path) -> str:
    import linecache

    told: list[str] = []
    for line in traceback.split("\n"):
        match = re.match(rf'(\s*)File "{SOURCE_ROOT}/(?P<file>[^"]+)", line (?P<line>\d+)', line)
        told.append(line.replace(f'"{SOURCE_ROOT}/', f'"{source}/'))
        if match is None or ".." in Path(match["file"]).parts:
            continue
        text = linecache.getline(str(source / match["file"]), int(match["line"])).strip()
        if text:
            told.append(f"{match[1]}  {text}")
    return "\n".join(told)


def _ended_itself(function: ExportedFunction, instance: Instance) -> int:
    """Exit code of a call whose guest ended everything; that it has no result is told.

    Raises:
        GuestFault: it ended well, but before it gave the result that its type promises.
    """
    from wcompose.errors import GuestExited

    fault = instance.fault
    if not isinstance(fault, GuestExited):
        raise AssertionError("only an end of its own has an exit code")
    if fault.code == 0 and function.result is None:
        return 0
    finding = replace(
        fault.findings[0],
        hint="" if fault.findings[0].causes else "it gave no result, and no reason",
    )
    raise GuestExited(finding, fault.code) from None


def json_text(value: Any) -> str:
    """A value as JSON in which no character has power over a terminal; letters stay as they are."""
    import json

    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _is_error(function: ExportedFunction, result: dict[str, Any]) -> bool:
    return function.result is not None and function.result.kind == "result" and "err" in result


def _call_of(
    session: Session, opened: Component, request: RunRequest, *, as_json: bool
) -> tuple[ExportedFunction, list[Any]]:
    """The function that is meant, and the values that it gets.

    Raises:
        UsageError: none is, or several could be.
        ValueFault: the arguments do not fit.
    """
    from wcompose.runtime import find_function

    if request.invoke is None:
        if opened.program is None:
            raise _nothing_to_run(session, opened, request)
        return opened.program, []
    refuse_without_functions(session, opened, request.file)
    name, texts = _split_call(session, request.invoke, request.arguments)
    function = find_function(callable_functions(opened), name)
    return function, read_arguments(session, function, texts, as_json=as_json)


def _split_call(
    session: Session, invoke: str, arguments: Sequence[str]
) -> tuple[str, Sequence[str]]:
    """The name of what is called, and the texts of its arguments."""
    from wcompose.errors import UsageError

    if "(" not in invoke:
        return invoke, arguments
    try:
        name, texts = session.engine.parse_call(invoke)
    except UsageError as error:
        raise UsageError(
            replace(each, place=replace(each.place, file="--invoke")) for each in error.findings
        ) from None
    if arguments:
        raise UsageError.of(
            "arguments-twice",
            "arguments stand both in `--invoke` and behind it",
            hint="keep one of the two",
        )
    return name, texts


def open_component(session: Session, file: Path, images: ImageCache) -> Component:
    """Open a component.

    Raises:
        ArtifactError: it is none; says what it is instead.
    """
    from wcompose.errors import ArtifactError
    from wcompose.runtime import Component

    try:
        return Component(file, images, session.reporter)
    except ArtifactError:
        with file.open("rb") as stream:
            beginning = stream.read(4)
        if not beginning or beginning == _MAGIC:
            raise
        found = session.engine.identify(file)
        if found.kind not in _TEXTS:
            raise
        raise ArtifactError.of(
            "not-a-component",
            f"`{file}` is {found.detail}, not a component",
            hint=_TEXTS[found.kind],
        ) from None


def refuse_without_functions(session: Session, opened: Component, file: Path) -> None:
    """Make sure that there is something to call.

    Raises:
        UsageError: there is nothing.
    """
    from wcompose.errors import UsageError

    if callable_functions(opened):
        return
    found = session.engine.identify(file)
    if found.kind == "wit-package":
        raise UsageError.of(
            "nothing-to-run",
            f"`{file}` is {found.detail}: there is nothing in it to run",
            hint="name a component that implements it",
        )
    raise UsageError.of(
        "nothing-to-run",
        f"`{file}` exports no function, so there is nothing to run",
        hint=f"see what it is: `wcompose inspect {file}`",
    )


def _nothing_to_run(session: Session, opened: Component, request: RunRequest) -> Exception:
    from wcompose.errors import UsageError

    refuse_without_functions(session, opened, request.file)
    names = [each.full_name for each in callable_functions(opened)]
    shown = [f"it exports `{name}`" for name in names[:10]]
    if more := len(names) - len(shown):
        shown.append(f"and {more} more function{'s' if more > 1 else ''}")
    return UsageError.of(
        "nothing-to-run",
        f"`{request.file.name}` is not a program: it does not export `wasi:cli/run`",
        causes=shown,
        hint=f"call one of its functions: `--invoke '{names[0]}'`; `--list` shows what each takes",
    )
