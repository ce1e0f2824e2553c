"""From a clinic's raw export to the report: one coarse rule per step, no logic.

    outcomes run config/example.yaml                              what `make` calls
    snakemake --cores 2 --config study_file=config/mine.yaml      the same without its progress lines

Every rule calls the command-line step of its own name, which can be run alone to reproduce a failure. `code` holds the
modules that the step imports, so that a changed formula reruns exactly the steps that use it; `settings` is the digest
of the sections of the study file that the step may read.
"""

from outcomes.provenance import sources
from outcomes.settings import read_study
from outcomes.workflow import TABLES, inputs, plans, settings

STUDY_FILE = config.get("study_file", "config/example.yaml")
STUDY = read_study(STUDY_FILE)
DATA = config.get("data", STUDY.data)


wildcard_constraints:
    study=STUDY.study,


rule all:
    input:
        f"results/{STUDY.study}/report.html",
        f"results/{STUDY.study}/manifest.json",


rule intake:
    """Read the raw export: dates become study days, cleaning rules apply, every row ends in the ledger."""
    input:
        raw=inputs(STUDY, DATA),
        code=sources("outcomes.intake"),
    output:
        tables=expand("data/{{study}}/derived/{table}.parquet", table=TABLES["intake"]),
        hashes="data/{study}/derived/inputs.json",
    log:
        "logs/{study}/intake.log",
    params:
        settings=settings(STUDY, "intake"),
        data=DATA,
    shell:
        "python -m outcomes intake {STUDY_FILE:q} --data {params.data:q} 2> {log:q}"


rule score:
    """Turn item answers into totals, severity bands, and the ideation item."""
    input:
        assessments="data/{study}/derived/assessments.parquet",
        code=sources("outcomes.measures.scoring"),
    output:
        scores="data/{study}/derived/scores.parquet",
    log:
        "logs/{study}/score.log",
    params:
        settings=settings(STUDY, "score"),
    shell:
        "python -m outcomes score {STUDY_FILE:q} 2> {log:q}"


rule series:
    """Group sessions into series by each arm's protocol."""
    input:
        patients="data/{study}/derived/patients.parquet",
        sessions="data/{study}/derived/sessions.parquet",
        assessments="data/{study}/derived/assessments.parquet",
        code=sources("outcomes.measures.series"),
    output:
        series="data/{study}/derived/series.parquet",
        sessions="data/{study}/derived/series_sessions.parquet",
    log:
        "logs/{study}/series.log",
    params:
        settings=settings(STUDY, "series"),
    shell:
        "python -m outcomes series {STUDY_FILE:q} 2> {log:q}"


rule endpoints:
    """Compare each score with its baseline: change, response, remission, worsening, reliable change."""
    input:
        patients="data/{study}/derived/patients.parquet",
        scores="data/{study}/derived/scores.parquet",
        series="data/{study}/derived/series.parquet",
        sessions="data/{study}/derived/series_sessions.parquet",
        code=sources("outcomes.measures.endpoints"),
    output:
        tables=expand(
            "data/{{study}}/derived/{table}.parquet", table=TABLES["endpoints"]
        ),
    log:
        "logs/{study}/endpoints.log",
    params:
        settings=settings(STUDY, "endpoints"),
    shell:
        "python -m outcomes endpoints {STUDY_FILE:q} 2> {log:q}"


rule variants:
    """Form endpoints in other ways for the comparison: other baselines, windows, thresholds."""
    input:
        patients="data/{study}/derived/patients.parquet",
        scores="data/{study}/derived/scores.parquet",
        series="data/{study}/derived/series.parquet",
        sessions="data/{study}/derived/series_sessions.parquet",
        code=sources("outcomes.measures.variants"),
    output:
        tables=expand(
            "data/{{study}}/derived/{table}.parquet", table=TABLES["variants"]
        ),
    log:
        "logs/{study}/variants.log",
    params:
        settings=settings(STUDY, "variants"),
    shell:
        "python -m outcomes variants {STUDY_FILE:q} 2> {log:q}"


rule rates:
    """Describe the cohort: flow, baseline, scores, response and remission, missingness."""
    input:
        tables=expand(
            "data/{{study}}/derived/{table}.parquet",
            table=[
                "patients",
                "scores",
                "ledger",
                "balance",
                "series",
                *TABLES["endpoints"],
            ],
        ),
        code=sources("outcomes.analysis.rates"),
    output:
        tables=expand(
            "data/{{study}}/derived/estimates/{table}.parquet", table=TABLES["rates"]
        ),
    log:
        "logs/{study}/rates.log",
    params:
        settings=settings(STUDY, "rates"),
    shell:
        "python -m outcomes rates {STUDY_FILE:q} 2> {log:q}"


rule fit:
    """Fit one mixed-effects model."""
    input:
        patients="data/{study}/derived/patients.parquet",
        endpoints="data/{study}/derived/endpoints.parquet",
        cohort="data/{study}/derived/cohort.parquet",
        code=sources("outcomes.analysis.models"),
    output:
        model="data/{study}/derived/models/{model}.json",
    log:
        "logs/{study}/fit-{model}.log",
    params:
        settings=settings(STUDY, "fit"),
        model=lambda wildcards: STUDY.models[wildcards.model].model_dump_json(),
    shell:
        "python -m outcomes fit {STUDY_FILE:q} {wildcards.model:q} 2> {log:q}"


rule compare:
    """Compare two arms as declared: weights, balance, differences, sensitivity analyses."""
    input:
        tables=expand(
            "data/{{study}}/derived/{table}.parquet",
            table=[
                "patients",
                "series",
                "series_sessions",
                "events",
                "endpoints",
                *TABLES["variants"],
                "cohort",
            ],
        ),
        code=sources("outcomes.analysis.comparison"),
    output:
        tables=expand(
            "data/{{study}}/derived/estimates/{table}.parquet", table=TABLES["compare"]
        ),
    log:
        "logs/{study}/compare.log",
    params:
        settings=settings(STUDY, "compare"),
    shell:
        "python -m outcomes compare {STUDY_FILE:q} 2> {log:q}"


rule durability:
    """Follow the response after the induction: Turnbull, Kaplan–Meier, hazard ratios."""
    input:
        tables=expand(
            "data/{{study}}/derived/{table}.parquet",
            table=[
                "patients",
                "scores",
                "series",
                "series_sessions",
                "endpoints",
                "cohort",
            ],
        ),
        code=sources("outcomes.analysis.durability"),
    output:
        ends="data/{study}/derived/durability.parquet",
        tables=expand(
            "data/{{study}}/derived/estimates/{table}.parquet",
            table=TABLES["durability"],
        ),
    log:
        "logs/{study}/durability.log",
    params:
        settings=settings(STUDY, "durability"),
    shell:
        "python -m outcomes durability {STUDY_FILE:q} 2> {log:q}"


rule tables:
    """Pass every estimate through the disclosure gate and write the released tables."""
    input:
        estimates=expand(
            "data/{{study}}/derived/estimates/{table}.parquet",
            table=[*TABLES["rates"], *TABLES["compare"], *TABLES["durability"]],
        ),
        models=expand("data/{{study}}/derived/models/{model}.json", model=STUDY.models),
        cohort="data/{study}/derived/cohort.parquet",
        code=sources(
            "outcomes.release.disclosure.gate",
            "outcomes.contracts.released.text",
            "outcomes.release.disclosure.units",
            "outcomes.analysis.models",
        ),
    output:
        tables=report(
            expand("results/{{study}}/tables/{table}.csv", table=TABLES["tables"]),
            caption="config/report/tables.rst",
            category="Tables",
        ),
    log:
        "logs/{study}/tables.log",
    params:
        settings=settings(STUDY, "tables"),
    shell:
        "python -m outcomes tables {STUDY_FILE:q} 2> {log:q}"


rule figures:
    """Draw every figure from the released tables."""
    input:
        tables=expand("results/{{study}}/tables/{table}.csv", table=TABLES["tables"]),
        code=sources("outcomes.release.figures"),
    output:
        figures=report(
            directory("figures/{study}"),
            patterns=["{figure}.svg"],
            caption="config/report/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "logs/{study}/figures.log",
    threads: 8
    params:
        settings=settings(STUDY, "figures"),
    shell:
        "python -m outcomes figures {STUDY_FILE:q} --cores {threads} 2> {log:q}"


rule report:
    """Write the report as HTML, PDF, and Word from the released tables and figures."""
    input:
        tables=expand("results/{{study}}/tables/{table}.csv", table=TABLES["tables"]),
        figures="figures/{study}",
        hashes="data/{study}/derived/inputs.json",
        plan=plans(STUDY_FILE),
        code=sources("outcomes.release.report", "outcomes.settings.plan"),
    output:
        report=report(
            "results/{study}/report.html",
            caption="config/report/report.rst",
            category="Report",
        ),
        pdf=report(
            "results/{study}/report.pdf",
            caption="config/report/report.rst",
            category="Report",
        ),
        docx="results/{study}/report.docx",
        tables="results/{study}/tables.docx",
        printed=directory("results/{study}/printed"),
        checklists=report(
            "results/{study}/checklists.csv",
            caption="config/report/checklists.rst",
            category="Report",
        ),
        summary="results/{study}/summary.txt",
        provenance="results/{study}/provenance.json",
    log:
        "logs/{study}/report.log",
    params:
        settings=settings(STUDY, "report"),
    shell:
        "python -m outcomes report {STUDY_FILE:q} 2> {log:q}"


rule manifest:
    """List every released file with its hash and label."""
    input:
        tables=rules.tables.output,
        figures=rules.figures.output,
        report=rules.report.output,
        code=sources("outcomes.release.manifest"),
    output:
        manifest="results/{study}/manifest.json",
    log:
        "logs/{study}/manifest.log",
    params:
        settings=settings(STUDY, "manifest"),
    shell:
        "python -m outcomes manifest {STUDY_FILE:q} 2> {log:q}"
