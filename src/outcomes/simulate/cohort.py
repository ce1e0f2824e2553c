"""The patients who are accepted: screening, baseline, and everything fixed before an arm is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from outcomes.simulate.arrays import Floats, Ints
from outcomes.simulate.items import GAD7, ITEM_COUNT, PHQ9
from outcomes.simulate.mood import compute_mood, draw_mood
from outcomes.simulate.parameters import ARMS, SITE_COUNT, CourseParameters, Parameters
from outcomes.simulate.patients import MEDICAID, People, draw_people
from outcomes.simulate.streams import Streams

SCREENING_DAYS = (-35, -15)
BASELINE_DAYS = (-14, -1)


@dataclass(frozen=True)
class Style:
    """How a patient fluctuates and answers, whatever the arm."""

    mood: Floats  # (patients, knots), PHQ-9 points
    anxiety_mood: Floats  # (patients, knots), GAD-7 points
    shift: Floats  # (patients, items of both instruments), standard normal


@dataclass(frozen=True)
class Benefit:
    """What each arm would do to each patient."""

    fraction: Floats  # (patients, arms): fraction of severity removed in the long run
    lasting: Floats  # (patients,): time constant of fading, days
    anxiety_share: Floats  # (patients,): benefit for anxiety as a share of that for depression


@dataclass(frozen=True)
class Cohort:
    """All accepted patients before treatment."""

    people: People
    style: Style
    benefit: Benefit
    screening_day: Ints
    screening: Ints  # (patients, items of both instruments)
    baseline_day: Ints
    baseline: Ints  # (patients, items of both instruments)

    def __len__(self) -> int:
        return len(self.people)

    @property
    def baseline_phq9(self) -> Ints:
        """PHQ-9 total at baseline."""
        total: Ints = self.baseline[:, : PHQ9.size].sum(axis=1)
        return total

    @property
    def baseline_phq8(self) -> Ints:
        """PHQ-9 total at baseline without item 9."""
        return self.baseline_phq9 - self.baseline[:, PHQ9.size - 1]

    @property
    def baseline_gad7(self) -> Ints:
        """GAD-7 total at baseline."""
        total: Ints = self.baseline[:, PHQ9.size :].sum(axis=1)
        return total


def draw_cohort(count: int, parameters: Parameters, streams: Streams) -> Cohort:
    """Draw candidates until ``count`` of them pass the entry threshold on the screening PHQ-9."""
    parts: list[tuple[People, Style, Ints, Ints]] = []
    found = 0
    while found < count:
        batch = draw_candidates(2 * count, f"candidates-{len(parts)}", parameters, streams)
        found += len(batch[0])
        parts.append(batch)
    people, style, day, screening = join_batches(parts, count)
    baseline_day = draw_baseline_day(count, parameters.questionnaires.baseline_same_day, streams)
    noise = streams.of("baseline/answers").standard_normal((count, ITEM_COUNT))
    return Cohort(
        people=people,
        style=style,
        benefit=draw_benefit(people, parameters.course, parameters.patients.site_benefit_sd, streams),
        screening_day=day,
        screening=screening,
        baseline_day=baseline_day,
        baseline=answer_untreated(people, style, baseline_day, noise),
    )


def draw_candidates(
    count: int, task: str, parameters: Parameters, streams: Streams
) -> tuple[People, Style, Ints, Ints]:
    """Draw people, screen them, and return those who pass with the day and items of their screening."""
    people = draw_people(count, task, parameters.patients, streams)
    mood, anxiety_mood = draw_mood(count, parameters.course, streams.of(f"{task}/mood"))
    style = Style(mood, anxiety_mood, streams.of(f"{task}/shift").standard_normal((count, ITEM_COUNT)))
    rng = streams.of(f"{task}/screening")
    day = rng.integers(SCREENING_DAYS[0], SCREENING_DAYS[1] + 1, count)
    items = answer_untreated(people, style, day, rng.standard_normal((count, ITEM_COUNT)))
    passed = np.flatnonzero(items[:, : PHQ9.size].sum(axis=1) >= parameters.patients.entry_threshold)
    return people.take(passed), take_style(style, passed), day[passed], items[passed]


def join_batches(parts: list[tuple[People, Style, Ints, Ints]], count: int) -> tuple[People, Style, Ints, Ints]:
    """Join batches of candidates and keep the first ``count``."""
    first = np.arange(count)
    people = People(
        **{name: np.concatenate([getattr(part[0], name) for part in parts]) for name in vars(parts[0][0])}
    ).take(first)
    style = Style(**{name: np.concatenate([getattr(part[1], name) for part in parts]) for name in vars(parts[0][1])})
    day = np.concatenate([part[2] for part in parts])
    items = np.concatenate([part[3] for part in parts])
    return people, take_style(style, first), day[first], items[first]


def take_style(style: Style, rows: Ints) -> Style:
    """Return the style of the chosen patients."""
    return Style(style.mood[rows], style.anxiety_mood[rows], style.shift[rows])


def draw_baseline_day(count: int, same_day: float, streams: Streams) -> Ints:
    """Draw the study day of the baseline questionnaire: 0, or up to 14 days before."""
    rng = streams.of("baseline/day")
    earlier = rng.integers(BASELINE_DAYS[0], BASELINE_DAYS[1] + 1, count)
    return np.where(rng.random(count) < same_day, 0, earlier)


def answer_untreated(people: People, style: Style, day: Ints, noise: Floats) -> Ints:
    """Return the items of both instruments, shape (patients, items), answered before any treatment."""
    everyone = np.arange(len(people))
    depression = people.severity + compute_mood(style.mood, everyone, day)
    anxiety = people.anxiety + compute_mood(style.anxiety_mood, everyone, day)
    return answer_both(depression, anxiety, style.shift, noise)


def answer_both(depression: Floats, anxiety: Floats, shift: Floats, noise: Floats) -> Ints:
    """Return PHQ-9 and GAD-7 items side by side for latent states in points."""
    split = PHQ9.size
    return np.hstack(
        [
            PHQ9.compute_answers(depression, shift[:, :split], noise[:, :split]),
            GAD7.compute_answers(anxiety, shift[:, split:], noise[:, split:]),
        ]
    )


def draw_benefit(people: People, parameters: CourseParameters, site_sd: float, streams: Streams) -> Benefit:
    """Draw what each arm would do to each patient; arms share most of a patient's luck."""
    rng = streams.of("benefit")
    count = len(people)
    own = rng.standard_normal((count, len(ARMS)))
    shared = rng.standard_normal((count, 1))
    link = parameters.benefit_correlation
    sites = streams.of("sites/benefit").normal(0.0, site_sd, SITE_COUNT)
    means = np.array([parameters.benefit_iv, parameters.benefit_im, parameters.benefit_esketamine])
    tilt = (
        parameters.benefit_per_failure * (people.failures - 2)
        + parameters.benefit_medicaid * (people.payer == MEDICAID)
        + parameters.benefit_integration * people.integration
        + sites[people.site - 1]
    )
    luck = np.sqrt(link) * shared + np.sqrt(1 - link) * own
    fraction = np.clip(means + tilt[:, None] + parameters.benefit_sd * luck, -0.5, 0.97)
    return Benefit(
        fraction=fraction,
        lasting=parameters.lasting_days * np.exp(parameters.lasting_log_sd * rng.standard_normal(count)),
        anxiety_share=parameters.anxiety_share + parameters.anxiety_share_sd * rng.standard_normal(count),
    )
