"""Notes what each step's process reads of the package, its child processes included: modules imported, data files opened.

Python imports a module of this name at start when its folder is on the path; `whole_run.environment` puts it there.
"""

import atexit
import os
import sys

_command = sys.orig_argv[sys.orig_argv.index("outcomes") + 1 :] if "outcomes" in sys.orig_argv else []
if _command:
    os.environ["RECORDED_STEP"] = _command[0]
if "RECORD_TO" in os.environ and "RECORDED_STEP" in os.environ:
    _package = os.environ["RECORD_PACKAGE"] + os.sep
    _place = os.environ["RECORD_TO"] + os.sep + os.environ["RECORDED_STEP"]
    _log = os.open(_place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(_log, b"outcomes.__main__\n")

    def _list() -> None:
        os.write(_log, "".join(f"{name}\n" for name in sys.modules if name.split(".")[0] == "outcomes").encode())

    atexit.register(_list)  # an import that importlib makes is no event

    def _note(event: str, details: tuple[object, ...]) -> None:
        name = str(details[0]) if event in ("import", "open") else ""
        if event == "import" and name.split(".")[0] == "outcomes":
            os.write(_log, name.encode() + b"\n")
        elif name.startswith(_package) and not name.endswith((".py", ".pyc")) and "__pycache__" not in name:
            os.write(_log, name.removeprefix(_package).encode() + b"\n")

    sys.addaudithook(_note)
