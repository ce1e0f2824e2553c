"""The steps behind the command line: each reads its inputs, makes one call, and writes its outputs.

Libraries are imported inside the step that needs them: a process that only prints the ledger does not pay for a plot.
"""

from __future__ import annotations

from outcomes.steps import analysis, around, intake, measures, release
from outcomes.steps.step import Option, Step

__all__ = ["STEPS", "Step"]


def _number(flag: str, about: str, default: int) -> Option:
    return ((flag,), {"type": int, "default": default, "metavar": "N", "help": f"{about} (default: %(default)s)"})


_OUT: Option = (("--out",), {"metavar": "FILE", "help": "write to this file instead of the screen"})
_DATA: Option = (("--data",), {"metavar": "FOLDER", "help": "folder of the raw exports, in place of the study file's"})

STEPS: dict[str, Step] = {
    "draft": Step(
        around.draft,
        "raw export → a study file to check",
        (
            (("folder",), {"metavar": "FOLDER", "help": "folder of the raw export"}),
            (
                ("--out",),
                {
                    "default": "config/mine.yaml",
                    "metavar": "FILE",
                    "help": "study file to write (default: %(default)s)",
                },
            ),
            (
                ("--first",),
                {"choices": ("day", "month"), "help": "what stands first in dates that fit both, such as 03/04/2024"},
            ),
            (
                ("--zone",),
                {"metavar": "ZONE", "help": "the clinic's time zone (America/New_York), or 'as written', for stamps in UTC"},
            ),
            (("--force",), {"action": "store_true", "help": "replace the file where there is one"}),
        ),
        takes_study=False,
    ),
    "run": Step(
        around.run,
        "all steps that are needed, ending with the path of the report",
        (_DATA, _number("--cores", "jobs at once", 2)),
    ),
    "intake": Step(intake.intake, "raw export → clean tables and the ledger", (_DATA,)),
    "score": Step(measures.score, "answers → totals, bands, the ideation item"),
    "series": Step(measures.series, "sessions → series by protocol"),
    "endpoints": Step(measures.endpoints, "scores and series → change, response, remission … at each time point"),
    "variants": Step(measures.variants, "scores and series → endpoints derived in other ways, for the comparison"),
    "rates": Step(analysis.rates, "endpoints → flow, baseline, scores, rates with both denominators"),
    "fit": Step(
        analysis.fit,
        "endpoints → one mixed-effects model",
        ((("model",), {"help": "name of the model in the study file"}),),
    ),
    "compare": Step(
        analysis.compare, "endpoints → two arms compared: weights, balance, differences, sensitivity analyses"
    ),
    "durability": Step(analysis.durability, "scores after the induction → how long the response lasts"),
    "tables": Step(release.tables, "estimates → released tables, through the disclosure gate"),
    "figures": Step(release.figures, "released tables → figures", (_number("--cores", "jobs at once", 1),)),
    "report": Step(release.report, "released tables and figures → the report as HTML, PDF, and Word"),
    "manifest": Step(release.manifest, "every released file → manifest.json: hash, label, rows withheld"),
    "lock": Step(
        around.lock,
        "lock the analysis plan; the report lists every later deviation",
        ((("--amend",), {"metavar": "REASON", "help": "add a version to a plan that is locked, and say why"}),),
    ),
    "ledger": Step(intake.ledger, "show how every raw row ended, and why"),
    "simulate": Step(
        around.simulate,
        "write the raw export of an invented network whose truth is known",
        (
            _number("--patients", "patients", 1200),
            _number("--seed", "seed", 2026),
            (("--out",), {"required": True, "metavar": "FOLDER", "help": "folder to write to"}),
            (("--clean",), {"action": "store_true", "help": "without any of the mess of a real export"}),
            (("--without",), {"nargs": "+", "default": [], "metavar": "KIND", "help": "leave out these kinds of mess"}),
        ),
        takes_study=False,
    ),
    "schema": Step(around.schema, "describe every key of a study file", (_OUT,), takes_study=False),
    "dictionary": Step(around.dictionary, "describe every table of the pipeline", (_OUT,), takes_study=False),
}
