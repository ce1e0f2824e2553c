"""Answer a round of a propensity model over all sites of a network study."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.claim import find_places
from outcomes.commands.command import Command
from outcomes.commands.site import find_origin, list_options, refuse_deviations
from outcomes.errors import InputError, SettingsError
from outcomes.files import Places, sha256, write_bytes, write_text
from outcomes.settings import Study, read_study

if TYPE_CHECKING:
    from outcomes.network.rounds import Round
    from outcomes.settings.network import NetworkPlan


def answer(options: Namespace) -> None:
    """Write a site's sums for one round of the propensity model over all sites, and a plain page of them, for approval; sign them once approved.

    The round has to be signed by the centre. Sums that are of few patients, or rest on few, are refused. Read the page, then give the same
    command with --sign KEY.
    """
    from outcomes.commands.round import begin
    from outcomes.network.answers import hash_data, name_answer, write_answer, write_answer_page
    from outcomes.network.rounds import read_round
    from outcomes.network.signature import sign
    from outcomes.settings.network import read_locked

    plan, digest = read_locked(Path(options.plan))
    study_file, place = Path(options.study), Path(options.round)
    study = read_study(study_file)
    asked = read_round(place, begin(plan, digest), Path(options.signers))
    if options.site not in asked.sites:
        raise SettingsError(
            f"--site {options.site}: not one of the sites that this round asks; those are {', '.join(asked.sites)}."
        )
    refuse_deviations(plan, study, study_file)
    places = find_places(study, study_file).published()
    origin = find_origin(plan, digest, options.site, study, places, Path(options.data or study.data))
    if asked.data.get(options.site, hash_data(origin)) != hash_data(origin):
        raise InputError(
            f"{options.data or study.data}: not the raw files of which round 1 was answered, so that the sums would not fit the earlier ones. Put those "
            "files back, or ask the coordinating centre to begin again."
        )
    found = write_answer(asked, sha256(place), origin, sum_site(asked, plan, study, options.site, places))
    file = Path(options.out) / name_answer(plan.network, options.site, asked.number)
    page = file.with_suffix(".txt")
    assert plan.propensity is not None  # the round was checked against it
    told = write_answer_page(found, asked, plan.propensity)
    if options.sign is None:
        _refuse_another(file, asked, found)
        write_bytes(found, file)
        write_text(told, page)
        print(
            f"Written, not signed: {file}\nRead {page}: it shows all that would leave. If it may, give the same command with --sign KEY."
        )
        return
    approved = file.is_file() and file.read_bytes() == found
    if not approved or not page.is_file() or page.read_text(encoding="utf-8") != told:
        raise InputError(
            f"{file}: not what this round asks now, so that the page was read of something else. Give the command without --sign, read the page again, "
            "then sign."
        )
    print(f"Signed: {sign(file, Path(options.sign))}. Send it and {file.name}; {page.name} stays with the site.")


def sum_site(asked: Round, plan: NetworkPlan, study: Study, site: str, places: Places) -> dict[str, Any]:
    """Return the sums of a site at the coefficients of a round.

    Raises
    ------
    ModelError
        They would be of few patients, or a confounder is not as the plan declares it.
    """
    import numpy as np

    from outcomes.analysis.comparison.population.people import select_compared
    from outcomes.analysis.comparison.rounds.design import code_site
    from outcomes.analysis.comparison.rounds.guard import check_sums
    from outcomes.analysis.comparison.rounds.sums import sum_difference, sum_propensity
    from outcomes.network.choose import declared
    from outcomes.network.rounds import DIFFERENCE
    from outcomes.steps.step import COURSES, Tables

    assert plan.propensity is not None  # the round was checked against it
    comparison = declared(study)
    compared = select_compared(Tables(places, COURSES), comparison, study.baseline.same_day)
    rows = code_site(compared, comparison.estimand, plan.propensity, plan.sites, site)
    coefficients = np.array(asked.coefficients)
    check_sums(rows, coefficients, max(plan.minimum_cell, study.privacy.minimum_cell))
    return (sum_difference if asked.stage == DIFFERENCE else sum_propensity)(rows, coefficients)


def _refuse_another(file: Path, asked: Round, found: bytes) -> None:
    """Refuse a second answer of one round with other coefficients: each tells more of the same patients."""
    if not Path(f"{file}.sig").is_file() or json.loads(file.read_bytes())["sums"] == json.loads(found)["sums"]:
        return
    raise InputError(
        f"{file}: round {asked.number} was answered and signed before, with other sums. Every further answer tells more of the same patients. Ask the "
        "coordinating centre why it asks again; where the reason is good, move the earlier answer away."
    )


_SIGNERS = {
    "required": True,
    "metavar": "FILE",
    "help": "allowed signers of OpenSSH, with a line for 'centre': its code and its public key",
}

COMMAND = Command(
    answer,
    "a site's sums for one round of a propensity model over all sites, with a page of all that leaves",
    list_options(
        "answer",
        (("round",), {"help": "round file of the centre, its signature beside it"}),
        (("--signers",), _SIGNERS),
    ),
    takes_study=False,
)
