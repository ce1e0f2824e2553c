"""The example's report in a browser: axe-core finds nothing, nothing is asked of the network, and no mouse is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CANNOT = 77


def check(report, findings):
    return subprocess.run(
        [HERE / "run.sh", report, findings], capture_output=True, text=True, check=False, timeout=1800
    )


def test_the_report_has_no_violation_on_any_screen_or_in_print(finished, tmp_path):
    result = check(finished[0] / "results/example/report.html", tmp_path / "findings.txt")
    if result.returncode == CANNOT:
        pytest.skip(result.stdout.strip())
    assert result.returncode in (0, 1), result.stderr
    assert (tmp_path / "findings.txt").read_text() == "No violation and no finding.\n"


def test_it_prints_on_no_more_pages_than_the_pdf(finished, tmp_path):
    absent = [name for name in ("chromium", "pdfinfo") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"absent, so that the report is not printed: {' '.join(absent)}")
    results, printed = finished[0] / "results/example", tmp_path / "printed.pdf"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}"]
    page = (results / "report.html").resolve().as_uri()
    subprocess.run(["chromium", *options, f"--print-to-pdf={printed}", page], check=True, capture_output=True)
    assert count_pages(printed) <= count_pages(results / "report.pdf")
    if shutil.which("pdftotext"):
        pages = [
            subprocess.run(
                ["pdftotext", "-f", n, "-l", n, printed, "-"], check=True, capture_output=True, text=True
            ).stdout
            for n in "12"
        ]
        assert "are not adjusted." in pages[0]  # the note below the six answers ends page 1
        assert "Abstract" not in pages[0]
        assert pages[1].lstrip().startswith("Abstract")


def count_pages(pdf):
    told = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"^Pages:\s+(\d+)", told, re.MULTILINE)[1])


def test_the_check_finds_what_is_wrong(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text('<html><body><img src="https://example.org/a.png"><p style="color:#ccc">Faint</p></body></html>')
    result = check(page, tmp_path / "findings.txt")
    if result.returncode == CANNOT:
        pytest.skip(result.stdout.strip())
    assert result.returncode == 1, result.stderr
    found = (tmp_path / "findings.txt").read_text()
    for rule in ("axe image-alt", "axe color-contrast", "axe html-has-lang", "asks for https://example.org/a.png"):
        assert rule in found


def test_without_a_browser_the_reason_is_said(tmp_path):
    for name in ("sh", "dirname", "realpath", "id"):
        (tmp_path / name).symlink_to(shutil.which(name))
    page = tmp_path / "page.html"
    page.touch()
    result = subprocess.run(
        [shutil.which("sh"), HERE / "run.sh", page],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(tmp_path)},
    )
    assert result.returncode == CANNOT
    assert "Accessibility NOT checked: absent: chromium nodejs npm" in result.stdout


def test_the_lock_names_every_library_by_hash_and_no_address():
    text = (HERE / "package-lock.json").read_text()
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert set(packages) == {"node_modules/axe-core", "node_modules/playwright-core"}
    assert all(re.fullmatch(r"sha512-\S+", entry["integrity"]) for entry in packages.values())
    assert "://" not in text
    assert "resolved" not in text
