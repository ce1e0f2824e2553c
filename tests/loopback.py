"""A SLURM cluster of three nodes on this machine, for tests: daemons of its own, with a key, ports and files of their own.

Without accounting database and without cgroups, as small clusters are. Only root can start it, since a node's daemon must be able to become
the user of a job; and only where no other SLURM is configured, since a job's ``srun`` looks at the default place.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DEFAULT = Path("/etc/slurm/slurm.conf")
NODES = ("n1", "n2", "n3")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol")
CONFIGURATION = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/munge.socket
SlurmctldPort={port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdSpoolDir={folder}/spool-%n
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill,NoShared
AccountingStorageType=accounting_storage/none
MinJobAge=3600
MpiDefault=none
ReturnToService=2
SlurmdTimeout=15
KillWait=2
JobRequeue=0
SchedulerParameters=batch_sched_delay=0,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
NodeName=n[1-3] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs={cores} RealMemory=3500 State=UNKNOWN
PartitionName=main Nodes=n[1-3] Default=YES MaxTime=60 DefMemPerNode=1000 State=UP
"""


def find_hindrance() -> str | None:
    """Return why no cluster can be started here; None where it can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"SLURM is not installed ({', '.join(absent)})"
    if os.geteuid() != 0:
        return "a SLURM of its own needs root"
    return f"{DEFAULT} exists: another SLURM" if DEFAULT.exists() else None


class Cluster:
    """A running cluster; its files lie in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ask(self, *command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def jobs(self, state: str) -> dict[str, tuple[str, str]]:
        """Return the jobs in a state: their number, and their node and comment."""
        lines = (line.split("|") for line in self.ask("squeue", "-h", "-t", state, "-o", "%A|%N|%k").splitlines())
        return {number: (node, comment) for number, node, comment in lines}

    def kill_node(self, node: str) -> None:
        """End a node as a power cut would: its daemon, and whatever it was running."""
        jobs = self.ask("squeue", "-h", "-w", node, "-t", "R", "-o", "%A").split()
        listed = [line.split()[0] for job in jobs for line in self.ask("scontrol", "listpids", job).splitlines()[1:]]
        self._end(f"slurmd-{node}", signal.SIGKILL)
        # Before the processes: a shepherd that outlives its daemon would say that the job failed by itself.
        self.ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=killed")
        for process in listed:
            if process.isdigit() and int(process) > 0:
                with suppress(ProcessLookupError):
                    os.kill(int(process), signal.SIGKILL)

    def _end(self, daemon: str, how: int = signal.SIGTERM) -> None:
        with suppress(OSError, ValueError):
            os.kill(int((self.folder / f"{daemon}.pid").read_text(encoding="utf-8")), how)

    def start(self, cores: int) -> None:
        for name in ("munge", "state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True)
        for place in (self.folder, self.folder / "munge"):
            place.chmod(0o755)
        ports = _free_ports(len(NODES) + 1)
        host = socket.gethostname().split(".")[0]
        text = CONFIGURATION.format(
            host=host, folder=self.folder, port=ports[0], first=ports[1], last=ports[-1], cores=cores
        )
        configuration = self.folder / "slurm.conf"
        configuration.write_text(text, encoding="utf-8")
        DEFAULT.parent.mkdir(exist_ok=True)
        DEFAULT.unlink(missing_ok=True)  # of tests that were killed: a link to nowhere
        DEFAULT.symlink_to(configuration)
        (self.folder / "munge.key").write_bytes(os.urandom(1024))
        (self.folder / "munge.key").chmod(0o400)
        own = {"key-file": "munge.key", "socket": "munge/munge.socket", "pid-file": "munged.pid", "log-file": "munged.log", "seed-file": "munged.seed"}  # fmt: skip
        subprocess.run(
            ["munged", "--force", *(f"--{name}={self.folder / place}" for name, place in own.items())], check=True
        )
        subprocess.run(["slurmctld", "-c", "-f", configuration], check=True)
        for node in NODES:
            subprocess.run(["slurmd", "-N", node, "-f", configuration], check=True)
        for _ in range(120):
            if len(self.ask("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split()) == len(NODES):
                return
            time.sleep(0.5)
        raise RuntimeError(self.ask("sinfo", "-N", "-l"))

    def stop(self) -> None:
        self.ask("scancel", "--user", str(os.geteuid()))
        for daemon in (*(f"slurmd-{node}" for node in NODES), "slurmctld"):
            self._end(daemon)
        time.sleep(1)
        self._end("munged")
        if DEFAULT.is_symlink() and DEFAULT.readlink() == self.folder / "slurm.conf":
            DEFAULT.unlink()


@contextmanager
def running_cluster(folder: Path, cores: int = 1) -> Iterator[Cluster]:
    """Start a cluster of three nodes, each with so many cores, and end it with the block."""
    cluster = Cluster(folder)
    try:
        cluster.start(cores)
        yield cluster
    finally:
        cluster.stop()


def _free_ports(count: int) -> range:
    """Return ports in a row that nothing listens at."""
    for start in range(21000, 31000, 10):
        with suppress(OSError):
            for port in range(start, start + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return range(start, start + count)
    raise RuntimeError("no free ports")
