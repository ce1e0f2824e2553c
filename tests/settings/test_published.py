"""A study's own published figures: read beside the study file, checked by row and column, and set beside only what means the same."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from outcomes.analysis.published import SAME, read_published, tabulate_published
from outcomes.errors import SettingsError
from outcomes.protocols import read_protocols
from outcomes.settings import read_study
from outcomes.settings.clinical import Arm, Timepoints
from outcomes.settings.published import PublishedFigure

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src" / "outcomes" / "analysis" / "published.csv"
HEAD = "study,design,route,instrument,window,axis,from_day,to_day,population,definition,endpoint,estimate,unit,doi"
OURS = "Ours 2020,one clinic,iv,phq9,week 4,day,21,35,observed,drop of at least 50%,response,48.5,percent,10.1000/ours"


@pytest.fixture
def write(tmp_path):
    def _write(*lines, head=HEAD, **changes):
        content = yaml.safe_load((ROOT / "config" / "example.yaml").read_text(encoding="utf-8"))
        (tmp_path / "cohorts.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8-sig")
        study = {**content, "published": {"file": "cohorts.csv", **changes}}
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
        return tmp_path / "study.yaml"

    return _write


def test_the_shipped_file_is_itself_valid(write):
    path = write()
    shutil.copy(SHIPPED, path.parent / "cohorts.csv")
    study = read_study(path)
    shipped = read_published()
    assert len(study.published.rows) == len(shipped)
    pd.testing.assert_frame_equal(read_published(study.published), shipped)


def test_own_figures_stand_beside_the_shipped_or_alone(write):
    shipped = len(read_published())
    assert len(read_published(read_study(write(OURS)).published)) == shipped + 1
    alone = read_published(read_study(write(OURS, shipped=False)).published)
    assert alone[["study", "estimate", "from_day"]].to_numpy().tolist() == [["Ours 2020", 48.5, 21]]


def test_an_own_figure_takes_the_place_of_the_same_one(write):
    first = read_published().iloc[0]
    own = {
        **dict(zip(HEAD.split(","), OURS.split(","), strict=True)),
        **first[["study", "window"]],
        "series_rule": first["series_rule"],
    }
    again = ",".join({**own, "estimate": "11.5"}.values())
    found = read_published(read_study(write(again, head=f"{HEAD},series_rule")).published)
    same = found[(found["study"] == first["study"]) & (found["window"] == first["window"])]
    assert same.loc[same["endpoint"] == "response", "estimate"].tolist() == [11.5]


def test_a_changed_file_changes_the_digest_of_the_section(write):
    first = read_study(write(OURS)).digest("published")
    assert read_study(write(OURS.replace("48.5", "49"))).digest("published") != first
    assert read_study(write(OURS)).digest("published") == first


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (OURS.replace("48.5", "half"), "row 2, column estimate: "),
        (OURS.replace("48.5", "148"), "row 2, column estimate: a share lies between 0 and 100 percent"),
        (OURS.replace(",iv,", ",nasal,"), "row 2, column route: "),
        (OURS.replace(",response,", ",responce,"), "row 2, column endpoint: 'responce' is nearly 'response'"),
        (OURS.replace("21,35", "35,21"), "row 2, column to_day: an axis needs from_day and to_day, in order"),
        (OURS.removesuffix(",10.1000/ours") + ",", "row 2, column doi: required, and empty"),
        (OURS + ",more", "row 2: 15 cells, where the first row names 14 columns"),
        (f"{OURS}\n{OURS}", "row 3: the figure is that of row 2"),
        (OURS.replace(",phq9,", ",phq10,"), "row 2, column instrument: no instrument 'phq10'"),
    ],
)
def test_what_cannot_be_is_named_by_row_and_column(write, line, said):
    with pytest.raises(SettingsError) as caught:
        read_study(write(line))
    assert said in str(caught.value)


def test_a_wrong_head_a_missing_file_and_no_figure_at_all_are_refused(write, tmp_path):
    for head, said in (
        (HEAD + ",page", "column page is not known"),
        (HEAD.replace("doi", "study"), "column study stands twice"),
    ):
        with pytest.raises(SettingsError, match=said):
            read_study(write(OURS, head=head))
    with pytest.raises(SettingsError, match=r"column estimate.* is lacking"):
        read_study(write(head=HEAD.replace(",estimate", "")))
    with pytest.raises(SettingsError, match="no such file"):
        read_study(write(OURS, file="elsewhere.csv"))
    with pytest.raises(SettingsError, match="leaves no published figure"):
        read_study(write(shipped=False))


def test_an_own_figure_is_compared_only_where_treatment_and_definition_agree(write):
    lines = [
        OURS,
        OURS.replace(",iv,", ",esketamine,").replace("Ours", "Nasal"),
        OURS.replace(",day,21,35", ",day,70,90").replace("Ours", "Late"),
    ]
    declared = read_study(write(*lines, shipped=False)).published
    rates = {"population": "observed", "n": 100, "events": 50, "proportion": 0.5, "lower": 0.4, "upper": 0.6}
    response = pd.DataFrame(
        [
            {
                "arm": "iv",
                "instrument": "phq9",
                "axis": "day",
                "timepoint": "day 28",
                "time": 28.0,
                "endpoint": "response",
                **rates,
            }
        ]
    )
    none = pd.DataFrame(columns=["arm", "instrument", "n", "mean", "lower", "upper"])
    protocols = {"iv": read_protocols()["iv"]}
    table = tabulate_published(
        response, response, none, [Arm(id="iv", label="IV", protocol="iv")], protocols, Timepoints(), declared
    )
    assert table.set_index("study")["comparison"].to_dict() == {"Ours 2020": SAME, "Late 2020": "definition differs"}
    assert table.loc[table["study"] == "Ours 2020", "own_estimate"].tolist() == [50.0]


def test_the_columns_are_those_of_the_shipped_file():
    assert list(PublishedFigure.model_fields) == SHIPPED.read_text(encoding="utf-8").splitlines()[0].split(",")
