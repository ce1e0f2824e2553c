"""A site's package: a manifest with hashes, the tables that it names, and a plain page of all of it for who approves it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import BOUND, People
from outcomes.contracts.released.comparison import Effects
from outcomes.contracts.released.text import format_table
from outcomes.errors import InputError
from outcomes.network.choose import declared, find_primary
from outcomes.network.one_stage import FILE as SUMS
from outcomes.network.one_stage import GROUPS, NOT_USED, WITHHELD, keep_shown, show_sums, write_sums
from outcomes.settings import Study
from outcomes.settings.one_stage import OneStage

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
MANIFEST = "manifest.json"
LINE = 160  # letters of a line of the page


@dataclass(frozen=True)
class Origin:
    """Of what a package is made.

    Attributes
    ----------
    network, site : str
    plan, code, settings : str
        SHA-256 of the locked plan, of the program, and of the site's study file as it was read.
    data : tuple of str
        SHA-256 of each raw file, in order; without names.
    versions : mapping of str to str
        Of Python and of packages.
    minimum_cell : int
    """

    network: str
    site: str
    plan: str
    code: str
    settings: str
    data: tuple[str, ...]
    versions: Mapping[str, str]
    minimum_cell: int


def build_package(
    tables: Mapping[str, pd.DataFrame], study: Study, origin: Origin, sums: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """Return the files of a package by name, the manifest last. The same release gives the same bytes.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As :func:`outcomes.network.choose.choose_rows` returns them.
    study : Study
        Of the site.
    origin : Origin
    sums : mapping, optional
        For one model over all sites, where the plan asks for them.

    Raises
    ------
    InputError
        The site has so few patients that nothing of it may leave.
    """
    refuse_few(tables, study, origin.minimum_cell)
    files = {f"{name}.csv": format_table(table).encode() for name, table in tables.items()}
    listed = {
        name: {
            "sha256": hashlib.sha256(content).hexdigest(),
            "what": RELEASED[name.removesuffix(".csv")].title,
            "rows": len(tables[name.removesuffix(".csv")]),
        }
        for name, content in files.items()
    }
    if sums is not None:
        sums = keep_shown(sums, tables[Effects.name], origin.minimum_cell)
        files[SUMS] = write_sums(sums)
        listed[SUMS] = {
            "sha256": hashlib.sha256(files[SUMS]).hexdigest(),
            "what": "Sums for one model over all sites",
            "rows": len(sums.get(GROUPS, ())),
        }
    manifest = {
        "format": FORMAT,
        "network": origin.network,
        "site": origin.site,
        "plan": origin.plan,
        "code": origin.code,
        "settings": origin.settings,
        "data": list(origin.data),
        "versions": dict(origin.versions),
        "minimum_cell": origin.minimum_cell,
        "withheld": [*list_withheld(tables, study, origin.minimum_cell), *_list_unsent(sums or {})],
        "files": listed,
    }
    return files | {MANIFEST: (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()}


def refuse_few(tables: Mapping[str, pd.DataFrame], study: Study, minimum: int) -> None:
    """Refuse a site of which not even the number of compared patients may be shown.

    Raises
    ------
    InputError
        Neither arm has the minimum.
    """
    row = find_primary(tables, study)
    sizes = row[[Effects.n_treated, Effects.n_reference]].dropna()
    if not (sizes > 0).any():
        raise InputError(
            f"fewer than {minimum} patients are compared in each arm, so that no number of this site may leave it. It cannot take part alone; "
            "two clinics under one roof may be one site."
        )


def list_withheld(tables: Mapping[str, pd.DataFrame], study: Study, minimum: int) -> list[str]:
    """Return what the package does not hold, and why, in words."""
    found = []
    if not has_estimate(find_primary(tables, study)):
        found.append(
            f"the primary difference: fewer than {minimum} patients with a score in an arm, or the model gave no answer"
        )
    for name, table in tables.items():
        bounds = sum(int((table[column] != "").sum()) for column in table if str(column).endswith(BOUND))
        if bounds:
            found.append(f"{name}: {bounds} numbers, of which a bound is shown")
    return found


def _list_unsent(sums: Mapping[str, Any]) -> list[str]:
    """Return which sums are not sent, and why, in words."""
    if WITHHELD in sums:
        return [f"sums for one model over all sites: {sums[WITHHELD]}"]
    return [f"sums for one model over all sites, {name}: {reason}" for name, reason in sums.get(NOT_USED, {}).items()]


def has_estimate(row: Mapping[Any, Any] | pd.Series) -> bool:
    """Return whether a row of the effects holds a difference with a standard error that can be pooled."""
    numbers = [float(row[name]) for name in (Effects.estimate, Effects.df, Effects.lower, Effects.upper)]
    return bool(row[Effects.converged]) and all(map(math.isfinite, numbers)) and bool(row[Effects.std_error] > 0)


def find_error(row: Mapping[Any, Any] | pd.Series) -> float:
    """Return the standard error of a released difference, from its limits: they have more digits than the standard error beside them.

    The two digits of the latter may be off by 5%, which would be off in the sites' weights; t hardly depends on the rounded degrees of freedom.
    """
    from scipy import stats

    return float((row[Effects.upper] - row[Effects.lower]) / (2 * stats.t.ppf(0.975, row[Effects.df])))


def write_page(
    package: Mapping[str, bytes], study: Study, one_stage: OneStage | None = None, although: str | None = None
) -> str:
    """Return the plain page of all that leaves, for the person who approves it: every number of the package, and what it means."""
    manifest: dict[str, Any] = json.loads(package[MANIFEST])
    parts = [
        f"WHAT LEAVES SITE '{manifest['site']}' FOR THE NETWORK STUDY '{manifest['network']}'",
        f"Compared: {study.in_text(declared(study).estimand.treated)} with {study.in_text(declared(study).estimand.reference)}.",
        "This page shows every number of the package. Nothing else leaves: no row, no date, no identifier, no name of a file.",
        f"Counts of people are rounded to 5, and those from 1 to {manifest['minimum_cell'] - 1} stand as <{manifest['minimum_cell']}, as in the "
        "site's own report (docs/disclosure.md)." + (f" Those in {SUMS} are exact." if one_stage else ""),
        *(
            [f"Written though a few patients set it apart from one that was signed before: {although}"]
            if although
            else []
        ),
        "Withheld:\n" + ("\n".join(f"  - {one}" for one in manifest["withheld"]) or "  nothing"),
        "Fingerprints (they identify what the numbers were made of, and tell nothing of it to who does not have it):\n"
        + "\n".join(f"  {name:9}{manifest[name]}" for name in ("plan", "code", "settings"))
        + "\n"
        + "\n".join(f"  raw file {place}: {digest}" for place, digest in enumerate(manifest["data"], 1))
        + "\n  versions: "
        + ", ".join(f"{name} {version}" for name, version in sorted(manifest["versions"].items())),
    ]
    parts += [_show_file(name, content) for name, content in package.items() if name not in (MANIFEST, SUMS)]
    if one_stage is not None:
        parts.append(show_sums(package[SUMS], one_stage))
    digest = hashlib.sha256(package[MANIFEST]).hexdigest()
    parts.append(f"SHA-256 of {MANIFEST}, which names the hash of every file above:\n  {digest}")
    return "\n\n".join(parts) + "\n"


def _show_file(name: str, content: bytes) -> str:
    """Return a file as its columns' meanings and its rows, as they are in it."""
    table = RELEASED[name.removesuffix(".csv")]
    lines = content.decode().splitlines()
    head = lines[0].split(",")
    meanings = {str(column): column.meaning for column in table.fields}
    told = [f"  {column}: {meanings[column]}" for column in head if column in meanings]
    counted = [str(column) for column in table.fields if isinstance(column, People)]
    title = f"{name}: {table.title} ({len(lines) - 1} rows; counts of people: {', '.join(counted)})"
    return "\n".join([title, "-" * min(len(title), LINE), *told, "", *lines])
