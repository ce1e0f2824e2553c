"""Groups of course, for the reader: how many, how sure, and what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.courses import FEWEST_COURSES, CourseGroups, CourseNumber, Courses
from outcomes.records import list_records
from outcomes.release.figures.plans.courses import ALL
from outcomes.release.numbers import ABSENT, count, fixed
from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Section
from outcomes.release.report.content.exhibits import pictures, present
from outcomes.release.report.content.grids import heading, index_rows, number, tell, tell_count
from outcomes.release.report.content.material import Material

Row = dict[str, Any]
TITLE = "Groups of course"
UNDESCRIBED = (
    f"Courses of the primary score are not grouped. That needs {FEWEST_COURSES} patients with three scores, whose courses differ by more than "
    "single scores scatter."
)
DESCRIPTION = (
    "A group describes courses in these data; it is no kind of depression, and nothing by which a patient's course could be foretold. "
    "A mixture of normal distributions finds groups also where courses differ by degrees. Patients with fewer than three scores are in none."
)


def show_courses(material: Material, folder: Path) -> Section:
    """Return the section on groups of course; a sentence where they cannot be described, empty where nothing was asked."""
    if CourseNumber.name not in material.tables:
        return Section("courses", TITLE)
    numbers = material.rows(CourseNumber.name)
    if numbers.empty:
        return Section("courses", TITLE, (Paragraph(UNDESCRIBED),))
    blocks: list[Block] = [Paragraph(_tell_number(material, numbers)), Paragraph(DESCRIPTION)]
    blocks += pictures(material, folder, "courses", material.primary)
    blocks += present([_tabulate_groups(material), _tabulate_numbers(numbers)])
    return Section("courses", TITLE, tuple(blocks))


def _tell_number(material: Material, numbers: pd.DataFrame) -> str:
    """Say how many groups there are, and what speaks for it."""
    chosen: Row = next(row for row in list_records(numbers) if bool(row[CourseNumber.chosen]))
    patients, name = tell_count(chosen, CourseNumber.patients), material.instrument(material.primary)
    start = f"{name} totals of {patients} patients with at least three scores"
    if chosen[CourseNumber.groups] > 1:
        return (
            f"{start} are described best by {fixed(chosen[CourseNumber.groups], 0)} groups of course. Drawn anew, samples of patients gave the same groups with a mean adjusted Rand index of "
            f"{_two(chosen[CourseNumber.stability])} (one: the same; zero: chance). Relative entropy of membership is {_two(chosen[CourseNumber.entropy])} (one: certain; zero: unknown)."
        )
    tail = " whose courses are skewed: a tail, and no second group" if chosen[CourseNumber.shape] == "skewed" else ""
    return f"{start} are described best by one group{tail}. Courses differ by degrees, and no number of groups met all conditions."


def _two(value: float) -> str:
    return ABSENT if pd.isna(value) else fixed(value, 2)


def _tabulate_groups(material: Material) -> Grid | None:
    """Return the mean score of each group at each time point, with its size and how surely its patients belong to it."""
    rows = material.rows(Courses.name)
    if rows.empty or set(rows[Courses.group]) == {ALL}:  # one group is everyone, whose scores another table has
        return None
    rows = rows.assign(group=rows[Courses.group].astype(str))
    groups = index_rows(material.rows(CourseGroups.name), "group")
    names = list(dict.fromkeys(rows[Courses.group]))
    found = index_rows(rows, "group", "axis", "timepoint")
    places = list(dict.fromkeys(key[1:] for key in found))
    heads = (heading("Group"), *(heading(_name(one, groups)) for one in names))
    body = [
        (
            heading("Mean probability of membership"),
            *(number(_two(groups.get((one,), {}).get(CourseGroups.probability, float("nan")))) for one in names),
        )
    ]
    body += [
        (
            heading(material.timepoint(axis, timepoint)),
            *(number(_score(found.get((one, axis, timepoint), {}))) for one in names),
        )
        for axis, timepoint in places
    ]
    note = "Mean (standard deviation), number of scores. Groups were formed from these scores, so that they differ in them by construction."
    title = f"{material.instrument(material.primary)} total by group of course."
    return Grid("courses-groups", title, (heads,), tuple(body), (note,))


def _name(group: str, groups: dict[tuple[str, ...], Row]) -> str:
    row = groups.get((group,), {})
    size = tell_count(row, CourseGroups.patients)
    if group == ALL:
        return f"All (n {size})"
    share = tell(row, CourseGroups.proportion, lambda value: fixed(100 * value, 0), 100) if row else ABSENT
    return f"Group {group} (n {size}, {share}%)"


def _score(row: Row) -> str:
    if not row:
        return ABSENT
    mean = tell(row, Courses.mean, fixed)
    spread: str = f" ({fixed(row[Courses.sd])})" if pd.notna(row[Courses.sd]) else ""
    return f"{mean}{spread}, {tell_count(row, Courses.n)}"


def _tabulate_numbers(numbers: pd.DataFrame) -> Grid:
    """Return what speaks for and against each number of groups."""
    body = tuple(
        (
            heading(f"{count(row[CourseNumber.groups])}{', skewed' if row[CourseNumber.shape] == 'skewed' else ''}"),
            number(tell(row, CourseNumber.bic, lambda value: fixed(value, 0))),
            number(tell(row, CourseNumber.stability, _two)),
            number(tell(row, CourseNumber.certainty, _two)),
            number(tell(row, CourseNumber.entropy, _two)),
            heading(_verdict(row)),
        )
        for row in list_records(numbers)
    )
    heads = ("Groups", "BIC", "Stability", "Least mean probability", "Entropy", "Verdict")
    note = (
        "BIC: smaller is better. Stability: mean adjusted Rand index over samples of patients, where the BIC does not speak against the number. Least mean "
        "probability: of membership, in the least certain group."
    )
    return Grid("courses-numbers", "Number of groups of course.", (tuple(map(heading, heads)),), body, (note,))


def _verdict(row: Row) -> str:
    if bool(row[CourseNumber.chosen]):
        return "described"
    note = row[CourseNumber.note]
    return note if isinstance(note, str) and note else "not the smallest BIC"
