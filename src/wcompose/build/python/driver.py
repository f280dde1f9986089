"""The child process that calls componentize-py; a script of its own, run by path.

It stands alone on purpose: it imports nothing of ours, so that an isolated interpreter can run it
wherever wcompose is installed. It gets a directory with ``request.json`` and leaves ``answer.json``
there. See `wcompose.build.python.process` for the other end.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


def main(directory: Path) -> int:
    """Answer one request; 0 when componentize-py did what it was asked."""
    request = json.loads((directory / "request.json").read_text(encoding="utf-8"))
    _die_with(request["parent"])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for variable in ("TMPDIR", "TMP", "TEMP"):
        os.environ[variable] = request["temporary"]
    os.environ["RUST_BACKTRACE"] = "0"
    os.environ.pop("RUST_LIB_BACKTRACE", None)
    sys.path.append(request["packages"])
    try:
        _call(request)
    except AssertionError as error:  # what componentize-py raises for all its errors
        answer = {"error": str(error)}
    except BaseException as error:  # noqa: BLE001  a panic in Rust derives from BaseException
        answer = {"panic": f"{type(error).__name__}: {error}"}
    else:
        answer = {}
    (directory / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    return 1 if answer else 0


def _call(request: Mapping[str, Any]) -> None:
    import componentize_py  # type: ignore[import-untyped]

    common = {
        "wit_path": [request["wit"]],
        "worlds": [request["world"]] if request["world"] else [],
        "features": [],
        "all_features": False,
        "world_module": None,
        "import_interface_names": [],
        "export_interface_names": [],
        "full_names": False,
    }
    if request["operation"] == "bindings":
        componentize_py.generate_bindings(**common, output_dir=request["output"])
        return
    _tell_modules(componentize_py, common, request)
    # Called as a library it takes the search path as it is; only its command adds the packages of
    # the caller's virtual environment. `stub_wasi` would freeze the random source of the component.
    componentize_py.componentize(
        **common,
        python_path=request["python_path"],
        module_worlds=[],
        app_name=request["module"],
        output_path=request["output"],
        stub_wasi=False,
        intersect_world=None,
    )


def _tell_modules(
    componentize_py: Any, common: Mapping[str, Any], request: Mapping[str, Any]
) -> None:
    """Leave the names of the generated modules for `preinit`.

    It could read them from the directory in which componentize-py shows them to it, but in the order
    of the host's file system, and that would leave its mark on the component.
    """
    root = Path(request["bindings"])
    root.mkdir()
    componentize_py.generate_bindings(**common, output_dir=str(root))
    names = {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for file in root.glob("wit_world/**/*.py")
    }
    Path(request["modules"]).write_text("\n".join(sorted(names)), encoding="utf-8")


def _die_with(parent: int) -> None:
    """Have the kernel end this process when the one that asked is gone, even if it was killed.

    componentize-py holds the interpreter's lock throughout, so no thread here could watch.
    Only Linux can do it; elsewhere an orphan ends by itself after one build.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # gone before the call above
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
