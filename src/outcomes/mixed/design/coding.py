"""Choose how each categorical factor of each term is coded, so that the columns are of full rank.

The rule is that of patsy and formulaic: a factor loses its reference level in a term exactly when the rest of
the term is already spanned by terms before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from outcomes.mixed.design.formula import Term

_Part = frozenset[tuple[str, bool]]


@dataclass(frozen=True)
class Coded:
    """One block of columns: factors in order, each with whether all its levels are kept.

    Attributes
    ----------
    term : Term
        The term of the formula that the block belongs to.
    factors : tuple of (str, bool)
        Factor and whether it keeps its reference level.
    """

    term: Term
    factors: tuple[tuple[str, bool], ...]


def choose_coding(terms: tuple[Term, ...], is_categorical: Callable[[str], bool]) -> list[Coded]:
    """Give the blocks of columns of a design, in order.

    Parameters
    ----------
    terms : tuple of Term
        Terms in the order of the design.
    is_categorical : callable
        Whether a factor has levels.

    Returns
    -------
    list of Coded
    """
    spanned: dict[frozenset[str], set[frozenset[str]]] = {}
    blocks = []
    for term in terms:
        categorical = [factor for factor in term if is_categorical(factor)]
        used = spanned.setdefault(frozenset(term) - frozenset(categorical), set())
        for part in _parts(categorical, used):
            full = dict(part)
            kept = [f for f in term if f in full or f not in categorical]
            blocks.append(Coded(term, tuple((factor, full.get(factor, True)) for factor in kept)))
    return blocks


def _parts(factors: list[str], used: set[frozenset[str]]) -> list[_Part]:
    subsets = [frozenset(s) for size in range(len(factors) + 1) for s in combinations(factors, size)]
    fresh = [subset for subset in subsets if subset not in used]
    used.update(fresh)
    parts: list[_Part] = [frozenset((factor, False) for factor in subset) for subset in fresh]
    while _absorb(parts):
        pass
    return parts


def _absorb(parts: list[_Part]) -> bool:
    """Merge the first part that a later one can take in; ``a-`` and ``a-:b-`` become ``a-:b+``."""
    for i, short in enumerate(parts):
        for j in range(i + 1, len(parts)):
            extra = parts[j] - short
            if short < parts[j] and len(extra) == 1 and not next(iter(extra))[1]:
                parts[j] = short | {(next(iter(extra))[0], True)}
                del parts[i]
                return True
    return False
