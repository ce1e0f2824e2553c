"""JSON, XML and Parquet of programs of their own: lists within objects, told apart by a type, and tables written as lists."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from test_foreign_exports import ARMS, PEOPLE, day, items, read_drafted, totals, truth, visits, write_log

from outcomes.errors import InputError
from outcomes.intake.readers import File
from outcomes.intake.readers.nested import READER
from outcomes.intake.readers.objects import flatten
from outcomes.settings import Source

KINDS = {"PHQ-9": 9, "GAD-7": 7}


def typed(n, k):
    return [{"type": kind, "date": day(n, k).isoformat(), "answers": items(n, k, of)} for kind, of in KINDS.items()]


def given(n, k):
    return {"date": day(n, k).isoformat(), "drug": ARMS[n % 2], "dose": 40}


def beside(n, who):
    """One list of sessions beside one of typed answers, also of a day without a session, and the arm said once."""
    later = {"type": "PHQ-9", "date": day(n, 9).isoformat(), "answers": items(n, 9)}
    scores = [*[one for k in range(4) for one in typed(n, k)], later]
    return {
        "patient": who,
        "arm": ARMS[n % 2],
        "treatments": [{"date": given(n, k)["date"]} for k in range(4)],
        "assessments": scores,
    }


def mixed(n, who):
    """All that happened in one list, in another order for each person."""
    events = [
        one
        for k in range(4)
        for one in [*[{"kind": "assessment", **one} for one in typed(n, k)], {"kind": "infusion", **given(n, k)}]
    ]
    return {"id": who, "events": [{"id": place, **one} for place, one in enumerate(events[n % 3 :] + events[: n % 3])]}


def write_xml(folder, people):
    visits = {
        who: "".join(
            f'<visit date="{day(n, k)}"><drug>{ARMS[n % 2]}</drug><score name="PHQ-9">{sum(items(n, k))}</score><score name="GAD-7">{sum(items(n, k, 7))}</score></visit>'
            for k in range(4)
        )
        for n, who in enumerate(people)
    }
    text = "".join(f'<patient id="{who}" age="40">{within}</patient>' for who, within in visits.items())
    (folder / "clinic.xml").write_text(f'<?xml version="1.0"?>\n<clinic exported="2024-12-01">{text}</clinic>')


def write_json(make, wrap):
    return lambda folder, people: (folder / "export.json").write_text(
        json.dumps(wrap([make(n, who) for n, who in enumerate(people)]))
    )


def write_tables(folder, people):
    """Write tables as CDISC's Dataset-JSON does: columns with names, and rows that are lists."""
    tables = {
        "qs": [
            {"USUBJID": who, "QSCAT": kind, "QSTESTCD": code, "QSSTRESN": sum(items(n, k, of)), "QSDTC": str(day(n, k))}
            for n, who, k in visits()
            for (kind, of), code in zip(KINDS.items(), ("PHQ0111", "GAD0108"), strict=True)
        ],
        "ex": [{"USUBJID": who, "EXTRT": ARMS[n % 2], "EXSTDTC": str(day(n, k))} for n, who, k in visits()],
    }
    for name, rows in tables.items():
        columns = [{"itemOID": f"IT.{one}", "name": one} for one in rows[0]]
        content = {"name": name, "columns": columns, "rows": [list(row.values()) for row in rows]}
        (folder / f"{name}.json").write_text(json.dumps(content))


def write_lists(folder, people):
    """Write the answers of a questionnaire as one cell of Parquet."""
    rows = [{"id": who, "date": str(day(n, k)), "phq9": items(n, k), "gad7": items(n, k, 7)} for n, who, k in visits()]
    pd.DataFrame(rows).to_parquet(folder / "answers.parquet")
    write_log(folder)


def by_kind(n, who):
    """A list of scores for each questionnaire, which its place alone names."""
    scores = {
        kind: [{"date": str(day(n, k)), "score": sum(items(n, k, of))} for k in range(4)] for kind, of in KINDS.items()
    }
    return {"id": who, "treatments": [given(n, k) for k in range(4)], "assessments": scores}


def form(n, who):
    """The answers of a form as its program gives them: what was asked and what was said are objects of their own."""
    words = ("Not at all", "Several days", "More than half the days", "Nearly every day")
    names = [f"{kind.lower().replace('-', '')}_{place}" for kind, of in KINDS.items() for place in range(1, of + 1)]
    return [
        {
            "submitted_at": f"{day(n, k)}T09:00:00",
            "hidden": {"patient_id": who},
            "answers": [
                {"field": {"id": f"x{name}", "ref": name, "type": "choice"}, "type": "choice", "choice": {"label": words[points]}}
                for name, points in zip(names, [*items(n, k), *items(n, k, 7)], strict=True)
            ],
        }
        for k in range(4)
    ]  # fmt: skip


def write_form(folder, people):
    responses = [one for n, who in enumerate(people) for one in form(n, who)]
    (folder / "responses.json").write_text(json.dumps({"total_items": len(responses), "items": responses}))
    write_log(folder)


def write_numbered_xml(folder, people):
    text = "".join(
        f"<patient><code>{who}</code><sessions>"
        + "".join(f"<session><date>{day(n, k)}</date><drug>{ARMS[n % 2]}</drug></session>" for k in range(4))
        + "</sessions><forms>"
        + "".join(
            f'<form type="{kind}" date="{day(n, k)}">'
            + "".join(f'<item no="{place}">{one}</item>' for place, one in enumerate(items(n, k, of), 1))
            + "</form>"
            for k in range(4)
            for kind, of in KINDS.items()
        )
        + "</forms></patient>"
        for n, who in enumerate(people)
    )
    (folder / "clinic.xml").write_text(f"<export><patients>{text}</patients></export>")


SHAPES = {
    "by kind": write_json(by_kind, list),
    "answers of a form": write_form,
    "numbered items in xml": write_numbered_xml,
    "typed lists": write_json(beside, list),
    "all in one list": write_json(mixed, lambda people: {"exported": "2024-12-01", "patients": people}),
    "by identifier": write_json(mixed, lambda people: {one.pop("id"): one for one in people}),
    "lists side by side": write_json(
        lambda n, who: (n, who),
        lambda people: {
            "data": {
                "sessions": [{"patient": who, **given(n, k)} for n, who in people for k in range(4)],
                "assessments": [{"patient": who, **one} for n, who in people for k in range(4) for one in typed(n, k)],
            }
        },
    ),
    "xml": write_xml,
    "tables as lists": write_tables,
    "parquet": write_lists,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_lists_within_objects_are_rows(tmp_path, shape):
    SHAPES[shape](tmp_path, PEOPLE)
    export, _ = read_drafted(tmp_path)
    later = {(who, 63): float(sum(items(n, 9))) for n, who in enumerate(PEOPLE)} if shape == "typed lists" else {}
    assert totals(export) == truth() | later
    assert totals(export, "gad7") == truth(7)
    sessions = export.tables["sessions"]
    assert sessions["study_day"].tolist() == [0, 7, 14, 21] * len(PEOPLE)
    assert set(sessions["treatment"].astype(str)) == {"iv", "esketamine"}


def test_lists_of_words_stay_one_cell():
    effects = {"effects": ["nausea", "dizzy", "sleepy", "numb", "float", "calm"], "answers": ["Not at all"] * 5}
    cells = flatten(effects)
    assert cells["effects"] == "nausea; dizzy; sleepy; numb; float; calm"
    assert cells["answers.5"] == "Not at all"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<a><b id='1'>", "line 1"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><a><b i='1'/><b i='2'/></a>", "DOCTYPE"),
        ("<a>" * 50 + "</a>" * 50, "too deep"),
    ],
)
def test_xml_that_is_none_is_said(tmp_path, content, said):
    path = tmp_path / "clinic.xml"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        READER.read(File(path, path.name), Source(file=path.name, format="xml"), None, frozenset())


def test_a_list_that_is_not_there_is_said(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": "a", "visits": []}]))
    with pytest.raises(InputError, match="no list 'visits' with an object in it"):
        READER.read(File(path, path.name), Source(file=path.name, format="json", part="visits"), None, frozenset())
