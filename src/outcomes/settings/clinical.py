"""Settings of the clinical derivations: scores, series, baseline, time points, endpoints, arms."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from outcomes.frozen import Frozen


class Scoring(Frozen):
    """How item answers become totals."""

    prorate: bool = Field(
        False,
        description="when few enough items are missing (the instrument's limit), replace them by the mean of the answered "
        "ones; default: a total needs all items. Item 9 of the PHQ-9 is never imputed",
    )
    rounding: Literal["none", "half_up"] = Field("half_up", description="rounding of a prorated total")


class Arm(Frozen):
    """One arm of the comparison."""

    id: str = Field(description="short name used in tables and models")
    label: str = Field(description="name printed in the report")
    in_text: str | None = Field(
        None,
        description="the label as it stands within a sentence, such as 'intranasal esketamine'; by default the protocol's "
        "name where the label differs from it in capitals only, else the label as it is",
    )
    treatments: tuple[str, ...] = Field(
        (),
        description="values of the sessions' `treatment` (or of the patients' `arm`) that mean this arm; default: the id",
    )
    protocol: str | None = Field(None, description="protocol id (see protocols); null where the study has no sessions")
    color: str | None = Field(
        None, description="hex colour in figures; by default the next of a colour-blind-safe palette"
    )

    @property
    def meant_by(self) -> tuple[str, ...]:
        """The treatments that mean this arm.

        >>> Arm(id="iv", label="IV ketamine").meant_by
        ('iv',)
        """
        return self.treatments or (self.id,)


class SeriesRules(Frozen):
    """How sessions form series."""

    origin: Literal["sessions", "visits", "none"] = Field(
        "sessions",
        description="sessions: built from dated sessions; visits: one series a patient (and arm) that starts at the baseline "
        "visit; none: cross-sectional, no baseline",
    )
    gap_days: int = Field(30, ge=1, description="a gap of more days than this between sessions starts a new series")
    change_of_arm: Literal["new_series", "same_series"] = Field(
        "new_series",
        description="another arm's session inside a series: start a new series, or keep the first arm's label",
    )
    same_day: Literal["one_session", "separate"] = Field(
        "one_session", description="two session records of one patient and treatment on one day"
    )
    begins: Literal["first_session", "first_scored", "first_repeated"] = Field(
        "first_session",
        description="where a patient's treatment begins to count. first_session: at the first session of an arm; first_scored: at the "
        "first series with a questionnaire at most `baseline.within_days` before it; first_repeated: at the first series of three "
        "sessions, or as few as its protocol asks for. Earlier series (treatment of years before, a trial dose) are left out "
        "and counted; a patient without such a series keeps all",
    )
    use: Literal["first", "all"] = Field(
        "first", description="which series of a patient are analysed (first: new users)"
    )
    require_protocol: bool = Field(
        False,
        description="leave out series that fail their protocol's rule (they are counted with the reason either way)",
    )


class Baseline(Frozen):
    """Which score is the baseline."""

    rule: Literal["last", "mean", "worst"] = Field(
        "last", description="last, mean or worst score on or before the first session's day and within the window"
    )
    within_days: int = Field(14, ge=0, description="how many days before the first session a baseline may lie")
    same_day: Literal["before", "after"] = Field(
        "before", description="a questionnaire of a session's own day was answered before or after that session"
    )
    minimum: dict[str, float] = Field(
        default_factory=dict, description="instrument → smallest baseline that enters the analysis (entry threshold)"
    )


class Window(Frozen):
    """A calendar window around a study day."""

    day: int = Field(description="day after the first session (day 0)")
    before: int = Field(ge=0, description="days before that still count")
    after: int = Field(ge=0, description="days after that still count")


class Timepoints(Frozen):
    """The time points at which endpoints are formed, on up to three axes."""

    sessions: tuple[int, ...] = Field((), description="session ordinals: the score after session k and before k + 1")
    session_days: int = Field(
        14, ge=1, description="a score belongs to the last session only within so many days after it"
    )
    days: tuple[Window, ...] = Field(
        (), description="calendar windows; the score nearest to the day counts (ties: the later)"
    )
    visits: tuple[str, ...] = Field((), description="names of visits, in order")
    clean_window: tuple[int, int] | None = Field(
        (14, 31),
        description="days after the last induction session whose recall does not reach back before treatment "
        "(McInnes 2022, 10.1016/j.jad.2021.12.097); null where it has no meaning",
    )

    measured_share: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="share of an arm's series that reached a time point, below which it counts as not measured there: nothing is said of those who "
        "have no score, rather than that none of them responded",
    )

    @model_validator(mode="after")
    def _no_overlap(self) -> Self:
        spans = sorted((w.day - w.before, w.day + w.after, w.day) for w in self.days)
        for (_, end, day), (start, _, following) in zip(spans, spans[1:], strict=False):
            if start <= end:
                raise ValueError(
                    f"the windows of day {day} and day {following} overlap; a score may belong to one only"
                )
        return self


class ReliableChange(Frozen):
    """Inputs of the reliable change index 1.96·SD·√(2(1−r)) (Jacobson & Truax 1991, 10.1037/0022-006X.59.1.12)."""

    sd: float = Field(gt=0, description="standard deviation at baseline in the reference sample")
    reliability: float = Field(gt=0, lt=1, description="test-retest reliability r")
    source: str = Field(description="where the two numbers come from; printed beside the result")
    mean: float | None = Field(None, description="mean at baseline in the reference sample; for cut-offs a and c")
    normal_mean: float | None = Field(None, description="mean of people without the illness; for cut-offs b and c")
    normal_sd: float | None = Field(None, gt=0, description="their standard deviation; for cut-offs b and c")
    cutoff: Literal["a", "b", "c"] | None = Field(
        None,
        description="where recovery begins (10.1037/0022-006X.59.1.12): a: two standard deviations from the patients' mean, b: within two of "
        "that of people without the illness, c: where a score is as likely in either; null: recovery is not told from improvement",
    )
    norms: str | None = Field(None, description="where the means and the other standard deviation come from")

    @model_validator(mode="after")
    def _numbers_of_the_cutoff(self) -> Self:
        needs = {"a": ("mean",), "b": ("normal_mean", "normal_sd"), "c": ("mean", "normal_mean", "normal_sd")}
        lacking = [name for name in needs.get(self.cutoff or "", ()) if getattr(self, name) is None]
        if lacking:
            raise ValueError(f"cutoff {self.cutoff} needs {', '.join(lacking)}")
        return self

    def find_cutoff(self) -> float | None:
        """Return the score at which recovery begins; None where none is declared.

        Examples
        --------
        Patients 20 (SD 4), others 5 (SD 2): a = 20 − 8, b = 5 + 4, c = (4·5 + 2·20) / 6.

        >>> numbers = {"sd": 4, "reliability": 0.8, "source": "x", "mean": 20, "normal_mean": 5, "normal_sd": 2}
        >>> [ReliableChange(**numbers, cutoff=one).find_cutoff() for one in "abc"]
        [12.0, 9.0, 10.0]
        """
        if self.cutoff is None:
            return None
        patients, others = self.mean, self.normal_mean
        if self.cutoff == "a" and patients is not None:
            side = 1 if others is None or others < patients else -1
            return patients - 2 * side * self.sd
        assert others is not None
        assert self.normal_sd is not None
        if self.cutoff == "b":
            side = 1 if patients is None or others < patients else -1
            return others + 2 * side * self.normal_sd
        assert patients is not None
        return (self.sd * others + self.normal_sd * patients) / (self.sd + self.normal_sd)

    FORMULA: ClassVar[str] = "1.96·SD·√(2(1 − r))"

    @property
    def index(self) -> float:
        """The change in points that measurement error alone exceeds one time in twenty."""
        return 1.96 * self.sd * sqrt(2 * (1 - self.reliability))


class Regression(Frozen):
    """What regression to the mean is expected from (Barnett 2005, 10.1093/ije/dyh299)."""

    mean: float | None = Field(
        None,
        description="mean of the population that patients come from; null: found from the entry threshold "
        "(`baseline.minimum`), the standard deviation, and the mean baseline",
    )
    sd: float | None = Field(
        None, gt=0, description="standard deviation in that population; null: that of endpoints.reliable_change"
    )
    reliability: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="correlation of two scores of one patient without a change; null: the slope of two baselines where 30 patients have both, else that "
        "of endpoints.reliable_change",
    )
    source: str = Field(description="where the numbers come from; printed beside the result")
    screening_days: int = Field(
        90, ge=1, description="days before the first session from which a score counts as the first of two baselines"
    )


class Endpoints(Frozen):
    """Definitions of the binary endpoints."""

    response_percent: dict[str, float] = Field(
        default_factory=dict,
        description="instrument → percent drop that is a response, where it differs from the instrument's",
    )
    remission_maximum: dict[str, float] = Field(
        default_factory=dict,
        description="instrument → largest total in remission, where it differs from the instrument's",
    )
    worsening_points: float = Field(1.0, gt=0, description="increase over baseline that counts as worsening, in points")
    reliable_change: dict[str, ReliableChange] = Field(
        default_factory=dict, description="instrument → declared SD and r"
    )


class Population(Frozen):
    """Who enters the analysis; everyone else is counted with the reason."""

    include: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="patients' column → values that enter"
    )
    require_baseline: bool = Field(False, description="leave out series without a baseline of the primary instrument")
    small_arms: Literal["omit", "show"] = Field(
        "omit",
        description="arms outside the comparison with fewer patients than privacy.minimum_cell, of whom a rounded release would say nothing: "
        "omit leaves them out of all analyses, counted in the flow as small_arm; show keeps them",
    )

    @field_validator("small_arms", mode="before")
    @classmethod
    def _no_fold(cls, value: object) -> object:
        if value == "fold":
            raise ValueError(
                "small arms are not folded into one: other treatments have other schedules, so their sessions and time points are not "
                "comparable; leave them out (omit), or declare their treatments as one arm in 'arms'"
            )
        return value
