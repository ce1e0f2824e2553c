"""Eight sites, each released and signed once; tests copy what they change."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
from eight_sites import SITES, allow, declare_network, make_key, release_site, run, write_yaml


@dataclass(frozen=True)
class Network:
    """Where the network lies: a folder a site, the plan, the keys, the allowed signers, and the signed packages."""

    folder: Path
    plan: Path
    keys: dict[str, Path]
    signers: Path

    def package(self, site: str) -> Path:
        return self.folder / site / "network" / f"eight-{site}"

    @property
    def packages(self) -> list[Path]:
        return [self.package(site) for site in SITES]


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The network, made once by whichever process of the tests comes first."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed, with which packages are signed")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "network"
    made = Network(folder, folder / "plan.yaml", {site: folder / f"{site}.key" for site in SITES}, folder / "signers")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir()
            make_network(made)
            (folder / "complete").touch()
    assert (folder / "complete").is_file(), "another process of the tests could not make the network"
    return made


def make_network(made: Network) -> None:
    """Lock the plan, and release and sign every site in a folder of its own."""
    write_yaml(declare_network(), made.plan)
    assert run("lock", made.plan) == 0
    allow({site: make_key(made.folder, site) for site in SITES}, made.signers)
    for site in SITES:
        (made.folder / site).mkdir()
        with chdir(made.folder / site):
            release_site(made.folder / site, site)
            command = ("site", made.plan, "study.yaml", "--site", site)
            assert run(*command) == 0
            assert run(*command, "--sign", made.keys[site]) == 0


@pytest.fixture
def copied(network: Network, tmp_path: Path) -> Network:
    """The packages and the plan again, to be changed."""
    for site in SITES:
        shutil.copytree(network.package(site), tmp_path / site / "network" / f"eight-{site}")
    for name in ("plan.yaml", "plan.lock.json"):
        shutil.copyfile(network.folder / name, tmp_path / name)
    return Network(tmp_path, tmp_path / "plan.yaml", network.keys, network.signers)
