"""The example's clean tables once more, row by row from the raw files, sharing no code with the package."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).parents[2]
STUDY = yaml.safe_load((ROOT / "config/example.yaml").read_text(encoding="utf-8"))
FORMATS = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
MISSING = {"", "NA", "n/a", "nan", "NaT"}
QUESTIONS = {"phq9": 9, "gad7": 7}
VITALS = {"sbp": "systolic", "dbp": "diastolic"}
RANGES = {"systolic": (40, 300), "diastolic": (20, 200), "heart_rate": (20, 250), "spo2": (50, 100)}


def read_rows(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of every layout, with the layout's column names; missing cells and blank rows are left out."""
    rows: dict[str, list[dict[str, str]]] = {}
    for source in STUDY["sources"]:
        path = folder / source["file"]
        if path.suffix == ".xlsx":
            table = pd.read_excel(path, sheet_name=source["sheet"], dtype=object, keep_default_na=False)
        else:
            separator = "\t" if path.suffix == ".tsv" else ";" if "site-3" in source["file"] else ","
            encoding = source.get("encoding", "utf-8-sig")
            table = pd.read_csv(path, sep=separator, encoding=encoding, dtype=str, keep_default_na=False)
        table = table.rename(columns=source.get("rename", {})).drop(columns=source.get("ignore", []), errors="ignore")
        for record in table.to_dict("records"):
            row = {name: str(cell).strip() for name, cell in record.items() if str(cell).strip() not in MISSING}
            if row:
                rows.setdefault(source["layout"], []).append(row | {"file": source["file"]})
    return rows


def when(text: str) -> float:
    """Return days since 1970 with the time of day."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text) - 25569
    for form in FORMATS:
        try:
            return (datetime.strptime(text, form) - datetime(1970, 1, 1)).total_seconds() / 86400
        except ValueError:
            continue
    raise AssertionError("a date of no known format")


def number(text: str | None, low: float = 0.0, high: float = 1e9) -> float | None:
    return float(text) if text is not None and low <= float(text) <= high else None


def weight(text: str | None) -> float | None:
    if text is None:
        return None
    if found := re.fullmatch(r"(\d+)-(\d+)", text):
        return (float(found[1]) + float(found[2])) / 2
    kilograms = float(text.split()[0]) * (0.45359237 if text.endswith("lb") else 1.0)
    return kilograms if 30 <= kilograms <= 300 else None


def dose(text: str | None) -> float | None:
    return None if text is None else float(text.split("-->")[-1].split("mg")[0])


def best(group: list[tuple]) -> tuple:
    """Return the preferred record: (rank, …) tuples whose missing values are -1; two equal ranks must hold one content."""
    return max(group, key=lambda record: record[0])


def rank(time: float, *contents) -> tuple:
    filled = [-1.0 if part is None else part for part in contents]
    return time, sum(part is not None for part in contents), *filled


def group_by(records: list[tuple], key) -> dict:
    groups: dict = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def build(folder: Path) -> dict[str, pd.DataFrame]:
    """Return patients, sessions, assessments, adverse events and vitals."""
    rows = read_rows(folder)
    visits = rows["visits"] + rows["visits_with_side_effects"]
    answers = rows["questionnaires"] + rows["phq9_only"] + rows["gad7_only"]
    numbers = {code: n for n, code in enumerate(sorted({r["patient_code"] for part in rows.values() for r in part}), 1)}
    for name, part in (("visit_date", visits), ("completed_at", answers), ("event_date", rows["adverse_events"])):
        for row in part:
            row["when"], row["patient"] = when(row[name]), numbers[row["patient_code"]]
    zero = {p: min(int(r["when"]) for r in of) for p, of in group_by(visits, lambda r: r["patient"]).items()}
    for row in visits + answers + rows["adverse_events"]:
        row["day"] = int(row["when"]) - zero.get(row["patient"], 10**9)
    kept = keep_visits(visits)
    return {
        "patients": patients(rows["patients"], numbers),
        "sessions": sessions(kept),
        "assessments": assessments(answers),
        "adverse_events": adverse_events(rows["adverse_events"], kept),
        "vitals": vitals(kept),
    }


def keep_visits(visits: list[dict]) -> list[dict]:
    spellings = STUDY["layouts"]["visits"]["sessions"]["columns"]["treatment"]["values"]
    ranked = []
    for row in visits:
        row["arm"] = spellings[row["treatment"].lower()]
        row["numbers"] = dose(row.get("dose")), weight(row.get("weight")), number(row.get("duration_min"), 0, 1440)
        extras = [row.get(name) for name in ("cadss_peak", "charge_usd")]
        contents = rank(row["when"], *row["numbers"], *(None if x is None else 1.0 for x in extras))
        ranked.append(((*contents[:5], *(x or "" for x in extras)), row))
    groups = group_by(ranked, lambda r: (r[1]["patient"], r[1]["day"], r[1]["arm"]))
    return [best(groups[key])[1] for key in sorted(groups)]


def sessions(kept: list[dict]) -> pd.DataFrame:
    lines, seen = [], {}
    for row in kept:
        place = row["patient"], row["day"]
        seen[place] = seen.get(place, 0) + 1
        extras = [number(row.get("cadss_peak")), number(row.get("charge_usd"))]
        harms = (
            (float(row["side_effects"] is not None), "solicited") if "side_effects" in row else (None, "spontaneous")
        )
        lines.append((*place, seen[place], row["arm"], *row["numbers"], *extras, *harms))
    names = [
        "patient",
        "study_day",
        "ordinal",
        "treatment",
        "dose_mg",
        "weight_kg",
        "duration_min",
        "cadss",
        "charge_usd",
        "harms_asked",
        "harms_mode",
    ]
    return pd.DataFrame(lines, columns=names)


def assessments(answers: list[dict]) -> pd.DataFrame:
    ranked: dict[str, list[tuple]] = {name: [] for name in QUESTIONS}
    for row in answers:
        read = {name: answer(row, name, count) for name, count in QUESTIONS.items()}
        contents = rank(row["when"], *(part for name in QUESTIONS for part in read[name]))
        for name, parts in read.items():
            if any(part is not None for part in parts):
                ranked[name].append((contents, row["patient"], row["day"], *parts))
    lines = []
    for name, records in ranked.items():
        groups = group_by(records, lambda record: record[1:3])
        lines += [(*key, name, *best(groups[key])[3:]) for key in sorted(groups)]
    columns = ["patient", "study_day", "instrument", "recorded_total", *(f"item_{n}" for n in range(1, 10))]
    return pd.DataFrame(lines, columns=columns)


def answer(row: dict, name: str, count: int) -> list[float | None]:
    """Return the total and the items; a total that the items contradict gives way to them."""
    items = [number(row.get(f"{name}_{n}"), 0, 3) for n in range(1, count + 1)]
    given = [item for item in items if item is not None]
    total = None if f"{name}_total" not in row else float(row[f"{name}_total"])
    if total is not None and given and not sum(given) <= total <= sum(given) + 3 * (count - len(given)):
        total = sum(given) if len(given) == count else None
    return [total, *items]


def adverse_events(files: list[dict], kept: list[dict]) -> pd.DataFrame:
    records = [(rank(r["when"]), r["patient"], r["day"], r["event"], r.get("severity")) for r in files]
    records += [
        (rank(row["when"]), row["patient"], row["day"], event.strip(), None)
        for row in kept
        for event in row.get("side_effects", "none").split(";")
    ]
    records = [((*record[0][:1], record[4] or ""), *record[1:]) for record in records if record[3] != "none"]
    groups = group_by(records, lambda record: record[1:4])
    lines = [best(groups[key])[1:] for key in sorted(groups)]
    return pd.DataFrame(lines, columns=["patient", "study_day", "event", "severity"])


def vitals(kept: list[dict]) -> pd.DataFrame:
    names = {
        f"{short}_{moment}": (full, moment) for short, full in VITALS.items() for moment in ("before", "peak", "after")
    }
    names |= {"heart_rate": ("heart_rate", "before"), "spo2": ("spo2", "before")}
    records = []
    for row in kept:
        for name, (measure, moment) in names.items():
            value = number(row.get(name), *RANGES[measure])
            if value is not None:
                records.append(((row["when"], value), row["patient"], row["day"], measure, moment, value))
    groups = group_by(records, lambda record: record[1:5])
    lines = [best(groups[key])[1:] for key in sorted(groups)]
    return pd.DataFrame(lines, columns=["patient", "study_day", "measure", "moment", "value"])


def patients(rows: list[dict], numbers: dict[str, int]) -> pd.DataFrame:
    columns = STUDY["layouts"]["patients"]["patients"]["columns"]
    lines = []
    for code, of in sorted(group_by(rows, lambda row: row["patient_code"]).items()):
        home = [row for row in of if row["site"] == min(row["site"] for row in of)]
        line: dict = {"patient": numbers[code], "site": home[0]["site"]}
        for name, column in columns.items():
            if name in ("patient", "site"):
                continue
            export = column["column"] if isinstance(column, dict) else column
            texts = [row[export] for row in [*home, *of] if export in row]
            line[name] = texts[0] if texts else None
            if isinstance(column, dict) and texts:
                line[name] = column["values"][texts[0].lower()]
        line["age"] = None if line["age"] is None else min(float(line["age"]), 90.0)
        line["failed_antidepressants"] = number(line["failed_antidepressants"])
        lines.append(line)
    return pd.DataFrame(lines)
