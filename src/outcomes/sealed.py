"""Parquet files that carry a hash of themselves, so that a bit that a disk or a network turned is seen.

Page checksums, which Parquet has, protect values but not the footer, which says where the values are and what they mean. The
hash stands before the footer, in a gap that readers of Parquet pass over.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_LENGTH = 32
_END = 8  # the length of the footer, and `PAR1`


def seal(path: Path) -> None:
    """Write the SHA-256 of a Parquet file into it."""
    content = path.read_bytes()
    place = len(content) - _END - int.from_bytes(content[-_END:-4], "little")
    path.write_bytes(content[:place] + hashlib.sha256(content).digest() + content[place:])


def is_whole(path: Path) -> bool:
    """Return whether a sealed file is as it was written."""
    size, found = path.stat().st_size, hashlib.sha256()
    with path.open("rb") as file:
        file.seek(max(size - _END, 0))
        left = size - _END - int.from_bytes(file.read(4), "little") - _LENGTH
        file.seek(0)
        while left > 0 and (part := file.read(min(left, 1 << 20))):
            found.update(part)
            left -= len(part)
        said = file.read(_LENGTH)
        found.update(file.read())
    return said == found.digest()
