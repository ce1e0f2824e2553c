"""Ask the sites of a network study for the next sums of a propensity model over all of them."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.commands.command import Command
from outcomes.errors import InputError, SettingsError
from outcomes.files import sha256, write_bytes, write_text

if TYPE_CHECKING:
    from outcomes.network.rounds import Round
    from outcomes.settings.network import NetworkPlan


def ask(options: Namespace) -> None:
    """Write and sign the next round of the propensity model over all sites, from the sites' answers to the last one; the first without any.

    Send the round file and its signature to every site. After the last round the weighted difference of all sites is written.
    """
    from outcomes.network.answers import receive_answers
    from outcomes.network.rounds import DIFFERENCE, add_up, advance, name_round, read_round
    from outcomes.settings.network import read_locked

    plan, digest = read_locked(Path(options.plan))
    signers, key, folder = Path(options.signers), Path(options.sign), Path(options.out)
    first = begin(plan, digest, options.without)
    there = [number for number in range(1, 100) if (folder / name_round(plan.network, number)).is_file()]
    if not options.answers:
        if there:
            raise InputError(
                f"{folder}: round {there[-1]} is there. Give the sites' answers to it, or begin in another folder with --out."
            )
        _write(first, folder, key)
        return
    if options.without:
        raise InputError("--without is said at the first round alone: the sites asked are the same in every round.")
    if not there:
        raise InputError(f"{folder}: no round is there to which these could be answers. Begin without any answer.")
    place = folder / name_round(plan.network, there[-1])
    asked = read_round(place, first, signers)
    answers = receive_answers([Path(one) for one in options.answers], asked, sha256(place), plan.minimum_cell, signers)
    totals = add_up([one["sums"] for one in answers.values()])
    if asked.stage == DIFFERENCE:
        _finish(asked, totals, plan, folder)
    else:
        _write(advance(asked, totals, {site: one["data"] for site, one in answers.items()}), folder, key)


def begin(plan: NetworkPlan, digest: str, without: list[str] | None = None) -> Round:
    """Return the first round of a plan.

    Raises
    ------
    SettingsError
        The plan declares no common model, or too few sites are left.
    """
    from outcomes.network.rounds import PROPENSITY, Round
    from outcomes.provenance import hash_network_code

    if plan.propensity is None:
        raise SettingsError(
            "the plan has no section 'propensity', which declares the propensity model over all sites (docs/network-study.md)."
        )
    unknown = sorted(set(without or []) - set(plan.sites))
    if unknown:
        raise SettingsError(
            f"--without {', '.join(unknown)}: not a site of the plan; those are {', '.join(plan.sites)}."
        )
    asked = tuple(site for site in plan.sites if site not in (without or []))
    if len(asked) < plan.fewest_sites:
        raise SettingsError(f"{len(asked)} sites are left; the plan asks for {plan.fewest_sites}.")
    columns = tuple(plan.propensity.list_columns(plan.sites))
    zeros = (0.0,) * len(columns)
    return Round(plan.network, digest, hash_network_code(), 1, PROPENSITY, asked, columns, (), zeros, None, {})


def _write(made: Round, folder: Path, key: Path) -> None:
    from outcomes.network.rounds import DIFFERENCE, name_round
    from outcomes.network.signature import sign

    place = folder / name_round(made.network, made.number)
    write_bytes(made.write(), place)
    try:
        signature = sign(place, key)
    except InputError:
        place.unlink()
        raise
    told = "The coefficients are found; it asks for the weighted difference. " if made.stage == DIFFERENCE else ""
    print(f"Round {made.number}: {place}. {told}Send it and {signature.name} to {', '.join(made.sites)}.")


def _finish(asked: Round, totals: Mapping[str, Any], plan: NetworkPlan, folder: Path) -> None:
    from outcomes.network.weighted import compute_weighted

    found = compute_weighted(totals, asked)
    place = folder / f"{plan.network}-common.json"
    kept = {name: asdict(asked)[name] for name in ("network", "plan", "code", "sites", "left_out")}
    write_text(json.dumps(kept | {"rounds": asked.number} | found, indent=1, ensure_ascii=False) + "\n", place)
    numbers = f"{found['estimate']:.2f} points (95% CI {found['lower']:.2f} to {found['upper']:.2f})"
    print(f"Weighted difference of {len(asked.sites)} sites, treated minus reference: {numbers}. All of it: {place}")


_SIGN = {
    "required": True,
    "metavar": "KEY",
    "help": "private key of OpenSSH of the centre, with which the round is signed",
}
_SIGNERS = {
    "required": True,
    "metavar": "FILE",
    "help": "allowed signers of OpenSSH: a line a site and one for 'centre', each a code and a public key",
}
_WITHOUT = {
    "action": "append",
    "metavar": "CODE",
    "help": "begin without this site, which cannot take part; may be given again",
}
_OUT = {"default": "rounds", "metavar": "FOLDER", "help": "folder of the rounds (default: %(default)s)"}

COMMAND = Command(
    ask,
    "the next round of a propensity model over all sites, from their answers to the last",
    (
        (("plan",), {"help": "locked plan of the network study"}),
        (
            ("answers",),
            {"nargs": "*", "metavar": "answer", "help": "a site's answer to the last round; none for the first"},
        ),
        (("--signers",), _SIGNERS),
        (("--sign",), _SIGN),
        (("--without",), _WITHOUT),
        (("--out",), _OUT),
    ),
    takes_study=False,
)
