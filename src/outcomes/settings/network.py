"""The plan of a network study: what every site does alike, so that their estimates can be put together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from outcomes.errors import SettingsError
from outcomes.frozen import Frozen
from outcomes.settings.analysis import MinimumCell
from outcomes.settings.labels import find_personal_prose
from outcomes.settings.one_stage import OneStage
from outcomes.settings.plan import list_changes, place_of, read_plan
from outcomes.settings.propensity import CommonPropensity
from outcomes.settings.reading import read_yaml
from outcomes.settings.study import Study, check_study

# Sections of the study file that decide the primary comparison: alike at every site, at their defaults where the plan has none.
PLANNED = (
    *("seed", "cleaning", "visits", "instruments", "own_instruments", "own_protocols", "scoring", "arms", "series"),
    *("baseline", "timepoints", "endpoints", "population", "comparison"),
)
# Sections that the plan may fix as well; where it has none, each site has its own.
FURTHER = ("models", "durability", "regression_to_mean")
CODE = r"^[a-z0-9][a-z0-9_-]*$"
CENTRE = "centre"  # under which the allowed signers name the coordinating centre


class NetworkPlan(Frozen):
    """What the coordinating centre fixes before any site looks at a result."""

    network: str = Field(pattern=CODE, description="short name of the network study; its report lies below results/")
    title: str = Field(min_length=1, description="title of the network report")
    sites: tuple[str, ...] = Field(
        min_length=2, description="codes of the sites that may take part, as the allowed signers name them"
    )
    minimum_cell: MinimumCell = Field(
        11,
        description="counts of people from 1 to one less leave no site; raised to 6, 11, 16, 21, …; a site's own minimum may be higher",
    )
    fewest_sites: int = Field(3, ge=2, description="sites with an estimate below which none is pooled")
    analysis: dict[str, Any] = Field(
        description="sections of the study file that are the same at every site: " + ", ".join((*PLANNED, *FURTHER))
    )
    propensity: CommonPropensity | None = Field(
        None, description="a propensity model over all sites, in rounds of signed sums; null: none"
    )
    one_stage: OneStage | None = Field(
        None, description="one mixed model over all sites, from sums in their packages; null: none"
    )

    @model_validator(mode="after")
    def _exact_counts_leave_once(self) -> Self:
        if self.propensity is not None and self.one_stage is not None:
            raise ValueError(
                "propensity and one_stage: both let exact numbers of patients leave, of people who differ by a few, and the difference of the two would be "
                "those few; declare one of them"
            )
        return self

    @model_validator(mode="after")
    def _prose_is_nobodys(self) -> Self:
        found = find_personal_prose(self.model_dump(exclude={"analysis"}))  # that is looked at as a study file
        if found is not None:
            raise ValueError(
                f"{found[0]}: holds what look like {found[1]}, which every site would read; write it without"
            )
        return self

    @model_validator(mode="after")
    def _sites_are_told_apart(self) -> Self:
        twice = sorted({name for name in self.sites if self.sites.count(name) > 1})
        if twice:
            raise ValueError(f"sites lists {', '.join(twice)} twice; list each site once")
        wrong = [name for name in self.sites if not re.match(CODE, name)]
        if wrong:
            raise ValueError(f"sites: {', '.join(wrong)}: a code has small letters, digits, '-' and '_'")
        if CENTRE in self.sites:
            raise ValueError(f"sites: '{CENTRE}' is the code of the coordinating centre; give the site another")
        unknown = sorted(set(self.analysis) - {*PLANNED, *FURTHER})
        if unknown:
            raise ValueError(
                f"analysis: {', '.join(unknown)}: not a section that sites have in common; those are {', '.join((*PLANNED, *FURTHER))}"
            )
        return self


def is_network_plan(path: Path) -> bool:
    """Return whether a file is a plan of a network study and no study file."""
    content = read_yaml(path) if path.is_file() else None
    return isinstance(content, dict) and "network" in content


def read_network_plan(path: Path) -> NetworkPlan:
    """Read and check the plan of a network study.

    Raises
    ------
    SettingsError
        The file is missing, no YAML, or breaks the schema, or its analysis could not be a site's; every failure with its key.
    """
    if not path.is_file():
        raise SettingsError(f"{path}: no such plan; docs/network-study.md shows one.")
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: a plan is a mapping of keys; this one is {type(content).__name__}.")
    try:
        plan = NetworkPlan.model_validate(content)
    except ValidationError as error:
        lines = [_sentence(failure) for failure in error.errors(include_url=False)]
        raise SettingsError(f"{path} has {len(lines)} problem(s):\n  " + "\n  ".join(lines)) from None
    study = plan_study(plan, str(path))
    _check_comparison(study, path)
    _check_propensity(plan, study, path)
    _check_one_stage(plan, study, path)
    return plan


def plan_study(plan: NetworkPlan, name: str = "plan") -> Study:
    """Return a study with the planned analysis, whose data are nowhere.

    Raises
    ------
    SettingsError
        The planned sections break the schema of a study file.
    """
    nowhere: dict[str, Any] = {
        "study": plan.network,
        "data": ".",
        "sources": [{"file": "none", "tables": {"patients": {"columns": {"patient": "patient"}}}}],
        "report": {"title": plan.title},
        "privacy": {"minimum_cell": plan.minimum_cell},
    }
    return check_study({**nowhere, **plan.analysis}, f"{name}, analysis,")


def _check_comparison(study: Study, path: Path) -> None:
    if study.comparison is None:
        raise SettingsError(f"{path}: analysis.comparison: required, and not given; it is what the network estimates.")
    site = study.comparison.site
    if site is not None and site in study.comparison.confounders:
        raise SettingsError(
            f"{path}: analysis.comparison.confounders: '{site}' is the same for all patients of a site, and tells nothing there; leave it out, and "
            "write `site: null`."
        )
    if study.series.use == "all":
        raise SettingsError(
            f"{path}: analysis.series.use: 'all' counts a patient more than once, which a network study does not take; write `first`."
        )


def _check_propensity(plan: NetworkPlan, study: Study, path: Path) -> None:
    if plan.propensity is None or study.comparison is None:
        return
    unknown = sorted(set(plan.propensity.names) - set(study.comparison.confounders))
    if unknown:
        raise SettingsError(
            f"{path}: propensity: {', '.join(unknown)} not among analysis.comparison.confounders, of which the common model is a selection."
        )


def _check_one_stage(plan: NetworkPlan, study: Study, path: Path) -> None:
    if plan.one_stage is None or study.comparison is None:
        return
    estimand = study.comparison.estimand
    known = study.list_timepoints(estimand.axis)
    unknown = [name for name in plan.one_stage.timepoints if name not in known]
    if unknown:
        raise SettingsError(
            f"{path}: one_stage.timepoints: {', '.join(unknown)}: no time point of the axis '{estimand.axis}'; there are: {', '.join(known)}."
        )
    if estimand.timepoint not in plan.one_stage.timepoints:
        raise SettingsError(
            f"{path}: one_stage.timepoints: the primary time point {estimand.timepoint} is not among them; add it."
        )
    if list(plan.one_stage.timepoints) != [name for name in known if name in plan.one_stage.timepoints]:
        raise SettingsError(f"{path}: one_stage.timepoints: not in the order of analysis.timepoints; write them in it.")


def _sentence(failure: Any) -> str:
    key = ".".join(str(part) for part in failure["loc"])
    message = failure["msg"].removeprefix("Value error, ")
    if failure["type"] == "extra_forbidden":
        return f"{key}: unknown key; a plan has {', '.join(NetworkPlan.model_fields)}."
    if failure["type"] == "missing":
        return f"{key}: required, and not given."
    return f"{key}: {message}" if key else message


def select_network(plan: NetworkPlan) -> dict[str, Any]:
    """Return what is locked: the plan with every default of its analysis written out."""
    planned = plan_study(plan).model_dump(mode="json")
    content: dict[str, Any] = plan.model_dump(mode="json")
    content["analysis"] = {name: planned[name] for name in _sections(plan)}
    for name in ("propensity", "one_stage"):
        if content[name] is None:
            del content[name]  # the lock of a plan without one is what it was
    return content


def list_deviations(plan: NetworkPlan, study: Study) -> Iterator[str]:
    """Yield, in words, where a site's study file is not as the plan; how its data lie and are written is its own."""
    planned, own = plan_study(plan).model_dump(mode="json"), study.model_dump(mode="json")
    sections = _sections(plan)
    yield from list_changes({name: planned[name] for name in sections}, {name: own[name] for name in sections})
    if study.privacy.release != "rounded":
        yield "privacy.release: planned rounded, now exact"
    if study.privacy.minimum_cell < plan.minimum_cell:
        yield f"privacy.minimum_cell: planned at least {plan.minimum_cell}, now {study.privacy.minimum_cell}"


def _sections(plan: NetworkPlan) -> tuple[str, ...]:
    return (*PLANNED, *(name for name in FURTHER if name in plan.analysis))


def read_locked(path: Path) -> tuple[NetworkPlan, str]:
    """Return a plan and the hash of its lock.

    Raises
    ------
    SettingsError
        The plan is not locked, or was changed after the lock.
    """
    plan = read_network_plan(path)
    lock = read_plan(path)
    if lock is None:
        raise SettingsError(f"{path}: the plan is not locked. The coordinating centre locks it: outcomes lock {path}")
    changes = list(list_changes(lock.versions[-1].analysis, select_network(plan)))
    if changes:
        raise SettingsError(
            f"{path}: the plan is not the one in {place_of(path).name}. A site takes both files again as they were sent; the coordinating centre amends "
            f'(outcomes lock {path} --amend "why"):\n  ' + "\n  ".join(changes)
        )
    return plan, lock.versions[-1].sha256
