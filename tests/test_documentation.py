"""The documentation site builds, leads nowhere that does not exist, fetches nothing, and its Python runs."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "docs" / "generate"), str(ROOT / "tests" / "release")]

from benchmark_tables import PAGE, TABLES, fill  # noqa: E402
from gallery import read_captions  # noqa: E402
from interface import INTERFACE, list_public  # noqa: E402
from pages import lay_out  # noqa: E402
from released_cases import make_case  # noqa: E402

from outcomes.__main__ import list_subcommands  # noqa: E402
from outcomes.contracts import CONTRACTS  # noqa: E402
from outcomes.contracts.released.catalogue import RELEASED  # noqa: E402
from outcomes.contracts.released.columns import Lower, PValue  # noqa: E402
from outcomes.instruments import read_instruments  # noqa: E402
from outcomes.release.figures import draw_all, save_captions, save_figure  # noqa: E402
from outcomes.settings import Study  # noqa: E402

CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]


class Links(HTMLParser):
    """The identifiers of a page, where it leads, and what a browser would fetch for it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.leads: list[str] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids.add(values.get("id") or "")
        if tag == "a" and values.get("href"):
            self.leads.append(values["href"])
        elif tag == "link" and values.get("rel") in ("canonical", "next", "prev", "icon"):
            return
        else:
            self.fetched += [values[name] for name in ("src", "href") if values.get(name)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site with the figures of a made-up study, built as ``make docs`` builds it."""
    folder = tmp_path_factory.mktemp("site")
    drawn = {name: figure for name, figure in draw_all(*make_case("one arm")).items() if name.startswith("traj")}
    for name, figure in drawn.items():
        save_figure(figure, folder / "figures" / "example", name, 150)
    save_captions(drawn, folder / "figures" / "example")
    (folder / "results" / "example").mkdir(parents=True)
    for own, other in (("report", "supplement"), ("supplement", "report")):
        link = f'<p><a href="{other}.html">The other part.</a></p>'
        (folder / "results" / "example" / f"{own}.html").write_text(link, encoding="utf-8")
    lay_out(folder / CONFIG["docs_dir"], folder)
    (folder / "zensical.toml").write_text((ROOT / "zensical.toml").read_text(encoding="utf-8"), encoding="utf-8")
    program = Path(sys.executable).parent / "zensical"
    built = subprocess.run([program, "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def navigation(entries) -> list[str]:
    return [
        page
        for entry in entries
        for value in entry.values()
        for page in (navigation(value) if isinstance(value, list) else [value])
    ]


def test_every_page_of_the_navigation_exists_and_every_page_is_in_it(site):
    pages = site / CONFIG["docs_dir"]
    named = navigation(CONFIG["nav"])
    assert len(named) == len(set(named)) >= 17
    assert {str(path.relative_to(pages)) for path in pages.glob("*.md")} == set(named) - {"decisions/README.md"}
    decisions = (pages / "decisions" / "README.md").read_text(encoding="utf-8")
    assert all(path.name in decisions for path in (ROOT / "docs" / "decisions").glob("0*.md"))


def test_every_link_leads_somewhere_and_nothing_is_fetched_from_elsewhere(site):
    built = (site / CONFIG["site_dir"]).resolve()
    pages = {path.resolve(): Links(path) for path in built.rglob("*.html") if path.name != "404.html"}
    assert len(pages) > 20
    seen = 0
    for path, links in pages.items():
        for target in links.fetched:
            assert not urlsplit(target).scheme or target.startswith("data:"), f"{path.name} fetches {target}"
        for target in [*links.leads, *links.fetched]:
            parts = urlsplit(target)
            if parts.scheme:
                continue
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            goal = goal / "index.html" if goal.is_dir() else goal
            assert goal.is_file(), f"{path.name} leads to {target}"
            assert not parts.fragment or goal.suffix != ".html" or unquote(parts.fragment) in pages[goal].ids, (
                f"{path.name} leads to {target}, which has no such place"
            )
            seen += 1
    assert seen > 500


def test_no_page_needs_a_script_of_another_host(site):
    for path in (site / CONFIG["docs_dir"]).rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert "```mermaid" not in text, f"{path.name}: Mermaid's script is fetched from another host"
        assert "$$" not in text, path.name


def test_the_rendered_pages_hold_every_key_table_instrument_command_and_function(site):
    pages = site / CONFIG["docs_dir"]
    text = {name: (pages / f"{name}.md").read_text(encoding="utf-8") for name in ("study-file", "data-dictionary")}
    text |= {
        name: (pages / f"{name}.md").read_text(encoding="utf-8") for name in ("instruments", "commands", "library")
    }
    assert re.findall(r"^## (\w+)$", text["study-file"], re.MULTILINE) == list(Study.model_fields)
    assert "| `figures.dpi` | whole number, at least 150, at most 1200 | `300` |" in text["study-file"]
    assert re.findall(r"^## (\w+)$", text["data-dictionary"], re.MULTILINE) == list(CONTRACTS)
    assert all(f"| `{name}` |" in text["instruments"] for name in read_instruments())
    assert re.findall(r"^## (\w+)$", text["commands"], re.MULTILINE) == list_subcommands(())
    public = [name for modules in INTERFACE.values() for module in modules for name, _ in list_public(module)]
    assert re.findall(r"^#### (\w+)$", text["library"], re.MULTILINE) == public
    assert len(public) > 60


def test_the_gallery_shows_every_figure_with_its_words_and_files(site):
    captions = (site / "figures" / "example" / "captions.md").read_text(encoding="utf-8")
    gallery = (site / CONFIG["docs_dir"] / "gallery.md").read_text(encoding="utf-8")
    entries = read_captions(captions)
    assert len(entries) == captions.count("\n## ") == 2
    for title, name, caption, alt in entries:
        assert all(word in gallery for word in (f"## {title}", caption, alt, f"figures/{name}.svg"))
        assert all(
            (site / "site" / "figures" / f"{name}.{ending}").is_file() for ending in ("svg", "pdf", "png", "csv")
        )


WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_python_in_the_pages_runs_or_at_least_reads(path):
    for number, block in enumerate(blocks(path, "pycon"), 1):
        test = doctest.DocTestParser().get_doctest(block, {}, f"{path.name}, block {number}", str(path), 0)
        assert doctest.DocTestRunner().run(test).failed == 0
    for block in blocks(path, "python"):
        compile(block, str(path), "exec")


def test_there_is_python_to_run():
    assert blocks(ROOT / "docs" / "getting-started.md", "pycon")


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_yaml_in_the_pages_reads(path):
    for block in blocks(path, "yaml"):
        assert isinstance(yaml.safe_load(block), dict | list)


def test_the_page_on_comparisons_has_the_committed_results_of_the_benchmarks():
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in text for name in TABLES)
    assert fill(text) == text, "run `python docs/generate/benchmark_tables.py`"


def test_the_page_says_where_every_printed_interval_was_measured():
    section = PAGE.read_text(encoding="utf-8").split("## Where each printed interval was measured")[1].split("\n\n")[1]
    inferred = {
        name for name, table in RELEASED.items() if any(isinstance(one, Lower | PValue) for one in table.fields)
    }
    named = set(re.findall(r"`(\w+)`", section))
    assert inferred - named == set()
    for path in re.findall(r"`([\w/]+\.csv)`", section):
        assert (ROOT / "benchmarks" / path).is_file(), path


def test_a_percent_sign_follows_its_number_as_in_the_report():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]
    pages += [*(ROOT / "notebooks").glob("*.py"), *(ROOT / "config").glob("*.yaml"), ROOT / "data" / "README.md"]
    apart = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in pages
        for text in re.findall(r"\d[ \u00a0]%.{0,20}", path.read_text("utf-8"))
    ]
    assert apart == []
