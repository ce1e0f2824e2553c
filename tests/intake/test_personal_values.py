"""Text that gives a person away is refused by its content, whatever its column is called."""

import pytest
from exports import PLACED, TREATMENT, make_study, read_one

from outcomes.errors import InputError, SettingsError
from outcomes.personal import find_kind, find_personal

PERSONAL = {
    "social security numbers": ["123-45-6789", "id 987 65 4321", "123 - 45 – 6789"],
    "record or policy numbers": ["MRN 99112233", "SSN 123-45-6789", "chart no. 4711", "policy: AB12345", "DOB 1961"],
    "telephone numbers": [
        "(555) 010-0199",
        "555-010-0199",
        "+44 20 7946 0018",
        "call 030 1234 5678",
        "555•010•0199",
        "555~010~0199",
        "(555)010 01 99",
        "555%20010%200199",
    ],
    "e-mail addresses": [
        "k.quartz@example.org",
        "see K.QUARTZ@EXAMPLE.ORG",
        "quartz(at)example.org",
        "quartz [at] example [dot] org",
        "quartz at example dot org",
        "@quartz_m",
    ],
    "web addresses": ["https://example.org/p/1", "www.example.org", "example.org/quartz"],
    "network addresses": ["192.0.2.17", "00:1b:44:11:3a:b7", "2001:db8::8a2e:370:7334", "fe80:0:0:0:1:2:3:4"],
    "postal addresses": [
        "12 Elm St",
        "7 north elm street",
        "PO Box 12",
        "Lindenstraße 5",
        "12 rue du Lac",
        "Avenida Mica 4",
        "Glorieta Mica, 41496",
        "千代田区1丁目",
    ],
    "postcodes": ["SW1A 1AA", "K1A 0B1", "75001-1234", "TX 75001", "02139", "SW1A1AA", "2611 ET", "〒100"],
    "names with a title": [
        "Dr. Quartz",
        "seen by Prof Quartz",
        "Mrs Quartz",
        "Quartz, MD",
        "Frau Quartz",
        "山田先生",
        "д-р Кварц",
    ],
    "dates": [
        "1961-03-14",
        "on 3/14/61",
        "14 March 1961",
        "March 14th, 1961",
        "14 mars 1961",
        "14. März 1961",
        "3 août 1961",
        "1961年3月14日",
        "昭和36年3月14日",
        "14 de marzo de 1961",
        "14MAR1961",
        "14/Mar/61",
        "14.III.1961",
        "fourteenth of March",
        "14 marca 1961",
        "1961-W11-2",
        "March 1961",
        "14 марта 1961",
        "1961-03",
    ],
    "long numbers": [
        "K99112233",
        "4111111111111111",
        "943/476/5919",
        "756.9217.0769.85",
        "１２３４５６７８９",
        "AB-123456 C",
    ],
    "unique identifiers": [
        "123e4567-e89b-12d3-a456-426614174000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "a1b2c3d4e5f6a7b8",
    ],
    "coordinates": [
        "51.50131, -0.14187",
        "51.50131 -0.14187",
        "48°51′30 N",
        "N 51.5013 W 0.1418",
        "lat 51.5",
        "9C3XGV4C+XV",
    ],
    "national numbers": ["QQ 12 34 56 C", "RSSMRA85T10A562S", "ABCPE1234F", "1EG4-TE5-MK73", "L01X00T47"],
}
HARMLESS = [
    "commercial", "self-pay", "Medicare Part B", "site-3", "North Clinic", "major depressive disorder, recurrent", "F33.2",
    "MDD 296.33", "2 to 3 times a week", "Ketamine 0.5 mg/kg IV over 40 min", "age 50-59", "week 12", "baseline_arm_1", "80/20",
    "St Mary Hospital", "PHQ-9", "2x40 mg; 3 ct", "10 day way up", "Blue Cross PPO", "44250-9", "may be", "N/A", "<11", "3.5",
    "0.5/0.75 mg/kg", "1.5-12.5 mg", "IV40MG", "2x50MG100MG", "IV via pump 40 min", "dec 5 mg", "7 out of 10", "H12LB", "G2082", "CPT 96365", "batch2024",
    "PHQ9GAD7", "treated @home", "1:1", "08:30", "L2::L3", "50-100", "2000 MG", "静脈内", "정맥주사", "10 day", "May be later", "Sr. Clinic",
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
    "names",
    [
        ["Mary Quartz", "James Onyx", "Linda Mica"],
        ["QUARTZ, MARY", "ONYX, JAMES", "MICA, LINDA"],
        ["Zorami Quartz", "Bryxel Fern", "Q. van Onyx"],
        ["Quartz, M", "Onyx, J", "Mica, L"],
        ["mary quartz", "james onyx", "linda mica"],
        ["Mary", "James", "Linda"],
        ["山田太郎", "佐藤花子", "鈴木一郎"],
        ["王小明", "李娜", "张伟"],
        ["김민수", "이영희", "박지훈"],
        ["Иванова Мария", "Кварц Ирина", "Слюда Олег"],
        ["محمد كوارتز", "فاطمة ميكا", "علي عقيق"],
    ],
)
def test_names_of_people_without_a_title(names, tmp_path):
    rows = [f'{row},"{names[number % 3]}"' for number, row in enumerate(ROWS)]
    with pytest.raises(InputError, match=r"look like names of people in 20 of 20 rows"):
        read_one(tmp_path, {"patients": {"columns": {"patient": "id", "payer": "x"}}}, "id,day,arm,x", *rows)


def test_one_person_among_sites_is_found_and_towns_and_categories_are_none():
    assert list(find_personal(["Mary Quartz", "North Clinic", "South Clinic", "West Clinic"])) == ["names of people"]
    for values in (
        ["Virginia", "North Clinic", "Austin Center"],
        ["Green River", "Silver Spring", "Fort Mica", "San Mica"],
        ["Blue Cross", "United Healthcare", "Kaiser Permanente", "Self Pay"],
        ["Major Depression", "Bipolar Disorder", "Generalized Anxiety"],
        ["White British", "Black Caribbean", "Hispanic or Latino", "African American"],
        ["Arm A", "Arm B"],
        ["SELF PAY", "MEDICARE PART B"],
        ["高血圧", "抑鬱症"],
        ["정신과", "내과"],
        ["اكتئاب شديد", "اكتئاب خفيف"],
    ):
        assert find_personal(values) == {}, values


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
        ({"arms": [{"id": "iv", "label": "Mary Quartz", "protocol": "iv"}]}, "arms.0.label"),
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
