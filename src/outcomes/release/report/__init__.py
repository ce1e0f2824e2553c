"""The report, as HTML, PDF, and Word, from released tables, released figures, and the study file.

Every number in its text comes from a released table; what it says in words comes from the study file.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes import __version__
from outcomes.release.numbers import choose_style, styled
from outcomes.release.report.content.blocks import Grid, Picture, Report, Section
from outcomes.release.report.content.count_notes import note_counts
from outcomes.release.report.content.journal_style import restyle
from outcomes.release.report.content.material import Material, gather
from outcomes.release.report.faces.html.page import write_page
from outcomes.release.report.page_one.first_page import show_first_page
from outcomes.release.report.sections.abstract import write_abstract
from outcomes.release.report.sections.checklists import show_checklists, write_checklists
from outcomes.release.report.sections.claims import show_claims
from outcomes.release.report.sections.comparison import show_comparison
from outcomes.release.report.sections.cost import show_cost
from outcomes.release.report.sections.courses import show_courses
from outcomes.release.report.sections.durability import show_durability
from outcomes.release.report.sections.exposure import show_exposure
from outcomes.release.report.sections.flow_and_results import show_flow, show_patients, show_published, show_results
from outcomes.release.report.sections.harms import show_harms
from outcomes.release.report.sections.instruments import show_instruments
from outcomes.release.report.sections.ledger import show_health
from outcomes.release.report.sections.left_out import leave_out, list_pictures
from outcomes.release.report.sections.limitations import show_details, show_limitations, show_limitations_briefly
from outcomes.release.report.sections.locked_plan import show_plan
from outcomes.release.report.sections.main_results import show_main_results
from outcomes.release.report.sections.methods import describe_methods
from outcomes.release.report.sections.methods_in_brief import describe_methods_briefly
from outcomes.release.report.sections.onset import show_onset
from outcomes.release.report.sections.provenance import show_provenance, show_reproducibility
from outcomes.release.report.sections.sites import show_sites
from outcomes.release.report.wording.data_warnings import write_closing
from outcomes.settings import Study

if TYPE_CHECKING:
    import pandas as pd


def render(
    tables: Mapping[str, pd.DataFrame], study: Study, figures_folder: Path, provenance: Mapping[str, Any]
) -> str:
    """Return the report as one HTML file that asks nothing of the network.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Released tables by name; withheld rows have ``withheld`` true and no numbers. A table that is absent or empty
        leaves its section out.
    study : Study
        Settings; all definitions are written from them.
    figures_folder : Path
        Folder of the SVG files that ``outcomes.release.figures.save_figure`` wrote; absent ones are left out.
    provenance : mapping
        ``study``, ``inputs`` (file to hash, or to a record), ``settings``, ``code``, ``seed``, ``versions``; further keys
        are printed as they are.

    Returns
    -------
    str
        HTML. The same tables, settings, figures, and provenance give the same bytes.
    """
    report = compose(tables, study, figures_folder, provenance)
    return write_page(report)


def compose(
    tables: Mapping[str, pd.DataFrame], study: Study, figures_folder: Path, provenance: Mapping[str, Any]
) -> Report:
    """Return the content of the report, whatever it will be written as; the parameters are those of :func:`render`."""
    material, style = gather(tables, study, provenance), choose_style(study)
    with styled(style):
        built = build_sections(material, figures_folder)
        sections = tuple(note_counts(section, study.privacy) for section in built)
    return restyle(Report(study.report.title, tuple(_heads(material)), sections), style, study.report.language)


def write_faces(report: Report, study: Study, kept: Path | None = None) -> dict[str, bytes]:
    """Return the report and its supplement in every form, by file: HTML, PDF, Word, and the tables alone as Word and as CSV.

    Figures that were printed for Word are taken from the folder ``kept``, where they are left for the next run.

    Raises
    ------
    InputError
        The SVG file of a figure is missing.
    """
    from outcomes.release.report.faces.docx.document import write_docx, write_tables
    from outcomes.release.report.faces.docx.pictures import Prints
    from outcomes.release.report.faces.pdf.paper import write_pdf
    from outcomes.release.report.faces.table_csv import write_tables_csv

    style = choose_style(study)
    parts = dict(zip(("report", "supplement"), split_report(report), strict=True))
    others = {"report": "supplement.html", "supplement": "report.html"}
    files: dict[str, bytes] = {}
    prints = Prints(kept)
    with ThreadPoolExecutor(max_workers=1) as printer:  # a PDF is typeset while the other forms are written
        printed = {name: printer.submit(write_pdf, part, style) for name, part in parts.items()}
        prints.make(report)
        for name, part in parts.items():
            files[f"{name}.html"] = write_page(part, others[name]).encode()
            files[f"{name}.docx"] = write_docx(part, style, prints)
        files["tables.docx"] = write_tables(report, style)
        files |= {f"{name}.pdf": pdf.result() for name, pdf in printed.items()}
    return {**files, **write_tables_csv(report), "checklists.csv": write_checklists(report.sections).encode()}


def build_sections(material: Material, figures_folder: Path) -> list[Section]:
    """Return the content of the report, whatever it will be written as: the main report, then the supplement."""
    main = [
        show_first_page(material, figures_folder),
        write_abstract(material),
        describe_methods_briefly(material),
        show_main_results(material, figures_folder),
        show_limitations_briefly(material),
        show_reproducibility(material),
    ]
    known = {block.id for section in main for block in section.blocks if isinstance(block, Grid | Picture)}
    further = [
        show_health(material),
        show_flow(material, figures_folder),
        show_patients(material),
        show_results(material, figures_folder),
        show_instruments(material, figures_folder),
        show_comparison(material, figures_folder),
        show_sites(material, figures_folder),
        show_harms(material),
        show_exposure(material, figures_folder),
        show_onset(material, figures_folder),
        show_courses(material, figures_folder),
        show_durability(material, figures_folder),
        show_cost(material, figures_folder),
        show_published(material),
        show_claims(material, figures_folder),
        show_limitations(material),
        show_details(material),
        describe_methods(material),
        show_plan(material),
        show_provenance(material),
    ]
    drawn: set[str] = set().union(*(list_pictures(section) for section in further))
    sections = [*main, *(replace(leave_out(section, known, drawn, material), supplement=True) for section in further)]
    return [*sections, replace(show_checklists(sections, material.study), supplement=True)]


def split_report(report: Report) -> tuple[Report, Report]:
    """Return the main report and its supplement, each with its own title; labels are those of the whole."""
    parts = [
        tuple(section for section in report.sections if section.supplement == further) for further in (False, True)
    ]
    return replace(report, sections=parts[0]), replace(report, title=f"Supplement: {report.title}", sections=parts[1])


def closing_lines(tables: Mapping[str, pd.DataFrame], report_path: Path) -> str:
    """Return the last lines of a run: where the report is and, in up to four lines, what deserves a look."""
    return write_closing(tables, report_path)


def _heads(material: Material) -> list[tuple[str, str]]:
    report = material.study.report
    heads = [("subtitle", report.subtitle or "")]
    heads.append(("details", f"Data: {report.citation}" if report.citation else ""))
    settings = str(material.provenance.get("settings", ""))[:12]
    details = f"Study {material.study.study} · outcomes {__version__}" + (f" · settings {settings}" if settings else "")
    return [(name, text) for name, text in [*heads, ("details", details)] if text]
