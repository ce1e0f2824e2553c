"""`million.py xtx|fit PATIENTS`: one X'X of the long design, or the MMRM with Kenward-Roger, from a frame in memory.

Prints the seconds of that part alone (of X'X the median of three, of the fit the only one); the frame is simulated in this process before the clock starts.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from simulated import simulate

FORMULA = "chg ~ base*visit + arm*visit + age + sex"


def long_design(data) -> np.ndarray:
    """Build the dense design (rows, 20) of FORMULA."""
    visits = (data["visit"].to_numpy()[:, None] == np.arange(2, 7)).astype(float)
    arm = (data["arm"] == "iv").to_numpy(float)[:, None]
    base = data["base"].to_numpy()[:, None]
    male = (data["sex"] == "M").to_numpy(float)[:, None]
    age = data["age"].to_numpy()[:, None]
    return np.hstack([np.ones_like(arm), base, visits, arm, age, male, base * visits, arm * visits])


def main(part: str, patients: str) -> None:
    data = simulate(int(patients))
    if part == "xtx":
        design = long_design(data)
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            gram = design.T @ design
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"seconds": statistics.median(seconds), "check": float(gram[0, 0])}))
    else:
        from outcomes import mixed

        data["visit"] = data["visit"].astype("category")
        start = time.perf_counter()
        fit = mixed.fit(data, FORMULA, subject="patient", visit="visit", df="kenward_roger")
        seconds = time.perf_counter() - start
        row = fit.coefficients.set_index("term").loc["arm[iv]:visit[6]"]
        print(json.dumps({"seconds": seconds, "loglik": float(fit.loglik), "std_error": float(row["std_error"])}))


if __name__ == "__main__":
    main(*sys.argv[1:])
