"""From a clinic's raw export to the report: one coarse rule per step, no logic.

    outcomes run config/example.yaml                      what `make` calls
    snakemake --cores 2 --configfile config/mine.yaml     the same without its progress lines

Every rule calls the command-line step of its own name, which can be run alone to reproduce a failure. What a step reads and
writes, which sections of the study file it may read (`settings` is their digest) and which modules it imports (`code` is a note of
them, so that a changed formula reruns exactly the steps that use it) is declared in `src/outcomes/steps/`, in the module of its name.
What the comparison waits for has priority: it takes longest.
"""

import shlex
import sys

from outcomes.files import Places
from outcomes.settings import read_study
from outcomes.workflow import (
    STEPS,
    choose_study_file,
    note_code,
    note_inputs,
    parts,
    plans,
    settings,
    untracked,
)

GIVEN = workflow.config_settings.config
STUDY_FILE = choose_study_file(GIVEN, workflow.configfiles)
STUDY = read_study(STUDY_FILE)
DATA = GIVEN.get("data", STUDY.data)
INTERNAL = bool(GIVEN.get("internal", False))

# A release is made in PLACES, and takes its place at PUBLIC when it is complete.
PLACES = Places("{study}").staged(INTERNAL)
PUBLIC = Places("{study}").published(INTERNAL)

# What a job is told beside its tables; no result depends on it.
PYTHON, FILE = untracked(sys.executable), untracked(STUDY_FILE)
FOLDER = untracked("" if DATA == STUDY.data else f"--data {shlex.quote(DATA)}")
FLAGS = untracked("--internal" if INTERNAL else "")


onstart:
    # Steps on this machine are few: a limit of jobs a second would have Snakemake look at all waiting jobs once a second for every job that ended.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


wildcard_constraints:
    study=STUDY.study,


rule all:
    input:
        expand(PUBLIC.results / "report.html", study=STUDY.study),
        expand(PUBLIC.results / "manifest.json", study=STUDY.study),


rule intake:
    """Read the raw export: dates become study days, cleaning rules apply, every row ends in the ledger."""
    input:
        raw=note_inputs(STUDY, DATA),
        code=note_code("intake"),
    output:
        tables=STEPS["intake"].outputs(PLACES),
        hashes="data/{study}/derived/inputs.json",
    log:
        "data/{study}/logs/intake.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "intake"),
        data=FOLDER,
    shell:
        "{params.python:q} -m outcomes intake {params.file:q} {params.data} 2> {log:q}"


rule score:
    """Turn item answers into totals, severity bands, and the ideation item."""
    input:
        tables=STEPS["score"].inputs(PLACES),
        code=note_code("score"),
    output:
        tables=STEPS["score"].outputs(PLACES),
    log:
        "data/{study}/logs/score.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "score"),
    shell:
        "{params.python:q} -m outcomes score {params.file:q} 2> {log:q}"


rule series:
    """Group sessions into series by each arm's protocol."""
    input:
        tables=STEPS["series"].inputs(PLACES),
        code=note_code("series"),
    output:
        tables=STEPS["series"].outputs(PLACES),
    log:
        "data/{study}/logs/series.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "series"),
    shell:
        "{params.python:q} -m outcomes series {params.file:q} 2> {log:q}"


rule endpoints:
    """Compare each score with its baseline: change, response, remission, worsening, reliable change."""
    input:
        tables=STEPS["endpoints"].inputs(PLACES),
        code=note_code("endpoints"),
    output:
        tables=STEPS["endpoints"].outputs(PLACES),
    log:
        "data/{study}/logs/endpoints.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "endpoints"),
    shell:
        "{params.python:q} -m outcomes endpoints {params.file:q} 2> {log:q}"


rule variants:
    """Form endpoints in other ways for the comparison: other baselines, windows, thresholds."""
    input:
        tables=STEPS["variants"].inputs(PLACES),
        code=note_code("variants"),
    output:
        tables=STEPS["variants"].outputs(PLACES),
    log:
        "data/{study}/logs/variants.log",
    priority: 1
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "variants"),
    shell:
        "{params.python:q} -m outcomes variants {params.file:q} 2> {log:q}"


rule rates:
    """Describe the cohort: flow, baseline, scores, response and remission, missingness."""
    input:
        tables=STEPS["rates"].inputs(PLACES),
        code=note_code("rates"),
    output:
        tables=STEPS["rates"].outputs(PLACES),
    log:
        "data/{study}/logs/rates.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "rates"),
    shell:
        "{params.python:q} -m outcomes rates {params.file:q} 2> {log:q}"


rule fit:
    """Fit one mixed-effects model."""
    input:
        tables=STEPS["fit"].inputs(PLACES),
        code=note_code("fit"),
    output:
        model="data/{study}/derived/models/{model}.json",
    log:
        "data/{study}/logs/fit-{model}.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "fit"),
        model=lambda wildcards: STUDY.models[wildcards.model].model_dump_json(),
    shell:
        "{params.python:q} -m outcomes fit {params.file:q} {wildcards.model:q} 2> {log:q}"


rule resample:
    """Draw a part of the samples of the comparison's bootstrap, and compare the two arms in each."""
    input:
        tables=STEPS["resample"].inputs(PLACES),
        code=note_code("resample"),
    output:
        samples=PLACES.resampled("{part}"),
    log:
        "data/{study}/logs/resample-{part}.log",
    priority: 1
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "resample"),
    shell:
        "{params.python:q} -m outcomes resample {params.file:q} {wildcards.part:q} 2> {log:q}"


rule alternatives:
    """Compare the two arms in a part of the other ways: other sites, learned models, other derivations, imputed confounders."""
    input:
        tables=STEPS["alternatives"].inputs(PLACES),
        code=note_code("alternatives"),
    output:
        rows=PLACES.alternatives("{part}"),
    log:
        "data/{study}/logs/alternatives-{part}.log",
    priority: 1
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "alternatives"),
    shell:
        "{params.python:q} -m outcomes alternatives {params.file:q} {wildcards.part:q} 2> {log:q}"


rule compare:
    """Compare two arms as declared: weights, balance, differences, sensitivity analyses."""
    input:
        tables=STEPS["compare"].inputs(PLACES),
        parts=parts(STUDY, PLACES),
        code=note_code("compare"),
    output:
        tables=STEPS["compare"].outputs(PLACES),
    log:
        "data/{study}/logs/compare.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "compare"),
    shell:
        "{params.python:q} -m outcomes compare {params.file:q} 2> {log:q}"


rule durability:
    """Follow the response after the induction: Turnbull, Kaplan–Meier, hazard ratios."""
    input:
        tables=STEPS["durability"].inputs(PLACES),
        code=note_code("durability"),
    output:
        tables=STEPS["durability"].outputs(PLACES),
    log:
        "data/{study}/logs/durability.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "durability"),
    shell:
        "{params.python:q} -m outcomes durability {params.file:q} 2> {log:q}"


rule harms:
    """Describe the harms: who was asked, who had what, how often, how severe, what stopped treatment."""
    input:
        tables=STEPS["harms"].inputs(PLACES),
        code=note_code("harms"),
    output:
        tables=STEPS["harms"].outputs(PLACES),
    log:
        "data/{study}/logs/harms.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "harms"),
    shell:
        "{params.python:q} -m outcomes harms {params.file:q} 2> {log:q}"


rule exposure:
    """Describe the exposure: sessions, completion of the induction, dose, time, maintenance."""
    input:
        tables=STEPS["exposure"].inputs(PLACES),
        code=note_code("exposure"),
    output:
        tables=STEPS["exposure"].outputs(PLACES),
    log:
        "data/{study}/logs/exposure.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "exposure"),
    shell:
        "{params.python:q} -m outcomes exposure {params.file:q} 2> {log:q}"


rule onset:
    """Describe the onset: who was looked at when, first and confirmed response and remission, late response."""
    input:
        tables=STEPS["onset"].inputs(PLACES),
        code=note_code("onset"),
    output:
        tables=STEPS["onset"].outputs(PLACES),
    log:
        "data/{study}/logs/onset.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "onset"),
    shell:
        "{params.python:q} -m outcomes onset {params.file:q} 2> {log:q}"


rule courses:
    """Group the courses of the primary score: how many groups, who belongs to them, and how surely."""
    input:
        tables=STEPS["courses"].inputs(PLACES),
        code=note_code("courses"),
    output:
        tables=STEPS["courses"].outputs(PLACES),
    log:
        "data/{study}/logs/courses.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "courses"),
    shell:
        "{params.python:q} -m outcomes courses {params.file:q} 2> {log:q}"


rule cost:
    """Describe the charges: per starter, session, and responder, and their difference beside that of response."""
    input:
        tables=STEPS["cost"].inputs(PLACES),
        code=note_code("cost"),
    output:
        tables=STEPS["cost"].outputs(PLACES),
    log:
        "data/{study}/logs/cost.log",
    params:
        python=PYTHON,
        file=FILE,
        settings=settings(STUDY, "cost"),
    shell:
        "{params.python:q} -m outcomes cost {params.file:q} 2> {log:q}"


rule tables:
    """Pass every estimate through the disclosure gate and write the released tables."""
    input:
        tables=STEPS["tables"].inputs(PLACES),
        models=expand("data/{{study}}/derived/models/{model}.json", model=STUDY.models),
        code=note_code("tables"),
    output:
        tables=report(
            STEPS["tables"].outputs(PLACES),
            caption="config/report/tables.rst",
            category="Tables",
        ),
    log:
        "data/{study}/logs/tables.log",
    params:
        python=PYTHON,
        file=FILE,
        flags=FLAGS,
        settings=settings(STUDY, "tables"),
    shell:
        "{params.python:q} -m outcomes tables {params.file:q} {params.flags} 2> {log:q}"


rule figures:
    """Draw every figure from the released tables."""
    input:
        tables=STEPS["figures"].inputs(PLACES),
        code=note_code("figures"),
    output:
        figures=report(
            directory(PLACES.figures),
            patterns=["{figure}.svg"],
            caption="config/report/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "data/{study}/logs/figures.log",
    params:
        python=PYTHON,
        file=FILE,
        flags=FLAGS,
        settings=settings(STUDY, "figures"),
    shell:
        "{params.python:q} -m outcomes figures {params.file:q} {params.flags} 2> {log:q}"


rule report:
    """Write the report as HTML, PDF, and Word from the released tables and figures."""
    input:
        tables=STEPS["report"].inputs(PLACES),
        figures=PLACES.figures,
        hashes="data/{study}/derived/inputs.json",
        plan=plans(STUDY_FILE),
        code=note_code("report"),
    output:
        report=report(
            PLACES.results / "report.html",
            caption="config/report/report.rst",
            category="Report",
        ),
        pdf=report(
            PLACES.results / "report.pdf",
            caption="config/report/report.rst",
            category="Report",
        ),
        docx=PLACES.results / "report.docx",
        supplement=report(
            PLACES.results / "supplement.html",
            caption="config/report/supplement.rst",
            category="Report",
        ),
        further=[PLACES.results / "supplement.pdf", PLACES.results / "supplement.docx"],
        tables=PLACES.results / "tables.docx",
        printed=directory(PLACES.results / "printed"),
        checklists=report(
            PLACES.results / "checklists.csv",
            caption="config/report/checklists.rst",
            category="Report",
        ),
        summary=PLACES.results / "summary.txt",
        provenance=PLACES.results / "provenance.json",
    log:
        "data/{study}/logs/report.log",
    params:
        python=PYTHON,
        file=FILE,
        flags=FLAGS,
        settings=settings(STUDY, "report"),
    shell:
        "{params.python:q} -m outcomes report {params.file:q} {params.flags} 2> {log:q}"


rule manifest:
    """Put the release in the place of the last one, and list every file of it with its hash and label."""
    input:
        tables=STEPS["manifest"].inputs(PLACES),
        figures=rules.figures.output,
        report=rules.report.output,
        code=note_code("manifest"),
    output:
        report=update(PUBLIC.results / "report.html"),
        manifest=update(PUBLIC.results / "manifest.json"),
    log:
        "data/{study}/logs/manifest.log",
    params:
        python=PYTHON,
        file=FILE,
        flags=FLAGS,
        settings=settings(STUDY, "manifest"),
    shell:
        "{params.python:q} -m outcomes manifest {params.file:q} {params.flags} 2> {log:q}"
