"""Words for harms that few patients have."""

import pandas as pd

from outcomes.analysis.harms.rare import pool_rare_words
from outcomes.settings.analysis import Privacy


def make_events() -> pd.DataFrame:
    """Twelve patients with nausea, one with laryngospasm, and two whose events name somebody; one of these has both."""
    words = ["nausea"] * 12 + ["laryngospasm", "fell over Quartz", "@mica_q", "fell over Quartz"]
    patients = [*range(1, 13), 3, 4, 4, 5]
    return pd.DataFrame(
        {"patient": patients, "study_day": 0, "event": words, "outcome": ["resolved"] * 15 + ["told Mica"]}
    )


def test_words_that_are_no_terms_are_put_together_by_patients():
    made = pool_rare_words(make_events(), Privacy())
    people = made.groupby("event", observed=True)["patient"].nunique()
    assert people.to_dict() == {"nausea": 12, "laryngospasm": 1, "other (2 events)": 2}
    assert set(made["outcome"].astype(str)) == {"resolved", "other (1 outcome)"}
    assert not made.astype(str).map(lambda text: "quartz" in text.lower() or "mica" in text.lower()).any(axis=None)


def test_a_word_of_enough_patients_is_kept_and_an_exact_release_keeps_all():
    events = make_events().assign(event="jitters of the mill")
    assert set(pool_rare_words(events, Privacy())["event"]) == {"jitters of the mill"}  # 12 patients
    few = make_events()
    assert pool_rare_words(few, Privacy(release="exact", because="public data")).equals(few)
