"""`fit_statsmodels.py CSV slope`: the random-slope model by statsmodels' MixedLM."""

import json
import sys

import pandas as pd
import statsmodels.formula.api as smf


def main(path: str, model: str) -> None:
    data = pd.read_csv(path)
    fit = smf.mixedlm("chg ~ base + arm*time + age + sex", data, groups="patient", re_formula="~time").fit(reml=True)
    term = "arm[T.iv]:time"
    print(json.dumps({"loglik": fit.llf, "estimate": fit.params[term], "std_error": fit.bse[term]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
