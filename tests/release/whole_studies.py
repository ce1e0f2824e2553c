"""Random small studies through every step from scores to released tables: two or three arms compared, modelled, and followed.

Patients are drawn from the example's clinics, without replacement; the study file is drawn around them: weights, what is done
about missing scores, subgroups, durability, first series or all of them, and the smallest count that is released.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from attack_arithmetic import guess_events, learn_sizes, read_words
from attack_reader import read_files
from attack_system import Name, System, solve

from outcomes.analysis.comparison.compare import compare_arms
from outcomes.analysis.cost.describe import describe_cost
from outcomes.analysis.courses.describe import describe_courses
from outcomes.analysis.describe import describe_cohort
from outcomes.analysis.durability.describe import describe_durability
from outcomes.analysis.exposure.describe import describe_exposure
from outcomes.analysis.harms.describe import describe_harms
from outcomes.analysis.models import collect_models, fit_model, model_frame
from outcomes.analysis.onset.describe import describe_onset
from outcomes.contracts import check_table
from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import Share
from outcomes.contracts.released.text import format_table
from outcomes.intake import read_export, tabulate_findings
from outcomes.measures.definitions import Definitions
from outcomes.measures.endpoints import derive_endpoints
from outcomes.measures.scoring import derive_scores
from outcomes.measures.series import derive_series
from outcomes.measures.variants import derive_pretreatment, derive_variants
from outcomes.release.disclosure.coarsen import fold_levels
from outcomes.release.disclosure.gate import release_tables
from outcomes.release.disclosure.rounding import Rounding
from outcomes.release.disclosure.units import protect_patients
from outcomes.settings import Study, check_study
from outcomes.settings.analysis import Privacy
from outcomes.settings.variants import declare_variants

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "example.yaml"
ARMS = ("iv", "esketamine", "im", "oral")  # the last are patients given IV ketamine under another name
FEWEST = 24  # of an arm that is compared: some patients are left out by the rules, and ten must be left
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Drawn:
    """A random study: its seed, its study file, and how many patients of each arm it takes."""

    seed: int
    settings: Mapping[str, Any]
    sizes: Mapping[str, int]

    @property
    def study(self) -> Study:
        return check_study(dict(self.settings))


@cache
def read_clinics() -> Tables:
    """Return the clean tables of the example's clinics."""
    study = check_study(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))
    export = read_export(study, ROOT / study.data)
    health = tabulate_findings(export.findings, {}, list(export.balance["file"].cat.categories))
    return {**export.tables, "ledger": export.ledger, "balance": export.balance, "health": health}


@cache
def find_arms() -> pd.Series:
    """Return the arm of each patient's first series."""
    study = check_study(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))
    series, _ = make_series(read_clinics(), study)
    return series.drop_duplicates("patient").set_index("patient")["arm"].astype(str)


def draw_study(seed: int) -> Drawn:
    """Return a study of 15 to 1,000 patients in one to four arms, some of one patient, with everything a study file can ask for."""
    generator = np.random.default_rng([seed, *b"release/whole"])
    settings: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    arms = ARMS[: int(generator.integers(1, 5))]
    patients = int(np.exp(generator.uniform(np.log(15), np.log(1000))))
    shares = generator.dirichlet(np.ones(len(arms)))
    sizes = {arm: max(1, round(share * patients)) for arm, share in zip(arms, shares, strict=True)}
    if generator.random() < 0.5 and len(arms) > 1:  # a small comparison rather than none
        sizes |= {arm: max(FEWEST, sizes[arm]) for arm in ("iv", "esketamine")}
    settings["seed"] = seed
    declared = [*settings["arms"], {"id": "oral", "label": "Oral ketamine", "protocol": "iv"}]
    settings["arms"] = [arm for arm in declared if arm["id"] in arms]
    settings["privacy"] = {"minimum_cell": int(generator.choice([5, 6, 8, 10, 11, 11, 11, 15, 20]))}
    settings["instruments"] = ["phq9", "gad7", "phq8"][: int(generator.integers(2, 4))]
    _draw_models(settings, generator)
    _draw_comparison(settings, generator)
    if generator.random() < 0.4:
        del settings["durability"]
    else:
        settings["durability"] |= {
            "replicates": 0, "maintenance": str(generator.choice(["censor", "competing", "treatment_policy"])),
        }  # fmt: skip
    if generator.random() < 0.15:
        settings["series"] |= {"use": "all"}
    if settings["series"]["use"] == "all" or min(sizes["iv"], sizes.get("esketamine", 0)) < FEWEST:
        del settings["comparison"]
    if generator.random() < 0.3:
        settings["baseline"] = {**settings["baseline"], "minimum": {}}
        del settings["regression_to_mean"]
    return Drawn(seed, settings, sizes)


def read_example() -> Drawn:
    """Return the example as it is, without bootstrap samples."""
    settings: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    settings["comparison"] |= {"replicates": 0}
    settings["durability"] |= {"replicates": 0}
    sizes = find_arms().value_counts()
    return Drawn(-1, settings, {arm["id"]: int(sizes[arm["id"]]) for arm in settings["arms"]})


def draw_clinic() -> Drawn:
    """Return a clinic of two arms and 120 patients, with the example's settings."""
    settings = dict(read_example().settings)
    settings["arms"] = [arm for arm in settings["arms"] if arm["id"] != "im"]
    return Drawn(-2, settings, {"iv": 60, "esketamine": 60})


def _draw_models(settings: dict[str, Any], generator: np.random.Generator) -> None:
    names = [name for name in ("phq9_by_session", "phq9_by_day", "phq9_slope") if generator.random() < 0.4]
    simple = {"covariance": "compound_symmetry", "fallback": [], "df": "satterthwaite"}
    models = {name: {**settings["models"][name], "primary": False} for name in names}
    settings["models"] = {name: model | (simple if "random" not in model else {}) for name, model in models.items()}


def _draw_comparison(settings: dict[str, Any], generator: np.random.Generator) -> None:
    comparison = settings["comparison"]
    confounders = [name for name in comparison["confounders"] if name == "baseline" or generator.random() < 0.5]
    comparison |= {
        "weights": str(generator.choice(["none", "none", "overlap", "att", "ate"])),
        "covariance": str(generator.choice(["unstructured", "compound_symmetry"])),
        "confounders": confounders, "left_out": [name for name in ("payer",) if name in confounders],
        "site": "site" if "site" in confounders else None, "replicates": 0,
        "missing": str(generator.choice(["indicator", "indicator", "exclude", "impute"])), "imputations": 2, "learning_splits": 0,
        "imputation": {**comparison["imputation"], "draws": int(generator.choice([0, 5]))},
    }  # fmt: skip
    for name in ("subgroups", "early_signals"):
        if generator.random() < 0.35:
            del comparison[name]
    if "subgroups" in comparison:
        comparison["subgroups"] = {**comparison["subgroups"], "fewest": int(generator.choice([5, 10, 20]))}
    if generator.random() < 0.5:
        comparison["variants"] = {}
    if generator.random() < 0.5:
        comparison["negative_control"] = {}
    if generator.random() < 0.3:
        comparison["estimand"] |= {"treated": "esketamine", "reference": "iv"}
    if generator.random() < 0.3:
        comparison["estimand"]["summary"] = {"change": "difference_in_means", "binary": "risk_ratio"}
    estimand, words = (
        comparison["estimand"],
        {"change": "hypothetical", "binary": str(generator.choice(["composite", "hypothetical"]))},
    )
    estimand["events"] = {**estimand["events"], "switching": words, "reinduction": words}
    if generator.random() < 0.3:
        estimand |= {"axis": "session", "timepoint": "session 6"}
        estimand["events"] = {**estimand["events"], "stopping": words}


def pick_patients(drawn: Drawn, without: int | None = None) -> Tables:
    """Return the clean tables of the study's patients; without the one that stands at a place among them."""
    generator = np.random.default_rng([drawn.seed + 2, *b"release/people"])
    arms = find_arms()
    chosen: dict[str, set[int]] = {}
    for arm, size in drawn.sizes.items():
        taken = set().union(*chosen.values())
        own = [one for one in arms.index[arms == ("iv" if arm == "oral" else arm)] if one not in taken]
        chosen[arm] = set(generator.choice(own, min(size, len(own)), replace=False).tolist())
    people = set().union(*chosen.values())
    if without is not None:
        people.remove(sorted(people)[without])
    clean = read_clinics()
    own = {name: table for name, table in clean.items() if name not in ("ledger", "balance", "health", "key")}
    picked = {name: table[table["patient"].isin(people)].reset_index(drop=True) for name, table in own.items()}
    renamed = picked["sessions"]["patient"].isin(chosen.get("oral", set()))
    treatment = picked["sessions"]["treatment"].astype(str).mask(renamed, "oral").astype("category")
    picked["sessions"] = picked["sessions"].assign(treatment=treatment)
    return {**picked, "ledger": clean["ledger"], "balance": clean["balance"], "health": clean["health"]}


def make_series(clean: Tables, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    protocols = {arm.id: protocol for arm in study.arms if (protocol := study.protocol(arm)) is not None}
    given = (clean["sessions"], clean["assessments"], clean["patients"])
    return derive_series(*given, study.arms, protocols, study.series, study.visits)


def define(study: Study) -> Definitions:
    parts = ("series", "baseline", "timepoints", "endpoints", "population", "visits")
    instruments = {name: study.instrument(name) for name in study.instruments}
    return Definitions(instruments=instruments, **{name: getattr(study, name) for name in parts})


def estimate(drawn: Drawn) -> tuple[Tables, pd.DataFrame]:
    """Return every table of the study before the gate, and its cohort; fits to so few patients may warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _estimate(drawn)


def describe_few(drawn: Drawn, without: int | None) -> tuple[Tables, pd.DataFrame]:
    """Return the tables that describe a study's cohort before the gate, without one patient, and the cohort."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clean = _derive(drawn.study, pick_patients(drawn, without))
        tables = dict(describe_cohort(clean, drawn.study))
    return tables, clean["cohort"]


def _derive(study: Study, clean: Tables) -> Tables:
    instruments = {name: study.instrument(name) for name in study.instruments}
    clean["scores"] = derive_scores(clean["assessments"], instruments, study.scoring)
    clean["series"], clean["series_sessions"] = make_series(clean, study)
    given = tuple(clean[name] for name in ("scores", "series", "series_sessions", "patients"))
    derived = derive_endpoints(*given, define(study))
    for name, table in zip(("endpoints", "cohort", "times"), derived, strict=True):
        clean[name] = check_table(table, name)
    return clean


def _estimate(drawn: Drawn) -> tuple[Tables, pd.DataFrame]:
    study = drawn.study
    clean = _derive(study, pick_patients(drawn))
    tables = dict(describe_cohort(clean, study))
    tables |= _compare(clean, study) | collect_models(_fit(clean, study))
    _, durable = describe_durability(clean if study.durability else {}, study.durability, study)
    tables |= describe_harms(clean, study) | describe_exposure(clean, study) | describe_onset(clean, study)
    tables |= describe_cost(clean, study) | describe_courses(clean, study)
    return tables | dict(durable), clean["cohort"]


def _fit(clean: Tables, study: Study) -> list[Any]:
    arms = [arm.id for arm in study.arms]
    frames = {
        name: model_frame(clean["endpoints"], clean["cohort"], clean["patients"], m) for name, m in study.models.items()
    }
    return [fit_model(frames[name], model, name, arms) for name, model in study.models.items()]


def _compare(clean: Tables, study: Study) -> Tables:
    if study.comparison is None:
        return dict(compare_arms({}, None, study))
    given = tuple(clean[name] for name in ("scores", "series", "series_sessions", "patients"))
    estimand, days = study.comparison.estimand, study.comparison.negative_control.slope_days
    clean["variants"] = derive_variants(*given, define(study), declare_variants(study), estimand)
    if days is not None:
        clean["pretreatment"] = derive_pretreatment(*given[:3], define(study), estimand.instrument, days)
    return dict(compare_arms(clean, study.comparison, study))


def release_text(tables: Tables, privacy: Privacy) -> dict[str, str]:
    """Return the released files by name, as text."""
    return {name: format_table(table) for name, table in release_tables(tables, privacy).items()}


def release(drawn: Drawn, tables: Tables, cohort: pd.DataFrame) -> tuple[dict[str, str], int]:
    """Return the released files of a study, and the smallest count that is released."""
    privacy = protect_patients(drawn.study.privacy, cohort)
    return release_text(tables, privacy), privacy.minimum_cell


def attack_study(drawn: Drawn) -> dict[str, Any]:
    """Return what the attack finds: names recovered, how many counts are narrowed and hidden, and how the release prints."""
    tables, cohort = estimate(drawn)
    files, minimum = release(drawn, tables, cohort)
    return attack_files(files, tables, minimum, sides_of(drawn.study)) | measure(files, tables)


def sides_of(study: Study) -> dict[str, str]:
    """Return the arms compared, as the report names them."""
    estimand = study.comparison.estimand if study.comparison is not None else None
    return {} if estimand is None else {"treated": estimand.treated, "reference": estimand.reference}


def read_release(
    files: Mapping[str, str], tables: Tables, minimum: int, sides: Mapping[str, str]
) -> tuple[System, dict[Name, tuple[float, float]]]:
    """Return what a reader of the files knows, without what is not so, and the truth."""
    folded = {name: fold_levels(table, RELEASED[name], Rounding(minimum)) for name, table in tables.items()}
    truth = read_files({name: format_table(table) for name, table in folded.items()}, minimum, sides, exact=True).bounds
    system = read_files(files, minimum, sides)
    learn_sizes(system, files)
    system.forgive(truth)
    return system, truth


def attack_files(files: Mapping[str, str], tables: Tables, minimum: int, sides: Mapping[str, str]) -> dict[str, Any]:
    """Attack released files, and hold what is found against the truth."""
    system, truth = read_release(files, tables, minimum, sides)
    solved = solve(system)
    guessed = [
        (name, values) for name, values in guess_events(files, minimum) if len(values) == 1 and _is(truth, name, values)
    ]
    return {
        "recovered": [one for one in solved.found if one.low == one.high] + guessed,
        "narrowed": sum(one.low < one.high for one in solved.found),
        "hidden": len(system.hidden),
        "undecided": solved.undecided,
        "words": sorted(set(read_words(files, minimum))),
    }


def _is(truth: Mapping[Name, tuple[float, float]], name: Name, values: set[int]) -> bool:
    """Tell whether a guess is right; of a rest, whether those left over are that many."""
    own = name[1] if name[0] == "rest" else name
    low, high = truth.get(own, (0.0, np.inf))
    if low != high:
        return False
    if name[0] != "rest":
        return {int(low)} == values
    return False


def measure(files: Mapping[str, str], tables: Tables) -> dict[str, Any]:
    """Return how many cells of numbers are printed, as bounds, and not at all, and the error of printed percentages."""
    printed = bounds = empty = 0
    errors: list[float] = []
    for name, text in files.items():
        cells, exact = (
            pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False),
            tables[name].reset_index(drop=True),
        )
        for column in RELEASED[name].fields:
            if column not in cells or column not in exact or column.dtype == "str" or len(cells) != len(exact):
                continue
            there = exact[column].notna().to_numpy()
            own = cells.loc[there, column]
            bound = own.str.match(r"[<>]")
            printed, bounds, empty = (
                printed + int(((own != "") & ~bound).sum()),
                bounds + int(bound.sum()),
                empty + int((own == "").sum()),
            )
            if isinstance(column, Share) and column.scale in (1, 100):
                shown = pd.to_numeric(own.where(~bound & (own != "")), errors="coerce")
                gap = (shown - exact.loc[there, column].astype(float)).abs() * 100 / column.scale
                errors += gap[gap <= 100].dropna().tolist()
    return {"printed": printed, "bounds": bounds, "empty": empty, "errors": errors}
