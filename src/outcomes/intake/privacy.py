"""The privacy gate: what must not pass intake, whatever the study file maps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np

from outcomes.errors import InputError, SettingsError
from outcomes.intake.dates import EXCEL_EPOCH, first_day, parse_dates
from outcomes.intake.words import Array, Words
from outcomes.personal import find_kind, find_personal
from outcomes.settings import Study

IDENTIFYING = frozenset(
    [
        "name",
        "first_name",
        "last_name",
        "surname",
        "full_name",
        "patient_name",
        "client_name",
        "initials",
        "date_of_birth",
        "birth_date",
        "birthdate",
        "dob",
        "birthday",
        "zip",
        "zip_code",
        "zipcode",
        "post_code",
        "postcode",
        "postal_code",
        "street",
        "address",
        "home_address",
        "phone",
        "phone_number",
        "telephone",
        "mobile",
        "fax",
        "email",
        "e_mail",
        "email_address",
        "mrn",
        "medical_record_number",
        "ssn",
        "social_security",
        "social_security_number",
        "nhs_number",
        "insurance_number",
        "policy_number",
        "account_number",
        "licence_number",
        "license_number",
        "ip",
        "ip_address",
        "url",
        "photo",
        "clinician",
        "provider",
        "clinician_name",
        "provider_name",
    ]
)
# Words that give a column away wherever they stand in its name: patient_zip, contact_email, date_of_last_visit.
TELLING = frozenset(
    [
        "birth",
        "birthday",
        "birthdate",
        "date",
        "dates",
        "dob",
        "zip",
        "zipcode",
        "postcode",
        "postal",
        "phone",
        "telephone",
        "fax",
        "email",
        "mrn",
        "ssn",
        "surname",
        "address",
        "initials",
        "timestamp",
        "datetime",
    ]
)
DATED = frozenset({"date", "submitted"})  # these become study days
BIRTH = "birth_date"  # of the patients; becomes an age
FREE_TEXT = frozenset(["note", "notes", "comment", "comments", "free_text", "remark", "remarks", "narrative"])
MOST_CATEGORIES = 200
LONGEST_CATEGORY = 80
FEWEST_TEXTS = 10  # of so many different texts, most may not belong to one patient each
SMALLEST_RECORD_NUMBER = 1_000_000
TOP_AGE = 90


def check_names(columns: Mapping[str, str], table: str, where: str) -> None:
    """Refuse a mapping (canonical → export column) of identifiers or free text to anything but the private key.

    A date of birth of the patients passes: intake derives the age from it, and keeps nothing else.

    Raises
    ------
    SettingsError
        A name is one of those that HIPAA Safe Harbor names, or of free text.
    """
    for name, column in columns.items():
        if name == "patient":
            continue
        if column and column == columns.get("patient"):
            raise SettingsError(
                f"{where}: the column of the patients' identifiers is mapped to {name!r} too, and would pass intake. "
                "Map it to 'patient' only."
            )
        if (table, name) == ("patients", BIRTH):
            continue
        names = {plain_name(name), plain_name(column)}
        words = {word for plain in names for word in plain.split("_")} if name not in DATED else set()
        for kind, found in (
            ("an identifier or a date", names & IDENTIFYING | words & TELLING),
            ("free text", names & FREE_TEXT),
        ):
            if found:
                raise SettingsError(
                    f"{where}: the column mapped to {name!r} looks like {kind} ({', '.join(sorted(found))}), "
                    "which must not pass intake. Move it to 'ignore'."
                )


def check_ages(columns: Mapping[str, str], table: str, where: str) -> None:
    """Refuse an age that would not be top-coded.

    Raises
    ------
    SettingsError
        A column with the word age in its name that is mapped to anything but ``age`` of the patients.
    """
    for name, column in columns.items():
        words = {*plain_name(name).split("_"), *plain_name(column).split("_")}
        if "age" in words and (table, name) != ("patients", "age"):
            raise SettingsError(
                f"{where}: the column mapped to {name!r} looks like an age. Map it to 'age' of the table patients, where "
                "ages above 89 are top-coded, or move it to 'ignore'."
            )


def check_numbers(numbers: Array, name: str, table: str, study: Study) -> None:
    """Refuse a numeric attribute whose values look like dates (Excel day numbers, or 20240314) or like record numbers.

    Raises
    ------
    InputError
        Only whole numbers within the years that the study allows, or mostly whole numbers of seven digits and more; no
        value is printed.
    """
    rules = study.dates
    first, last = (EXCEL_EPOCH + first_day(year) for year in (rules.first_year, rules.last_year + 1))
    serial = ((numbers >= first) & (numbers < last)).all()
    compact = ((numbers >= rules.first_year * 10_000) & (numbers < (rules.last_year + 1) * 10_000)).all()
    long = (np.abs(numbers) >= SMALLEST_RECORD_NUMBER) & (numbers == np.floor(numbers))
    if len(numbers) and (serial or compact):
        kind = "numbers that all look like dates"
    elif len(numbers) and 2 * long.sum() > len(numbers):
        kind = f"{int(long.sum())} different whole numbers of seven digits and more (record or telephone numbers?)"
    else:
        return
    raise InputError(
        f"table {table}: the column mapped to {name!r} holds {kind}, which must not pass intake. Map it to what it is "
        "('date', 'patient'), list its values under 'values', or move it to 'ignore'."
    )


def check_postcodes(words: Words, name: str, table: str) -> None:
    """Refuse five-digit numbers of which some begin with a zero: postcodes.

    Raises
    ------
    InputError
        The count of rows; no value.
    """
    hit = np.array([find_kind(value) == "postcodes" for value in words.values], dtype=bool)
    if hit.any():
        raise InputError(
            f"table {table}: the column mapped to {name!r} holds what look like postcodes in {int(words.spread(hit, False).sum())} rows, "
            "which must not pass intake. Move it to 'ignore'."
        )


def plain_name(name: str) -> str:
    """Return a column's name in lower case with its words joined by underscores.

    >>> plain_name("Patient Code"), plain_name("PHQ-9 Q1"), plain_name("visitDate")
    ('patient_code', 'phq_9_q1', 'visit_date')
    >>> plain_name("Date de la séance"), plain_name("Übermäßige Sorgen")
    ('date_de_la_seance', 'ubermassige_sorgen')
    """
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")


def fold(text: str) -> str:
    """Return a text in small letters without their accents.

    >>> fold("Kétamine"), fold("Übermäßig")
    ('ketamine', 'ubermassig')
    """
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def check_categories(words: Words, owners: Array | None, name: str, table: str, study: Study) -> None:
    """Refuse a text attribute whose values look like free text, identifiers, or dates.

    Parameters
    ----------
    words
        The column; a code of -1 is a missing value.
    owners
        Whose each row is; None where the rows are no patients'.

    Raises
    ------
    InputError
        Values that give a person away, too many or too long ones, nearly one a patient, or dates; no value is printed.
    """
    values, rows = words.values, np.bincount(words.codes[words.codes >= 0], minlength=len(words.values))
    where = f"table {table}: the column mapped to {name!r}"
    way_out = "List its values under 'values' (any other becomes missing), or move it to 'ignore'."
    if len(values) > MOST_CATEGORIES:
        raise InputError(f"{where} has {len(values)} different texts; that is no category. {way_out}")
    if any(len(value) > LONGEST_CATEGORY for value in values):
        raise InputError(f"{where} holds text of more than {LONGEST_CATEGORY} characters: free text. {way_out}")
    formats = (*study.dates.formats, *(form for source in study.sources for form in source.date_formats))
    looser = {"formats": formats, "excel_serials": False, "first_year": 1900, "last_year": 2100}
    rules = study.dates.model_copy(update=looser)
    days, _ = parse_dates(values, np.zeros(len(values), dtype=bool), rules)
    if not np.isnan(days).all():
        raise InputError(f"{where} holds dates, which must not pass intake. Map it to 'date', or move it to 'ignore'.")
    for kind, which in find_personal(values).items():
        raise InputError(
            f"{where} holds what look like {kind} in {int(rows[which].sum())} of {int(rows.sum())} rows, which must not pass "
            f"intake. {way_out}"
        )
    own = _count_own(words, owners)
    if len(values) >= FEWEST_TEXTS and 2 * own > len(values):
        raise InputError(
            f"{where} has {len(values)} different texts, and {own} of them belong to one patient each: names, codes or free "
            f"text, and no category. {way_out}"
        )


def _count_own(words: Words, owners: Array | None) -> int:
    """Return how many distinct values belong to one patient only."""
    fine = words.codes >= 0
    if owners is None or not fine.any():
        return 0
    pairs = np.unique(np.column_stack([words.codes[fine], owners[fine]]), axis=0)
    return int((np.bincount(pairs[:, 0]) == 1).sum())
