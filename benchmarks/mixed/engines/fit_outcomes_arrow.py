"""`fit_outcomes_arrow.py CSV MODEL`: as `fit_outcomes.py`, the table read by Arrow and never turned into pandas."""

import json
import sys

import pyarrow as pa
from pyarrow import csv

from outcomes import mixed


def main(path: str, model: str) -> None:
    data = csv.read_csv(path)
    if model == "slope":
        formula, options = "chg ~ base + arm*time + age + sex", {"covariance": None, "random": "1 + time"}
        term = "arm[iv]:time"
    else:
        visit = data["visit"].cast(pa.string())
        data = data.set_column(data.column_names.index("visit"), "visit", visit)
        formula, options = "chg ~ base*visit + arm*visit + age + sex", {"df": "kenward_roger"}
        term = None
    fit = mixed.fit(data, formula, subject="patient", visit="visit", **options)
    row = list(fit.estimates["term"]).index(term or f"arm[iv]:visit[{fit.visits[-1]}]")
    said = {name: float(fit.estimates[name][row]) for name in ("estimate", "std_error")}
    print(json.dumps({"loglik": float(fit.loglik)} | said))


if __name__ == "__main__":
    main(*sys.argv[1:])
