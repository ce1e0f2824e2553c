"""Notes the processor time of each step's process, its child processes included, when it ends; Python imports this at start.

Steps are forks of one process (`outcomes.preloaded`), whose own time is noted as ``imports``; that of the processes which ask it as ``calls``.
"""

import atexit
import os
import resource
import sys

if (
    "TIMES_TO" in os.environ
    and {"outcomes", "outcomes.preloaded"} & set(sys.orig_argv[:-1])
    and "run" not in sys.orig_argv
):

    def _find_step() -> str:
        if "outcomes.preloaded" in sys.orig_argv:
            return sys.argv[1] if sys.argv[0] == "outcomes" else "imports"
        if "OUTCOMES_PRELOADED" in _BEFORE:
            return "calls"
        return sys.orig_argv[sys.orig_argv.index("outcomes") + 1]

    def _write() -> None:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        own = used[:1] if _find_step() == "imports" else used  # its children are the steps
        seconds = sum(one.ru_utime + one.ru_stime for one in own)
        with open(os.environ["TIMES_TO"], "a", encoding="utf-8") as file:  # noqa: PTH123 (imported before all else)
            file.write(f"{_find_step()} {seconds:.3f} {used[0].ru_maxrss}\n")

    _BEFORE = dict(os.environ)
    atexit.register(_write)
