"""Random small studies through the real description and the real gate, and the attack on what comes out."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))
sys.path.insert(0, str(Path(__file__).parent))
import example_study
from attack import solve
from attack_meaning import describe
from example_tables import make_tables

from outcomes.contracts.released.text import format_table
from outcomes.release.disclosure.gate import withhold
from outcomes.settings import Study, check_study
from outcomes.settings.analysis import Privacy

INSTRUMENTS = ("phq9", "gad7")
ARMS = ("esketamine", "iv", "im")


@dataclass(frozen=True)
class Drawn:
    """A random study: seed, patients by arm, and smallest count that is released."""

    seed: int
    sizes: dict[str, int]
    minimum_cell: int

    @property
    def study(self) -> Study:
        """The settings that a reader knows."""
        return check_study(
            {
                "study": "random",
                "data": "nowhere",
                "sources": [{"file": "a.csv", "tables": {"patients": {"columns": {"patient": "id"}}}}],
                "instruments": list(INSTRUMENTS),
                "arms": [{"id": arm, "label": arm} for arm in self.sizes],
                "report": {"title": "random"},
                "privacy": {"minimum_cell": self.minimum_cell},
            }
        )


def draw_study(seed: int) -> Drawn:
    """Return a study of one to three arms and 15 to 300 patients in all, some arms much smaller than others."""
    generator = np.random.default_rng([seed, *b"release/random"])
    arms = ARMS[: int(generator.integers(1, 4))]
    patients = int(np.exp(generator.uniform(np.log(15), np.log(300))))
    shares = generator.dirichlet(np.ones(len(arms)))
    sizes = np.maximum(1, np.round(shares * patients)).astype(int)
    return Drawn(seed, dict(zip(arms, sizes.tolist(), strict=True)), int(generator.choice([5, 11, 11, 11])))


def attack_study(drawn: Drawn) -> dict[str, Any]:
    """Return what the attack finds, with how many counts the study had and how many were released."""
    tables = make_tables(drawn.sizes, drawn.seed, make_endpoints(drawn))
    tables["baseline"] = tables["baseline"][~tables["baseline"]["variable"].str.startswith("phq8")].reset_index(
        drop=True
    )
    released = withhold(tables, Privacy(minimum_cell=drawn.minimum_cell), INSTRUMENTS)
    read = {name: pd.read_csv(io.StringIO(format_table(table))) for name, table in released.items()}
    return {
        "findings": solve(describe(read, drawn.study), drawn.minimum_cell),
        "tables": len(read),
        "numbers": sum(count_numbers(table) for table in tables.values()),
        "released": sum(count_numbers(table) for table in read.values()),
    }


def make_endpoints(drawn: Drawn) -> pd.DataFrame:
    """Return the endpoints of the study's instruments; without a baseline no endpoint is known, as in the pipeline."""
    table = example_study.generate_endpoints(drawn.seed, drawn.sizes)
    table = table[table["instrument"].isin(INSTRUMENTS)].reset_index(drop=True)
    table["instrument"] = table["instrument"].cat.remove_unused_categories()
    return table.assign(remission=table["remission"].mask(table["change"].isna()))


def count_numbers(table: pd.DataFrame) -> int:
    return int(table.select_dtypes("number").notna().sum().sum())
