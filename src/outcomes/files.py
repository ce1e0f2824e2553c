"""Files at the edge: where every table of a study lives, and reading and writing through the contracts.

Everything is written to a temporary name and moved into place, so a run that is killed leaves no half-written file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.contracts import check_table
from outcomes.errors import DamageError, InputError
from outcomes.sealed import is_whole, seal

if TYPE_CHECKING:
    import pandas as pd

# The private folders of a study, which may lie in its data folder, and what each holds that no export does, one or another.
MADE = {
    "derived": ("study-file.txt", "check.html"),
    "internal": ("results",),
    "releases": ("releases.json",),
    "logs": ("intake.log",),
}
ADDRESS = ("postgresql://", "postgres://")


@dataclass(frozen=True)
class Places:
    """The folders of one study. Patient-level tables exist only in ``derived``.

    ``release`` is the folder, below ``root``, in which ``results`` and ``figures`` lie.
    """

    study: str
    root: Path = Path()
    release: Path = Path()

    @property
    def derived(self) -> Path:
        """Private tables."""
        return self.root / "data" / self.study / "derived"

    @property
    def releases(self) -> Path:
        """The private record of who was in each release; nothing makes it again."""
        return self.root / "data" / self.study / "releases"

    @property
    def logs(self) -> Path:
        """What each step said; as private as the tables."""
        return self.root / "data" / self.study / "logs"

    @property
    def results(self) -> Path:
        """Released tables and the report."""
        return self.root / self.release / "results" / self.study

    @property
    def figures(self) -> Path:
        """Released figures."""
        return self.root / self.release / "figures" / self.study

    def staged(self, internal: bool = False) -> Places:
        """Return the places where a release is made, before it takes the place of the last one."""
        return replace(self, release=Path("data", self.study, "derived", "internal" if internal else "release"))

    def published(self, internal: bool = False) -> Places:
        """Return the places where a release ends: ``results`` and ``figures``, or an internal one below ``data``."""
        return replace(self, release=Path("data", self.study, "internal") if internal else Path())

    def table(self, name: str) -> Path:
        """Return the path of a private table."""
        return self.derived / f"{name}.parquet"

    def model(self, name: str) -> Path:
        """Return the path of a fitted model."""
        return self.derived / "models" / f"{name}.json"

    def resampled(self, part: object) -> Path:
        """Return the path of a part of the comparison's bootstrap."""
        return self.derived / "resampled" / f"{part}.parquet"

    def alternatives(self, part: object) -> Path:
        """Return the path of a part of the comparison's other ways to the answer."""
        return self.derived / "alternatives" / f"{part}.parquet"

    def find(self, name: str) -> Path:
        """Return the path of a table as a step names it: ``scores``, ``estimates/scores``, ``released/scores``."""
        part, _, bare = name.rpartition("/")
        return self.results / "tables" / f"{bare}.csv" if part == "released" else self.table(name)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and move it there when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: Path, contract: str | None = None) -> None:
    """Write a private table as Parquet after checking its contract."""
    import pandas as pd

    if contract is not None:
        check_table(table, contract)
    blank = [name for name in table if table[name].dtype == "category" and not len(table[name].cat.categories)]
    text = pd.CategoricalDtype(
        pd.Index([], dtype="str")
    )  # without a type of their own, no categories read back as objects
    with replacing(path) as temporary:
        table.astype(dict.fromkeys(blank, text)).to_parquet(
            temporary, index=False, compression="zstd", compression_level=1, write_page_checksum=True
        )
        seal(temporary)


def read_table(path: Path, contract: str | None = None, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a private table.

    Raises
    ------
    InputError
        The file is absent: the step that writes it has not run.
    DamageError
        The file is not as it was written.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(f"{path}: no such table. Run the steps before this one first, or `make`, which runs all.")
    if not is_whole(path):
        raise DamageError(f"{path}: this table is damaged; it is not as it was written. Delete it, and run again.")
    table = pd.read_parquet(path, columns=columns)
    return table if contract is None or columns is not None else check_table(table, contract)


def write_text(text: str, path: Path) -> None:
    """Write a text file in one move."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_private(text: str, path: Path) -> None:
    """Write a text file that only its owner may read, in one move, and close its folder to others."""
    with replacing(path) as temporary:
        path.parent.chmod(0o700)
        temporary.touch(0o600)
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file in one move."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def match_files(folder: Path, name: str) -> list[Path]:
    """Return the files below a folder that a name stands for, in order: one, or all of a pattern such as ``phq/*.csv``."""
    if (folder / name).is_file():
        return [folder / name]
    pattern = name if set("*?[") & set(name) and not Path(name).is_absolute() else ""
    return sorted(path for path in folder.glob(pattern) if path.is_file()) if pattern else []


def is_address(name: str) -> bool:
    """Return whether a source's file is the address of a database server."""
    return name.startswith(ADDRESS)


def show_address(address: str) -> str:
    """Return the address of a database server without user and password.

    >>> show_address("postgresql://clinic:secret@127.0.0.1/registry")
    'postgresql://127.0.0.1/registry'
    """
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
