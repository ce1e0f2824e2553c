"""The smallest count that cannot be fewer than the minimum cell of patients, where a patient may be counted more than once."""

from __future__ import annotations

import pandas as pd

from outcomes.settings.analysis import Privacy


def protect_patients(privacy: Privacy, cohort: pd.DataFrame) -> Privacy:
    """Return the privacy settings with the minimum cell raised so that it protects patients, not series.

    Where all of a patient's series are analysed, eleven series may be of four patients. The raised minimum is one more than
    the k − 1 patients with most analysed series have together, or the next that can be declared: that many series, whichever they
    are, come from at least k patients. Where each patient is analysed once, or the release is exact, nothing changes.

    Parameters
    ----------
    privacy : Privacy
        With the declared ``minimum_cell`` k, in patients.
    cohort : DataFrame
        Table of that contract.

    Examples
    --------
    >>> cohort = pd.DataFrame({"patient": [1, 1, 1, 2, 2, 3, 4, 5, 6], "included": True})
    >>> protect_patients(Privacy(minimum_cell=6), cohort).minimum_cell  # 3 + 2 + 1 + 1 + 1 series may be of five patients
    11
    """
    if privacy.release == "exact":
        return privacy
    series = cohort.loc[cohort["included"], "patient"].value_counts()
    most = int(series.nlargest(privacy.minimum_cell - 1).sum())
    missing = privacy.minimum_cell - 1 - min(len(series), privacy.minimum_cell - 1)
    return Privacy(minimum_cell=most + missing + 1)
