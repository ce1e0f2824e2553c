"""The code that a step rests on: what Snakemake tracks is what the step's process opens."""

import ast
import fnmatch
import hashlib
import re
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_run import RECORDED, STUDY, environment

from outcomes.provenance import PACKAGE, read_imports, sources
from outcomes.workflow import STEPS, list_before

# What a step's code may import and does not on the example, with the reason.
UNUSED = {
    "disguises.yaml": "abbreviations with stops that are nobody's initials, which are read where a word has such stops; none here has",
    "intake/readers/*": "a reader is loaded when the export has a file of its format",
    "personal.yaml": "the usual terms of adverse events, which only the step `harms` asks for",
    "release/figures/canvas/__init__.py": "the way to the next",
    "release/figures/canvas/lettering.py": "the report asks the plan of the figures for arms that DejaVu cannot write; none here",
}


def excused(names: set[str]) -> bool:
    return all(any(fnmatch.fnmatch(name, pattern) for pattern in UNUSED) for name in names)


def imports_of(node: ast.AST, deferred: bool = False) -> Iterator[tuple[ast.ImportFrom, bool]]:
    """Yield the imports below a node as the parser sees them, and whether a function's call is needed for each."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and str(child.module).split(".")[0] == "outcomes":
            yield child, deferred
        elif not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield from imports_of(child, deferred or isinstance(child, ast.FunctionDef))


def is_module(name: str) -> bool:
    place = PACKAGE.parent.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_are_read_as_the_parser_reads_them(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] == "outcomes"
    ], "write `from outcomes… import …`"
    expected = set()
    for node, deferred in imports_of(tree):
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            expected.add((inner if is_module(inner) else node.module, deferred))
    assert set(read_imports(path)) == expected


def tracked(step: str) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in sources("outcomes.__main__", f"outcomes.steps.{step}")}


def opened(folder: Path, step: str) -> set[str]:
    """Return the modules that a step's processes imported and the data files that they opened, as paths in the package."""
    found = set()
    for line in (folder / RECORDED / step).read_text(encoding="utf-8").split():
        inside = line.removeprefix("outcomes").removeprefix(".").replace(".", "/")
        places = (line, f"{inside}.py", f"{inside}/__init__.py".removeprefix("/"))
        found |= {place for place in places if (PACKAGE / place).is_file()}
    if step == "report":  # it hashes the code of every step for its provenance
        hashed = {name for other in STEPS for name in tracked(other) - tracked(step) if not name.endswith(".py")}
        found -= hashed
    return found


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_opens_is_tracked_and_what_is_tracked_is_opened(finished, step):
    found = opened(finished[0], step)
    assert f"steps/{step}.py" in found
    assert found - tracked(step) == set()
    assert excused(tracked(step) - found)


def test_nothing_is_excused_that_every_step_opens(finished):
    unused = {name for step in STEPS for name in tracked(step) - opened(finished[0], step)}
    assert excused(unused)
    assert [pattern for pattern in UNUSED if "*" not in pattern and pattern not in unused] == []


@pytest.fixture(scope="module")
def copy(finished, tmp_path_factory):
    """A copy of the finished run, whose package may be changed."""
    folder = tmp_path_factory.mktemp("changed") / "copy"
    shutil.copytree(finished[0], folder, symlinks=True)
    return folder


def change_a_number(path: Path) -> None:
    """Add one to the first number of a module; a module without any gets one."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    with path.open("rb") as file:
        numbers = [token for token in tokenize.tokenize(file.readline) if token.type == tokenize.NUMBER]
    whole = next((token for token in numbers if token.string.isdigit()), None)
    if whole is None:
        lines.append("_NUMBER = 1\n")
    else:
        (row, start), (_, end) = whole.start, whole.end
        line = lines[row - 1]
        lines[row - 1] = f"{line[:start]}{int(whole.string) + 1}{line[end:]}"
    path.write_text("".join(lines), encoding="utf-8")


def plan(folder: Path, *options: str) -> dict[str, tuple[str, str]]:
    """Return the jobs that Snakemake would run: by rule, what it reads, and why it runs."""
    given = ["--cores", "1", "--nolock", "--dry-run", "--configfile", STUDY, *options]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *given],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pattern = r"^rule (\w+):\n    input: (.*)\n(?:    .*\n)*?    reason: (.*)$"
    jobs = re.findall(pattern, done.stdout + done.stderr, re.MULTILINE)
    return {rule: (given, reason) for rule, given, reason in jobs}


def test_nothing_is_planned_of_a_finished_run(copy):
    assert plan(copy) == {}


def test_a_rule_reads_a_note_of_the_modules_that_its_step_loads(copy):
    planned = plan(copy, "--forceall")
    assert set(planned) == {"all", *STEPS}
    for step in STEPS:
        note = f".snakemake/{step}.code"
        assert note in planned[step][0].split(", ")
        noted = dict(line.split("  ")[::-1] for line in (copy / note).read_text(encoding="utf-8").splitlines())
        loaded = opened(copy, step)
        assert loaded <= set(noted), step
        assert excused(set(noted) - loaded), step
        for name, digest in noted.items():
            assert hashlib.sha256((copy / "src" / "outcomes" / name).read_bytes()).hexdigest() == digest, name


def test_without_its_notes_snakemake_makes_all_again(copy):
    kept = copy / ".snakemake.kept"
    (copy / ".snakemake").rename(kept)
    try:
        assert set(plan(copy)) == {"all", *STEPS}
    finally:
        shutil.rmtree(copy / ".snakemake")
        kept.rename(copy / ".snakemake")


@pytest.mark.parametrize(
    "module",
    ["measures/variants.py", "analysis/scores.py", "mixed/inference/estimates.py", "release/report/__init__.py"],
)
def test_a_changed_number_plans_the_steps_that_load_the_module_and_those_after_them(copy, module):
    """With the inputs of the rules above, which hold for every module."""
    path = copy / "src" / "outcomes" / module
    kept = path.read_bytes()
    change_a_number(path)
    try:
        planned = plan(copy)
    finally:
        path.write_bytes(kept)
        shutil.copystat(PACKAGE / module, path)
    loading = {step for step in STEPS if module in opened(copy, step)}
    after = {step for step in STEPS if list_before()[step] & loading}
    assert loading
    assert set(planned) == {"all"} | loading | after
    for step in loading - after:
        assert planned[step][1] == f"Updated input files: .snakemake/{step}.code"


def test_a_changed_description_does_not_fit_a_model_again():
    assert not [step for step in ("fit", "compare", "durability") if "analysis/scores.py" in tracked(step)]
    assert "analysis/scores.py" in tracked("rates")
