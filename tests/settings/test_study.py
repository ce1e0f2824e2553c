"""A study file is checked key by key, and its errors say which key, what was found, and what is allowed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from outcomes.__main__ import main
from outcomes.errors import SettingsError
from outcomes.settings import Study, check_study, read_study
from outcomes.settings.schema import describe_schema

ROOT = Path(__file__).parent.parent.parent
STUDIES = sorted((ROOT / "config").glob("*.yaml"))


def minimal(**changes: Any) -> dict[str, Any]:
    content = {
        "study": "small",
        "data": "somewhere",
        "sources": [
            {
                "file": "scores.csv",
                "tables": {
                    "assessments": {
                        "columns": {"patient": "id", "date": "day"},
                        "instruments": {"phq9": {"total": "phq9"}},
                    }
                },
            }
        ],
        "instruments": ["phq9"],
        "arms": [{"id": "iv", "label": "IV ketamine", "protocol": "iv"}],
        "report": {"title": "Small"},
    }
    return {**content, **changes}


@pytest.mark.parametrize("path", [path for path in STUDIES if path.stem != "schema"], ids=lambda path: path.stem)
def test_shipped_study_files_are_valid(path):
    assert read_study(path).study == path.stem


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"privacy": {"minimum_cels": 5}}, "privacy.minimum_cels: unknown key; did you mean 'minimum_cell'? See "),
        ({"Instruments": ["phq9"]}, "Instruments: unknown key; did you mean 'instruments'? See "),
        ({"arms": [{"id": "iv", "label": "IV", "protocl": "iv"}]}, "arms.0.protocl: unknown key; did you mean 'protocol'? See "),
        ({"comparison": {"negative_control": {"colums": []}}}, "negative_control.colums: unknown key; did you mean 'columns'? See "),
        ({"comparison": {"estimand": {"events": {"stopping": {"chnge": "hypothetical"}}}}}, "stopping.chnge: unknown key; did you mean 'change'? See "),
        ({"replicates": 5}, "replicates: unknown key; a key of that name belongs under comparison or under durability or under cost. See "),
        ({"scoring": {"sources": []}}, "scoring.sources: unknown key; a key of that name belongs at the top level. See "),
        ({"zzz": 5}, "zzz: unknown key; see config/schema.yaml"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_answered_with_the_nearest_known_one(changes, said):
    with pytest.raises(SettingsError) as caught:
        check_study(minimal(**changes))
    assert said in str(caught.value)


@pytest.mark.parametrize(("axis", "timepoint"), [("day", "day 29"), ("day", "session 6"), ("session", "day 28")])
def test_a_primary_time_point_that_the_study_does_not_have_is_refused(axis, timepoint):
    content = yaml.safe_load((ROOT / "config" / "example.yaml").read_text(encoding="utf-8"))
    content["comparison"]["estimand"] |= {"axis": axis, "timepoint": timepoint}
    with pytest.raises(
        SettingsError,
        match=rf"comparison.estimand.timepoint: no time point '{timepoint}' on the axis '{axis}'; there are: ",
    ):
        check_study(content)


def test_every_default_is_what_the_schema_says():
    assert (ROOT / "config" / "schema.yaml").read_text() == describe_schema(), (
        "run `outcomes schema --out config/schema.yaml`"
    )


def test_schema_describes_every_key():
    def walk(node: dict[str, Any], place: str) -> None:
        for name, entry in node.items():
            if "type" in entry:
                assert entry["description"], f"{place}.{name} has no description"
            walk(
                {key: value for key, value in entry.get("keys", {}).items() if isinstance(value, dict)},
                f"{place}.{name}",
            )

    walk(yaml.safe_load(describe_schema()), "study")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"studdy": "x"}, ["studdy", "unknown key", "config/schema.yaml"]),
        ({"study": "Has Space"}, ["study", "found a text"]),
        ({"report": {}}, ["report.title", "required"]),
        ({"instruments": ["phq99"]}, ["unknown instrument phq99", "phq9"]),
        ({"arms": [{"id": "iv", "label": "IV", "protocol": "x"}]}, ["unknown protocol x", "esketamine"]),
        ({"arms": [{"id": "a", "label": "A"}, {"id": "a", "label": "B"}]}, ["two arms have the same id"]),
        ({"baseline": {"rule": "best"}}, ["baseline.rule", "'last', 'mean' or 'worst'", "found a text"]),
        ({"baseline": {"within_days": -1}}, ["baseline.within_days", "greater than or equal to 0", "-1"]),
        ({"privacy": {"release": "exact"}}, ["privacy", "because"]),
        (
            {"timepoints": {"days": [{"day": 7, "before": 3, "after": 3}, {"day": 12, "before": 3, "after": 3}]}},
            ["windows of day 7 and day 12 overlap"],
        ),
        (
            {"models": {"m": {"label": "M", "instrument": "phq9", "axis": "day", "formula": "change ~ arm"}}},
            ["models.m", "'covariance', 'random', or both"],
        ),
        (
            {"models": {"m": {"label": "M", "instrument": "gad7", "axis": "day", "formula": "y ~ 1", "random": "1"}}},
            ["gad7", "'instruments' does not list"],
        ),
        ({"sources": [{"file": "a.csv", "layout": "none"}]}, ["a.csv", "no layout 'none'"]),
        ({"sources": [{"file": "a.csv"}]}, ["a.csv", "either 'layout' or 'tables'"]),
        ({"own_instruments": {"x": {"name": "X", "measures": "x", "maximum": 9, "recall_days": 7, "source": "s",
                                    "licence": "l", "items": {"count": 2, "minimum": 0, "maximum": 3}}}},
         ["own_instruments.x", "the items sum to at most 6"]),
        (
            {"report": {"title": "Small", "headline": "session 9"}, "timepoints": {"sessions": [1, 6]}},
            ["report.headline", "session 9", "session 1, session 6"],
        ),
        (
            {"report": {"title": "S", "also": ["day 30"]}, "timepoints": {"days": [{"day": 28, "before": 7, "after": 7}]}},
            ["report.also", "day 30", "day 28"],
        ),
        (
            {
                "arms": [{"id": "esketamine", "label": "Esketamine", "protocol": "esketamine"}],
                "layouts": {"form": {"sessions": {"columns": {
                    "patient": "id", "treatment": {"column": "drug", "values": {"spravato": "esketamin"}},
                }}}},
            },
            ["sessions.treatment", "'esketamin'", "did you mean 'esketamine'"],
        ),
    ],
)  # fmt: skip
def test_errors_name_the_key_and_the_way_out(changes, words):
    with pytest.raises(SettingsError) as caught:
        check_study(minimal(**changes))
    for word in words:
        assert word in str(caught.value)


def test_all_errors_are_listed_at_once():
    with pytest.raises(SettingsError) as caught:
        check_study(minimal(study="Bad Name", baseline={"rule": "best"}, series={"gap_days": 0}))
    assert "3 problem(s)" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: [1", ["line 2", "not valid YAML"]), ("- 1\n- 2\n", ["mapping", "list"]), ("", ["mapping", "NoneType"])],
)
def test_files_that_are_no_study(tmp_path, text, words):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_study(path)
    for word in words:
        assert word in str(caught.value)


def test_missing_study_file_says_what_to_copy(tmp_path):
    with pytest.raises(SettingsError, match=r"no such study file; `outcomes draft` writes one"):
        read_study(tmp_path / "none.yaml")


def test_cut_offs_of_the_study_replace_the_published_ones():
    study = check_study(minimal(endpoints={"remission_maximum": {"phq9": 9}, "response_percent": {"phq9": 30}}))
    instrument = study.instrument("phq9")
    assert (instrument.remission_maximum, instrument.response_percent) == (9, 30)
    assert (check_study(minimal()).instrument("phq9").remission_maximum) == 4


def test_digest_follows_its_sections_only():
    one, other = check_study(minimal()), check_study(minimal(seed=7))
    assert one.digest("arms") == other.digest("arms")
    assert one.digest("seed") != other.digest("seed")
    assert one.digest() != other.digest()


def test_settings_cannot_be_changed():
    study = check_study(minimal())
    with pytest.raises(ValueError, match="frozen"):
        study.seed = 3  # type: ignore[misc]
    assert isinstance(study, Study)


def test_an_arm_is_named_within_a_sentence_as_declared_or_as_its_protocol_writes_it():
    def name(**arm: Any) -> str:
        return check_study(minimal(arms=[{"id": "a", **arm}])).in_text("a")

    assert name(label="Intranasal Esketamine", protocol="esketamine") == "intranasal esketamine"
    assert name(label="IV ketamine", protocol="iv") == "IV ketamine"
    assert name(label="Intranasales Esketamin", protocol="esketamine") == "Intranasales Esketamin"
    assert name(label="Psychotherapy", protocol="iv", in_text="psychotherapy") == "psychotherapy"
    assert check_study(minimal()).in_text("unknown") == "unknown"


def test_small_arms_are_not_folded_and_the_refusal_names_the_ways_out():
    with pytest.raises(
        SettingsError, match=r"population.small_arms.*other schedules.*leave them out \(omit\), or declare"
    ):
        check_study(minimal(population={"small_arms": "fold"}))
    with pytest.raises(SettingsError, match=r"population.small_arms"):
        check_study(minimal(population={"small_arms": "other"}))
    assert check_study(minimal()).population.small_arms == "omit"


RELIABLE = {"sd": 5, "reliability": 0.8, "source": "retest of MRN 00412345"}
CLAIM = {"id": "own", "page": "page", "words": "as of 123-45-6789", "quantity": "none", "unsaid": "no term"}
NAMED = {"patient": "code", "Mary Quartz": "rating"}
INDUCTION = {"sessions": 6, "minimum_sessions": 6, "maximum_sessions": 8, "minimum_days": 10, "maximum_days": 40}
PROTOCOL = {"drug": "ketamine", "route": "iv", "induction": INDUCTION, "source": "a guideline"}


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("report.title", {"report": {"title": "Outcomes of 123-45-6789"}}),
        ("report.subtitle", {"report": {"title": "Small", "subtitle": "MRN 00412345 and others"}}),
        ("report.setting", {"report": {"title": "Small", "setting": "One clinic; chart no. 4412345."}}),
        ("privacy.because", {"privacy": {"release": "exact", "because": "agreed with MRN0041234"}}),
        ("accept.doubtful_doses", {"accept": {"doubtful_doses": "patient 1004123 weighs 140 kg"}}),
        ("endpoints.reliable_change.phq9.source", {"endpoints": {"reliable_change": {"phq9": RELIABLE}}}),
        ("report.claims.0.words", {"report": {"title": "Small", "claims": [CLAIM]}}),
    ],
)
def test_a_number_of_a_record_in_a_printed_sentence_is_refused_and_not_repeated(place, changes):
    with pytest.raises(
        SettingsError, match=f"{place}: holds what look like (record or policy|social security) numbers"
    ) as refused:
        check_study(minimal(**changes))
    assert "4123" not in str(refused.value)
    assert "6789" not in str(refused.value)


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (
            "eligibility.0.name",
            {"eligibility": [{"name": "Quartz, Mary", "kind": "definition", "column": "age", "minimum": 18}]},
        ),
        ("own_protocols.mine.name", {"own_protocols": {"mine": {**PROTOCOL, "name": "Mary Quartz"}}}),
        ("patients.columns", {"sources": [{"file": "a.csv", "tables": {"patients": {"columns": NAMED}}}]}),
    ],
)
def test_a_name_of_what_is_counted_is_nobody_s(place, changes):
    with pytest.raises(SettingsError, match=f"{place}: holds what look like names") as refused:
        check_study(minimal(**changes))
    assert "Quartz" not in str(refused.value)


PASTED = "Quartz, Mary 0041234"


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("seed", {"seed": PASTED}),
        ("seed", {"seed": 41234_123400412340041234}),
        ("privacy.release", {"privacy": {"release": PASTED}}),
        ("dates.zone", {"dates": {"zone": PASTED}}),
        ("unknown key", {PASTED: 1}),
        ("unknown instrument", {"instruments": [PASTED]}),
        ("report.headline", {"report": {"title": "Small", "headline": PASTED}}),
        ("constants: holds what look like", {"sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}, "constants": {PASTED: "yes"}}]}),
        ("no such folder", {"data": PASTED}),
    ],
)  # fmt: skip
def test_what_was_pasted_into_a_study_file_is_not_repeated(key, changes, tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(minimal(data=str(tmp_path)) | changes))
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert key in said
    assert "Quartz" not in said
    assert "41234" not in said


def test_prose_may_name_places_years_and_registrations():
    setting = "Two NHS 2019 clinics of Dr Example, 12 High Street, 2019-01-01 to 2023-12-31, NCT01234567."
    assert check_study(minimal(report={"title": "Small", "setting": setting})).report.setting == setting
