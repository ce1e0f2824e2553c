"""The bytes of a text export before it is read: their encoding, and what a first pass over them tells."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from outcomes.errors import InputError

NO_CHARACTER_SETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}  # codecs of Python
LONGEST_LINE = 1 << 20
BLOCK = 1 << 24
LARGEST_WIDE = 1 << 30  # bytes of a file of UTF-16 that is turned into UTF-8 at once


@dataclass(frozen=True)
class Shape:
    """What a first pass over the bytes tells."""

    lines: int
    plain: bool  # quotes are balanced, no line ends within them, and lines end in a line feed
    decimal: bool  # nothing looks like a hexadecimal number, which the fast reader would take for an answer


def find_encoding(path: Path, encoding: str, name: str) -> str:
    """Return the codec of a file: the declared one, but UTF-16 or UTF-32 where its first bytes say so.

    Raises
    ------
    InputError
        No such encoding of text.
    """
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)  # rot13 and the like are codecs, and not of text
    except (LookupError, UnicodeError):
        codec = None
    if codec is None or codec.name in NO_CHARACTER_SETS:
        raise InputError(f"{name}: unknown encoding {encoding!r}; try utf-8, cp1252 or latin-1.")
    with path.open("rb") as file:
        start = file.read(4)
    for mark, marked in ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if start.startswith(mark):
            return marked
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def _is_wide(encoding: str) -> bool:
    return encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32"))


def transcode(path: Path, encoding: str) -> bytes | None:
    """Return a file of UTF-16 or UTF-32 as UTF-8; None for any other, for a very large one, and where a byte is none of its encoding."""
    if not _is_wide(encoding) or path.stat().st_size > LARGEST_WIDE:
        return None
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            parts = [decoder.decode(block).encode() for block in iter(lambda: file.read(BLOCK), b"")]
            return b"".join([*parts, decoder.decode(b"", final=True).encode()])
    except UnicodeError:  # the careful reader says where
        return None


def scan_bytes(path: Path, name: str, encoding: str, content: bytes | None = None) -> Shape:
    """Look at every byte once: no zero bytes (but in encodings that have them), no endless line."""
    wide = _is_wide(encoding)
    lines = quotes = returns = since = 0
    decimal, within = True, False
    last = b""
    with path.open("rb") if content is None else io.BytesIO(content) as file:
        while block := file.read(BLOCK if lines else LONGEST_LINE):
            if block.endswith(b"\r"):
                block += file.read(1)
            if b"\0" in block and not wide:
                raise InputError(
                    f"{name}: row {lines + block[: block.index(0)].count(10) + 1} holds a zero byte; this is not plain "
                    "text (UTF-16 without a mark, or a damaged file). Set 'encoding' of this source (utf-16-le), or save it as "
                    "UTF-8 text and try again."
                )
            since = _longest_open_line(block, since, lines, name)
            lines += block.count(b"\n")
            within = within or _breaks_within_quotes(block, quotes)
            quotes += block.count(b'"')
            returns += block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else 0
            decimal = decimal and not _has_hexadecimal(block, last)
            last = block[-1:]
    if not last:
        raise InputError(f"{name}: the file is empty. Export it again.")
    known = not wide or (content is not None and b"\0" not in content)
    return Shape(lines + (last != b"\n"), quotes % 2 == 0 and not within and returns == 0 and known, decimal)


def _breaks_within_quotes(block: bytes, before: int) -> bool:
    """Tell whether a line ends after an odd number of quotes: the fast reader, which cuts a file at line ends, may take its parts for rows."""
    if b'"' not in block:
        return before % 2 == 1 and b"\n" in block
    characters = np.frombuffer(block, dtype=np.uint8)
    odd = np.bitwise_xor.accumulate(characters == ord('"'))
    return bool((odd != bool(before % 2))[characters == ord("\n")].any())


def _has_hexadecimal(block: bytes, before: bytes) -> bool:
    """Tell whether a block holds ``0x``; one byte is found much faster than two, and few exports have it."""
    return any(x in block and b"0" + x in before + block for x in (b"x", b"X"))


def _longest_open_line(block: bytes, since: int, lines: int, name: str) -> int:
    """Return how many bytes the last, unfinished line of the block has."""
    start = -since
    while True:
        end = block.rfind(b"\n", max(start, 0), max(start + LONGEST_LINE, 0))
        if end < 0:
            break
        start = end + 1
    if len(block) - start >= LONGEST_LINE:
        row = lines + block[: max(start, 0)].count(b"\n") + 1
        raise InputError(
            f"{name}: line {row} has more than {LONGEST_LINE:,} characters; no table has such a line. Check that the file "
            "is a table of text with one row a line."
        )
    return len(block) - start
