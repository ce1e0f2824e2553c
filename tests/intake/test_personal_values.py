"""Text that gives a person away is refused by its content, whatever its column is called."""

import pytest
from exports import PLACED, TREATMENT, make_study, read_one

from outcomes.errors import InputError, SettingsError
from outcomes.personal import find_kind, find_personal

PERSONAL = {
    "social security numbers": ["123-45-6789", "id 987 65 4321"],
    "record or policy numbers": ["MRN 99112233", "SSN 123-45-6789", "chart no. 4711", "policy: AB12345", "DOB 1961"],
    "telephone numbers": ["(555) 010-0199", "555-010-0199", "+44 20 7946 0018", "call 030 1234 5678"],
    "e-mail addresses": ["k.quartz@example.org", "see K.QUARTZ@EXAMPLE.ORG"],
    "web addresses": ["https://example.org/p/1", "www.example.org", "example.org/quartz"],
    "network addresses": ["192.0.2.17", "00:1b:44:11:3a:b7"],
    "postal addresses": ["12 Elm St", "7 north elm street", "PO Box 12", "Lindenstraße 5", "12 rue du Lac"],
    "postcodes": ["SW1A 1AA", "K1A 0B1", "75001-1234", "TX 75001", "02139"],
    "names with a title": ["Dr. Quartz", "seen by Prof Quartz", "Mrs Quartz", "Quartz, MD", "Frau Quartz"],
    "dates": ["1961-03-14", "on 3/14/61", "14 March 1961", "March 14th, 1961"],
    "long numbers": ["K99112233", "4111111111111111"],
}
HARMLESS = [
    "commercial", "self-pay", "Medicare Part B", "site-3", "North Clinic", "major depressive disorder, recurrent", "F33.2",
    "MDD 296.33", "2 to 3 times a week", "Ketamine 0.5 mg/kg IV over 40 min", "age 50-59", "week 12", "baseline_arm_1", "80/20",
    "St Mary Hospital", "PHQ-9", "2x40 mg; 3 ct", "10 day way up", "Blue Cross PPO", "44250-9", "may be", "N/A", "<11", "3.5",
]  # fmt: skip
CASES = [(kind, text) for kind, texts in PERSONAL.items() for text in texts]
ROWS = [f"p{number},2024-01-{1 + number:02d},iv" for number in range(20)]


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_each_kind_is_known(kind, text):
    assert find_kind(text) == kind


@pytest.mark.parametrize("text", HARMLESS)
def test_what_studies_hold_is_no_person(text):
    assert find_kind(text) is None


@pytest.mark.parametrize(("kind", "text"), CASES)
@pytest.mark.parametrize("place", ["payer", "site", "arm", "own of sessions", "event"])
def test_one_such_cell_is_refused_with_column_and_count(kind, text, place, tmp_path):
    tables = {
        "payer": {"patients": {"columns": {"patient": "id", "payer": "x"}}},
        "site": {"patients": {"columns": {"patient": "id", "site": "x"}}},
        "arm": {"patients": {"columns": {"patient": "id", "arm": "x"}}},
        "own of sessions": {"sessions": {"columns": {**PLACED, "treatment": TREATMENT, "extra": "x"}}},
        "event": {"events": {"columns": {**PLACED, "event": "x"}}},
    }[place]
    rows = [f"{row},{'plain' if number else chr(34) + text + chr(34)}" for number, row in enumerate(ROWS)]
    with pytest.raises(InputError, match=rf"look like {kind} in 1 of 20 rows|holds dates") as refused:
        read_one(tmp_path, tables, "id,day,arm,x", *rows)
    assert text not in str(refused.value)
    column = {"own of sessions": "extra"}.get(place, place)
    assert f"mapped to '{column}'" in str(refused.value)


@pytest.mark.parametrize(
    "names", [["Mary Quartz", "James Onyx", "Linda Mica"], ["QUARTZ, MARY", "ONYX, JAMES", "MICA, LINDA"]]
)
def test_names_of_people_without_a_title(names, tmp_path):
    rows = [f'{row},"{names[number % 3]}"' for number, row in enumerate(ROWS)]
    with pytest.raises(InputError, match=r"look like names of people in 20 of 20 rows"):
        read_one(tmp_path, {"patients": {"columns": {"patient": "id", "payer": "x"}}}, "id,day,arm,x", *rows)
    assert find_personal(["Virginia", "North Clinic", "Austin Center"]) == {}


@pytest.mark.parametrize("texts", ["Quartz{}", "felt a bit better after day {}", "a{}b"])
def test_a_text_of_ones_own_is_no_category(texts, tmp_path):
    rows = [f"{row},{texts.format('xyzabcdefghijklmnopq'[number])}" for number, row in enumerate(ROWS)]
    with pytest.raises(InputError, match=r"20 different texts, and 20 of them belong to one patient each"):
        read_one(tmp_path, {"patients": {"columns": {"patient": "id", "payer": "x"}}}, "id,day,arm,x", *rows)


def test_record_numbers_written_as_numbers(tmp_path):
    rows = [f"{row},{1234567 + 97 * number}" for number, row in enumerate(ROWS)]
    with pytest.raises(InputError, match=r"20 different whole numbers of seven digits and more"):
        read_one(tmp_path, {"patients": {"columns": {"patient": "id", "extra": "x"}}}, "id,day,arm,x", *rows)
    rows = [f"{row},{['02139', '94110', '60601'][number % 3]}" for number, row in enumerate(ROWS)]
    with pytest.raises(InputError, match=r"what look like postcodes in 7 rows"):
        read_one(tmp_path, {"patients": {"columns": {"patient": "id", "extra": "x"}}}, "id,day,arm,x", *rows)


def test_values_that_are_mapped_pass_under_the_name_they_are_given(tmp_path):
    rows = [f"{row},{'Dr. Quartz' if number % 2 else '12 Elm St'}" for number, row in enumerate(ROWS)]
    mapped = {"column": "x", "values": {"dr. quartz": "clinician", "12 elm st": "home"}}
    export = read_one(tmp_path, {"patients": {"columns": {"patient": "id", "place": mapped}}}, "id,day,arm,x", *rows)
    assert sorted(export.tables["patients"]["place"].cat.categories) == ["clinician", "home"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"arms": [{"id": "iv", "label": "Dr. Quartz's infusions", "protocol": "iv"}]}, "arms.0.label"),
        ({"visits": [{"label": "1961-03-14", "baseline": True}]}, "visits.0.label"),
    ],
)
def test_labels_of_the_study_file_are_nobodys(changes, place):
    source = {"file": "f.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}
    with pytest.raises(SettingsError, match=place) as refused:
        make_study([source], **changes)
    assert "Quartz" not in str(refused.value)
    for more in (
        {"constants": {"site": "MRN 99112233"}},
        {
            "tables": {
                "patients": {"columns": {"patient": "id", "payer": {"column": "x", "values": {"a": "12 Elm St"}}}}
            }
        },
    ):
        with pytest.raises(SettingsError, match=r"sources.0.constants.site|patients.payer.values") as refused:
            make_study([source | more])
        assert "Elm" not in str(refused.value)
        assert "991" not in str(refused.value)
