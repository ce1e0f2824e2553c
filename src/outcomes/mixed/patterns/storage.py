"""Moments in one small file: NumPy arrays and a JSON header, with a version, without pickle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from outcomes.mixed.design.factors import Factor
from outcomes.mixed.design.formula import parse
from outcomes.mixed.design.visit_loadings import Design, make_design
from outcomes.mixed.errors import MomentsError
from outcomes.mixed.patterns.pattern_sums import PatternSums

VERSION = 2
_PLAIN = ("subject", "visit", "visits", "ordered", "group", "groups", "log_weight", "dropped")
_ARRAYS = ("patterns", "pattern_group", "counts", "gram")


def write_sums(moments: PatternSums, path: str | Path) -> None:
    """Write moments; the same moments give the same bytes of content.

    Raises
    ------
    MomentsError
        When a level or a visit is not text, a number, or true or false.
    """
    header = {name: getattr(moments, name) for name in _PLAIN}
    header |= {
        "version": VERSION,
        "totals": {name: np.asarray(total).tolist() for name, total in moments.totals.items()},
        "design": _describe(moments.design),
    }
    try:
        text = json.dumps(header, sort_keys=True)
    except TypeError as error:
        raise MomentsError(
            f"moments with such labels cannot be written ({error}); make visits and levels text"
        ) from None
    with Path(path).open("wb") as file:
        np.savez_compressed(file, header=np.array(text), **{name: getattr(moments, name) for name in _ARRAYS})


def read_sums(path: str | Path) -> dict[str, Any]:
    """Read the fields of sums that :func:`write_sums` wrote.

    Raises
    ------
    MomentsError
        When the file is not one of moments, or of another version.
    """
    try:
        with np.load(Path(path), allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            arrays = {name: file[name] for name in _ARRAYS}
    except (ValueError, KeyError, BadZipFile, EOFError) as error:
        raise MomentsError(f"{Path(path).name} is not a file of moments: {error}") from None
    if header.get("version") != VERSION:
        raise MomentsError(
            f"{Path(path).name} has version {header.get('version')}; this program reads version {VERSION}"
        )
    plain = {name: header[name] for name in _PLAIN}
    plain |= {"visits": tuple(header["visits"]), "groups": tuple(header["groups"])}
    totals = {name: np.asarray(total, dtype=np.float64) for name, total in header["totals"].items()}
    return {"design": _restore(header["design"]), "totals": totals, **plain, **arrays}


def _describe(design: Design) -> dict[str, Any]:
    return {
        "formula": design.formula.text,
        "factors": {name: _describe_factor(factor) for name, factor in design.factors.items()},
        "by_visit": {name: np.asarray(found).tolist() for name, found in design.by_visit.items()},
        "varying": sorted(design.varying),
        "centres": {name: centre.tolist() for name, centre in design.centres.items()},
        "response_centre": design.response_centre,
        "n_visits": design.n_visits,
    }


def _describe_factor(factor: Factor) -> dict[str, Any]:
    kept = replace(factor, spec=None)
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(kept).items()
        if name != "spec"
    }


def _restore(found: dict[str, Any]) -> Design:
    factors = {name: _restore_factor(one) for name, one in found["factors"].items()}
    formula = parse(found["formula"])
    by_visit = {name: np.asarray(values) for name, values in found["by_visit"].items()}
    return make_design(
        formula,
        {name: factors[name] for name in formula.factors},
        {name: by_visit[name] for name in formula.factors if name in by_visit},
        frozenset(found["varying"]),
        {name: np.asarray(found["centres"][name]) for name in formula.factors if name in found["centres"]},
        found["response_centre"],
        found["n_visits"],
    )


def _restore_factor(found: dict[str, Any]) -> Factor:
    coding = {name: np.asarray(found[name], dtype=np.float64) for name in ("full", "reduced")}
    return Factor(
        name=found["name"],
        variables=tuple(found["variables"]),
        levels=tuple(found["levels"]),
        full=coding["full"],
        reduced=coding["reduced"],
        full_labels=tuple(found["full_labels"]),
        reduced_labels=tuple(found["reduced_labels"]),
        stateful=found["stateful"],
    )
