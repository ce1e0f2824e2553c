"""The study file: one YAML, checked key by key before anything runs."""

from __future__ import annotations

import difflib
import hashlib
import json
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from outcomes.errors import SettingsError
from outcomes.frozen import Frozen
from outcomes.instruments import Instrument, select_instruments
from outcomes.protocols import Protocol, select_protocols
from outcomes.settings.analysis import Model, Privacy, Report
from outcomes.settings.clinical import (
    Arm,
    Baseline,
    Endpoints,
    Population,
    Regression,
    Scoring,
    SeriesRules,
    Timepoints,
)
from outcomes.settings.comparison import Comparison
from outcomes.settings.cost import Cost
from outcomes.settings.criteria import Criterion
from outcomes.settings.durability import Durability
from outcomes.settings.keys import say_failure
from outcomes.settings.labels import (
    READ,
    find_personal_label,
    find_personal_prose,
    label_analysis,
    label_design,
    label_sources,
)
from outcomes.settings.published import PublishedFigures, fill_published
from outcomes.settings.reading import read_yaml
from outcomes.settings.sources import Cleaning, DateRules, Source, Table, TableMap, Visit


class Study(Frozen):
    """Everything a study declares; outputs live under {data,results,figures}/{study}/."""

    study: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60, description="short name; the folder of all outputs"
    )
    seed: int = Field(2026, ge=0, le=2**63 - 1, description="seed of everything random")
    data: str = Field(description="folder of the raw exports; `make DATA=…` names another")
    layouts: dict[str, dict[Table, TableMap]] = Field(
        default_factory=dict, description="mappings that several files share"
    )
    sources: tuple[Source, ...] = Field(min_length=1, description="the files of the raw export")
    dates: DateRules = Field(default_factory=DateRules, description="how dates are written")
    unused: tuple[str, ...] = Field(
        (), description="files of the data folder that the study does not use; patterns such as `old/*` are fine"
    )
    accept: dict[str, str] = Field(
        default_factory=dict,
        description="check of the export's health that would stop the run → why it is as it should be; printed in the report",
    )
    cleaning: Cleaning = Field(default_factory=Cleaning, description="what happens to values that cannot be right")
    visits: tuple[Visit, ...] = Field((), description="scheduled visits, where the study labels its time points")
    instruments: tuple[str, ...] = Field(min_length=1, description="instruments analysed; the first is the primary one")
    own_instruments: dict[str, Instrument] = Field(
        default_factory=dict, description="instruments the package does not know"
    )
    own_protocols: dict[str, Protocol] = Field(default_factory=dict, description="protocols the package does not know")
    scoring: Scoring = Field(default_factory=Scoring, description="how items become totals")
    arms: tuple[Arm, ...] = Field(min_length=1, description="arms, the reference arm first")
    series: SeriesRules = Field(default_factory=SeriesRules, description="how sessions form series")
    baseline: Baseline = Field(default_factory=Baseline, description="which score is the baseline")
    timepoints: Timepoints = Field(default_factory=Timepoints, description="when endpoints are formed")
    endpoints: Endpoints = Field(
        default_factory=Endpoints, description="response, remission, worsening, reliable change"
    )
    regression_to_mean: dict[str, Regression] = Field(
        default_factory=dict,
        description="instrument → what regression to the mean is expected from; without one, no table",
    )
    population: Population = Field(default_factory=Population, description="who enters the analysis")
    models: dict[str, Model] = Field(default_factory=dict, description="mixed-effects models by name")
    comparison: Comparison | None = Field(
        None, description="two arms compared, with weights for confounders; null: not"
    )
    scatter: int = Field(
        1,
        ge=1,
        le=1000,
        description="parts, each a job of its own, in which the comparison's bootstrap and its other ways to the answer are made; the numbers are the same",
    )
    durability: Durability | None = Field(
        None, description="how long the response lasts after the induction; null: not"
    )
    eligibility: tuple[Criterion, ...] = Field((), description="definitions and contraindications, counted by arm")
    cost: Cost | None = Field(None, description="what treatment is charged, and per responder; null: not")
    published: PublishedFigures = Field(PublishedFigures(), description="published figures to set results beside")
    privacy: Privacy = Field(default_factory=Privacy, description="what may leave the building")
    report: Report = Field(description="what the report says beside the numbers")

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_do(cls, content: Any) -> Any:
        """Refuse a draft whose list of what could not be found is not worked off."""
        if not isinstance(content, dict) or "to_do" not in content:
            return content
        if content["to_do"]:
            raise ValueError(
                f"to_do: the draft of this file lists {len(content['to_do'])} thing(s) to write; write them, and delete the "
                "list"
            )
        return {key: value for key, value in content.items() if key != "to_do"}

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        known = set(select_instruments(self.instruments, self.own_instruments))
        for place, names in {
            "models": {m.instrument for m in self.models.values()},
            "endpoints.reliable_change": set(self.endpoints.reliable_change),
            "baseline.minimum": set(self.baseline.minimum),
            "regression_to_mean": set(self.regression_to_mean),
        }.items():
            if names - known:
                raise ValueError(
                    f"{place} names {sorted(names - known)}, which 'instruments' does not list ({sorted(known)})"
                )
        for name, one in self.regression_to_mean.items():
            if name not in self.endpoints.reliable_change and (one.sd is None or one.reliability is None):
                raise ValueError(
                    f"regression_to_mean.{name}: give 'sd' and 'reliability', or endpoints.reliable_change"
                )
        select_protocols([arm.protocol for arm in self.arms if arm.protocol], self.own_protocols)
        for source in self.sources:
            if source.layout is not None and source.layout not in self.layouts:
                raise ValueError(
                    f"source {source.file}: no layout {source.layout!r}; 'layouts' has {sorted(self.layouts)}"
                )
            if (source.layout is None) == (not source.tables):
                raise ValueError(f"source {source.file}: give either 'layout' or 'tables'")
        if len({arm.id for arm in self.arms}) < len(self.arms):
            raise ValueError("two arms have the same id")
        daily = [arm.id for arm in self.arms if (protocol := self.protocol(arm)) and protocol.several_a_day]
        if daily and self.series.same_day == "one_session" and self.series.origin == "sessions":
            raise ValueError(
                f"series.same_day: the protocol of arm {', '.join(daily)} has several sessions a day, which 'one_session' would "
                "join; write `same_day: separate`"
            )
        return self

    @model_validator(mode="after")
    def _timepoints_named(self) -> Self:
        """Refuse a headline that is no time point: the report would take another without a word."""
        points = self.timepoints
        known = [*(f"session {k}" for k in points.sessions), *(f"day {one.day}" for one in points.days), *points.visits]
        known += [one.name or one.label for one in self.visits]
        known += ["clean window"] if points.clean_window else []
        for place, name in (("headline", self.report.headline), *(("also", one) for one in self.report.also)):
            if name is not None and name not in known:
                raise ValueError(
                    f"report.{place}: no time point '{name}'; there are: {', '.join(dict.fromkeys(known))}"
                )
        return self

    @model_validator(mode="after")
    def _further_sections_agree(self) -> Self:
        if self.cost is not None:
            self.cost.check_days([one.day for one in self.timepoints.days])
        self.published.check_names(self.own_instruments, self.own_protocols)
        return self

    @model_validator(mode="after")
    def _treatments_known(self) -> Self:
        """Refuse a spelling mapped to what is nearly an arm's treatment: its sessions would be no arm's without a word."""
        known = sorted({name for arm in self.arms for name in arm.meant_by})
        maps = [*self.layouts.values(), *(source.tables for source in self.sources)]
        columns = [one["sessions"].columns.get("treatment") for one in maps if "sessions" in one]
        for name in [
            str(value) for column in columns if column for value in column.values.values() if value is not None
        ]:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)  # "ketamine" is not near "esketamine"
            if near and name not in known:
                raise ValueError(
                    f"sessions.treatment: a spelling is mapped to '{name}', which is the treatment of no arm; did you mean "
                    f"'{near[0]}'? Arms have: {', '.join(known)}"
                )
        return self

    @model_validator(mode="after")
    def _labels_are_nobodys(self) -> Self:
        maps = (*self.layouts.values(), *(source.tables for source in self.sources))
        labels = (
            *label_design(self.arms, self.visits),
            *label_sources(self.sources, maps),
            *label_analysis(self.eligibility, self.own_instruments, self.own_protocols, self.comparison),
        )
        found = find_personal_label(labels) or find_personal_prose(self.model_dump(exclude=set(READ)))
        if found is not None:
            raise ValueError(
                f"{found[0]}: holds what look like {found[1]}, which would stand in the report; write a name that is nobody's"
            )
        return self

    @model_validator(mode="after")
    def _comparison_agrees(self) -> Self:
        if self.comparison is None:
            return self
        estimand, arms = self.comparison.estimand, [arm.id for arm in self.arms]
        for key in ("treated", "reference"):
            if getattr(estimand, key) not in arms:
                raise ValueError(
                    f"comparison.estimand.{key}: no arm '{getattr(estimand, key)}'; arms: {', '.join(arms)}"
                )
        points = self.list_timepoints(estimand.axis)
        if points and estimand.timepoint not in points:
            raise ValueError(
                f"comparison.estimand.timepoint: no time point '{estimand.timepoint}' on the axis '{estimand.axis}'; there are: {', '.join(points)}"
            )
        named = {"estimand.instrument": estimand.instrument}
        named |= {
            f"negative_control.instruments.{at}": one
            for at, one in enumerate(self.comparison.negative_control.instruments)
        }
        for place, name in named.items():
            if name not in self.instruments:
                raise ValueError(
                    f"comparison.{place}: '{name}' is not among 'instruments' ({', '.join(self.instruments)})"
                )
        return self

    def tables_of(self, source: Source) -> dict[Table, TableMap]:
        """Return the mappings of a source, its own or its layout's."""
        return source.tables if source.layout is None else self.layouts[source.layout]

    def list_timepoints(self, axis: str) -> list[str]:
        """Return the declared time points of an axis (session, day, visit)."""
        points = self.timepoints
        if axis == "session":
            return [f"session {number}" for number in points.sessions]
        if axis == "day":
            return [f"day {one.day}" for one in points.days]
        return list(dict.fromkeys([*points.visits, *(one.name or one.label for one in self.visits)]))

    def instrument(self, name: str) -> Instrument:
        """Return an instrument with this study's cut-offs in place of the published ones where it declares some."""
        instrument = select_instruments([name], self.own_instruments)[name]
        changes: dict[str, Any] = {}
        if name in self.endpoints.response_percent:
            changes["response_percent"] = self.endpoints.response_percent[name]
        if name in self.endpoints.remission_maximum:
            changes["remission_maximum"] = self.endpoints.remission_maximum[name]
        return instrument.model_copy(update=changes)

    def protocol(self, arm: Arm) -> Protocol | None:
        """Return the protocol of an arm; None where the study has no sessions."""
        return None if arm.protocol is None else select_protocols([arm.protocol], self.own_protocols)[arm.protocol]

    def in_text(self, arm: str) -> str:
        """Return the name of an arm as it stands within a sentence; an id that is not declared as it is."""
        entry = next((entry for entry in self.arms if entry.id == arm), None)
        if entry is None:
            return arm
        protocol = self.protocol(entry)
        same = protocol is not None and protocol.name.casefold() == entry.label.casefold()
        return entry.in_text or ((protocol.in_text or protocol.name) if same and protocol else entry.label)

    def digest(self, *sections: str) -> str:
        """Return a SHA-256 of the named sections (all when none is named): the same settings, the same digest."""
        content = self.model_dump(mode="json", include=set(sections) or None)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_study(path: Path | str) -> Study:
    """Read and check a study file.

    Raises
    ------
    SettingsError
        The file is missing, is not YAML, or breaks the schema; every failure is listed with its key.
    """
    path = Path(path)
    if not path.is_file():
        raise SettingsError(f"{path}: no such study file; `outcomes draft` writes one.")
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: a study file is a mapping of keys; this one is {type(content).__name__}.")
    return check_study(fill_published(content, path.parent), str(path))


def check_study(content: dict[str, Any], name: str = "study file") -> Study:
    """Check the content of a study file against the schema.

    Raises
    ------
    SettingsError
        Every failure with its key, what was found, and what is allowed.

    Examples
    --------
    >>> check_study({"study": "mine", "data": "raw", "instruments": ["phq9"]})
    Traceback (most recent call last):
        ...
    outcomes.errors.SettingsError: study file has 3 problem(s):
      sources: required, and not given.
      arms: required, and not given.
      report: required, and not given.
    """
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        lines = [say_failure(failure, Study.model_json_schema) for failure in error.errors(include_url=False)]
        raise SettingsError(f"{name} has {len(lines)} problem(s):\n  " + "\n  ".join(lines)) from None
