"""Notes the processor time of each step's process, its child processes included, when it ends; Python imports this at start."""

import atexit
import os
import resource
import sys

if "TIMES_TO" in os.environ and "outcomes" in sys.orig_argv[:-1]:
    _step = sys.orig_argv[sys.orig_argv.index("outcomes") + 1]

    def _write() -> None:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(one.ru_utime + one.ru_stime for one in used)
        with open(os.environ["TIMES_TO"], "a", encoding="utf-8") as file:  # noqa: PTH123 (imported before all else)
            file.write(f"{_step} {seconds:.3f} {used[0].ru_maxrss}\n")

    if _step != "run":
        atexit.register(_write)
