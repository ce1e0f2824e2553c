"""How two arms were made alike, in words for the methods."""

from __future__ import annotations

from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material

KINDS = {"overlap": "overlap", "att": "ATT", "ate": "ATE"}


def describe_adjustment(material: Material) -> list[str]:
    """Return how the arms were made alike, for the methods; nothing without a comparison."""
    declared, risks = material.study.comparison, material.rows("risks")
    if declared is None or risks.empty:
        return []
    listed = enumerate_words([name.replace("_", " ") for name in declared.confounders])
    kind = "without weights" if declared.weights == "none" else f"with {KINDS[declared.weights]} weights"
    text = (
        f"The arms were compared {kind}; the propensity score is a logistic regression of the arm on {listed}. Response and remission "
        "were also averaged over the same population from logistic models within each arm (G-computation), and both ways at once "
        "(doubly robust)."
    )
    if (risks["outcome_model"] == "firth").any():
        text += (
            " Where a level of a confounder had only patients with, or only without, the outcome in an arm, that model was fitted by "
            "Firth's penalised likelihood (10.1093/biomet/80.1.27), its constant corrected so that the predictions keep the observed mean "
            "(10.1002/sim.7273)."
        )
    return [text]
