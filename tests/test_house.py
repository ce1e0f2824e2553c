"""The shape of the house: imports go down, rooms do not import one another, no drawer for everything."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from outcomes.workflow import STEPS, draw_steps

PACKAGE = Path(__file__).parent.parent / "src" / "outcomes"
ROOMS = ("intake", "measures", "mixed", "analysis", "release", "network", "simulate")
GROUND = {
    "agreement",
    "records",
    "normal",
    "poisson",
    "proportions",
    "quantiles",
    "random_effects",
    "funnel",
    "criteria",
    "personal",
    "personal_patterns",
    "names_of_people",
    "disguises",
    "errors",
    "beside",
    "frozen",
    "settings",
    "contracts",
    "instruments",
    "protocols",
    "files",
    "released",
    "sealed",
}
EDGE = {"workflow", "provenance", "dictionary", "steps", "commands", "runner", "claim", "terminal", "__main__"}
ALLOWED = {("analysis", "mixed"), ("network", "release"), ("network", "mixed")}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return {name for name in names if name.startswith("outcomes.")}


def imported_rooms(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path)} - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    here = room_of(path)
    for there in imported_rooms(path) - {here}:
        if here == "mixed":
            pytest.fail(f"the mixed-model engine imports outcomes.{there}; it must stand on its own")
        if here in ROOMS:
            assert there in GROUND - EDGE or (here, there) in ALLOWED, f"{here} imports {there}"
        elif here in GROUND:
            assert there in GROUND, f"ground floor {here} imports {there}"


@pytest.mark.parametrize("room", ["analysis", "analysis/comparison", "mixed", "release"])
def test_rooms_within_a_room_import_one_way(room):
    inner = {path.parent.name: path.parent for path in (PACKAGE / room).glob("*/__init__.py")}
    assert inner
    start = f"outcomes.{room.replace('/', '.')}."
    graph = {
        name: {
            there
            for path in folder.rglob("*.py")
            for module in imported(path)
            if module.startswith(start) and (there := module.removeprefix(start).split(".")[0]) in inner.keys() - {name}
        }
        for name, folder in inner.items()
    }
    TopologicalSorter(graph).prepare()  # a circle is an error that names it


def test_no_file_imports_itself_by_way_of_others():
    files = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__") for path in MODULES
    }

    def read(path: Path) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):  # lazy imports and those for types alone are imports too
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                inner = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
                found |= {name if name in files else str(node.module) for name in inner.values()}
        return found & files

    graph = {name: read(PACKAGE.parent / place_of(name)) - {name} for name in files}
    TopologicalSorter(graph).prepare()  # a circle is an error that names it


def place_of(module: str) -> Path:
    folder = Path(module.replace(".", "/"))
    return folder / "__init__.py" if (PACKAGE.parent / folder).is_dir() else folder.with_suffix(".py")


def test_no_drawer_for_everything():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [path for path in PACKAGE.rglob("*") if path.stem in drawers] == []


def test_rooms_are_all_there():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()} == {
        *ROOMS,
        "contracts",
        "settings",
        "steps",
        "commands",
    }


def test_the_readme_draws_every_step_and_what_it_waits_for():
    graph = (PACKAGE.parent.parent / "README.md").read_text().split("```mermaid\n")[1].split("```")[0]
    assert graph == draw_steps()


def test_the_rules_are_the_steps():
    text = (PACKAGE.parent.parent / "Snakefile").read_text()
    assert re.findall(r"^rule (\w+):", text, re.MULTILINE) == ["all", *STEPS]


def test_rules_name_their_code_log_and_settings():
    text = (PACKAGE.parent.parent / "Snakefile").read_text()
    for rule in text.split("\nrule ")[2:]:
        name = rule.split(":")[0]
        assert rule.split(":\n", 1)[1].lstrip().startswith('"""'), f"{name} has no docstring"
        for part in (
            f'code=note_code("{name}")',
            f'settings=settings(STUDY, "{name}")',
            "    log:",
            f" -m outcomes {name} ",
        ):
            assert part in rule, f"rule {name} lacks {part}"
        assert set(re.findall(r'STEPS\["(\w+)"\]', rule)) == {name}, f"rule {name} names the tables of another step"


def test_decisions_have_a_number_each_and_are_listed():
    folder = PACKAGE.parent.parent / "docs" / "decisions"
    records = sorted(folder.glob("[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ") for path in records]
    numbers = [int(path.name[:4]) for path in records]
    assert len(set(numbers)) == len(numbers)
    assert [int(title.split(". ")[0]) for title in titles] == numbers
    listed = re.findall(r"^- \[(.*)\]\((.*)\)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [(title, path.name) for title, path in zip(titles, records, strict=True)]
