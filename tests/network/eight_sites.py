"""The example's eight clinics as eight sites: a folder, a study file, and a key each, and no row of another."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from whole_run import ROOT, declare_clinic

from outcomes import steps
from outcomes.__main__ import main
from outcomes.files import Places, write_text
from outcomes.provenance import provenance
from outcomes.settings import read_study
from outcomes.settings.network import PLANNED

SITES = tuple(f"site-{number}" for number in range(1, 9))
STEPS = tuple(name for name in steps.NAMES if name not in ("fit", "figures", "report", "manifest"))


def declare_network(sites: Sequence[str] = SITES, **changes: Any) -> dict[str, Any]:
    """Return the plan of the network."""
    content = declare_clinic(SITES[0])
    analysis = {name: content[name] for name in PLANNED if name in content}
    return {"network": "eight", "title": "Eight clinics", "sites": list(sites), "analysis": analysis} | changes


def write_yaml(content: dict[str, Any], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> int:
    return main([str(one) for one in arguments])


def release_site(folder: Path, site: str) -> None:
    """Make the release of a site in its folder, the process standing there: all of `outcomes run` but figures and report."""
    shutil.copytree(ROOT / "data" / "example" / site, folder / "export")
    write_yaml(declare_clinic(site), folder / "study.yaml")
    for step in STEPS:
        assert run(step, "study.yaml") == 0, f"{site}: {step}"
    publish_site(site)


def publish_site(site: str) -> None:
    """Put the release in its place, with the provenance that the report step writes."""
    staged = Places(site).staged()
    origin = provenance(read_study("study.yaml"), staged)
    write_text(json.dumps(origin, indent=1, sort_keys=True) + "\n", staged.results / "provenance.json")
    assert run("manifest", "study.yaml") == 0


def make_key(folder: Path, site: str) -> Path:
    key = folder / f"{site}.key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", site, "-f", str(key)], check=True)
    return key


def allow(keys: dict[str, Path], path: Path) -> Path:
    """Write the allowed signers: a site's code and its public key a line."""
    lines = [f"{site} {' '.join(Path(f'{key}.pub').read_text().split()[:2])}" for site, key in keys.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read_estimates(site_folder: Path, site: str) -> pd.DataFrame:
    """Return the effects of a site before the disclosure gate."""
    return pd.read_parquet(site_folder / "data" / site / "derived" / "estimates" / "effects.parquet")
