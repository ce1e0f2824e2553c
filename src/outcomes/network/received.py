"""Packages as they come in: read with suspicion, and refused with every reason that is found."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from outcomes.contracts.released.columns import Effective, People
from outcomes.contracts.released.comparison import Effects, Imputations
from outcomes.contracts.released.text import read_table
from outcomes.errors import InputError
from outcomes.network.choose import SENT, find_primary
from outcomes.network.one_stage import FILE as SUMS
from outcomes.network.one_stage import check_sums, read_sums
from outcomes.network.package import FORMAT, MANIFEST, find_error, has_estimate, refuse_few
from outcomes.network.possible import find_impossible
from outcomes.network.signature import ENDING, verify
from outcomes.records import list_records
from outcomes.release.disclosure.rounding import Rounding
from outcomes.settings import Study
from outcomes.settings.network import NetworkPlan

LARGEST = 5_000_000  # bytes of a file of a package; those of the example have some thousand
ROUNDED = 0.08  # a standard error of two digits is off by up to 5%, its interval by less
KEYS = {
    "format": int,
    "network": str,
    "site": str,
    "plan": str,
    "code": str,
    "settings": str,
    "data": list,
    "versions": dict,
    "minimum_cell": int,
    "withheld": list,
    "files": dict,
}


@dataclass(frozen=True, eq=False)
class Received:
    """A package that was accepted, or the reasons why it was not.

    Attributes
    ----------
    folder : Path
    manifest : mapping
        Empty where it could not be read.
    tables : mapping of str to DataFrame
        By released name; bounds in columns beside the numbers.
    reasons : tuple of str
        Why it is refused; empty where it is accepted.
    sums : mapping
        For one model over all sites; empty where the plan asks for none.
    """

    folder: Path
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    reasons: tuple[str, ...]
    sums: Mapping[str, Any] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """Code of the site."""
        return str(self.manifest.get("site", ""))

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, with which the page that the site approved ends."""
        return hashlib.sha256((self.folder / MANIFEST).read_bytes()).hexdigest()


@dataclass(frozen=True)
class Expected:
    """What every package has to agree with."""

    plan: NetworkPlan
    study: Study
    plan_hash: str
    code: str
    allowed_signers: Path


def receive(folders: Sequence[Path], expected: Expected) -> list[Received]:
    """Read packages in the order of the plan's sites.

    Raises
    ------
    InputError
        Any is refused; every reason of every package is said, and none is used.
    """
    packages = [read_package(folder, expected) for folder in folders]
    reasons = {package.folder: [*package.reasons] for package in packages}
    for folder, reason in compare_packages(packages):
        reasons[folder].append(reason)
    refused = [f"{folder}: {reason}" for folder, found in reasons.items() for reason in found]
    if refused:
        raise InputError(
            "nothing was pooled, for a package that does not fit is never used in part:\n  "
            + "\n  ".join(refused)
            + "\nAsk the site for a new package, or leave it out: the report then says that the site is absent."
        )
    return sorted(packages, key=lambda one: expected.plan.sites.index(one.site))


def read_package(folder: Path, expected: Expected) -> Received:
    """Read one package; whatever is wrong with it is a reason, never an error."""
    strange = _find_strange(folder)
    if strange:
        return Received(folder, {}, {}, (strange,))
    found = sorted(path.name for path in folder.iterdir())
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return Received(folder, {}, {}, (f"{MANIFEST} is no JSON",))
    wrong = _find_wrong_keys(manifest)
    if wrong:
        return Received(folder, {}, {}, (f"{MANIFEST}: {', '.join(wrong)} missing or of the wrong kind",))
    one_stage, sums = expected.plan.one_stage, {}
    needed = {f"{table.name}.csv" for table in SENT} | ({SUMS} if one_stage else set())
    reasons = [*_check_manifest(folder, manifest, expected), *_check_files(folder, manifest, set(found), needed)]
    if reasons:
        return Received(folder, manifest, {}, tuple(reasons))
    tables, unread = _read_tables(folder)
    try:
        found = unread or [*find_impossible(tables, expected.study)]
        found = found or list(check_tables(tables, manifest["minimum_cell"], expected.study))
        if one_stage and not found:
            sums = read_sums(folder / SUMS)
            found = list(check_sums(sums, tables, one_stage, expected.study, manifest["minimum_cell"]))
    except (TypeError, ValueError, KeyError):  # a cell that no release writes, such as a flag without a value
        found = ["its tables hold what no release writes"]
    return Received(folder, manifest, tables, tuple(found), sums)


def _find_strange(folder: Path) -> str | None:
    """Return why a place is not the folder of a package, with the way out; None where it may be one."""
    if folder.is_file():
        return "a file, and no folder: unpack it, and name the folder"
    if not folder.is_dir():
        return "no such folder: not a package"
    if not (folder / MANIFEST).is_file():
        inner = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
        return f"no {MANIFEST} in it: not a package" + (f"; name the folder in it: {', '.join(inner)}" if inner else "")
    for path in sorted(folder.iterdir()):
        if not path.is_file():
            return f"{path.name}: no file of a package"
        if path.stat().st_size > LARGEST:
            return f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB, and a file of a package has {LARGEST / 1e6:g} at most"
    return None


def _find_wrong_keys(manifest: Any) -> list[str]:
    if not isinstance(manifest, dict):
        return ["everything"]
    return [
        key for key, kind in KEYS.items() if not isinstance(manifest.get(key), kind) or isinstance(manifest[key], bool)
    ]


def _check_manifest(folder: Path, manifest: Mapping[str, Any], expected: Expected) -> Iterator[str]:
    """Yield what a manifest says that is not as it should be; of the signature first."""
    plan, site = expected.plan, manifest["site"]
    if manifest["format"] != FORMAT:
        yield f"format {manifest['format']}; this version reads {FORMAT}"
    if site not in plan.sites:
        yield "its site is not one of the plan's"
    else:
        problem = verify(folder / MANIFEST, site, expected.allowed_signers)
        if problem:
            yield problem
    if manifest["network"] != plan.network:
        yield f"made for another network study than '{plan.network}'"
    if manifest["plan"] != expected.plan_hash:
        yield f"made under another plan ({_short(manifest['plan'])}; the locked one is {_short(expected.plan_hash)})"
    if manifest["code"] != expected.code:
        yield (
            f"made by another version of the program ({_short(manifest['code'])}; here it is {_short(expected.code)}): sites and centre install the "
            "same one"
        )
    if manifest["minimum_cell"] < plan.minimum_cell:
        yield f"its smallest count shown is {manifest['minimum_cell']}; the plan says {plan.minimum_cell}"
    if not manifest["data"] or not all(isinstance(one, str) for one in manifest["data"]):
        yield "it does not say of which raw files it was made"


def _short(digest: str) -> str:
    return "".join(letter for letter in digest[:12] if letter.isalnum())


def _check_files(folder: Path, manifest: Mapping[str, Any], found: set[str], needed: set[str]) -> Iterator[str]:
    """Yield which files are not there, not named, or not as the manifest has them."""
    if set(manifest["files"]) != needed:
        yield f"its files are not those of a package ({', '.join(sorted(needed ^ set(manifest['files'])))[:200]})"
        return
    extra = found - needed - {MANIFEST, f"{MANIFEST}{ENDING}"}
    if extra:
        named = ", ".join(sorted(extra)[:5])
        yield f"{len(extra)} file(s) in it that its manifest does not name: {named}; take out what came on the way"
    for name in sorted(needed):
        entry = manifest["files"][name]
        if name not in found:
            yield f"{name} is missing"
        elif not isinstance(entry, dict) or hashlib.sha256((folder / name).read_bytes()).hexdigest() != entry.get(
            "sha256"
        ):
            yield f"{name} was changed after the manifest was written"


def _read_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], list[str]]:
    tables: dict[str, pd.DataFrame] = {}
    unread: list[str] = []
    for table in SENT:
        try:
            read = read_table((folder / f"{table.name}.csv").read_text(encoding="utf-8"), table.name)
        except (ValueError, TypeError, KeyError):
            unread.append(f"{table.name}.csv cannot be read as that table")
            continue
        lacking = [str(column) for column in table.columns if column not in read]
        extra = [name for name in read if not str(name).endswith("_bound") and name not in {*table.columns, "withheld"}]
        if lacking or extra:
            unread.append(
                f"{table.name}.csv has other columns than that table ({', '.join(map(str, [*lacking, *extra]))[:200]})"
            )
        tables[table.name] = read
    return tables, unread


def check_tables(tables: Mapping[str, pd.DataFrame], minimum: int, study: Study) -> Iterator[str]:
    """Yield what in the tables of a package no release can hold: small counts, unrounded ones, estimates of few, or none that fits."""
    rounding = Rounding(minimum)
    for table in SENT:
        frame = tables[table.name]
        counts = [column for column in table.fields if isinstance(column, People | Effective) and column in frame]
        for column in counts:
            values = frame[column].dropna().astype(float)
            small, bounds = (
                values[(values > 0) & (values < minimum)],
                frame.loc[frame[column.bound] != "", column.bound],
            )
            if len(small):
                yield f"{table.name}: {len(small)} of {column} are below {minimum}: a count that may not leave a site"
            elif any(value != rounding.round(value) for value in values):
                yield f"{table.name}: {column} is not rounded as a release is"
            if not bounds.isin([rounding.bound]).all():
                yield f"{table.name}: {column} has another bound than {rounding.bound}"
        if frame.duplicated(list(table.key)).any():
            yield f"{table.name}: a row stands twice"
    try:
        row = find_primary(tables, study)
        refuse_few(tables, study, minimum)
    except InputError as error:
        yield str(error)
        return
    yield from _check_estimates(tables, row)


def _check_estimates(tables: Mapping[str, pd.DataFrame], primary: pd.Series) -> Iterator[str]:
    for table in (Effects, Imputations):
        frame = tables[table.name]
        known = frame[frame[table.estimate].notna()]
        if not known[table.std_error].map(lambda error: math.isfinite(error) and error > 0).all():
            yield f"{table.name}: an estimate without a standard error above 0"
        inside = (known[table.lower] <= known[table.estimate]) & (known[table.estimate] <= known[table.upper])
        if not inside.all():
            yield f"{table.name}: an estimate that does not lie within its limits"
    for row in list_records(tables[Effects.name]):
        if has_estimate(row) and abs(find_error(row) / row[Effects.std_error] - 1) > ROUNDED:
            yield f"effects: at {row[Effects.timepoint]} the standard error is not that of the interval"
    sizes = (Effects.n_treated, Effects.n_reference, Effects.observed_treated, Effects.observed_reference)
    if pd.notna(primary[Effects.estimate]) and any(pd.isna(primary[size]) for size in sizes):
        yield "effects: a difference of so few patients that their number is not shown: it may not leave a site"


def compare_packages(packages: Sequence[Received]) -> Iterator[tuple[Path, str]]:
    """Yield which packages cannot stand beside another: a site twice, the same data under two names, or the same estimates."""
    known = [package for package in packages if package.manifest]
    for place, package in enumerate(known):
        for other in known[:place]:
            if package.folder == other.folder:
                yield package.folder, "named twice"
                continue
            if package.site == other.site:
                yield package.folder, f"the same site as {other.folder}"
            mine, theirs = ({str(one) for one in each.manifest["data"]} for each in (package, other))
            if mine <= theirs or theirs <= mine:
                yield package.folder, f"made of the same raw files as {other.folder}"
            elif 2 * len(mine & theirs) > min(len(mine), len(theirs)):  # a file without rows may be alike at two sites
                yield package.folder, f"made of mostly the same raw files as {other.folder}"
            elif _find_estimates(package) == _find_estimates(other):
                yield package.folder, f"its estimates are to the last digit those of {other.folder}"


def _find_estimates(package: Received) -> Any:
    entry = package.manifest["files"].get(f"{Effects.name}.csv")
    return entry.get("sha256") if isinstance(entry, dict) else package.folder
