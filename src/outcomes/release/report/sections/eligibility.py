"""How those compared came to be, for the reader."""

from __future__ import annotations

from outcomes.release.report.content.blocks import Cell, Grid
from outcomes.release.report.content.grids import heading, number, tell
from outcomes.release.report.content.material import Material


def tabulate_eligibility(material: Material) -> Grid | None:
    """Return the steps from the first series to those compared, arms side by side."""
    table = material.rows("eligibility")
    if table.empty:
        return None
    arms = [str(arm) for arm in table["arm"].drop_duplicates()]
    steps = table["order"].rank(method="first").sub(1).floordiv(len(arms))
    rows: list[tuple[Cell, ...]] = []
    for _, own in table.groupby(steps, sort=True):
        cells = {str(row["arm"]): {str(key): value for key, value in row.items()} for row in own.to_dict("records")}
        first = own.iloc[0]
        reason = "" if first["reason"] != first["reason"] else str(first["reason"])
        label = f"\u2003{first['step']}, {reason}" if reason else str(first["step"])
        rows.append((heading(label), *(number(tell(cells[arm], "n")) for arm in arms)))
    heads = (heading("Patients"), *(heading(material.arm(arm)) for arm in arms))
    note = "Rules are applied in this order; a patient who breaks several is counted at the first."
    return Grid("compared-patients", "From the first series to those compared.", (heads,), tuple(rows), (note,))
