"""Write ``environment.yml`` from ``pyproject.toml`` and ``requirements.lock``: the same versions for users of conda.

python docs/generate/environment.py        # `make lock` does it
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = "3.12"
# By pip: conda-forge has no Snakemake (Bioconda has) and no binary Psycopg, and its typst-py comes some releases after the lock's.
BY_PIP = ("psycopg-binary", "snakemake", "typst")
CONDA_NAMES = {"duckdb": "python-duckdb"}  # where conda-forge's name is another
HEAD = """\
# For conda users:
#   conda env create --file environment.yml && conda activate outcomes
#   pip install --no-deps --no-build-isolation --editable .
#   outcomes run config/example.yaml --cores 2
# Written by `make lock`: what the project imports, and JupyterLab for the notebooks, at the versions of requirements.lock, from
# conda-forge; by pip only what conda-forge lacks. No development tools: the tests need requirements.lock.
# It could not be solved where it was written, which had no conda; the environment that was tested is requirements.lock.
"""


def write_environment() -> str:
    """Return the content of ``environment.yml``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = sorted(re.split(r"[\[<>=!~; ]", entry)[0].lower() for entry in project["dependencies"])
    versions = read_versions((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    if lacking := [name for name in names if name not in versions]:
        raise SystemExit(f"requirements.lock lacks {', '.join(lacking)}: run `make lock`")
    lines = sorted(f"  - {CONDA_NAMES.get(name, name)}={versions[name]}" for name in names if name not in BY_PIP)
    by_pip = [f"      - {name}=={versions[name]}" for name in BY_PIP]
    return HEAD + "\n".join(
        [
            *("name: outcomes", "channels:", "  - conda-forge", "  - nodefaults", "dependencies:"),
            *(f"  - python={PYTHON}", "  - pip", "  - flit-core", *lines, "  - pip:", *by_pip, ""),
        ]
    )


def read_versions(lock: str) -> dict[str, str]:
    """Return the locked version of every package; where it depends on Python's version, that of the environment's."""
    versions: dict[str, str] = {}
    for name, version, marker in re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^\s;]+)(?: ; (.*?))? \\$", lock, re.MULTILINE):
        older = re.search(r"python_full_version < '([\d.]+)'", marker)
        if not older or [int(part) for part in older[1].split(".")] > [int(part) for part in PYTHON.split(".")]:
            versions[name] = version
    return versions


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(write_environment(), encoding="utf-8")
