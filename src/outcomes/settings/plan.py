"""The locked analysis plan: the part of a study file that decides numbers, as it was declared on a day, and what changed since."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from outcomes import __version__
from outcomes.errors import SettingsError
from outcomes.frozen import Frozen
from outcomes.settings.labels import find_personal_prose
from outcomes.settings.study import Study

# Where the data lie, how they are written, what may be released, and how the report looks: none of it is the analysis.
NOT_ANALYSIS = ("study", "data", "layouts", "sources", "dates", "privacy")
REPORT = ("design", "headline", "also", "baseline_columns")  # what of the section on the report is
NAMES = ("label", "in_text")  # printed names of arms and models
IDENTITIES = ("id", "name", "day", "label")  # by which the entries of a list are told apart


class Version(Frozen):
    """The plan as it stood on a day."""

    date: datetime.date = Field(description="day of the lock")
    version: str = Field(description="version of the package that locked it")
    reason: str = Field(description="why it was locked or amended")
    sha256: str = Field(description="of the analysis part, without printed names")
    analysis: dict[str, Any] = Field(description="the analysis part of the study file, defaults written out")


class Plan(Frozen):
    """Every version of a plan, the first lock first; the last one is in force."""

    study: str = Field(description="short name of the study")
    versions: tuple[Version, ...] = Field(min_length=1, description="the lock and its amendments")


def place_of(study_file: Path) -> Path:
    """Return where the locked plan of a study file lies: beside it, ``mine.yaml`` → ``mine.lock.json``."""
    return study_file.with_suffix(".lock.json")


def select_analysis(study: Study) -> dict[str, Any]:
    """Return the sections that decide numbers; a section that is not known as anything else is one of them."""
    content: dict[str, Any] = study.model_dump(mode="json", exclude=set(NOT_ANALYSIS))
    content["report"] = {name: content["report"][name] for name in REPORT}
    return content


def digest(analysis: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an analysis part, printed names left out."""
    return hashlib.sha256(json.dumps(_unname(analysis), sort_keys=True).encode()).hexdigest()


def lock_plan(study: Study, study_file: Path, today: datetime.date, amendment: str | None = None) -> str:
    """Return the content of the lock file: a first version, or the earlier ones with an amendment.

    Raises
    ------
    SettingsError
        There is a lock already and no reason for an amendment, an amendment without a lock, or nothing to amend.
    """
    return lock_content(study.study, select_analysis(study), study_file, today, amendment)


def lock_content(
    name: str, analysis: dict[str, Any], file: Path, today: datetime.date, amendment: str | None = None
) -> str:
    """Return the content of the lock beside a file, a study file or a plan of a network study, as :func:`lock_plan` does."""
    path, plan = place_of(file), read_plan(file)
    if plan is None and amendment is not None:
        raise SettingsError(f"{path}: no locked plan to amend. Leave out --amend to lock the first one.")
    if plan is not None and amendment is None:
        raise SettingsError(
            f"{path}: the plan was locked on {plan.versions[0].date:%Y-%m-%d} and is never overwritten. To change it, give "
            'the reason: outcomes lock … --amend "why"; the earlier versions are kept.'
        )
    if plan is not None and plan.versions[-1].sha256 == digest(analysis):
        raise SettingsError(f"{path}: nothing to amend; the analysis is the one in force.")
    version = Version(
        date=today,
        version=__version__,
        reason=(amendment or "first lock").strip(),
        sha256=digest(analysis),
        analysis=analysis,
    )
    if not version.reason:
        raise SettingsError("--amend: give the reason of the amendment in words.")
    found = find_personal_prose({"--amend": version.reason})
    if found is not None:
        raise SettingsError(
            f"{found[0]}: holds what look like {found[1]}, which would stand in the report; give a reason without."
        )
    whole = Plan(study=name, versions=(*(plan.versions if plan else ()), version))
    return json.dumps(whole.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def read_plan(study_file: Path) -> Plan | None:
    """Return the locked plan beside a study file; None when there is none.

    Raises
    ------
    SettingsError
        The lock file is not one, or its content does not match its own hash.
    """
    path = place_of(study_file)
    if not path.is_file():
        return None
    try:
        plan = Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError):
        raise SettingsError(f"{path}: not a lock file. It is written by `outcomes lock`, never by hand.") from None
    for number, version in enumerate(plan.versions, 1):
        if digest(version.analysis) != version.sha256:
            raise SettingsError(
                f"{path}: version {number} does not match its hash, so it was changed after the lock. Restore the file as "
                "`outcomes lock` wrote it."
            )
    return plan


def describe_plan(study: Study, study_file: Path) -> dict[str, Any] | None:
    """Return what the report says of the plan: when it was locked, its amendments, and the deviations from it; in words.

    Returns
    -------
    dict or None
        ``locked`` (date in words, version, hash), ``amendments`` (each with date, reason, and changes), ``deviations``
        (changes of the study file since the version in force). None when no plan was locked.
    """
    plan = read_plan(study_file)
    if plan is None:
        return None
    contents = [_complete(version.analysis, study) for version in plan.versions]
    amendments = [
        {"date": _say_date(version.date), "reason": version.reason, "changes": list(list_changes(before, after))}
        for version, before, after in zip(plan.versions[1:], contents, contents[1:], strict=False)
    ]
    first = plan.versions[0]
    return {
        "locked": _say_date(first.date),
        "version": first.version,
        "sha256": first.sha256,
        "amendments": amendments,
        "deviations": list(list_changes(contents[-1], select_analysis(study))),
    }


def list_changes(planned: Any, now: Any, key: str = "") -> Iterator[str]:
    """Yield each difference in words, by its key in the study file; printed names are none.

    Examples
    --------
    >>> list(list_changes({"baseline": {"rule": "last"}}, {"baseline": {"rule": "worst"}}))
    ['baseline.rule: planned last, now worst']
    """
    ordered = isinstance(planned, list | tuple)
    planned, now = _by_identity(planned), _by_identity(now)
    if isinstance(planned, Mapping) and isinstance(now, Mapping):
        for name in [*planned, *(name for name in now if name not in planned)]:
            place = f"{key}.{name}" if key else str(name)
            if name not in now:
                yield f"{place}: planned {_say(planned[name])}, now left out"
            elif name not in planned:
                yield f"{place}: not planned, now {_say(now[name])}"
            elif name not in NAMES:
                yield from list_changes(planned[name], now[name], place)
        if ordered and set(planned) == set(now) and list(planned) != list(now):
            yield f"{key}: planned in the order {', '.join(planned)}, now {', '.join(now)}"
    elif planned != now:
        yield f"{key}: planned {_say(planned)}, now {_say(now)}"


def _complete(analysis: Mapping[str, Any], study: Study) -> dict[str, Any]:
    """Return a planned analysis with the defaults of settings that the package has learnt since it was locked."""
    content = study.model_dump(mode="json")
    try:
        whole = {**content, **analysis, "report": {**content["report"], **analysis["report"]}}
        return select_analysis(Study.model_validate(whole))
    except (ValidationError, KeyError, TypeError):
        return dict(analysis)


def _unname(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _unname(part) for name, part in value.items() if name not in NAMES}
    return [_unname(part) for part in value] if isinstance(value, list | tuple) else value


def _by_identity(value: Any) -> Any:
    """Return a list of records as a mapping by what tells them apart; anything else as it is."""
    if isinstance(value, list | tuple) and value and all(isinstance(entry, Mapping) for entry in value):
        for name in IDENTITIES:
            keys = [entry.get(name) for entry in value]
            if None not in keys and len(set(map(str, keys))) == len(keys):
                return dict(zip(map(str, keys), value, strict=True))
    return value


def _say(value: Any) -> str:
    """Return a value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_say(part)}" for name, part in value.items() if part not in (None, [], {})) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_say, value)) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _say_date(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"
