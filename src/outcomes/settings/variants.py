"""The declared other derivations of the endpoints: which there are, by name, and what each one changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from outcomes.settings.clinical import Baseline, Endpoints, Timepoints, Window

if TYPE_CHECKING:
    from outcomes.settings.study import Study


@dataclass(frozen=True)
class Variant:
    """One other derivation.

    Attributes
    ----------
    name : str
        As in the sensitivity grid: ``baseline_mean``, ``windows_wider``, ``response_at_40`` …
    note : str
        What it changes.
    baseline, timepoints, endpoints
        The settings that it derives by.
    """

    name: str
    note: str
    baseline: Baseline
    timepoints: Timepoints
    endpoints: Endpoints


def declare_variants(study: Study) -> list[Variant]:
    """Return the variants of a study's comparison; none without a comparison."""
    return [] if study.comparison is None else list(_list_variants(study))


def _list_variants(study: Study) -> Iterator[Variant]:
    assert study.comparison is not None
    wanted, name = study.comparison.variants, study.comparison.estimand.instrument
    now = Variant("", "", study.baseline, study.timepoints, study.endpoints)
    if study.series.origin == "sessions":
        days = max(wanted.baseline_days, study.baseline.within_days)
        for rule in wanted.baseline:
            if rule != study.baseline.rule:
                note = f"baseline: {rule} score of the {days} days before the first session"
                changed = study.baseline.model_copy(update={"rule": rule, "within_days": days})
                yield replace(now, name=f"baseline_{rule}", note=note, baseline=changed)
    for factor in wanted.windows:
        windows = stretch_windows(study.timepoints.days, factor)
        if windows != study.timepoints.days:
            note = "; ".join(f"day {one.day}: {one.day - one.before} to {one.day + one.after}" for one in windows)
            changed_times = study.timepoints.model_copy(update={"days": windows})
            kind = "narrower" if factor < 1 else "wider"
            several = sum((one < 1) == (factor < 1) for one in wanted.windows) > 1
            yield replace(
                now, name=f"windows_{kind}" + (f"_{factor:g}" if several else ""), note=note, timepoints=changed_times
            )
    if name not in study.instruments:
        return  # the estimand is refused elsewhere, with the reason
    instrument = study.instrument(name)
    for key, values, current, what in (
        ("response_percent", wanted.response_percent, instrument.response_percent, "response: a drop of {:g}%"),
        ("remission_maximum", wanted.remission_maximum, instrument.remission_maximum, "remission: at most {:g} points"),
    ):
        for value in values if current is not None else ():
            if value != current:
                declared = {**getattr(study.endpoints, key), name: value}
                changed_ends = study.endpoints.model_copy(update={key: declared})
                label = f"{key.split('_')[0]}_at_{value:g}"
                yield replace(now, name=label, note=what.format(value), endpoints=changed_ends)


def stretch_windows(windows: tuple[Window, ...], factor: float) -> tuple[Window, ...]:
    """Return the windows ``factor`` times as wide on either side, cut half-way to the neighbouring windows.

    Examples
    --------
    >>> wide = stretch_windows((Window(day=14, before=3, after=3), Window(day=28, before=7, after=7)), 1.5)
    >>> [(one.day - one.before, one.day + one.after) for one in wide]
    [(10, 18), (19, 38)]
    """
    ordered = sorted(windows, key=lambda one: one.day)
    stretched = {}
    for place, one in enumerate(ordered):
        before, after = int(one.before * factor), int(one.after * factor)
        if factor > 1 and place > 0:
            earlier = ordered[place - 1]
            before = min(before, one.before + _share(earlier.day + earlier.after, one.day - one.before)[1])
        if factor > 1 and place + 1 < len(ordered):
            later = ordered[place + 1]
            after = min(after, one.after + _share(one.day + one.after, later.day - later.before)[0])
        stretched[one.day] = Window(day=one.day, before=before, after=after)
    return tuple(stretched[one.day] for one in windows)


def _share(end: int, start: int) -> tuple[int, int]:
    """Return how many of the free days between two windows go to the earlier and to the later one."""
    free = max(start - end - 1, 0)
    return free // 2, free - free // 2
