"""The estimates by the step that makes them: each becomes a released table of the same name."""

RATES = (
    *("flow", "baseline", "baseline_smd", "scores", "response", "differences", "change_distribution"),
    *("missingness", "ideation", "ideation_change", "recall", "regression_to_mean", "two_baselines", "published"),
    *("ledger", "balance"),
)
COMPARE = (
    *("target_trial", "eligibility", "comparison_statement", "covariate_balance", "score_overlap", "positivity"),
    *("weights", "effects", "risks", "sensitivity", "imputations", "tipping", "dropout", "early_signals"),
    *("subgroups", "interactions"),
)
DURABILITY = ("durability_cohort", "durability_curve", "durability_held", "durability_effect")
MODELS = ("models", "coefficients", "tests", "margins", "model_differences")  # one file a model, one table of all
RELEASED = (*RATES, *COMPARE, *DURABILITY, *MODELS)
