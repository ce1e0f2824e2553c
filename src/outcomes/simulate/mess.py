"""The mess of a real export: one rate per kind, each of which can be switched off alone."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from outcomes.errors import SettingsError


def kind(default: float, highest: float, meaning: str) -> float:
    """Declare a kind of mess: its usual rate, the highest allowed, and what it does."""
    return field(default=default, metadata={"highest": highest, "meaning": meaning})


@dataclass(frozen=True)
class Mess:
    """How often each kind of mess occurs; 0 switches a kind off and leaves every other row as it was.

    Raises
    ------
    SettingsError
        If a rate is negative or above the highest allowed for its kind.

    Examples
    --------
    >>> Mess.none().blank_rows
    0.0
    >>> Mess().without("duplicate").duplicate_visits_exact
    0.0
    """

    duplicate_visits_exact: float = kind(0.008, 0.2, "a visit row entered twice, every cell the same")
    duplicate_visits_amended: float = kind(
        0.006, 0.2, "a second row for a visit the same day, with another duration, peak pressure, and note"
    )
    duplicate_questionnaires_exact: float = kind(0.007, 0.12, "a questionnaire row entered twice, every cell the same")
    duplicate_questionnaires_conflicting: float = kind(
        0.005, 0.12, "a second questionnaire row for the same day, one item of each instrument answered differently"
    )
    wrong_totals: float = kind(0.010, 0.2, "a stored total 1 to 3 points off the sum of its items")
    impossible_items: float = kind(0.006, 0.2, "an item of -1, 4, or 9; the stored total is that of the true answers")
    impossible_totals: float = kind(0.003, 0.2, "a stored PHQ-9 total between 28 and 45; the items are right")
    dose_text: float = kind(0.60, 0.95, "a dose as text: '38 mg', '38 mg = 0.5 mg/kg', '84 mg'")
    dose_changes: float = kind(0.03, 0.05, "a ketamine dose raised within the session: '32 --> 38 mg'")
    weights_in_pounds: float = kind(0.08, 0.4, "a weight in pounds: '182 lb'")
    weight_ranges: float = kind(0.04, 0.3, "a weight as a range of 5 kg: '70-75'")
    mislabelled_weights: float = kind(0.01, 0.1, "a weight in kg labelled mg: '72 mg'")
    impossible_weights: float = kind(0.008, 0.2, "a weight of 0 or above 300")
    arm_spellings: float = kind(0.90, 1.0, "an arm not written iv, im, or esketamine")
    date_formats: float = kind(
        1.0, 1.0, "a date not written as ISO text: m/d/Y, Excel serial, or Excel date cell (0 or 1)"
    )
    late_rows: float = kind(0.015, 0.5, "a row entered 30 to 150 days late, so further down in its file")
    out_of_order_rows: float = kind(0.010, 0.5, "a row at a random place in its file")
    blank_rows: float = kind(0.003, 0.5, "a row without any value")
    column_generations: float = kind(0.40, 1.0, "share of the time during which site 4 used its older visit columns")
    file_encodings: float = kind(1.0, 1.0, "a row in a file that is not plain UTF-8 (0 or 1)")
    damaged_characters: float = kind(0.25, 1.0, "a note whose special characters were decoded wrongly")
    missing_spellings: float = kind(0.35, 1.0, "a row whose missing values are written NA or n/a")
    two_sites: float = kind(
        0.008, 0.5, "a row at the second site of a patient who changed site; the rate is a share of patients"
    )

    def __post_init__(self) -> None:
        for entry in fields(self):
            rate, highest = getattr(self, entry.name), entry.metadata["highest"]
            if not 0 <= rate <= highest:
                raise SettingsError(f"mess: {entry.name} is {rate}; allowed: 0 to {highest}")

    @classmethod
    def none(cls) -> Mess:
        """Return the mess of a clean export: nothing."""
        return cls(**dict.fromkeys(cls.kinds(), 0.0))

    @classmethod
    def kinds(cls) -> dict[str, str]:
        """Return every kind with its meaning."""
        return {entry.name: entry.metadata["meaning"] for entry in fields(cls)}

    def without(self, *names: str) -> Mess:
        """Return the mess with some kinds switched off; a name may also be the beginning of several kinds.

        Raises
        ------
        SettingsError
            If a name is not, and does not begin, any kind.
        """
        off: set[str] = set()
        for name in names:
            found = [one for one in self.kinds() if name and one.startswith(name)]
            if not found:
                raise SettingsError(f"mess: no kind is called {name!r}; allowed: {', '.join(self.kinds())}")
            off.update([name] if name in found else found)
        return replace(self, **dict.fromkeys(off, 0.0))
