"""Subgroups within a made-up comparison, as the analysis gives them, before the gate."""

from __future__ import annotations

import pandas as pd

Variables = list[tuple[str, str, list[tuple[str, int]]]]
PLAIN = [("payer", "Payer", [("insured", 200), ("public", 100)]), ("sex", "Sex", [("f", 150), ("m", 150)])]
ODD = [
    ("payer", "Kostenträger der Behandlung, laut Krankenakte überwiegend", [("gesetzlich mit Zusatzversicherung", 230), ("自费", 65), ("none", 5)]),
    ("sex", "Sex", [("f", 170), ("few", 130)]),
]  # fmt: skip


def make_subgroup_tables(variables: Variables = PLAIN, scale: str = "risk difference") -> dict[str, pd.DataFrame]:
    """Return levels and tests of the change and of response with both denominators; the level `few` is not estimated."""
    parts = [("change", "", "points"), ("response", "started", scale), ("response", "observed", scale)]
    subgroups = pd.concat([make_rows(*part, variables) for part in parts], ignore_index=True)
    tests = pd.DataFrame(
        [
            {
                "endpoint": endpoint,
                "population": population,
                "variable": name,
                "label": label,
                "scale": scale,
                "levels": 2,
            }
            | {"num_df": 1.0, "den_df": 90.0, "statistic": 7.0, "p_value": p, "p_adjusted": min(1.0, 2 * p)}
            | {"multiplicity": "holm", "spread": 0.5, "converged": True, "note": ""}
            for endpoint, population, _ in parts
            for (name, label, _), p in zip(variables, (0.012, 0.6), strict=False)
        ]
    )
    return {"subgroups": subgroups.assign(order=range(len(subgroups))), "interactions": tests}


def make_rows(endpoint: str, population: str, scale: str, variables: Variables) -> pd.DataFrame:
    """Return the levels of one outcome, numbers rising from line to line."""
    centre, width = {"points": (-2.0, 2.0), "risk difference": (0.1, 0.2), "risk ratio": (1.2, 0.5)}[scale]
    rows = [("all", "Everyone", "all", 300)]
    rows += [(name, label, level, n) for name, label, levels in variables for level, n in levels]
    table = pd.DataFrame(rows, columns=["variable", "label", "level", "n_treated"])
    table = table.assign(endpoint=endpoint, population=population, scale=scale, n_reference=table["n_treated"] + 50)
    table = table.assign(observed_treated=table["n_treated"] - 20, observed_reference=table["n_treated"] + 20)
    events = None if endpoint == "change" else table["n_treated"] - 50
    table = table.assign(events_treated=events, events_reference=events, effective_n=table["n_treated"] * 1.5)
    shift = pd.Series(range(len(table))) * width / 8
    table = table.assign(estimate=centre + shift, std_error=width, df=99.0, lower=centre + shift - width / 2)
    table = table.assign(upper=centre + shift + width, shrunken=centre, shrunken_lower=centre - width / 3)
    table = table.assign(shrunken_upper=centre + width / 3, converged=True, note="")
    counts = [name for name in table if name.startswith(("n_", "observed_", "events_"))]
    table.loc[table["level"] == "few", ["estimate", "lower", "upper", "shrunken", "effective_n"]] = None
    table.loc[table["level"] == "few", "converged"] = False
    return table.astype(dict.fromkeys(counts, "Int64"))
