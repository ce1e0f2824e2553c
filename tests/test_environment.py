"""One source of versions: the lock follows pyproject.toml, and conda's file follows the lock."""

import re
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs" / "generate"))

from environment import write_environment  # noqa: E402

LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def locked() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", LOCK, re.MULTILINE):
        versions.setdefault(name, []).append(version)
    return versions


def test_every_declared_dependency_is_locked_within_its_bound():
    versions = locked()
    for requirement in PROJECT["dependencies"] + [
        entry for group in PROJECT["optional-dependencies"].values() for entry in group
    ]:
        assert name_of(requirement) in versions, f"{requirement}: run `make lock`"
        for version in versions[name_of(requirement)]:
            bound = re.search(r">=([\d.]+)", requirement)
            if bound:
                assert numbers(version) >= numbers(bound[1]), f"{requirement} is locked at {version}"


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def test_every_locked_version_has_hashes_and_no_address():
    blocks = re.split(r"^(?=[a-z0-9][a-z0-9.-]*==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) > 50
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in LOCK


def test_conda_installs_what_the_project_imports_at_the_locked_versions():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == write_environment(), "run `make lock`, or `python docs/generate/environment.py` after it"
    entries = yaml.safe_load(text)["dependencies"]
    named = {entry.split("=")[0]: entry for entry in entries if isinstance(entry, str)}
    by_pip = {name_of(entry) for entry in next(entry["pip"] for entry in entries if isinstance(entry, dict))}
    asked = {"pandas", "scipy", "statsmodels", "matplotlib", "jupyterlab"}
    assert asked <= set(named)
    assert by_pip == {"psycopg-binary", "snakemake", "typst"}
    developing = {name_of(entry) for entry in PROJECT["optional-dependencies"]["dev"]}
    assert not developing - {"flit-core"} & (set(named) | by_pip)
    assert numbers(named["python"].split("=")[1]) >= numbers(PROJECT["requires-python"].removeprefix(">="))


def test_the_running_environment_is_the_locked_one():
    from importlib.metadata import version

    versions = locked()
    for requirement in PROJECT["dependencies"]:
        assert version(name_of(requirement)) in versions[name_of(requirement)], requirement


def test_versions_agree():
    import outcomes

    assert outcomes.__version__ == PROJECT["version"]
    assert f"version: {PROJECT['version']}\n" in (ROOT / "CITATION.cff").read_text()
