"""The comparison from the made-up study to the released tables and the section of the report."""

from pathlib import Path

import numpy as np
import pytest
from two_arms import COMPARISON, Later, generate_tables, make_comparison, make_study

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.contracts.released.text import format_table, read_table
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.numbers import fixed
from outcomes.release.report.content.material import gather
from outcomes.release.report.sections.adjustment import describe_adjustment
from outcomes.release.report.sections.comparison import show_comparison
from outcomes.settings.analysis import Privacy

STUDY = make_study(comparison=COMPARISON)
TABLES = generate_tables()
COMPARED = Later(lambda: compare_arms(TABLES, make_comparison(replicates=20), STUDY))


def release(compared, minimum_cell=11):
    released = release_tables(compared, Privacy(minimum_cell=minimum_cell))
    return {name: read_table(format_table(table), name) for name, table in released.items()}


def show(compared, study=STUDY):
    return show_comparison(gather(release(compared), study, {}), Path("nowhere"))


def test_the_section_says_what_the_tables_say():
    section = show(COMPARED)
    grids = {block.id: block for block in section.blocks if block.kind == "grid"}
    assert set(grids) == {
        "target-trial",
        "compared-change",
        "compared-risks",
        "compared-weights",
        "compared-balance",
        "compared-otherwise",
    }
    effect = COMPARED["effects"].set_index(["timepoint", "variance"]).sort_index().loc[("day 28", "cr2")]
    row = next(row for row in grids["compared-change"].rows if row[0].text == "day 28")
    assert row[3].text.startswith(f"{effect['estimate']:.2f}".replace("-", "−"))
    words = [block.text for block in section.blocks if block.kind == "paragraph"]
    assert any("not randomized" in text for text in words)
    assert f"{fixed(effect['estimate'], 2)} points" in words[0]


def test_an_outcome_model_by_penalised_likelihood_is_named():
    patients = TABLES["patients"]
    endpoints = TABLES["endpoints"].merge(patients[["patient", "payer"]], on="patient", how="left")
    none = (endpoints["payer"] == "public") & (endpoints["arm"] == "iv")
    tables = TABLES | {
        "endpoints": TABLES["endpoints"].assign(
            response=endpoints["response"].mask(none & endpoints["response"].notna(), False)
        )
    }
    compared = compare_arms(tables, make_comparison(), STUDY)
    own = compared["risks"].query("timepoint == 'day 28' and endpoint == 'response' and population == 'observed'")
    assert own["converged"].all()
    models = dict(zip(own["method"], own["outcome_model"], strict=True))
    assert models == {"unadjusted": "", "weighted": "", "g_computation": "firth", "augmented": "firth"}
    grid = next(block for block in show(compared).blocks if getattr(block, "id", "") == "compared-risks")
    assert {"G-computation (Firth)", "Doubly robust (Firth)", "Weighted"} <= {row[1].text for row in grid.rows}
    assert "penalised likelihood" in grid.notes[0]
    [text] = describe_adjustment(gather(release(compared), STUDY, {}))
    assert "Firth's penalised likelihood (10.1093/biomet/80.1.27)" in text
    [text] = describe_adjustment(gather(release(COMPARED), STUDY, {}))
    assert ("Firth" in text) == (COMPARED["risks"]["outcome_model"] == "firth").any()
    notes = compared["sensitivity"].query("axis == 'day' and endpoint == 'response'").set_index("analysis")["note"]
    assert "Firth" in notes["augmented_observed"]


def test_of_few_patients_nothing_is_said():
    few = {"effects": COMPARED["effects"].assign(observed_treated=4)}
    section = show({**COMPARED, **few})
    assert section.blocks[0].text.endswith("cannot be shown: it would reveal a count below 11.")
    grid = next(block for block in section.blocks if getattr(block, "id", "") == "compared-change")
    assert all(row[3].text == "not reported" for row in grid.rows)


@pytest.mark.parametrize("study", [make_study(), STUDY])
def test_a_study_without_a_comparison_has_no_section(study):
    section = show(compare_arms(TABLES, None, study), study)
    assert section.empty


def test_released_numbers_are_finite():
    for table in release(COMPARED).values():
        assert not np.isinf(table.select_dtypes("number")).any(axis=None)
