"""The released tables of a study, read by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.text import read_table
from outcomes.files import Places

if TYPE_CHECKING:
    import pandas as pd


def read_released(places: Places) -> dict[str, pd.DataFrame]:
    """Read every released table of a study by name, as :func:`outcomes.contracts.released.text.read_table` does."""
    folder = places.results / "tables"
    return {name: read_table((folder / f"{name}.csv").read_text(encoding="utf-8"), name) for name in RELEASED}
