"""`fit_outcomes.py CSV MODEL`: read the table, fit, print the result as JSON; MODEL is unstructured or slope."""

import json
import sys

import pandas as pd

from outcomes import mixed


def main(path: str, model: str) -> None:
    data = pd.read_csv(path, dtype={"arm": "category", "sex": "category"})
    if model == "slope":
        fit = mixed.fit(
            data,
            "chg ~ base + arm*time + age + sex",
            subject="patient",
            visit="visit",
            covariance=None,
            random="1 + time",
        )
        term = "arm[iv]:time"
    else:
        last = data["visit"].max()
        data["visit"] = data["visit"].astype("category")
        fit = mixed.fit(
            data, "chg ~ base*visit + arm*visit + age + sex", subject="patient", visit="visit", df="kenward_roger"
        )
        term = f"arm[iv]:visit[{last}]"
    row = fit.coefficients.set_index("term").loc[term]
    print(
        json.dumps(
            {"loglik": float(fit.loglik), "estimate": float(row["estimate"]), "std_error": float(row["std_error"])}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
