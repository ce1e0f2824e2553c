"""Write a session file of any size: patient, date, arm, nine and seven items; 10 million rows are about 780 MB.

    python benchmarks/intake/generate.py FOLDER --rows 10000000

The patients come to clinics of 50,000 patients each on a schedule of sessions three or four days apart; a row is a session.
Each clinic's rows stand in order of the date, as a log of sessions does, one clinic below the other. The file is drawn
from a seed and is never committed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SESSIONS = 10
ITEMS = [f"phq9_{number}" for number in range(1, 10)] + [f"gad7_{number}" for number in range(1, 8)]
ARMS = np.array(["IV ketamine", "IM ketamine", "intranasal esketamine"])
CLINIC = 50_000  # patients


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    write_sessions(options.folder / "sessions.csv", options.rows)


def write_sessions(path: Path, rows: int, seed: int = 2026) -> None:
    """Write the file; a row is a session with the questionnaires answered before it."""
    rng = np.random.default_rng(seed)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(["patient", "date", "arm", *ITEMS]) + "\n")
        for first in range(0, rows, CLINIC * SESSIONS):
            file.write(draw_rows(rng, first, min(CLINIC * SESSIONS, rows - first)))


def draw_rows(rng: np.random.Generator, first: int, rows: int) -> str:
    """Return some rows as text."""
    number = np.arange(first, first + rows)
    patient, session = number // SESSIONS, number % SESSIONS
    patients = patient - patient[0]
    start = rng.integers(0, 3000, size=patients[-1] + 1)[patients]
    day = np.datetime64("2016-01-01") + start + (session * 7) // 2
    arm = ARMS[rng.choice(3, p=[0.6, 0.1, 0.3], size=patients[-1] + 1)[patients]]
    ease = np.clip(0.85 - 0.06 * session + rng.normal(0, 0.15, size=patients[-1] + 1)[patients], 0.05, 0.95)
    items = rng.binomial(3, ease[:, np.newaxis], size=(rows, len(ITEMS))).astype(np.uint8)
    log = np.argsort(day, kind="stable")
    patient, day, arm, items = patient[log], day[log], arm[log], items[log]
    answers = np.full((rows, 2 * len(ITEMS)), ord(","), dtype=np.uint8)
    answers[:, 1::2] = items + ord("0")
    spelt = answers.view(f"S{2 * len(ITEMS)}").ravel().astype(str)
    head = [
        f"K-{p:017d},{d},{a}" for p, d, a in zip(patient.tolist(), day.astype(str).tolist(), arm.tolist(), strict=True)
    ]
    return "\n".join([f"{a}{b}" for a, b in zip(head, spelt.tolist(), strict=True)]) + "\n"


if __name__ == "__main__":
    main()
