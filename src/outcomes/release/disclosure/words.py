"""What a reader is told of how numbers of people are released, said once for every table, figure, and text."""

from __future__ import annotations

from outcomes.settings.analysis import Privacy

FOOTNOTE = (
    "Numbers of people are rounded to the nearest 5, those from 1 to {most} are shown as <{minimum}, and percentages with their intervals "
    "are computed from the rounded numbers."
)
NOTE = "Numbers of people are rounded to 5 (<{minimum}: 1 to {most}), and percentages are computed from them."
FURTHER = (
    "A percentage of so small a number is given as a bound, and one of nearly all likewise; of a group this small, nothing else is shown. "
    "Means, medians, and estimates of models have the digits that their number of people allows. An interval of a mean that would tell the number "
    "is that of the smallest number printed alike. An interval of a difference between arms "
    "that share patients is computed as if they did not."
)


def write_footnote(privacy: Privacy) -> str:
    """Return the sentence that stands under a table of rounded numbers; '' where they are exact."""
    return (
        ""
        if privacy.release == "exact"
        else FOOTNOTE.format(most=privacy.minimum_cell - 1, minimum=privacy.minimum_cell)
    )


def note_rounding(privacy: Privacy) -> str:
    """Return the sentence in short, as it stands under each table; '' where numbers are exact."""
    return (
        "" if privacy.release == "exact" else NOTE.format(most=privacy.minimum_cell - 1, minimum=privacy.minimum_cell)
    )


def describe_release(privacy: Privacy) -> str:
    """Return the paragraph of the methods on how numbers of people are released."""
    if privacy.release == "exact":
        return f"Every number is exact. Reason given: {privacy.because}."
    return f"{write_footnote(privacy)} {FURTHER}"
