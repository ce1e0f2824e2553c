"""Words for harms that few patients have: where they are no term of the field they are put together, as they may name a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcomes.personal import is_term_of_harms
from outcomes.settings.analysis import count_pooled

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.settings.analysis import Privacy

WORDED = {"event": "event", "serious": "answer", "related": "answer", "action": "action", "outcome": "outcome"}


def pool_rare_words(events: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Return the adverse events with the words of too few patients as one, "other (2 events)".

    A patient with two of them is one patient with another event. Terms of the field are kept, however rare: that somebody had
    laryngospasm is to be told, and says nothing of who. An exact release keeps every word.

    Parameters
    ----------
    events : DataFrame
        Table ``adverse_events``.
    privacy : Privacy
        Words of fewer patients than ``minimum_cell`` are rare.
    """
    if privacy.release == "exact":
        return events
    made = events.copy()
    for column, noun in WORDED.items():
        if column not in events:
            continue
        words = events[column].astype(object)
        patients = events["patient"].groupby(words).nunique()
        rare = [word for word in patients.index[patients < privacy.minimum_cell] if not is_term_of_harms(str(word))]
        if rare:
            name = f"other ({count_pooled(len(rare), privacy.minimum_cell)} {noun}{'' if len(rare) == 1 else 's'})"
            made[column] = words.where(~words.isin(rare), name).astype("category")
    return made
