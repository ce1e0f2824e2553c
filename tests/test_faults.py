"""What machines and people do to files: each fault is noticed, said in one sentence, and costs nothing that was there."""

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from whole_run import STUDY, environment, released, run

from outcomes import __main__, claim, files, runner
from outcomes.contracts import empty_table
from outcomes.errors import DamageError, InputError, SettingsError
from outcomes.files import Places
from outcomes.release import publish
from outcomes.settings import read_study
from outcomes.steps.step import Tables

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def copy(finished, tmp_path_factory):
    """A copy of the finished run, whose files may be changed."""
    folder = tmp_path_factory.mktemp("faulty") / "copy"
    shutil.copytree(finished[0], folder, symlinks=True)
    return folder


def test_no_turned_bit_of_a_private_table_is_read_as_data(tmp_path):
    places, pick = Places("mine", tmp_path), random.Random(7)
    path = places.table("cohort")
    files.write_table(empty_table("cohort"), path, "cohort")
    content = path.read_bytes()
    tables = Tables(places, ["cohort"])
    assert len(tables["cohort"]) == 0
    damaged = [content[:length] for length in (0, 3, 11, len(content) - 1)]
    for _ in range(400):
        turned = bytearray(content)
        turned[pick.randrange(len(content))] ^= 1 << pick.randrange(8)
        damaged.append(bytes(turned))
    for one in damaged:
        path.write_bytes(one)
        with pytest.raises(DamageError, match=r"cohort.parquet: this table is damaged.*Step 'endpoints' makes it"):
            _ = tables["cohort"]


def test_a_sealed_table_has_page_checksums_and_any_reader_of_parquet_reads_it(tmp_path):
    table = pd.DataFrame({"number": [1.5, 2.5], "word": ["a", "b"]})
    files.write_table(table, tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "one.parquet", page_checksum_verification=True), table)


def test_private_files_are_their_owners_and_released_ones_are_open(finished):
    folder, _ = finished
    private = [path for top in ("data/example/derived", "data/example/logs") for path in (folder / top).rglob("*")]
    assert len(private) > 100
    loose = [path for path in private if path.stat().st_mode & 0o077 and ".snakemake" not in path.name]
    assert loose == []
    assert (folder / ".snakemake").stat().st_mode & 0o077 == 0  # notes paths of this machine
    for top in ("results", "figures"):
        for path in (folder / top).rglob("*"):
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))


@pytest.mark.parametrize("step", ["score", "manifest", "report"])
def test_a_full_disk_is_one_sentence_and_leaves_the_last_release(copy, step):
    before = released(copy)
    shutil.rmtree(copy / "figures" / "example")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "outcomes", step, STUDY],
            cwd=copy,
            env=environment(copy) | {"PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=limited,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(copy / "figures" / "example", ignore_errors=True)
        shutil.copytree(copy / "data/example/derived/release/figures/example", copy / "figures/example")
        for hidden in (copy / "figures/example").glob(".*"):
            hidden.unlink()
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith(f"outcomes {step} {STUDY}: error: ")
    assert "larger than this system allows here" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(copy.rglob("*.partial"))
    assert released(copy) == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EPERM])
def test_what_the_machine_refuses_is_one_sentence_with_the_file(tmp_path, monkeypatch, capsys, number):
    monkeypatch.chdir(tmp_path)

    def refuse(path, *_, **__):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    assert __main__.main(["schema", "--out", "out.yaml"]) == 2
    said = capsys.readouterr().err
    assert "out.yaml" in said
    assert said.count("\n") == 1


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A study file whose only raw file is there; a run of it stops before any step."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / STUDY).read_text(encoding="utf-8")
    Path("study.yaml").write_text(text.replace("study: example", "study: mine", 1), encoding="utf-8")
    monkeypatch.setattr(runner, "_find_inputs", lambda *_: None)
    monkeypatch.setattr(runner, "_follow", lambda *_: 1)
    return tmp_path


@pytest.mark.parametrize(
    "place", ["data/mine", "data/mine/derived", "data/mine/logs", "results", "results/mine", "figures", ".snakemake"]
)
def test_a_file_in_the_place_of_a_folder_stops_a_run_before_any_step(small, capsys, place):
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).write_text("mine", encoding="utf-8")
    assert __main__.main(["run", "study.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"outcomes run study.yaml: error: {place}: this is a file where a folder is needed.")
    assert said.count("\n") == 1
    assert Path(place).read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="a read-only folder for root too needs unshare")
@pytest.mark.parametrize("place", ["results", "data/mine", "data/mine/logs"])
def test_a_read_only_folder_stops_a_run_before_any_step(small, place):
    """Mounted read-only in a name space of its own: permissions alone would not stop root."""
    (small / place).mkdir(parents=True)
    (small / "data/example").mkdir(parents=True, exist_ok=True)
    mount = f"mount -t tmpfs -o ro tmpfs {place}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], cwd=small, capture_output=True, check=False).returncode:
        pytest.skip("name spaces may not be made here")
    command = f"{mount} && exec {sys.executable} -m outcomes run study.yaml --data {ROOT / 'data/example'}"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command], cwd=small, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert f"error: {place}: this folder is read-only. Run in a folder that you may write to." in done.stderr
    assert "Traceback" not in done.stderr
    assert not (small / "data/mine/derived").exists()


def test_a_fault_of_ours_is_no_sentence(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.EBADF, "bad")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="bad"):
        __main__.main(["schema", "--out", str(tmp_path / "out.yaml")])


def test_two_study_files_of_one_name_are_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / STUDY).read_text(encoding="utf-8")
    for name in ("one.yaml", "two.yaml"):
        Path(name).write_text(text, encoding="utf-8")
    study = read_study("one.yaml")
    claim.claim_places(claim.find_places(study, Path("one.yaml")), Path("one.yaml"))
    assert claim.find_places(study, tmp_path / "one.yaml") == Places("example")
    with pytest.raises(SettingsError, match=r"two.yaml and one.yaml both say `study: example`"):
        claim.find_places(study, Path("two.yaml"))
    Path("one.yaml").write_text(text.replace("study: example", "study: other", 1), encoding="utf-8")
    claim.claim_places(claim.find_places(study, Path("two.yaml")), Path("two.yaml"))
    Path("two.yaml").rename("three.yaml")
    assert claim.find_places(study, Path("three.yaml")) == Places("example")


def write(folder: Path, **contents: str) -> Places:
    """Write a release of files by their stem, staged or public."""
    places = Places("mine", folder)
    for top in (places.results / "tables", places.figures):
        top.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (places.results / "tables" / f"{name}.csv").write_text(content)
    (places.figures / "flow.svg").write_text("<svg/>")
    return places


def manifest(places: Places, *names: str) -> None:
    paths = [places.results / "tables" / f"{name}.csv" for name in names]
    listed = [
        {"path": str(path.relative_to(places.root)), "sha256": files.sha256(path), "what": "a table"} for path in paths
    ]
    (places.results / "manifest.json").write_text(str({"files": listed}).replace("'", '"'))


def test_a_release_that_stops_half_way_leaves_the_last_one(tmp_path, monkeypatch):
    public = write(tmp_path / "public", flow="old", gone="old")
    manifest(public, "flow", "gone")
    (public.results / "notes.txt").write_text("mine")
    before = released(tmp_path / "public")
    staged = write(tmp_path / "staged", flow="new", baseline="new")
    real, calls = shutil.copyfile, []

    def fail(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "full")
        real(source, target)

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(OSError, match="full"):
        publish.publish(staged, public)
    assert len(calls) == 2
    assert released(tmp_path / "public") == before
    monkeypatch.setattr(shutil, "copyfile", real)
    publish.publish(staged, public)
    assert (public.results / "tables/flow.csv").read_text() == "new"
    assert not (public.results / "tables/gone.csv").exists()
    assert (public.results / "notes.txt").read_text() == "mine"


def test_files_that_are_not_as_released_are_told_by_kind(tmp_path):
    public = write(tmp_path, flow="a", baseline="b", scores="c")
    assert publish.find_strays(public) == {}
    manifest(public, "flow", "baseline", "scores")
    (public.figures / "flow.svg").unlink()
    assert publish.find_strays(public) == {}
    tables = public.results / "tables"
    (tables / "flow.csv").write_text("another")
    (tables / "baseline.csv").unlink()
    (public.results / "mine.txt").write_text("x")
    assert publish.find_strays(public) == {
        "changed": [tables / "flow.csv"],
        "missing": [tables / "baseline.csv"],
        "unknown": [public.results / "mine.txt"],
    }
    (public.results / "manifest.json").write_text("{")
    assert publish.find_strays(public) == {}


def test_a_run_names_them_and_puts_the_release_back(copy):
    before = released(copy)
    (copy / "results/example/tables/flow.csv").write_text("arm,n\niv,1\n")
    (copy / "results/example/summary.txt").unlink()
    (copy / "results/example/mine.txt").write_text("notes")
    done = run(copy)
    assert done.returncode == 0, done.stderr
    assert "put back: results/example/tables/flow.csv" in done.stdout
    assert "put back: results/example/summary.txt" in done.stdout
    assert "do not publish it with the release: results/example/mine.txt" in done.stdout
    (copy / "results/example/mine.txt").unlink()
    after = released(copy)
    assert "results/example/mine.txt" in (copy / "results/example/manifest.json").read_text()
    del before["results/example/manifest.json"], after["results/example/manifest.json"]
    assert after == before


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_help_and_messages_print_on_any_terminal(tmp_path, encoding):
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "outcomes"]
    help_text = subprocess.run([*command, "--help"], env=env, capture_output=True, check=True).stdout.decode(encoding)
    arrow = "→" if encoding == "utf-8" else "->"
    assert f"raw export {arrow} clean tables" in help_text
    (tmp_path / "phq.csv").write_text("Größe → ≥;x\n1;2\n", encoding="utf-8")
    said = subprocess.run([*command, "draft", "."], cwd=tmp_path, env=env, capture_output=True, check=False)
    assert b"Traceback" not in said.stderr
    assert (said.stdout + said.stderr).decode(encoding)


def test_a_raw_file_that_changes_while_it_is_read_is_an_error(tmp_path, monkeypatch):
    from outcomes.intake import export

    shutil.copytree(ROOT / "data" / "example", tmp_path / "raw", ignore=shutil.ignore_patterns("derived"))
    study, real = read_study(ROOT / STUDY), export._read_source

    def read_and_write(study, source, folder):
        table = real(study, source, folder)
        with (folder / source.file).open("a") as file:
            file.write("\n")
        return table

    monkeypatch.setattr(export, "_read_source", read_and_write)
    with pytest.raises(InputError, match=f"^{study.sources[0].file}: changed while it was read"):
        export.read_export(study, tmp_path / "raw")
