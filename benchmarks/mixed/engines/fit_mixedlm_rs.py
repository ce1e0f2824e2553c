"""`fit_mixedlm_rs.py CSV slope`: the random-slope model by mixedlm-rs, run by an interpreter that has it."""

import json
import sys

import mixedlm_rs
import pandas as pd


def main(path: str, model: str) -> None:
    data = pd.read_csv(path)
    fit = mixedlm_rs.mixedlm("chg ~ base + arm*time + age + sex", data, groups="patient", re_formula="~time").fit()
    term = "arm[T.iv]:time"
    at = fit.model.exog_names.index(term)
    print(json.dumps({"loglik": fit.llf, "estimate": float(fit.params[at]), "std_error": float(fit.bse[at])}))


if __name__ == "__main__":
    main(*sys.argv[1:])
