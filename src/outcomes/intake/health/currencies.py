"""Charges of sessions in more than one currency, which no sum is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from outcomes.intake.batch import Batch
from outcomes.intake.health.finding import Finding
from outcomes.intake.money import (
    currency_of_name,
    holds_amounts,
    list_currency_columns,
    name_currency,
    read_amount,
    settle_currency,
)
from outcomes.intake.words import Words
from outcomes.settings import Study


def find_currencies(study: Study, batches: Sequence[Batch]) -> Iterable[Finding]:
    """Return the columns of charges whose rows are in several currencies, over all files of the sessions."""
    mine = [batch for batch in batches if batch.table == "sessions"]
    names = {name for one in mine for name, column in one.mapping.columns.items() if holds_amounts(name, column.column)}
    for name in sorted(names):
        said: Counter[str] = Counter()
        files: dict[str, set[str]] = {}
        for batch in (one for one in mine if name in one.mapping.columns):
            found = _count(batch, name, study)
            said.update(found)
            files.setdefault(batch.raw.name, set()).update(found)
        dollars = "USD" if "USD" in said else "$"
        known = Counter({dollars if one == "$" else one: 0 for one in said})
        for one, rows in said.items():
            known[dollars if one == "$" else one] += rows
        declared = study.cost.currency if study.cost is not None and name == study.cost.charge else None
        own = next(iter(known)) if len(known) == 1 else declared
        if declared is not None and settle_currency([own or "", declared]) != declared:
            yield Finding(
                "other_currency", True, known.total(), known.total(), "rows",
                f"the charges in sessions.{name} are in {own}, and the study file says {declared} (cost.currency)",
                f"write `currency: {own}` there, or turn the charges into {declared} in the export; accept it where the amounts are in {declared}, whatever stands beside them",
                None, f"sessions.{name}",
            )  # fmt: skip
        if len(known) > 1:
            several = sorted(file for file, currencies in files.items() if len(currencies) > 1)
            rows = known.total() - max(known.values())
            listed = ", ".join(f"{one} ({count:,} rows)" for one, count in sorted(known.items()))
            yield Finding(
                "mixed_currencies", True, rows, known.total(), "rows",
                f"the charges in sessions.{name} of {' and '.join(several or sorted(files))} are in several currencies: {listed}",
                "turn them into one currency in the export, or take the column out of the study file; accept it where all amounts are of one currency, whatever stands beside them",
                several[0] if len(several) == 1 else None, f"sessions.{name}",
            )  # fmt: skip


def _count(batch: Batch, name: str, study: Study) -> Counter[str]:
    """Return the currencies of a batch's charges and the rows of each; of the rows that say one in the cell, beside it, or in the column's name."""
    amounts = batch.mapped(name, study).present
    beside = [batch.text(one) for one in sorted(list_currency_columns(batch.mapping, batch.raw.columns))]
    of_name = currency_of_name(batch.column(name).column or "")
    of_amount = [one[1] if value is not None and (one := read_amount(value)) else "" for value in amounts.values]
    pairs = zip(amounts.codes.tolist(), *(words.codes.tolist() for words in beside), strict=True)
    counts: Counter[str] = Counter()
    for (code, *others), rows in Counter(pairs).items():
        if code >= 0:
            written = [_named(words, other) for words, other in zip(beside, others, strict=True)]
            own = settle_currency(filter(None, [of_amount[code], *written]))
            counts[own or of_name] += rows
    del counts[""]
    return counts


def _named(words: Words, code: int) -> str:
    """Return the currency that a cell beside a charge names; one of no code that is known as it stands."""
    text = str(words.values[code] or "").strip() if code >= 0 else ""
    return name_currency(text) or text.upper()
