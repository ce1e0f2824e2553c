"""Released tables as CSV text, written and read back, with a fixed float format, so that the same numbers are the same bytes.

A count or share of which only a bound is released stands as ``<11`` or ``<0.16`` or ``>0.94`` in the file. In a frame the
number is then missing, and the bound is the text of a column beside it: ``frame[Response.events.bound]``. Where a row has no bound, and a
number is left out because it is of few people, the cell is ``few``. Of both, a frame has the flag ``withheld``. A cell of words that
a spreadsheet would take for a formula is written with an apostrophe before it, which is taken off when it is read.
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from outcomes.contracts.released.catalogue import RELEASED
from outcomes.contracts.released.columns import BOUND, Column, People, Public, PValue, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

DECIMALS = 6
DUST = 1e-12  # below it a number other than a p value is what rounding left of none, and its digits are the processor's
FLAG = "withheld"  # of a row in a frame: something of it is not shown, for few people
FEW = "few"
BOUNDS = ("<", ">")
LARGEST = 2.0**53  # beyond it, and infinite, no number is a count
FORMULA = r"'*[=+\-@\uff1d\uff0b\uff0d\uff20]"  # full-width signs too; behind blanks, and after what some countries split cells at
STARTS = re.compile(rf"(^|[;\t\r\n])(?=\s*{FORMULA})|^(?='*[\t\r\n])")
QUOTED = re.compile(rf"(^|[;\t\r\n])'(?=\s*{FORMULA})|^'(?='*[\t\r\n])")
_OTHERS = Setting | Public | People
NUMBERS = {str(column) for table in RELEASED.values() for column in table.fields if not isinstance(column, _OTHERS)} - {
    str(column) for table in RELEASED.values() for column in table.fields if isinstance(column, _OTHERS)
}
"""Columns whose cell may be :data:`FEW`: a count is a number, a bound, or of nobody."""
P_VALUES = {str(column) for table in RELEASED.values() for column in table.fields if isinstance(column, PValue)}
_BOUND = re.compile(r"([<>])(-?\d.*)")


def format_table(table: pd.DataFrame) -> str:
    r"""Return a table as CSV text: rows and columns as they stand, ``\n`` endings, missing values empty.

    Integers are written as integers; other numbers are rounded to six decimals, without trailing zeros or a negative
    zero; below 0.001 three significant digits are kept, and below 0.000001 they are written with an exponent. Below 1e-12
    a number other than a p value is 0: it is rounding, which differs between processors. The order
    of rows is the one that the tabulate functions give, which does not depend on the order of their input.

    Examples
    --------
    >>> import pandas as pd
    >>> print(format_table(pd.DataFrame({"arm": ["=iv"], "n": [None], "n_bound": ["<11"], "mean": [0.1 + 0.2]})), end="")
    arm,n,mean
    '=iv,<11,0.3
    >>> print(format_table(pd.DataFrame({"contrast": ["a - b", "a - c"], "smd": [0.1, None], "withheld": [False, True]})), end="")
    contrast,smd
    a - b,0.1
    a - c,few
    """
    import pandas as pd

    text = {}
    few = _find_few(table)
    for name in table.columns:
        if name == FLAG or (str(name).endswith(BOUND) and str(name).removesuffix(BOUND) in table):
            continue
        values = table[name].astype(object)
        if name not in P_VALUES and pd.api.types.is_float_dtype(table[name]):
            values = values.mask((table[name].abs() < DUST).fillna(False).astype(bool), 0.0)
        cells = ["" if absent else _text(value) for absent, value in zip(values.isna(), values, strict=True)]
        beside = f"{name}{BOUND}"
        if beside in table:
            cells = [bound or cell for bound, cell in zip(table[beside].fillna(""), cells, strict=True)]
        if few.any() and name in NUMBERS and pd.api.types.is_numeric_dtype(table[name]):
            cells = [FEW if hidden and not cell else cell for hidden, cell in zip(few, cells, strict=True)]
        text[name] = cells
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([list(text), *zip(*text.values(), strict=True)])
    return file.getvalue()


def _find_few(table: pd.DataFrame) -> pd.Series[bool]:
    """Return the rows that are flagged and have no bound that says why."""
    import pandas as pd

    if FLAG not in table:
        return pd.Series(False, table.index)
    bounds = [name for name in table.columns if str(name).endswith(BOUND)]
    bounded = (table[bounds].fillna("") != "").any(axis=1)
    return table[FLAG].fillna(False).astype(bool) & ~bounded


def read_table(text: str, name: str) -> pd.DataFrame:
    r"""Return a released table from its CSV text, each column as its declaration says; the bounds in columns beside.

    Parameters
    ----------
    text : str
        As :func:`format_table` writes it.
    name : str
        Name of the table; columns that it does not declare are read as numbers where all cells are, else as words.

    Examples
    --------
    >>> frame = read_table("arm,n\n'=iv,<11\nim,15\n", "weights")
    >>> frame["arm"].tolist(), frame["n"].tolist(), frame["n_bound"].tolist()
    (['=iv', 'im'], [<NA>, 15], ['<11', ''])
    """
    import pandas as pd

    heads, *rows = csv.reader(io.StringIO(text))
    index = pd.RangeIndex(len(rows))
    declared = {str(column): column for column in RELEASED[name].fields}
    frame: dict[str, Any] = {}
    hidden = [False] * len(rows)
    for head, cells in zip(heads, zip(*rows, strict=True) if rows else [()] * len(heads), strict=True):
        rule = declared.get(head)
        if rule is None:
            frame[head] = _guess(pd.Series([cell or None for cell in cells], index, dtype=_words()))
        elif rule.dtype == "str":
            frame[head] = _read_words(cells)
        elif rule.dtype == "boolean":
            frame[head] = _read_flags(pd.Series(cells, index, dtype="object"))
        else:
            frame |= _read_numbers(cells, rule)
            hidden = [known or cell == FEW or cell[:1] in BOUNDS for known, cell in zip(hidden, cells, strict=True)]
    return pd.DataFrame(frame, index=index).assign(**{FLAG: pd.Series(hidden, index, dtype="bool")})


def parse_bound(text: str) -> tuple[str, float]:
    """Return a bound's direction and number.

    Examples
    --------
    >>> parse_bound("<0.16")
    ('<', 0.16)
    """
    found = _BOUND.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is not a bound such as <11 or >0.94")
    return found[1], float(found[2])


def _read_words(cells: Sequence[str]) -> Any:
    import pandas as pd

    words = [QUOTED.sub(lambda found: found[1] or "", cell) if "'" in cell else cell or None for cell in cells]
    return pd.array(words, dtype=_words())


def _words() -> pd.StringDtype[Literal["python"]]:
    """Return ``str`` kept as Python's own text: a report asks for single cells, each of which Arrow would convert anew."""
    import numpy as np
    import pandas as pd

    return pd.StringDtype("python", na_value=np.nan)


def _read_numbers(cells: Sequence[str], rule: Column) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    bounds = [cell if cell[:1] in BOUNDS else "" for cell in cells]
    numbers = np.array(
        [
            float(cell) if cell and cell != FEW and not bound else np.nan
            for cell, bound in zip(cells, bounds, strict=True)
        ]
    )
    absent = np.isnan(numbers)
    known = numbers[~absent]
    countable = rule.dtype == "Int64" and bool((np.abs(known) < LARGEST).all())
    whole = countable and bool((known % 1 == 0).all())  # an exact release has parts of patient-weeks
    typed = pd.arrays.IntegerArray(np.where(absent, 0, numbers).astype("int64"), absent) if whole else numbers
    return {str(rule): typed} | ({rule.bound: pd.array(bounds, dtype=_words())} if rule.bounded else {})


def _read_flags(cells: pd.Series) -> pd.Series:
    flags = cells.map({"true": True, "false": False})
    return flags.astype("boolean") if flags.isna().any() else flags.astype("bool")


def _guess(cells: pd.Series) -> pd.Series:
    import pandas as pd

    if cells.isin(["true", "false"]).all():
        return cells == "true"
    try:
        return pd.to_numeric(cells)
    except ValueError:
        return cells


def _text(value: Any) -> str:
    if isinstance(value, float) or (hasattr(value, "dtype") and value.dtype.kind == "f"):
        return _number(float(value))
    if isinstance(value, bool) or (hasattr(value, "dtype") and value.dtype.kind == "b"):
        return "true" if value else "false"
    return quote_formula(value) if isinstance(value, str) else str(value)


def quote_formula(text: str) -> str:
    """Return the words of a cell, with an apostrophe before them, or a part of them, where a spreadsheet would take it for a formula.

    Examples
    --------
    >>> quote_formula("=cmd|x"), quote_formula("IV ketamine"), quote_formula("+0.5"), quote_formula("IV;=1+1")
    ("'=cmd|x", 'IV ketamine', "'+0.5", "IV;'=1+1")
    """
    return STARTS.sub(r"\1'", text)


def _number(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    if 0 < abs(value) < 1e-6:
        return f"{value:.2e}"
    text = f"{value:.{DECIMALS}f}" if abs(value) >= 1e-3 or value == 0 else f"{Decimal(f'{value:.2e}'):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
