"""The same numbers on any processor: OpenBLAS's kernels for other processors, and another number of threads, change no printed digit."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
from whole_run import CLINIC, ROOT, STUDY

NEEDS = {  # newest first
    "SkylakeX": {"avx512f", "avx512dq", "avx512bw", "avx512vl"},
    "Haswell": {"avx2", "fma"},
    "Prescott": {"pni"},
}
NIGHTLY = "OUTCOMES_NIGHTLY" in os.environ  # all that run here; else the newest and the oldest of them
SCRIPT = """
import sys
from pathlib import Path
import pandas as pd
from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.cost.describe import describe_cost
from outcomes.analysis.courses.describe import describe_courses
from outcomes.analysis.describe import describe_cohort
from outcomes.analysis.durability.describe import describe_durability
from outcomes.analysis.exposure.describe import describe_exposure
from outcomes.analysis.harms.describe import describe_harms
from outcomes.analysis.models import fit_model, model_frame
from outcomes.analysis.onset.describe import describe_onset
from outcomes.contracts.released.text import format_table
from outcomes.settings import read_study

derived, study, out = Path(sys.argv[1]), read_study(Path(sys.argv[2])), Path(sys.argv[3])
tables = {path.stem: pd.read_parquet(path) for path in sorted(derived.glob("*.parquet"))}
imputation = study.comparison.imputation.model_copy(update={"draws": 10})
fewer = study.comparison.model_copy(update={"replicates": 5, "learning_splits": 1, "imputation": imputation})
found = compare_arms(tables, fewer, study)
found |= describe_durability(tables, study.durability.model_copy(update={"replicates": 5}), study)[1]
found |= describe_cohort(tables, study) | describe_harms(tables, study) | describe_exposure(tables, study)
found |= describe_cost(tables, study) | describe_courses(tables, study) | describe_onset(tables, study)
for name, model in study.models.items():
    frame = model_frame(tables["endpoints"], tables["cohort"], tables["patients"], model)
    fitted = fit_model(frame, model, name, [arm.id for arm in study.arms])
    found |= {f"{name} {table}": rows for table, rows in fitted.tables.items()}
out.write_text("".join(f"== {name}\\n{format_table(table)}" for name, table in found.items()), encoding="utf-8")
"""

SMALL = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from clinics import make_clinic, run_clinic
folder = Path(sys.argv[2])
found = run_clinic(make_clinic(n=120, missing=0.2), folder)
assert found.refused == "", found.words
"""


def list_flags():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.split(":")[1].split()) for line in lines if line.startswith("flags")), set())


def name_kernels(kind):
    """Ask NumPy's own OpenBLAS which processor's kernels it runs under a setting; None where it is another library."""
    found = sorted(Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"))
    if not found:
        return None
    code = f"import ctypes; f = ctypes.CDLL({str(found[0])!r}).scipy_openblas_get_corename64_; f.restype = ctypes.c_char_p; print(f().decode())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"OPENBLAS_CORETYPE": kind},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or None


def run_on(kind, threads, script, *arguments):
    """Run a script as on another processor, with a number of threads."""
    told = {name: str(threads) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
    environment = os.environ | told | {"OPENBLAS_CORETYPE": kind, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def compute(folder, derived, study, kind, threads):
    out = folder / f"{kind}-{threads}.txt"
    run_on(kind, threads, SCRIPT, derived, study, out)
    return out.read_text(encoding="utf-8").splitlines()


def list_kinds():
    """Return the kinds of processor whose kernels run here, the newest first; skip where there are not two."""
    flags = list_flags()
    kinds = [kind for kind, needs in NEEDS.items() if needs <= flags]
    kinds = kinds if NIGHTLY else [*kinds[:1], *kinds[1:][-1:]]
    if len({name_kernels(kind) for kind in kinds} - {None}) < 2:
        pytest.skip("this processor, or this NumPy, cannot run the kernels of two others")
    return kinds


def test_every_printed_digit_is_the_same_on_other_processors_and_threads(request, tmp_path):
    """Of one clinic; nightly of the whole example."""
    kinds = list_kinds()
    if NIGHTLY:
        given = request.getfixturevalue("finished")[0] / "data" / "example" / "derived", ROOT / STUDY
    else:
        folder = request.getfixturevalue("finished_clinic")
        given = folder / "data" / "clinic" / "derived", folder / CLINIC
    first, *others = [compute(tmp_path, *given, kind, 1) for kind in kinds]
    others.append(compute(tmp_path, *given, kinds[0], 2))
    assert len(first) > (6_000 if NIGHTLY else 4_000)
    for other in others:
        assert [pair for pair in zip_longest(first, other) if pair[0] != pair[1]] == []


def test_a_whole_run_releases_the_same_bytes_on_another_processor_with_two_threads(tmp_path):
    """From the export to the report: what the steps hand on to each other, and what the gate makes of it, included."""
    kinds = list_kinds()
    released = []
    for kind, threads in ((kinds[0], 1), (kinds[-1], 2)):
        folder = tmp_path / f"{kind}-{threads}"
        folder.mkdir()
        run_on(kind, threads, SMALL, ROOT / "tests" / "analysis" / "edges", folder)
        results = folder / "data" / "edge" / "derived" / "release" / "results" / "edge"
        paths = [path for path in results.rglob("*") if path.suffix in (".csv", ".html")]
        released.append({str(path.relative_to(results)): path.read_bytes() for path in paths})
    one, other = released
    assert len(one) > 50
    assert [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)] == []
