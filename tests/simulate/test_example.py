"""The committed example is what the generator writes, byte for byte."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path

import pytest

from outcomes.simulate import Network, write_network

EXAMPLE = Path(__file__).parents[2] / "data" / "example"
WRITTEN_BY_HAND = {"README.md", "LICENSE"}
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def fresh(example: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    write_network(example, folder)
    return folder


def list_files(folder: Path) -> set[str]:
    """Return what belongs to the export; a pipeline run may leave folders of its own beside it."""
    paths = [*folder.glob("*"), *folder.glob("site-*/**/*")]
    return {path.relative_to(folder).as_posix() for path in paths if path.is_file()}


def test_the_committed_example_is_regenerated_byte_for_byte(fresh: Path) -> None:
    names = list_files(fresh)
    assert list_files(EXAMPLE) - WRITTEN_BY_HAND == names
    different = []
    for name in sorted(names):
        old, new = (EXAMPLE / name).read_bytes(), (fresh / name).read_bytes()
        if name.endswith(".xlsx") and "ng" in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same content differently
            old, new = unpack(EXAMPLE / name), unpack(fresh / name)
        if old != new:
            different.append(name)
    assert different == []


def unpack(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return b"".join(name.encode() + archive.read(name) for name in archive.namelist())


def test_the_example_stays_small() -> None:
    assert sum((EXAMPLE / name).stat().st_size for name in list_files(EXAMPLE)) < MOST_BYTES


def test_writing_twice_gives_the_same_bytes(example: Network, fresh: Path, tmp_path: Path) -> None:
    write_network(example, tmp_path)
    for name in list_files(fresh):
        assert (tmp_path / name).read_bytes() == (fresh / name).read_bytes(), name


def test_the_workbook_carries_no_clock(fresh: Path) -> None:
    with zipfile.ZipFile(fresh / "site-4" / "export.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 1, 0, 0, 0)}
        assert archive.read("docProps/core.xml").count(b"2026-01-01T00:00:00Z") == 2


def test_the_readme_names_every_column(example: Network) -> None:
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    for file in example.files:
        assert f"`{file.sheet or Path(file.path).name}`" in readme
        for name in file.header:
            plain = name.lower() if file.path.startswith("site-3/") else name
            numbered = plain.rstrip("0123456789") + "1"  # `phq9_1` … `phq9_9`
            assert f"`{plain}`" in readme or f"`{numbered}` …" in readme, (file.key, name)


def test_truth_counts_the_rows_that_are_in_the_files(fresh: Path) -> None:
    truth = json.loads((fresh / "truth.json").read_text(encoding="utf-8"))
    encodings = {"site-3": "cp1252", "site-7": "latin-1"}
    for key, rows in truth["raw_rows"]["files"].items():
        if "#" not in key:
            text = (fresh / key).read_bytes().decode(encodings.get(key.split("/")[0], "utf-8-sig"))
            assert len(text.splitlines()) - 1 == rows, key
