"""Who is in which file: questionnaires without sessions, sessions without questionnaires, files about other people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outcomes.intake.health.finding import Finding

ORPHANED, UNSCORED, FOREIGN, FEWEST = 0.25, 0.5, 0.2, 5


def find_orphans(scored: Mapping[int, int], treated: Mapping[int, int]) -> Iterable[Finding]:
    """Return questionnaires without sessions and the reverse; both map patient → records, of a study with sessions."""
    if not treated or not scored:
        return
    lost = sum(records for who, records in scored.items() if who not in treated)
    people = len(set(scored) - set(treated))
    total = sum(scored.values())
    if lost:
        yield Finding(
            "scores_without_sessions", lost >= ORPHANED * total, lost, total, "rows",
            f"{lost:,} of {total:,} questionnaires ({lost / total:.0%}) are of {people:,} people without a treatment session, and take part in "
            "nothing",
            "look whether both exports name people alike, and cover the same clinics and years; accept it where the questionnaires "
            "are of the whole clinic",
        )  # fmt: skip
    alone = len(set(treated) - set(scored))
    if alone:
        yield Finding(
            "sessions_without_scores", alone >= UNSCORED * len(treated), alone, len(treated), "people",
            f"{alone:,} of {len(treated):,} treated people ({alone / len(treated):.0%}) have no questionnaire",
            "look whether both exports name people alike, and cover the same clinics and years",
        )  # fmt: skip


def find_other_people(owners: Mapping[str, Mapping[str, int]], tables: Mapping[str, set[str]]) -> Iterable[Finding]:
    """Return files whose people hardly occur in any file of another kind."""
    for file, found in owners.items():
        elsewhere = {who for other, people in owners.items() if tables[other] != tables[file] for who in people}
        if not elsewhere or len(found) < FEWEST:
            continue
        shared = len(set(found) & elsewhere)
        if shared < FOREIGN * len(found):
            kind = " and ".join(sorted(tables[file])).replace("_", " ")
            yield Finding(
                "other_people", True, len(found) - shared, len(found), "people",
                f"{len(found) - shared:,} of {len(found):,} people of {file} ({kind}) occur in no file of another kind: are these the same patients?",
                "take the file out of `sources` if it is of another study, or map the column whose identifiers the other files have",
                file,
            )  # fmt: skip
