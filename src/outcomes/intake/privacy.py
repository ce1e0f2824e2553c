"""The privacy gate: what must not pass intake, whatever the study file maps."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from outcomes.errors import InputError, SettingsError
from outcomes.intake.dates import parse_dates
from outcomes.intake.words import Array
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
FREE_TEXT = frozenset(["note", "notes", "comment", "comments", "free_text", "remark", "remarks", "narrative"])
MOST_CATEGORIES = 200
LONGEST_CATEGORY = 80
TOP_AGE = 90


def check_names(columns: Mapping[str, str], where: str) -> None:
    """Refuse a mapping (canonical → export column) of identifiers or free text to anything but the private key.

    Raises
    ------
    SettingsError
        A name is one of those that HIPAA Safe Harbor names, or of free text.
    """
    for name, column in columns.items():
        names = {_plain(name), _plain(column)} if name != "patient" else set()
        for kind, refused in (("an identifier", IDENTIFYING), ("free text", FREE_TEXT)):
            if names & refused:
                raise SettingsError(
                    f"{where}: the column mapped to {name!r} looks like {kind} ({', '.join(sorted(names & refused))}), "
                    "which must not pass intake. Move it to 'ignore'."
                )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def check_categories(values: Array, name: str, table: str, study: Study) -> None:
    """Refuse a text attribute whose values look like free text, identifiers, or dates.

    Raises
    ------
    InputError
        Too many or too long values, or a date; no value is printed.
    """
    where = f"table {table}: the column mapped to {name!r}"
    way_out = "List its values under 'values' (any other becomes missing), or move it to 'ignore'."
    if len(values) > MOST_CATEGORIES:
        raise InputError(f"{where} has {len(values)} different texts; that is no category. {way_out}")
    if any(len(value) > LONGEST_CATEGORY for value in values):
        raise InputError(f"{where} holds text of more than {LONGEST_CATEGORY} characters: free text. {way_out}")
    rules = study.dates.model_copy(update={"excel_serials": False, "first_year": 1900, "last_year": 2100})
    days, _ = parse_dates(values, np.zeros(len(values), dtype=bool), rules)
    if not np.isnan(days).all():
        raise InputError(f"{where} holds dates, which must not pass intake. Map it to 'date', or move it to 'ignore'.")
