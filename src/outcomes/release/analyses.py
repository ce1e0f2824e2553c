"""What each row of the sensitivity grid is called, and which question it belongs to, in figures and report alike."""

from __future__ import annotations

import re

ADJUSTMENT, WEIGHTS, SITES = "Adjustment", "Weights and variance", "Sites"
CONFOUNDERS, SCORES, DEFINITIONS = "Missing confounders", "Missing scores", "Definitions"
CONTROLS, OTHER = "Negative controls", "Other"
GROUPS = (ADJUSTMENT, WEIGHTS, SITES, CONFOUNDERS, SCORES, DEFINITIONS, CONTROLS, OTHER)

_NAMES: dict[str, tuple[str, str]] = {
    "unadjusted": (ADJUSTMENT, "Unadjusted"),
    "baseline_adjusted": (ADJUSTMENT, "Adjusted for the baseline score"),
    "covariate_adjusted": (ADJUSTMENT, "Adjusted for all confounders"),
    "doubly_robust": (ADJUSTMENT, "Weights and adjustment"),
    "machine_learning": (ADJUSTMENT, "Machine learning, doubly robust"),
    "weighted_overlap": (WEIGHTS, "Overlap weights"),
    "weighted_att": (WEIGHTS, "Weights for those treated"),
    "weighted_ate": (WEIGHTS, "Weights for all"),
    "arm_covariances": (WEIGHTS, "A covariance for each arm"),
    "score_estimated": (WEIGHTS, "Variance with the score estimated"),
    "bootstrap": (WEIGHTS, "Bootstrap over patients"),
    "gee_weighted": (WEIGHTS, "Estimating equations, weighted"),
    "site_clustered": (SITES, "Variance clustered by site"),
    "site_fixed": (SITES, "Sites fixed (adjusted, not weighted)"),
    "site_random": (SITES, "Sites random (adjusted, not weighted)"),
    "site_pooled_fixed": (SITES, "Within sites, weighted, common effect"),
    "site_pooled_random": (SITES, "Within sites, weighted, random effects"),
    "missing_indicator": (CONFOUNDERS, "A level of their own"),
    "missing_exclude": (CONFOUNDERS, "Patients left out"),
    "missing_impute": (CONFOUNDERS, "Multiple imputation"),
    "complete_cases": (SCORES, "Complete cases, weighted"),
    "worst_case_treated": (SCORES, "Worst case for the treated"),
    "worst_case_reference": (SCORES, "Worst case for the reference"),
    "imputed_mar": (SCORES, "Imputed, missing at random"),
    "jump_to_reference": (SCORES, "Imputed, jump to reference"),
    "copy_reference": (SCORES, "Imputed, copy reference"),
    "copy_increments": (SCORES, "Imputed, copy increments"),
    "censoring_weighted": (SCORES, "Weighted for dropout"),
    "windows_narrower": (DEFINITIONS, "Windows narrower"),
    "windows_wider": (DEFINITIONS, "Windows wider"),
    "baseline_last": (DEFINITIONS, "Baseline: last score"),
    "baseline_mean": (DEFINITIONS, "Baseline: mean score"),
    "baseline_worst": (DEFINITIONS, "Baseline: worst score"),
    "control_slope": (CONTROLS, "Change before treatment"),
}
_METHODS = {"unadjusted": "Unadjusted", "weighted": "Weighted", "g_computation": "G-computation", "augmented": "Doubly robust"}  # fmt: skip
_NAMES |= {
    f"{method}_{population}": (ADJUSTMENT if method == "unadjusted" else WEIGHTS, f"{label}, {who}")
    for population, who in (("observed", "complete cases"),)
    for method, label in _METHODS.items()
}
_ORDER = {name: place for place, name in enumerate(_NAMES)}
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (r"delta_(treated|reference)_([\d.]+)", SCORES, "Imputed, {1} points worse in the {0}"),
    (r"delta_(treated|reference)_([\d.]+)_accruing", SCORES, "Imputed, {1} points worse at each time point in the {0}"),
    (r"without_(.+)", ADJUSTMENT, "Without {}"),
    (r"response_at_(.+)", DEFINITIONS, "Response: a drop of {}%"),
    (r"remission_at_(.+)", DEFINITIONS, "Remission: at most {} points"),
    (r"control_change_(.+)", CONTROLS, "Change of {}"),
    (r"control_(.+)", CONTROLS, "{} before treatment"),
    (r"delta_(.+)", SCORES, "Imputed, delta: {}"),
    (r"(.*(?:imput|jump|copy|delta|censor|ipcw|dropout|tipping|missing).*)", SCORES, "{}"),
)


def describe_analysis(name: str) -> tuple[str, str]:
    """Return the group and the label of an analysis; one that is not known keeps its name, in the last group.

    Examples
    --------
    >>> describe_analysis("without_payer")
    ('Adjustment', 'Without payer')
    """
    if name in _NAMES:
        return _NAMES[name]
    for pattern, group, label in _PATTERNS:
        found = re.fullmatch(pattern, name)
        if found:
            text = label.format(*(part.replace("_", " ") for part in found.groups()))
            return group, text[:1].upper() + text[1:].replace(" 1 points", " 1 point")
    return OTHER, name.replace("_", " ").capitalize()


def rank_analysis(name: str) -> tuple[int, str]:
    """Return what analyses are sorted by: the order of this module, then their names."""
    return _ORDER.get(name, len(_ORDER)), name


def name_main(endpoint: str, weights: str) -> str:
    """Return the analysis that the grid is read against: the declared one, and for events that of everyone, missing scores imputed."""
    if endpoint != "change":
        return "imputed_mar"
    return "baseline_adjusted" if weights == "none" else f"weighted_{weights}"


SAME_ESTIMATE = frozenset(
    {"score_estimated", "bootstrap", "site_clustered"}
)  # another variance of the primary estimate
CONFOUNDED = ("unadjusted", "baseline_adjusted", "without_")  # leave out a confounder
WHAT_IF = ("delta_", "worst_case_", "control_")  # ask what would happen, or another question


def is_valid_analysis(name: str, weights: str) -> bool:
    """Whether a row of the sensitivity grid answers the question of the primary analysis in another valid way.

    Left out are the primary estimate itself and other variances of it, analyses that leave out a confounder, and those that
    say what would happen if scores were worse than the data show.

    Examples
    --------
    >>> [is_valid_analysis(name, "overlap") for name in ("weighted_att", "weighted_overlap", "unadjusted", "delta_treated_2")]
    [True, False, False, False]
    """
    if name in SAME_ESTIMATE or name == name_main("change", weights) or name.startswith(WHAT_IF):
        return False
    group = describe_analysis(name)[0]
    return not name.startswith(CONFOUNDED) and group not in (CONTROLS, OTHER)
