"""Eight sites, each released and signed once; tests copy what they change."""

from __future__ import annotations

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
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed, with which packages are signed")
    folder = tmp_path_factory.mktemp("network")
    plan = write_yaml(declare_network(), folder / "plan.yaml")
    assert run("lock", plan) == 0
    keys = {site: make_key(folder, site) for site in SITES}
    made = Network(folder, plan, keys, allow(keys, folder / "allowed_signers"))
    ready = os.environ.get("OUTCOMES_NETWORK_SITES")
    for site in SITES:
        if ready:
            shutil.copytree(Path(ready) / site, folder / site, ignore=shutil.ignore_patterns("network"))
        else:
            (folder / site).mkdir()
        with chdir(folder / site):
            if ready:
                from eight_sites import publish_site

                publish_site(site)
            else:
                release_site(folder / site, site)
            command = ("site", plan, "study.yaml", "--site", site)
            assert run(*command) == 0
            assert run(*command, "--sign", keys[site]) == 0
    return made


@pytest.fixture
def copied(network: Network, tmp_path: Path) -> Network:
    """The packages and the plan again, to be changed."""
    for site in SITES:
        shutil.copytree(network.package(site), tmp_path / site / "network" / f"eight-{site}")
    for name in ("plan.yaml", "plan.lock.json"):
        shutil.copyfile(network.folder / name, tmp_path / name)
    return Network(tmp_path, tmp_path / "plan.yaml", network.keys, network.signers)
