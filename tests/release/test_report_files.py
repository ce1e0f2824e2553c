"""The files of the example's report say the same numbers: HTML, Word, and PDF, in Key Points, abstract, Table 2, and figures."""

from __future__ import annotations

import html
import math
import re
import shutil
import subprocess

import pandas as pd
import pytest
from docx import Document

from outcomes.files import Places
from outcomes.release.numbers import count, fixed, interval
from outcomes.released import read_released

PLACE = {"axis": "day", "timepoint": "day 28"}


def read_html(path):
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.S)
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def read_docx(path):
    word = Document(str(path))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return " ".join([*(paragraph.text for paragraph in word.paragraphs), *cells])


def read_pdf(path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is absent: the text of the PDF is not read")
    return subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout


READERS = {"html": read_html, "docx": read_docx, "pdf": read_pdf}


def flat(text):
    return re.sub(r"[\s\u00a0\u202f\u200b]+", " ", text)


def find(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1, where
    return table.iloc[0]


def list_numbers(released):
    """What the report must say of the primary difference, response, and scores, and how often at least."""
    effect = find(released["effects"], **PLACE, variance="cr2")
    risk = find(released["risks"], **PLACE, endpoint="response", population="everyone", method="weighted")
    pair = ("iv", "esketamine")
    low, high = sorted(abs(effect[name]) for name in ("lower", "upper"))
    signed = f"{fixed(effect['estimate'])} ({interval(effect['lower'], effect['upper'])})"
    ends = interval(risk["difference_lower"], risk["difference_upper"], 0, factor=100)
    return {
        f"{fixed(abs(effect['estimate']))} points (95% CI {interval(low, high)})": 3,  # Key Points, page 1, abstract
        signed: 1,  # Table 2
        f"{fixed(100 * risk['difference'], 0)} percentage points (95% CI {ends})": 3,
        f"{fixed(100 * risk['difference'], 0)} ({ends})": 1,  # Table 2
        f"{fixed(abs(effect['treated_mean']))} points with IV ketamine": 1,
        f"{int(effect['observed_treated'])} / {int(effect['observed_reference'])}": 1,
    } | list_further_numbers(released, pair)


def list_further_numbers(released, pair):
    """What it must say of those compared, missing scores, remission, the number needed to treat, adverse effects, and durability."""
    compared = [find(released["eligibility"], arm=arm, step="Compared")["n"] for arm in pair]
    missing = [find(released["missingness"], **PLACE, instrument="phq9", arm=arm)["missing_proportion"] for arm in pair]
    everyone = {**PLACE, "population": "everyone", "method": "weighted"}
    remission, response = (find(released["risks"], **everyone, endpoint=name) for name in ("remission", "response"))
    ends = interval(remission["difference_lower"], remission["difference_upper"], 0, factor=100)
    needed = [
        math.ceil(round(1 / response[name], 6)) for name in ("difference", "difference_upper", "difference_lower")
    ]
    harms = {
        event: [find(released["harms"], block="all sessions", event=event, arm=arm) for arm in pair]
        for event in ("any", "sedation")
    }
    shares = {
        event: " v ".join(f"{fixed(100 * row['proportion'], 0)} %" for row in rows) for event, rows in harms.items()
    }
    any_effect = " ".join(f"{int(row['affected'])} ({fixed(100 * row['proportion'], 0)})" for row in harms["any"])
    lasting = [find(released["durability_curve"], arm=arm, end="loss", week=12)["share"] for arm in pair]
    return {
        f"{int(sum(compared))} patients": 2,  # Key Points, abstract
        " v ".join(f"{fixed(100 * share, 0)} %" for share in missing): 3,  # page 1, abstract, limitations
        f"{fixed(100 * remission['difference'], 0)} ({ends})": 1,  # Table 2
        f"{needed[0]} ({needed[1]} to {count(needed[2])})": 1,  # Table 2
        f"any adverse effect {shares['any']}": 1,
        f"sedation {shares['sedation']}": 2,  # Key Points, abstract; page 1 begins a sentence with it
        any_effect: 1,  # Table 2
        f"{fixed(100 * lasting[0], 0)} % with IV ketamine": 1,
        f"{fixed(100 * lasting[1], 0)} % with intranasal esketamine": 1,
    }


@pytest.mark.parametrize("face", READERS)
def test_text_and_tables_of_each_file_say_the_released_numbers(finished, face):
    places = Places("example", finished[0])
    text = flat(READERS[face](places.results / f"report.{face}")).replace("%", " %").replace("  %", " %")
    for said, times in list_numbers(read_released(places)).items():
        said = said.replace("%", " %").replace("  %", " %")
        assert text.count(said) >= times, said


def test_the_six_answers_and_what_was_adjusted_for_stand_on_one_page(finished):
    first, second, *_ = map(flat, read_pdf(Places("example", finished[0]).results / "report.pdf").split("\f"))
    for words in (
        "Key points",
        "Does it work?",
        "How long does it last?",
        "Adverse effects and shares of responders, unlike weeks in response, are not adjusted.",
    ):
        assert words in first
    assert "Abstract" in second


@pytest.mark.parametrize("name", ["answer_better", "course", "analyses"])
def test_the_figures_draw_the_difference_that_the_text_says(finished, name):
    places = Places("example", finished[0])
    effect = find(read_released(places)["effects"], **PLACE, variance="cr2")
    drawn = pd.read_csv(places.figures / f"{name}.csv")
    column = "change" if name == "course" else "estimate"
    rows = drawn[drawn.get("kind", pd.Series("main", drawn.index)) == "main"]
    rows = rows[rows["arm"] == "difference"] if name == "course" else rows
    assert any(abs(row[column] - effect["estimate"]) < 1e-9 for row in rows.to_dict("records"))


def test_the_figures_of_patients_harms_and_durability_draw_what_the_tables_say(finished):
    places = Places("example", finished[0])
    released = read_released(places)
    drawn = {
        name: pd.read_csv(places.figures / f"{name}.csv")
        for name in ("participants", "adverse_effects", "answer_safe", "answer_long", "durability_loss", "answer_works")
    }
    for arm, side in (("iv", "treated"), ("esketamine", "reference")):
        compared = find(released["eligibility"], arm=arm, step="Compared")["n"]
        assert find(drawn["participants"], arm=arm, label="Compared")["n"] == compared
        for name in ("adverse_effects", "answer_safe"):
            row = drawn[name][(drawn[name]["event"] == "sedation") & (drawn[name]["arm"] == arm)].iloc[0]
            told = find(released["harms"], block="all sessions", event="sedation", arm=arm)
            assert (row["patients"], row["affected"], row["proportion"]) == tuple(
                told[["patients", "affected", "proportion"]]
            )
        lasting = find(released["durability_curve"], arm=arm, end="loss", week=12)["share"]
        assert find(drawn["answer_long"], arm=arm, week=12)["share"] == lasting
        assert lasting in set(drawn["durability_loss"].loc[drawn["durability_loss"]["arm"] == arm, "share"])
        mean = find(released["effects"], **PLACE, variance="cr2")[f"{side}_mean"]
        assert find(drawn["answer_works"], arm=arm, timepoint="day 28")["change"] == mean


def test_the_files_are_as_small_as_readers_need(finished):
    results = Places("example", finished[0]).results
    sizes = {
        name: (results / name).stat().st_size
        for name in ("report.html", "supplement.html", "report.docx", "supplement.docx")
    }
    assert {name: size for name, size in sizes.items() if size > 2_000_000} == {}
    assert (results / "report.html").read_text(encoding="utf-8").count("<") / 2 < 15000
