"""What of a site's release goes into its package: the rows that the network report needs, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from outcomes.contracts.released.comparison import CovariateBalance, Effects, Eligibility, Imputations
from outcomes.contracts.released.describe import Response
from outcomes.contracts.released.harms import ALL_SESSIONS, Harms, Stopping
from outcomes.contracts.released.table import ReleasedTable
from outcomes.errors import InputError
from outcomes.release.left_out import find_reason
from outcomes.settings import Study
from outcomes.settings.comparison import Comparison

if TYPE_CHECKING:
    import pandas as pd

SENT: tuple[type[ReleasedTable], ...] = (
    *(Eligibility, CovariateBalance, Effects, Imputations, Response, Harms, Stopping),
)
SCALES = {"risk_difference": "risk difference", "risk_ratio": "risk ratio"}


def declared(study: Study) -> Comparison:
    """Return the comparison that a plan has made sure of."""
    assert study.comparison is not None
    return study.comparison


def choose_rows(released: Mapping[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """Return the tables of a package, by their released name.

    Parameters
    ----------
    released : mapping of str to DataFrame
        The released tables of the site, as :func:`outcomes.released.read_released` gives them.
    study : Study
        With the planned comparison.

    Raises
    ------
    InputError
        The site could not make it, with the reason.
    """
    reason = find_reason(released)
    if reason:
        raise InputError(
            f"the declared comparison could not be made at this site, because {reason}. Where that is an error of dates or of the study file, mend it, and "
            "give `outcomes run` again; otherwise the site cannot take part."
        )
    estimand = declared(study).estimand
    kept = {table.name: released[table.name] for table in SENT}
    effects, balance, imputations = kept[Effects.name], kept[CovariateBalance.name], kept[Imputations.name]
    response, harms = kept[Response.name], kept[Harms.name]
    arms = {estimand.treated, estimand.reference}
    chosen = {
        Effects.name: effects[(effects[Effects.axis] == estimand.axis) & (effects[Effects.variance] == "cr2")],
        CovariateBalance.name: balance[balance[CovariateBalance.weights] == declared(study).weights],
        Imputations.name: imputations[
            (imputations[Imputations.endpoint] == estimand.binary.endpoint)
            & (imputations[Imputations.scale] == SCALES[estimand.summary.binary])
            & (imputations[Imputations.axis] == estimand.axis)
            & (imputations[Imputations.timepoint] == estimand.timepoint)
            & (imputations[Imputations.analysis] == estimand.binary.missing)
        ],
        Response.name: response[
            response[Response.arm].isin(arms)
            & (response[Response.instrument] == estimand.instrument)
            & (response[Response.axis] == estimand.axis)
            & (response[Response.timepoint] == estimand.timepoint)
        ],
        Harms.name: harms[harms[Harms.arm].isin(arms) & (harms[Harms.block] == ALL_SESSIONS)],
        Stopping.name: kept[Stopping.name][kept[Stopping.name][Stopping.arm].isin(arms)],
    }
    return {name: rows.reset_index(drop=True) for name, rows in (kept | chosen).items()}


def find_primary(tables: Mapping[str, pd.DataFrame], study: Study) -> pd.Series:
    """Return the row of the primary difference.

    Raises
    ------
    InputError
        There is none.
    """
    effects, estimand = tables[Effects.name], declared(study).estimand
    if effects.empty:
        raise InputError(
            "the declared comparison could not be made at this site: its report says why. Without one it cannot take part."
        )
    rows = effects[(effects[Effects.axis] == estimand.axis) & (effects[Effects.timepoint] == estimand.timepoint)]
    if len(rows) != 1:
        raise InputError(
            f"effects: {len(rows)} rows of the primary difference ({estimand.axis}, {estimand.timepoint}); one is needed."
        )
    return rows.iloc[0]
