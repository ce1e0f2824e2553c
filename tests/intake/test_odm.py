"""CDISC ODM 1.3: every form that was filled in is read, with its day, and nothing that its file asks for is opened."""

from __future__ import annotations

import re

import pytest
import yaml
from exports import make_study

from outcomes.errors import InputError
from outcomes.intake import read_export
from outcomes.intake.draft import draft_study
from outcomes.settings.study import check_study

HEAD = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="{}" ODMVersion="1.3" xmlns:OpenClinica="http://www.openclinica.org/ns/odm_ext_v130/v3.1">'
WORDS = ["Not at all", "Several days", "More than half the days", "Nearly every day"]


def define(oid, name, codes="", asks=""):
    question = f'<Question><TranslatedText xml:lang="en">{asks}</TranslatedText></Question>' if asks else ""
    return f'<ItemDef OID="{oid}" Name="{name}">{question}{f"<CodeListRef CodeListOID={chr(34)}{codes}{chr(34)}/>" if codes else ""}</ItemDef>'


def list_codes(oid, labels):
    texts = "".join(
        f'<CodeListItem CodedValue="{code}"><Decode><TranslatedText>{label}</TranslatedText></Decode></CodeListItem>'
        for code, label in labels.items()
    )
    return f'<CodeList OID="{oid}" Name="{oid}">{texts}</CodeList>'


METADATA = "".join(
    [
        '<Study OID="S"><MetaDataVersion OID="1" Name="1">',
        *(f'<FormDef OID="F_{one}" Name="{name}"/>' for one, name in (("TX", "Treatment"), ("PHQ", "PHQ-9"), ("DM", "Demographics"), ("AE", "Adverse events"))),
        define("TX1", "TREATMENT_DATE"), define("TX2", "DRUG", "C_DRUG"), define("TX3", "DOSE_MG"), define("DM1", "SEX", "C_SEX"),
        define("DM2", "BIRTH_DATE"), define("AE1", "AE_TERM"), define("AE2", "AE_DATE"),
        *(define(f"P{n}", f"PHQ9_{n:02d}", "C_PHQ") for n in range(1, 10)), define("P10", "PHQ9_TOTAL"),
        list_codes("C_DRUG", {1: "IV ketamine", 2: "Spravato"}), list_codes("C_SEX", {1: "Female", 2: "Male"}), list_codes("C_PHQ", dict(enumerate(WORDS))),
        "</MetaDataVersion></Study>",
    ]
)  # fmt: skip


def group(oid, **items):
    return f'<ItemGroupData ItemGroupOID="{oid}">' + "".join(f'<ItemData ItemOID="{item}" Value="{value}"/>' for item, value in items.items()) + "</ItemGroupData>"  # fmt: skip


def form(oid, *groups):
    return f'<FormData FormOID="{oid}">{"".join(groups)}</FormData>'


def event(number, *forms):
    return f'<StudyEventData StudyEventOID="V" StudyEventRepeatKey="{number}">{"".join(forms)}</StudyEventData>'


def day(n, k):
    return f"2024-0{1 + n % 3}-{8 + 4 * k:02d}"


def write_odm(path, metadata=METADATA, kind="Snapshot", before="", people=12, events=""):
    """Write an export of some people with three visits each, on which the questionnaire has no day of its own."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        before,
        HEAD.format(kind),
        metadata,
        '<ClinicalData StudyOID="S">',
    ]
    for n in range(people):
        parts.append(f'<SubjectData SubjectKey="SS_{n}" OpenClinica:StudySubjectID="K-{n:02d}">')
        parts.append(event("", form("F_DM", group("G", DM1=1 + n % 2, DM2="1980-03-14"))))
        for k in range(3):
            items = {f"P{i + 1}": (n + k + i) % 4 for i in range(9)}
            treated = form("F_TX", group("G", TX1=day(n, k), TX2=1 + n % 2, TX3=40 if n % 2 == 0 else 56))
            parts.append(event(k + 1, treated, form("F_PHQ", group("G", **items, P10=sum(items.values())))))
        parts += [events, "</SubjectData>"]
    path.write_text("\n".join([*parts, "</ClinicalData></ODM>"]), encoding="utf-8")


def test_a_draft_reads_every_form_with_the_day_of_its_event(tmp_path):
    write_odm(tmp_path / "export.xml")
    draft = draft_study(tmp_path, "mine")
    assert draft.missing == ()
    assert "the form names no day: that of its event is taken (event date)" in draft.text
    tables = read_export(check_study(yaml.safe_load(draft.text)), tmp_path).tables
    assert tables["key"]["identifier"].tolist() == [f"K-{n:02d}" for n in range(12)]
    scores = tables["assessments"]
    assert scores["study_day"].tolist() == [0, 4, 8] * 12
    assert scores["recorded_total"].tolist() == [sum((n + k + i) % 4 for i in range(9)) for n in range(12) for k in range(3)]  # fmt: skip
    assert scores["item_9"].tolist() == [(n + k + 8) % 4 for n in range(12) for k in range(3)]
    sessions = tables["sessions"]
    assert sessions["treatment"].astype(str).tolist() == [("iv", "esketamine")[n % 2] for n in range(12) for _ in range(3)]  # fmt: skip
    assert set(sessions["dose_mg"]) == {40, 56}
    assert tables["patients"]["sex"].astype(str).tolist() == ["female", "male"] * 6


def read_part(folder, part, columns, **written):
    write_odm(folder / "export.xml", **written)
    source = {"file": "export.xml", "format": "odm", "part": part, "tables": columns}
    return read_export(make_study([source]), folder)


PHQ = {"assessments": {"columns": {"patient": "subject key", "date": "event date"}, "instruments": {"phq9": {"total": "PHQ9_TOTAL"}}}}  # fmt: skip


def test_each_repeat_of_a_group_is_a_row_with_what_is_said_once_beside_it(tmp_path):
    twice = event(9, form("F_AE", group("G1", AE2="2024-03-20"), group("G2", AE1="nausea"), group("G2", AE1="headache")))  # fmt: skip
    columns = {"patient": "subject key", "date": "AE_DATE", "event": "AE_TERM"}
    export = read_part(tmp_path, "Adverse events", {"adverse_events": {"columns": columns}}, events=twice)
    assert export.tables["adverse_events"]["event"].astype(str).tolist() == ["headache", "nausea"] * 12
    assert export.balance["raw"].tolist() == [12 * 8]  # forms that were filled in


def test_an_event_of_two_days_gives_its_forms_none(tmp_path):
    two = event(9, form("F_TX", group("G", TX1="2024-03-20")), form("F_TX", group("G", TX1="2024-03-21")), form("F_PHQ", group("G", P10=3)))  # fmt: skip
    export = read_part(tmp_path, "PHQ-9", PHQ, events=two)
    assert export.ledger["reason"].astype(str).tolist().count("no_time") == 12
    assert 3 not in set(export.tables["assessments"]["recorded_total"])


def test_without_metadata_the_columns_are_identifiers(tmp_path):
    columns = {"patient": "subject key", "date": "TX1", "treatment": {"column": "TX2", "values": {"1": "iv"}}}
    export = read_part(tmp_path, "F_TX", {"sessions": {"columns": columns}}, metadata="")
    assert len(export.tables["sessions"]) == 18


BOMB = '<!DOCTYPE ODM [<!ENTITY a "{}"><!ENTITY b "&a;&a;&a;">]>'.format("x" * 100)


@pytest.mark.parametrize(
    ("written", "part", "said"),
    [
        ({"before": BOMB}, "PHQ-9", "declares a document type"),
        ({"before": '<!DOCTYPE ODM SYSTEM "file:///etc/passwd">'}, "PHQ-9", "declares a document type"),
        ({"kind": "Transactional"}, "PHQ-9", "holds changes to data, not the data"),
        ({"events": "</StudyEventData>"}, "PHQ-9", "no XML, or cut off, at line"),
        ({"events": "<Annotation>" * 70}, "PHQ-9", "nested too deep"),
        ({}, "PHQ-8", r"no form 'PHQ-8'; the file has 'Demographics', 'Treatment', 'PHQ-9'"),
        (
            {"events": event(9, form("F_PHQ", *[group("G1", P10=1)] * 2, *[group("G2", P9=1)] * 2))},
            "PHQ-9",
            "several groups of items repeat within one form",
        ),
    ],
)
def test_what_is_no_export_is_refused_with_its_cause(tmp_path, written, part, said):
    with pytest.raises(InputError, match=said):
        read_part(tmp_path, part, PHQ, **written)


def test_odm_2_has_groups_without_forms_and_values_within_the_answers(tmp_path):
    write_odm(tmp_path / "export.xml")
    read = lambda: read_export(check_study(yaml.safe_load(draft_study(tmp_path, "mine").text)), tmp_path).tables  # noqa: E731
    before = read()
    text = (tmp_path / "export.xml").read_text().replace("ns/odm/v1.3", "ns/odm/v2.0")
    text = re.sub(
        r'<FormData FormOID="([^"]*)"><ItemGroupData ItemGroupOID="[^"]*">', r'<ItemGroupData ItemGroupOID="\1">', text
    )
    text = re.sub(
        r'<ItemData ItemOID="([^"]*)" Value="([^"]*)"/>', r'<ItemData ItemOID="\1"><Value>\2</Value></ItemData>', text
    )
    (tmp_path / "export.xml").write_text(text.replace("</FormData>", "").replace("<FormDef ", "<ItemGroupDef "))
    after = read()
    for table in ("sessions", "assessments"):
        assert after[table].equals(before[table])
        assert len(after[table])
