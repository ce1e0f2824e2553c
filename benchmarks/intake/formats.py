"""Read a million rows of a long file in each text format: this package's reader and bare pandas, in turns.

    python benchmarks/intake/formats.py FOLDER --rows 1000000

A row is one answer: patient, time, what was asked, answer. Writes ``formats.csv`` beside this script: processor seconds of both
(the least of the rounds), and pandas' share of the reader's time. Nothing of the data is committed.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from outcomes.intake.export import read_files
from outcomes.settings import Source

HERE = Path(__file__).parent
FORMATS: dict[str, tuple[str, str, str, str]] = {  # ending, delimiter, encoding, quotes around text
    "comma, UTF-8": (".csv", ",", "utf-8", ""),
    "comma, quoted": (".csv", ",", "utf-8", '"'),
    "semicolon, cp1252": (".csv", ";", "cp1252", ""),
    "tab, UTF-8": (".tsv", "\t", "utf-8", ""),
    "tab, UTF-16": (".txt", "\t", "utf-16", ""),
    "bar, UTF-8": (".txt", "|", "utf-8", ""),
}
WHAT = [f"PHQ-9 item {number}" for number in range(1, 10)] + ["PHQ-9 total"]
ANSWERS = ["Not at all", "Several days", "More than half the days", "Nearly every day"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    table = draw_rows(options.rows)
    lines = []
    for name, (ending, delimiter, encoding, quote) in FORMATS.items():
        path = options.folder / f"long{ending}"
        write_rows(path, table, delimiter, encoding, quote)
        source = Source(file=path.name, encoding=encoding if encoding == "cp1252" else "utf-8")
        ours = partial(read_files, options.folder, source)
        theirs = partial(pd.read_csv, path, sep=delimiter, encoding=encoding)
        lines.append(compare(name, options.rows, options.rounds, ours, theirs))
        path.unlink()
    path = options.folder / "long.jsonl"
    write_lines(path, table)
    source = Source(file=path.name, format="json")
    lines.append(
        compare("JSON lines", options.rows, options.rounds, lambda: read_files(options.folder, source), lambda: pd.read_json(path, lines=True))
    )  # fmt: skip
    path.unlink()
    with (HERE / "formats.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["format", "rows", "reader_s", "pandas_s", "speed_of_pandas"])
        writer.writerows(lines)


def draw_rows(rows: int) -> pd.DataFrame:
    """Return rows as a flowsheet has them: ten answers of a person at a time."""
    rng = np.random.default_rng(2026)
    number = np.arange(rows)
    day = np.datetime64("2020-01-01T08:00:00") + (number // 10 % 1500).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "patient_id": np.char.add("K-", (number // 100).astype(str)),
            "recorded_time": np.datetime_as_string(day, unit="s"),
            "question": np.array(WHAT, dtype=object)[number % 10],
            "answer": np.array(ANSWERS, dtype=object)[rng.integers(0, 4, rows)],
        }
    )


def write_rows(path: Path, table: pd.DataFrame, delimiter: str, encoding: str, quote: str) -> None:
    quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    table.to_csv(path, sep=delimiter, encoding=encoding, quoting=quoting, index=False, lineterminator="\n")


def write_lines(path: Path, table: pd.DataFrame) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in table.to_dict("records"):
            file.write(json.dumps(row) + "\n")


def compare(
    name: str, rows: int, rounds: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> list[object]:
    """Return the format, the least processor seconds of both sides, and the reader's speed as a share of pandas'."""
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for place, read in enumerate((ours, theirs)):
            start = time.process_time()
            read()
            times[place].append(time.process_time() - start)
    reader, pandas = map(min, times)
    print(name, f"{reader:.2f} {pandas:.2f} {pandas / reader:.2f}", flush=True)
    return [name, rows, f"{reader:.2f}", f"{pandas:.2f}", f"{pandas / reader:.2f}"]


if __name__ == "__main__":
    main()
