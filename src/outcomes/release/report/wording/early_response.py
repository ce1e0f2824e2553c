"""Early signals in a sentence: what no response early says of response later."""

from __future__ import annotations

import pandas as pd

from outcomes.release.definitions import COVERED
from outcomes.release.numbers import count, interval, percent
from outcomes.release.report.content.material import Material


def say_early(material: Material) -> str:
    """Return, of those without response at the last signal that is released, how many had none at the target, and how many responded later."""
    comparison = material.study.comparison
    declared = comparison.early_signals if comparison is not None else None
    if declared is None:
        return ""
    rows = material.rows("early_signals", arm="all", population="observed")
    rows = rows.dropna(subset=["proportion", "lower", "upper", "n"]) if len(rows) else rows
    texts = []
    none = rows[rows["measure"] == "npv"] if len(rows) else rows
    if len(none):
        row = none.iloc[-1]
        texts.append(
            f"Of {count(row['n'])} patients of both arms without response at {row['signal']} and with a score at {row['target']}, "
            f"{_share(row)} had none there either."
        )
    later = rows[rows["measure"] == "late_response"] if len(rows) else rows
    texts += [
        f"Of {count(row['n'])} without response at {row['signal']} and with a score at {row['target']}, {_share(row)} responded then."
        for _, row in later.iterrows()
    ]
    return f"Early signals. {' '.join(texts)}" if texts else ""


def _share(row: pd.Series) -> str:
    return f"{percent(row['proportion'])}% ({COVERED} CI {interval(row['lower'], row['upper'], factor=100)})"
