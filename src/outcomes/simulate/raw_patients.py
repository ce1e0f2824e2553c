"""Raw patient rows, and who turns up at a second site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outcomes.simulate.arrays import Bools, Ints
from outcomes.simulate.layout import LAYOUTS
from outcomes.simulate.mess import Mess
from outcomes.simulate.parameters import PAYERS, SITE_COUNT
from outcomes.simulate.rows import RawRows, join_rows, make_blanks, mark, start_rows, write_numbers
from outcomes.simulate.streams import Streams

FEWEST_SESSIONS = 4  # before a patient may move to another site


@dataclass(frozen=True)
class Moves:
    """Who changes site; one entry per patient."""

    moves: Bools
    to_site: Ints
    from_day: Ints  # first study day at the second site

    def find_site(self, home: Ints, patient: Ints, study_day: Ints) -> tuple[Ints, Bools]:
        """Return the site of records, and which of them lie at the second site."""
        away = self.moves[patient] & (study_day >= self.from_day[patient])
        return np.where(away, self.to_site[patient], home[patient]), away


def draw_moves(patients: pd.DataFrame, sessions: pd.DataFrame, mess: Mess, streams: Streams) -> Moves:
    """Draw who continues at another site after half of the sessions (not IM, which few sites offer)."""
    rng = streams.of("mess/two-sites")
    count = len(patients)
    home = patients["site"].to_numpy()
    to_site = (home - 1 + rng.integers(1, SITE_COUNT, count)) % SITE_COUNT + 1
    given = sessions.groupby("patient").size().reindex(range(count), fill_value=0).to_numpy()
    place = sessions.groupby("patient").cumcount()
    half = sessions[place == given[sessions["patient"]] // 2].set_index("patient")["study_day"]
    able = (given >= FEWEST_SESSIONS) & (patients["arm"] != "im").to_numpy()
    moves = able & (rng.random(count) < mess.two_sites)
    return Moves(moves, to_site, half.reindex(range(count), fill_value=0).to_numpy())


def build_patient_rows(patients: pd.DataFrame, moves: Moves, mess: Mess, streams: Streams) -> RawRows:
    """Return one row per patient and site, with the values as the site writes them."""
    home = make_patient_rows("patients", patients, patients["site"].to_numpy(), mess, streams)
    movers = patients[moves.moves]
    parts = [home, make_blanks("patients", home, mess, streams)]
    if len(movers):
        second = make_patient_rows("patients-second", movers, moves.to_site[moves.moves], mess, streams)
        parts.append(mark(second, "two_sites", np.ones(len(movers), dtype=bool)))
    return join_rows(parts)


def make_patient_rows(table: str, patients: pd.DataFrame, site: Ints, mess: Mess, streams: Streams) -> RawRows:
    """Return patients as rows of the given sites, ordered by patient code within a file."""
    layouts = [LAYOUTS[one] for one in site.tolist()]
    payers = [PAYERS.index(payer) for payer in patients["payer"]]
    cells: dict[str, list[str] | list[str | None]] = {
        "patient_code": patients["code"].tolist(),
        "site": [f"site-{one}" for one in site.tolist()],
        "age": write_numbers(patients["age"].to_numpy()),
        "sex": [layout.sexes[sex != "female"] for layout, sex in zip(layouts, patients["sex"], strict=True)],
        "payer": [layout.payers[payer] for layout, payer in zip(layouts, payers, strict=True)],
        "failed_antidepressants": write_numbers(patients["failures"].to_numpy()),
        "indication": patients["indication"].tolist(),
        "integration_therapy": [one.yes_no[not yes] for one, yes in zip(layouts, patients["integration"], strict=True)],
        "concomitant_antidepressant": [
            one.yes_no[not yes] for one, yes in zip(layouts, patients["antidepressant"], strict=True)
        ],
        "zip_code": patients["zip_code"].tolist(),
    }
    births = pd.DatetimeIndex(patients["date_of_birth"])
    rows = start_rows(table, dict(cells), site, births, mess, streams)
    order = patients["code"].str.removeprefix("K-").astype(float).to_numpy()
    return RawRows(rows.cells, rows.meta.assign(key=order), rows.marks)
