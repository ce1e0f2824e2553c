"""A figure is drawn again only where something changed that it shows, and then always."""

import dataclasses
import json
import shutil

import pytest
from released_cases import make_case

from outcomes.release.figures import draw, write_all
from outcomes.release.figures.kept import Kept
from outcomes.release.figures.plans.study import plan_figures

TABLES, STUDY = make_case("two arms")
BOXES = "covariate_balance"  # has a name in letters that the typeface lacks; it is drawn, and warned of, in each run


@pytest.fixture
def drawn(monkeypatch):
    """The names of the figures drawn since the list was last cleared."""
    names: list[str] = []
    real = draw.draw_plan
    monkeypatch.setattr(draw, "draw_plan", lambda plan, study: (names.append(plan.name), real(plan, study))[1])
    return names


def write(folder, place, tables=TABLES, study=STUDY, settings="these", code=lambda family: "this"):
    write_all(tables, study, folder / place, Kept(folder / "drawn", settings, code))
    return {path.name: path.read_bytes() for path in (folder / place).iterdir()}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder in which every figure was written and kept, and the files; tests begin with a copy."""
    folder = tmp_path_factory.mktemp("written")
    return folder, write(folder, "first")


@pytest.fixture
def first(written, tmp_path):
    shutil.copytree(written[0], tmp_path, dirs_exist_ok=True)
    return written[1]


def test_what_did_not_change_is_not_drawn_again_and_has_the_same_bytes(tmp_path, drawn):
    first = write(tmp_path, "first")
    assert drawn == [plan.name for plan in plan_figures(TABLES, STUDY)]
    drawn.clear()
    assert write(tmp_path, "second") == first
    assert drawn == [BOXES]


@pytest.mark.parametrize("column", ["mean", "withheld"])
@pytest.mark.usefixtures("first")
def test_a_changed_number_draws_the_figures_that_show_it(tmp_path, drawn, column):
    scores = TABLES["scores"].copy()
    row = scores.index[(scores["instrument"] == "phq9") & (scores["axis"] == "session") & (scores["arm"] != "all")][-1]
    scores.loc[row, column] = scores.loc[row, column] + 1e-9 if column == "mean" else True
    tables = {**TABLES, "scores": scores}
    second = write(tmp_path, "second", tables)
    changed = [
        new.name
        for old, new in zip(plan_figures(TABLES, STUDY), plan_figures(tables, STUDY), strict=True)
        if not old.data.equals(new.data)
    ]
    assert "trajectory_phq9_session" in drawn
    assert set(changed) <= set(drawn) < {plan.name for plan in plan_figures(TABLES, STUDY)}
    drawn.clear()
    write_all(tables, STUDY, tmp_path / "alone")
    assert {path.name: path.read_bytes() for path in (tmp_path / "alone").iterdir()} == second


@pytest.mark.usefixtures("first")
def test_another_name_setting_or_code_draws_again(tmp_path, drawn):
    arms = tuple(arm.model_copy(update={"label": f"{arm.label} (new)"}) for arm in STUDY.arms)
    write(tmp_path, "named", study=STUDY.model_copy(update={"arms": arms}))
    assert {"trajectory_phq9_session", "distribution_phq9"} <= set(drawn)
    everything = [plan.name for plan in plan_figures(TABLES, STUDY)]
    for change in ({"settings": "those"}, {"settings": "those", "code": lambda family: "other"}):
        drawn.clear()
        write(tmp_path, "changed", **change)
        assert drawn == everything
    drawn.clear()
    write(tmp_path, "one", settings="those", code=lambda family: "own" if family == "flow" else "other")
    assert drawn == [plan.name for plan in plan_figures(TABLES, STUDY) if plan.family == "flow" or plan.name == BOXES]


def test_a_damaged_or_foreign_entry_is_noticed(first, tmp_path, drawn, caplog):
    entry = tmp_path / "drawn" / "distribution_phq9.json"
    whole = entry.read_bytes()
    for place in (3, 70, 90, len(whole) // 2, len(whole) - 3):
        entry.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        drawn.clear()
        assert write(tmp_path, "second") == first
        assert set(drawn) == {"distribution_phq9", BOXES}
    entry.write_bytes(whole[:1000])
    caplog.clear()
    assert write(tmp_path, "second") == first
    assert "this kept figure is not as it was written; it is drawn again" in caplog.text
    other = (tmp_path / "drawn" / "missingness_phq9.json").read_bytes()
    entry.write_bytes(other)
    drawn.clear()
    assert write(tmp_path, "second") == first
    assert set(drawn) == {"distribution_phq9", BOXES}


def test_the_last_bit_of_every_part_of_a_plan_counts(tmp_path):
    kept = Kept(tmp_path, "", lambda family: "")
    plan = next(plan for plan in plan_figures(TABLES, STUDY) if plan.name == "trajectory_phq9_session")
    same = dataclasses.replace(plan, data=plan.data.copy())
    assert kept.identify(same) == kept.identify(plan)
    names = [field.name for field in dataclasses.fields(plan) if field.name != "data"]
    changes = [{name: f"{getattr(plan, name)}."} for name in names]
    changes += [{"data": plan.data.assign(mean=plan.data["mean"] * (1 + 2**-52))}, {"data": plan.data.iloc[::-1]}]
    changes += [{"data": plan.data.astype({"mean": "float32"})}, {"data": plan.data.rename(columns={"n": "m"})}]
    found = {kept.identify(dataclasses.replace(plan, **change)) for change in changes} | {kept.identify(plan)}
    assert len(found) == len(changes) + 1


@pytest.mark.usefixtures("first")
def test_a_figure_that_a_study_no_longer_has_is_not_kept(tmp_path):
    tables = {name: table for name, table in TABLES.items() if name != "missingness"}
    write(tmp_path, "second", tables)
    names = {plan.name for plan in plan_figures(tables, STUDY)}
    assert {path.stem for path in (tmp_path / "drawn").iterdir()} <= names
    assert json.loads((tmp_path / "drawn" / "flow.json").read_text().split("\n", 1)[1])["base64"].keys() == {
        "svg",
        "pdf",
        "png",
        "csv",
    }
