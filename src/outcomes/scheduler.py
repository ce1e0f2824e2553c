"""A cluster's queue while a run waits for it: what cannot start as things are is said, instead of waited for, or ended, in silence."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

EVERY = 20.0  # seconds between two looks
LONGEST = 10.0  # seconds that the last look may take
# Reasons of SLURM for which a job waits until somebody changes the job or the cluster (squeue(1), "JOB REASON CODES"). A job that waits for
# its turn, or for nodes that are busy, has others (Priority, Resources, Dependency …).
HOPELESS = {
    "AccountNotAllowed": "the account may not use the partition",
    "BadConstraints": "no node has what it asks for",
    "InvalidAccount": "the account is not known",
    "InvalidQOS": "the quality of service is not known",
    "JobHeldAdmin": "an administrator holds it",
    "PartitionConfig": "it asks for more than a node of the partition has",
    "PartitionDown": "the partition is down",
    "PartitionInactive": "the partition is switched off",
    "PartitionNodeLimit": "it asks for more nodes than the partition gives",
    "PartitionTimeLimit": "it asks for more time than the partition gives",
    "QOSMaxMemoryPerJob": "it asks for more memory than it may have",
    "QOSMaxWallDurationPerJobLimit": "it asks for more time than it may have",
    "ReqNodeNotAvail": "the nodes it asks for are not to be had",
}


def is_slurm(profile: Path) -> bool:
    """Tell whether a profile of Snakemake sends jobs to SLURM."""
    content = yaml.safe_load((profile / "config.yaml").read_text(encoding="utf-8"))
    return isinstance(content, dict) and content.get("executor") == "slurm"


def find_hopeless(lines: str) -> dict[str, str]:
    r"""Return, by number, why a waiting job cannot start as things are, from the lines ``number|reason|comment`` of ``squeue``.

    >>> find_hopeless("7|Resources|rule_fit\n8|PartitionTimeLimit|rule_compare\n")
    {'8': 'job 8 (rule_compare) cannot start as things are: it asks for more time than the partition gives (PartitionTimeLimit)'}
    """
    found = {}
    for line in lines.splitlines():
        number, reason, comment = (*line.split("|", 2), "", "")[:3]
        code = reason.partition(",")[0].strip("() ")
        if code in HOPELESS:
            found[number] = f"job {number} ({comment}) cannot start as things are: {HOPELESS[code]} ({code})"
    return found


@contextmanager
def watched_queue(say: Callable[[str], object]) -> Iterator[None]:
    """Look at one's own jobs from time to time while the block runs, and when it ends, and say once of each why it cannot start as things are.

    A job that asks for what no node has may wait for ever, or be failed by SLURM at once; of the latter those that failed before are not of this run.
    """
    end = threading.Event()
    thread = threading.Thread(target=_watch, args=(end, say), daemon=True)
    if shutil.which("squeue"):
        thread.start()
    try:
        yield
    finally:
        end.set()
        if thread.is_alive():
            thread.join(LONGEST)


def _watch(end: threading.Event, say: Callable[[str], object]) -> None:
    said, ended = {*_look("FAILED")}, False
    while not ended:
        ended = end.wait(EVERY)
        hopeless = _look("FAILED" if ended else "PENDING,FAILED")
        for number in hopeless.keys() - said:
            say(
                f"{hopeless[number]}. Change what it asks for in the profile (set-resources), or the partition, and run again."
            )
        said |= hopeless.keys()


def _look(states: str) -> dict[str, str]:
    command = ["squeue", "--me", "--noheader", f"--states={states}", "--format=%A|%r|%k"]
    return find_hopeless(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
