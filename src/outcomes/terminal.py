"""Output on any terminal: where it cannot show a sign, a plain one stands in its place."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

_PLAIN = {
    "→": "->",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "x",
    "·": "-",
    "±": "+/-",
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "†": "+",
    "\u2003": " ",
    "\u202f": " ",
    "\xa0": " ",
}


def write_plainly(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for signs that an encoding lacks: a plain one of the same meaning, a letter's base, or ``?``.

    Examples
    --------
    >>> "répondeurs ≥ 50 % → 漢".encode("ascii", "outcomes.plain")
    b'repondeurs >= 50 % -> ?'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    bases = (unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() for sign in signs)
    return "".join(_PLAIN.get(sign) or base or "?" for sign, base in zip(signs, bases, strict=True)), error.end


codecs.register_error("outcomes.plain", write_plainly)


def print_anywhere() -> None:
    """Let the standard streams write plainly what their encoding lacks, instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="outcomes.plain")
