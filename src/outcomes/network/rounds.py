"""A propensity model over all sites in rounds: what the centre asks in each, and how the answers lead to the next (Newton's method)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.errors import InputError
from outcomes.network.signature import verify
from outcomes.settings.network import CENTRE

FORMAT = 1
PROPENSITY, DIFFERENCE = "propensity", "difference"
MOST_ROUNDS, SMALLEST_STEP = 15, 1e-9
NEGLIGIBLE = 1e-9  # what is left of a column's squares that the columns before it explain
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Round:
    """What the centre asks.

    Attributes
    ----------
    network, plan, code : str
        Short name of the network study; SHA-256 of the locked plan and of the program.
    number : int
        From 1.
    stage : {"propensity", "difference"}
        The coefficients are sought; or they are found, and the weighted difference is asked for.
    sites : tuple of str
        Those asked, the same in every round.
    columns, left_out : tuple of str
        Of the model; and those of them that nobody has, or that the columns before them tell.
    coefficients : tuple of float
        So far; 0 for columns that are left out.
    before : mapping or None
        The coefficients of the round before, and their log-likelihood over all sites.
    data : mapping of str to str
        By site, what its first answer was made of.
    """

    network: str
    plan: str
    code: str
    number: int
    stage: str
    sites: tuple[str, ...]
    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    coefficients: tuple[float, ...]
    before: Mapping[str, Any] | None
    data: Mapping[str, str]

    @property
    def kept(self) -> list[int]:
        """Places of the columns that are not left out."""
        return [place for place, name in enumerate(self.columns) if name not in self.left_out]

    def write(self) -> bytes:
        """Return the file of the round; the same round gives the same bytes."""
        content = {"format": FORMAT, "kind": "round"} | asdict(self)
        return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def name_round(network: str, number: int) -> str:
    """Return the name of a round's file."""
    return f"{network}-round-{number}.json"


def read_round(path: Path, first: Round, allowed_signers: Path) -> Round:
    """Read a round file that the centre signed.

    Parameters
    ----------
    path : Path
    first : Round
        The first round as it is here, with whose plan, program, and columns every round has to agree.
    allowed_signers : Path

    Raises
    ------
    InputError
        Every reason why it is not a round of this network study.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file.")
    problem = verify(path, CENTRE, allowed_signers)
    if problem:
        raise InputError(f"{path}: {problem}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT or content.pop("kind") != "round":
            raise ValueError
        for name in ("sites", "columns", "left_out", "coefficients"):
            content[name] = tuple(content[name])
        found = Round(**content)
        numbers = np.array(found.coefficients, dtype=float)
        whole = len(numbers) == len(found.columns) and np.isfinite(numbers).all() and isinstance(found.number, int)
        if not whole or found.stage not in (PROPENSITY, DIFFERENCE):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError(f"{path}: not a round file of this version.") from None
    reasons = [
        words
        for name, words in (
            ("network", "of another network study"),
            ("plan", "made under another plan"),
            ("code", "made by another version of the program: sites and centre install the same one"),
            ("columns", "its columns are not those that the plan declares"),
        )
        if getattr(found, name) != getattr(first, name)
    ]
    if found.number == 1 and any(found.coefficients):
        reasons.append("a first round begins at coefficients of 0")
    if not 1 <= found.number <= MOST_ROUNDS:
        reasons.append(f"round {found.number}: at most {MOST_ROUNDS} are answered")
    if reasons:
        raise InputError(f"{path}: {'; '.join(reasons)}.")
    return found


def add_up(parts: Sequence[Any]) -> Any:
    """Return the sums of the sites added up, rounded once, so that no order of sites changes a digit.

    Examples
    --------
    >>> add_up([{"score": [1.0, 2.0]}, {"score": [0.5, -2.0]}])
    {'score': [1.5, 0.0]}
    """
    first = parts[0]
    if isinstance(first, Mapping):
        return {name: add_up([part[name] for part in parts]) for name in first}
    if isinstance(first, list):
        return [add_up([part[place] for part in parts]) for place in range(len(first))]
    return math.fsum(parts)


def advance(asked: Round, totals: Mapping[str, Any], data: Mapping[str, str]) -> Round:
    """Return the next round: a Newton step (Fisher scoring, which is the same for a logistic regression), or half of the last one.

    Parameters
    ----------
    asked : Round
        Of stage ``propensity``.
    totals : mapping
        ``score``, ``information``, and ``loglik`` over all sites.
    data : mapping of str to str
        By site, what its answer was made of.

    Raises
    ------
    InputError
        The coefficients did not settle, as those that have no end.
    """
    information, score = (np.array(totals[name], dtype=float) for name in ("information", "score"))
    left_out = find_dependent(information, asked.columns) if asked.number == 1 else asked.left_out
    asked = replace(asked, left_out=left_out, data=dict(data))
    kept, now, loglik = asked.kept, np.array(asked.coefficients), float(totals["loglik"])
    before = asked.before or {"coefficients": asked.coefficients, "loglik": loglik}
    falls = loglik < before["loglik"] - 1e-9 * abs(loglik)
    step = np.zeros(len(now))
    step[kept] = np.linalg.lstsq(information[np.ix_(kept, kept)], score[kept], rcond=None)[0]
    largest = int(np.abs(step).argmax())
    settled = abs(step[largest]) < SMALLEST_STEP
    if (falls or not settled) and asked.number + 2 > MOST_ROUNDS:  # one is left for the difference
        raise InputError(
            f"the common model did not settle in {asked.number} rounds, least of all column '{asked.columns[largest]}': alone or with others it tells the "
            "arm of some patients for certain. Amend the plan: group its levels, or leave it out."
        )
    if falls:
        half = (now + np.array(before["coefficients"])) / 2
        return replace(asked, number=asked.number + 1, coefficients=tuple(half.tolist()))
    return replace(
        asked,
        number=asked.number + 1,
        stage=DIFFERENCE if settled else PROPENSITY,
        coefficients=tuple((now + step).tolist()),
        before={"coefficients": now.tolist(), "loglik": loglik},
    )


def find_dependent(information: Floats, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that nobody has, or that are combinations of those before them."""
    kept: list[int] = []
    for place in range(len(columns)):
        own = information[place, place]
        beside = information[np.ix_(kept, [place])]
        explained = float((beside.T @ np.linalg.lstsq(information[np.ix_(kept, kept)], beside, rcond=None)[0]).sum())
        if own > 0 and own - explained > NEGLIGIBLE * own:
            kept.append(place)
    return tuple(name for place, name in enumerate(columns) if place not in kept)
