"""`measure.py COMMAND ...`: run it; print wall and processor seconds, peak MiB, exit code and its last line of output as JSON.

A child starts with the resident set of the process that forks it, so a small process must do the forking: this one
imports nothing but the standard library.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(sys.argv[1:], stdout=out)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = out.read().decode().strip().splitlines()
    said = {
        "seconds": seconds,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
        "code": child.returncode,
    }
    print(json.dumps(said | {"last_line": lines[-1] if lines else "{}"}))
