"""One mixed model over all sites, from the sums in their packages: written, read with suspicion, added up, and fitted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from outcomes.contracts.released.comparison import Effects
from outcomes.mixed.errors import MixedError
from outcomes.network.choose import declared
from outcomes.release.disclosure.rounding import Rounding, keep_digits, round_to
from outcomes.settings import Study
from outcomes.settings.network import NetworkPlan
from outcomes.settings.one_stage import OneStage

FILE = "one_stage.json"
WITHHELD, TIMEPOINTS, NOT_USED, GROUPS = "withheld", "timepoints", "not_used", "groups"
SIDES = {"treated": Effects.observed_treated, "reference": Effects.observed_reference}
LADDER = ("heterogeneous_toeplitz", "compound_symmetry")  # where an unstructured covariance does not converge
NEAR = 1e-9
PRINTED = 0.01  # points
Floats = NDArray[np.float64]


def write_sums(content: Mapping[str, Any]) -> bytes:
    """Return the file of a site's sums, or of why there are none; the same sums give the same bytes.

    Parameters
    ----------
    content : mapping
        As :func:`outcomes.analysis.comparison.one_stage.sums.release_sums` gives it, or ``withheld`` with the reason.
    """
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def keep_shown(sums: Mapping[str, Any], effects: pd.DataFrame, minimum: int) -> Mapping[str, Any]:
    """Return sums of which every number of patients is one that the release shows, rounded to five; else under ``withheld`` why none may leave.

    Parameters
    ----------
    sums : mapping
        As :func:`outcomes.analysis.comparison.one_stage.sums.release_sums` gives it.
    effects : DataFrame
        The package's differences.
    minimum : int
        Smallest count that the release shows.
    """
    hidden = [name for name in sums.get(TIMEPOINTS, ()) if list(_find_other(sums, effects, name, minimum))]
    if not hidden:
        return sums
    return {WITHHELD: f"the release does not show how many patients have a score at {', '.join(hidden)}"}


def _find_other(sums: Mapping[str, Any], effects: pd.DataFrame, timepoint: str, minimum: int) -> Iterator[str]:
    """Yield the arms whose patients with a score at a time point are not as many as the differences say."""
    rows = effects[effects[Effects.timepoint] == timepoint]
    for side, column in SIDES.items():
        own = [group for group in sums[GROUPS] if group["arm"] == side and timepoint in group["timepoints"]]
        n = sum(group["patients"] for group in own)
        if len(rows) != 1 or Rounding(minimum).round(n) != rows[column].iloc[0]:
            yield side


def show_sums(content: bytes, planned: OneStage) -> str:
    """Return the sums as the page for approval shows them: every number, and what it tells."""
    found = json.loads(content)
    title = (
        f"{FILE}: exact sums over patients of an arm with a score at the same time points, for one model over all sites"
    )
    parts = [title, "-" * min(len(title), 160)]
    if WITHHELD in found:
        return "\n".join([*parts, f"  None leaves: {found[WITHHELD]}."])
    parts += [
        "  Numbers of patients are exact here. Sums are of the baseline and of the change at each time point, in points; products are those of each two",
        "  of these numbers, added up over the patients. NOT PROTECTED as rounded numbers are: means, spread, and correlation of each group follow exactly.",
        "  No group has fewer patients than the site's minimum, and each number that few of a group share could be another with the same sums. Exact sums of",
        "  two times would tell of the patients between them: a second package with other sums is refused.",
        f"  The plan says why they may leave: {planned.because}",
        f"  Time points used: {', '.join(found[TIMEPOINTS])}",
        *(f"  Not used: {name} ({reason})" for name, reason in found[NOT_USED].items()),
    ]
    for group in found[GROUPS]:
        names = ["baseline", *(f"change at {name}" for name in group["timepoints"])]
        parts += ["", f"{group['arm']} arm, {' and '.join(group['timepoints'])}: {group['patients']} patients"]
        parts += [f"  sum of {name}: {value}" for name, value in zip(names, group["sums"], strict=True)]
        parts += [
            f"  sum of {name} × {other}: {group['products'][i][j]}"
            for i, name in enumerate(names)
            for j, other in enumerate(names[: i + 1])
        ]
    return "\n".join(parts)


def read_sums(path: Path) -> dict[str, Any]:
    """Return the content of a file of sums.

    Raises
    ------
    ValueError
        It is none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError from None
    if not isinstance(content, dict):
        raise ValueError
    return content


def check_sums(
    content: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], planned: OneStage, study: Study, minimum: int
) -> Iterator[str]:
    """Yield what is no file of sums of this plan, or tells of few patients, or of others than the package's own counts."""
    if set(content) == {WITHHELD} and isinstance(content[WITHHELD], str):
        return
    primary = declared(study).estimand.timepoint
    try:
        groups = [_read_group(one) for one in content[GROUPS]]
        used = [str(name) for name in content[TIMEPOINTS]]
        keys = [(group["arm"], tuple(group["timepoints"])) for group in content[GROUPS]]
        whole = set(content) == {TIMEPOINTS, NOT_USED, GROUPS} and primary in used and type(content[GROUPS]) is list
        whole &= used == [name for name in planned.timepoints if name in used] and len(set(keys)) == len(keys)
        whole &= all(arm in SIDES and names and set(names) <= set(used) for arm, names in keys)
        whole &= all(len(sums) == 1 + len(names) for (_, sums, _), (_, names) in zip(groups, keys, strict=True))
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        yield f"{FILE}: its sums are not those that the plan asks for"
        return
    if any(n < minimum for n, _, _ in groups):
        yield f"{FILE}: sums of fewer than {minimum} patients: they may not leave a site"
        return
    for n, sums, products in groups:
        spread = products - np.outer(sums, sums) / n
        if np.abs(products - products.T).max() > 0 or np.linalg.eigvalsh(spread)[0] < -NEAR * np.abs(products).max():
            yield f"{FILE}: sums of products that no patients have"
            return
    for name in used:
        for side in _find_other(content, tables[Effects.name], name, minimum):
            yield f"{FILE}: its patients of the {side} arm at {name} are not those of the difference"


def _read_group(group: Mapping[str, Any]) -> tuple[int, Floats, Floats]:
    if set(group) != {"arm", "timepoints", "patients", "sums", "products"} or type(group["patients"]) is not int:
        raise ValueError
    sums, products = (np.array(group[name]) for name in ("sums", "products"))
    if sums.dtype.kind != "i" or products.dtype.kind != "i" or products.shape != (len(sums), len(sums)):
        raise ValueError
    return group["patients"], sums.astype(float), products.astype(float)


def pool_one_stage(sites: Mapping[str, Mapping[str, Any]], plan: NetworkPlan, study: Study) -> dict[str, Any]:
    """Return the primary difference of one mixed model of all sites' patients, with ``why`` in place of numbers where there is none.

    change ~ site + baseline × time point + arm × time point, with an unstructured covariance over time points, restricted maximum likelihood, and
    degrees of freedom by Kenward and Roger (10.2307/2533558), as :func:`outcomes.mixed.fit` does it. The likelihood depends on the patients of a group
    through its sums alone, so that invented ones with the same sums give the same answer as all rows in one place.

    Parameters
    ----------
    sites : mapping of str to mapping
        By site, the content of its file of sums.
    plan : NetworkPlan
    study : Study
        The planned one.

    Returns
    -------
    dict
        ``sites``, ``patients`` (rounded as a release is), ``timepoints``, ``why``, and, where it was fitted, ``estimate``, ``std_error``, ``lower``,
        ``upper``, ``p_value``, rounded to what the report prints.
    """
    assert plan.one_stage is not None
    given = {site: content for site, content in sites.items() if WITHHELD not in content}
    patients = sum(group["patients"] for content in given.values() for group in content[GROUPS])
    used = [name for name in plan.one_stage.timepoints if any(name in one[TIMEPOINTS] for one in given.values())]
    told = {
        "sites": len(given),
        "patients": Rounding(plan.minimum_cell).round(patients),
        "timepoints": ", ".join(used),
        "why": "",
    }
    fewest = max(plan.fewest_sites, 2)
    if len(given) < fewest:
        return told | {"why": f"{len(given)} sites have sums that may leave them; the plan asks for {fewest}"}
    try:
        return told | _fit(given, used, declared(study).estimand.timepoint)
    except MixedError as error:
        return told | {"why": f"the model could not be fitted: {error}"}


def _fit(given: Mapping[str, Mapping[str, Any]], used: Sequence[str], primary: str) -> dict[str, Any]:
    from outcomes import mixed

    several = " * timepoint" if len(used) > 1 else ""
    fit = mixed.fit(
        _invent_rows(given, used, primary),
        f"change ~ site + baseline{several} + arm{several}",
        subject="patient",
        visit="timepoint",
        covariance="unstructured",
        fallback=LADDER,
    )
    if not fit.converged:
        return {"why": "the model did not converge"}
    table = fit.coefficients
    row: dict[Any, Any] = table[table["term"] == "arm[treated]"].iloc[0].to_dict()
    error = float(row["std_error"])
    numbers = {name: round_to(float(row[name]), PRINTED) for name in ("estimate", "lower", "upper")}
    return numbers | {"std_error": keep_digits(error, 2), "p_value": keep_digits(float(row["p_value"]), 2)}


def _invent_rows(given: Mapping[str, Mapping[str, Any]], used: Sequence[str], primary: str) -> pd.DataFrame:
    """Return rows of invented patients whose sums are the sites', the primary time point the first level."""
    parts, first = [], 0
    for site, content in given.items():
        for group in content[GROUPS]:
            numbers = invent(*_read_group(group))
            who = np.arange(first, first + len(numbers))
            first += len(numbers)
            for place, name in enumerate(group["timepoints"], 1):
                columns = {"patient": who, "baseline": numbers[:, 0], "change": numbers[:, place]}
                parts.append(pd.DataFrame(columns | {"site": site, "arm": group["arm"], "timepoint": name}))
    rows = pd.concat(parts, ignore_index=True)
    levels = [primary, *(name for name in used if name != primary)]
    arms = pd.Categorical(rows["arm"], ["reference", "treated"])
    return rows.assign(arm=arms, timepoint=pd.Categorical(rows["timepoint"], levels))


def invent(n: int, sums: Floats, products: Floats) -> Floats:
    """Return n rows of numbers with given sums and sums of products, of nobody.

    Examples
    --------
    >>> rows = invent(4, np.array([8.0, 2.0]), np.array([[22.0, 1.0], [1.0, 9.0]]))
    >>> rows.sum(axis=0).round(9).tolist(), (rows.T @ rows).round(9).tolist()
    ([8.0, 2.0], [[22.0, 1.0], [1.0, 9.0]])
    """
    mean, size = sums / n, len(sums)
    spread = products - n * np.outer(mean, mean)
    values, vectors = np.linalg.eigh(spread)
    root = vectors @ np.diag(np.sqrt(np.clip(values, 0, None))) @ vectors.T
    places = np.outer(np.arange(n) + 0.5, np.arange(1, size + 1))
    basis = np.sqrt(2 / n) * np.cos(np.pi * places / n)  # orthonormal, each column's sum 0
    return np.asarray(mean + basis @ root)
