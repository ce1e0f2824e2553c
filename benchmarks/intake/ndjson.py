"""Read 2 GB of FHIR resources a line in a process of its own, and write its peak memory beside this script (``ndjson.csv``).

python benchmarks/intake/ndjson.py FOLDER --gigabytes 2
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CODES = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
ANSWERS = [("LA6568-5", "Not at all"), ("LA6569-3", "Several days"), ("LA6570-1", "More than half the days"), ("LA6571-9", "Nearly every day")]  # fmt: skip
READ = """
import sys
from pathlib import Path
from outcomes.intake.export import read_files
from outcomes.settings import Source
raw = read_files(Path(sys.argv[1]), Source(file="responses.ndjson", format="fhir", part="44249-1"))
print(raw.size, len(raw.columns))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "responses.ndjson"
    written = write_responses(path, int(options.gigabytes * 1e9))
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", READ, str(options.folder)], stdout=subprocess.PIPE, text=True)
    told = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) or int(told.split()[0]) != written:
        raise SystemExit(f"{written} resources were written, and read: {told or 'nothing'}")
    with (HERE / "ndjson.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["bytes", "resources", "wall_s", "processor_s", "peak_gib"])
        processor = usage.ru_utime + usage.ru_stime
        row = [path.stat().st_size, written, f"{wall:.0f}", f"{processor:.0f}", f"{usage.ru_maxrss / 1024**2:.2f}"]
        writer.writerow(row)
        print(row)
    path.unlink()


def write_responses(path: Path, size: int) -> int:
    """Write responses to the PHQ-9 until the file has a size; return how many. Four of a person, a week apart."""
    rng = np.random.default_rng(2026)
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            file.writelines(json.dumps(respond(written + k, rng)) + "\n" for k in range(1000))
            written += 1000
    return written


def respond(number: int, rng: np.random.Generator) -> dict[str, object]:
    """Return one response as servers write them: grouped items with code and wording, and the total."""
    person, visit = divmod(number, 4)
    points = rng.integers(0, 4, len(CODES)).tolist()
    items = [
        {"linkId": f"/{code}", "answer": [{"valueCoding": {"system": "http://loinc.org", "code": ANSWERS[p][0], "display": ANSWERS[p][1]}}]}
        for code, p in zip(CODES, points, strict=True)
    ]  # fmt: skip
    total = {"linkId": "/44261-6", "answer": [{"valueDecimal": sum(points)}]}
    day = np.datetime64("2020-01-01") + person % 1500 + 7 * visit
    return {
        "resourceType": "QuestionnaireResponse", "id": f"r-{number}", "questionnaire": "http://loinc.org/q/44249-1", "status": "completed",
        "subject": {"reference": f"Patient/p-{person}"}, "authored": f"{day}T08:10:00-08:00", "item": [{"linkId": "group", "item": items}, total],
    }  # fmt: skip


if __name__ == "__main__":
    main()
