"""Write what a site sends to a network study."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.claim import find_places
from outcomes.commands.command import DATA, Command, Option
from outcomes.errors import InputError, ModelError, SettingsError
from outcomes.files import Places, is_address, write_bytes, write_text
from outcomes.settings import Study, read_study

if TYPE_CHECKING:
    from outcomes.network.package import Origin
    from outcomes.settings.network import NetworkPlan


def site(options: Namespace) -> None:
    """Write a site's package for a network study, and a plain page of all that leaves, for approval; sign it once approved.

    Run `outcomes run STUDY` first: the package is a selection of that release. Read the page, then give the same command with --sign KEY.
    """
    from outcomes.network.choose import choose_rows
    from outcomes.network.package import MANIFEST, build_package, write_page
    from outcomes.network.signature import sign
    from outcomes.release.earlier import note_sent
    from outcomes.released import read_released
    from outcomes.settings.network import read_locked

    plan, digest = read_locked(Path(options.plan))
    study_file = Path(options.study)
    study = read_study(study_file)
    if options.site not in plan.sites:
        raise SettingsError(f"--site {options.site}: not a site of the plan; those are {', '.join(plan.sites)}.")
    refuse_deviations(plan, study, study_file)
    places = find_places(study, study_file).published()
    origin = find_origin(plan, digest, options.site, study, places, Path(options.data or study.data))
    _refuse_few_more(places, study.privacy.minimum_cell, options.although)
    sums = sum_site(plan, study, places) if plan.one_stage is not None else None
    package = build_package(choose_rows(read_released(places), study), study, origin, sums)
    folder = Path(options.out) / f"{plan.network}-{options.site}"
    page = folder.with_name(f"{folder.name}.txt")
    told = write_page(package, study, plan.one_stage, options.although)
    if options.sign is None:
        _refuse_another(folder, package)
        for old in folder.glob("*"):
            old.unlink()
        for name, content in package.items():
            write_bytes(content, folder / name)
        write_text(told, page)
        print(
            f"Written, not signed: {folder}\nRead {page}: it shows all that would leave. If it may, give the same command with --sign KEY."
        )
        return
    approved = {path.name: path.read_bytes() for path in folder.glob("*") if path.suffix != ".sig"}
    if approved != package or not page.is_file() or page.read_text(encoding="utf-8") != told:
        raise InputError(
            f"{folder}: not what this release gives now, so that the page was read of something else. Give the command without --sign, read the page "
            "again, then sign."
        )
    note_sent(places, date.today())
    print(
        f"Signed: {sign(folder / MANIFEST, Path(options.sign))}. Send the folder {folder}; {page.name} stays with the site."
    )


def refuse_deviations(plan: NetworkPlan, study: Study, study_file: Path) -> None:
    """Refuse a study file whose analysis is not the planned one, with every difference."""
    from outcomes.settings.network import list_deviations

    deviations = list(list_deviations(plan, study))
    if deviations:
        raise SettingsError(
            f"{study_file} is not as the plan of '{plan.network}':\n  "
            + "\n  ".join(deviations)
            + "\nWrite them as the plan has them, give `outcomes run` again, then this command."
        )


def sum_site(plan: NetworkPlan, study: Study, places: Places) -> dict[str, Any]:
    """Return the sums of a site for one model over all sites, or under ``withheld`` why none may leave it."""
    from outcomes.analysis.comparison.one_stage.guard import find_limits
    from outcomes.analysis.comparison.one_stage.sums import release_sums
    from outcomes.analysis.comparison.population.people import select_compared
    from outcomes.network.choose import declared
    from outcomes.network.one_stage import WITHHELD
    from outcomes.steps.step import COURSES, Tables

    assert plan.one_stage is not None  # asked before
    comparison = declared(study)
    limits = find_limits(comparison.estimand, study.instrument(comparison.estimand.instrument), study.baseline)
    minimum = max(plan.minimum_cell, study.privacy.minimum_cell)
    try:
        compared = select_compared(Tables(places, COURSES), comparison, study.baseline.same_day)
        return release_sums(compared, comparison.estimand, plan.one_stage.timepoints, limits, minimum)
    except ModelError as error:
        return {WITHHELD: str(error)}


def _refuse_few_more(places: Places, minimum: int, reason: str | None) -> None:
    """Refuse a package that a few patients set apart from one that was signed, wherever that lies, unless there is a reason."""
    from outcomes.release.earlier import compare_with_sent

    said = compare_with_sent(places, minimum) if not (reason or "").strip() else ""
    if said:
        raise InputError(
            f'{said} Send none until it differs by more. Where it must go now, give the command with --although "why": the reason stands on the page.'
        )


def _refuse_another(folder: Path, package: Mapping[str, bytes]) -> None:
    """Refuse a second package with other numbers: who has both may learn of the patients between them."""
    from outcomes.network.package import MANIFEST

    if not (folder / f"{MANIFEST}.sig").is_file():
        return
    changed = [
        name
        for name, content in package.items()
        if name != MANIFEST and (folder / name).is_file() and (folder / name).read_bytes() != content
    ]
    if changed:
        raise InputError(
            f"{folder}: signed before, with other numbers ({', '.join(changed)}). Who has both packages may learn of the patients between them. Where the "
            "coordinating centre has good reason to ask again, move the earlier one away, then give this command again."
        )


def find_origin(plan: NetworkPlan, digest: str, code: str, study: Study, places: Places, folder: Path) -> Origin:
    """Return of what the release was made, when that is what is there now.

    Raises
    ------
    InputError
        There is no release, or it is of another study file, other code, or other data, or was changed since.
    """
    from outcomes.network.package import Origin
    from outcomes.provenance import hash_network_code, hash_step_code
    from outcomes.release.publish import find_strays

    place, again = places.results / "provenance.json", "Give `outcomes run` again, then this command."
    if not place.is_file() or not (places.results / "manifest.json").is_file():
        raise InputError(f"{places.results}: no complete release of study '{study.study}'. Give `outcomes run` first.")
    made = json.loads(place.read_text(encoding="utf-8"))
    strays = [path.name for kind in ("changed", "missing") for path in find_strays(places).get(kind, [])]
    if strays:
        raise InputError(f"{places.results}: {', '.join(strays[:5])} not as released. {again}")
    if made["settings"] != study.digest():
        raise InputError(f"{places.results}: the release is of another version of the study file. {again}")
    if made["code"] != hash_step_code():
        raise InputError(f"{places.results}: the release was made by another version of the program. {again}")
    _refuse_other_data(study, made["inputs"], folder, again)
    return Origin(
        network=plan.network,
        site=code,
        plan=digest,
        code=hash_network_code(),
        settings=made["settings"],
        data=tuple(dict.fromkeys(made["inputs"].values())),
        versions=made["versions"],
        minimum_cell=study.privacy.minimum_cell,
    )


def _refuse_other_data(study: Study, inputs: Mapping[str, str], folder: Path, again: str) -> None:
    """Refuse where the raw files are not those that the release was made of; a database is taken as it was read."""
    from outcomes.intake.export import find_files, hash_source

    every = [file for source in study.sources for file in source.files]
    files = [file for file in every if not is_address(file.file)]
    now = {hash_source(folder, source) for source in files if find_files(folder, source)}
    made = set(inputs.values())
    gone = made - now if len(files) == len(every) else set()
    if now - made or gone:
        told = [number for number, digest in inputs.items() if digest in gone]
        named = f"{', '.join(told)}: the raw files are" if told else "the raw files are"
        raise InputError(f"{named} not those that the release was made of. {again}")


def list_options(sent: str, *further: Option) -> tuple[Option, ...]:
    """Return the options of a command with which a site sends something to a network study, its further ones among them."""
    return (
        (("plan",), {"help": "locked plan of the network study"}),
        (("study",), {"help": "study file of the site"}),
        *further,
        (("--site",), {"required": True, "metavar": "CODE", "help": "the site's code, as the plan lists it"}),
        (
            ("--out",),
            {"default": "network", "metavar": "FOLDER", "help": f"folder of the {sent} (default: %(default)s)"},
        ),
        (
            ("--sign",),
            {
                "metavar": "KEY",
                "help": f"sign the {sent} whose page was read and approved, with this private key of OpenSSH",
            },
        ),
        DATA,
    )


_ALTHOUGH = {
    "metavar": "WHY",
    "help": "write a package though a few patients set it apart from one that was signed before; the reason stands on the page",
}

COMMAND = Command(
    site,
    "what a site sends to a network study, with a page of all that leaves",
    (*list_options("package"), (("--although",), _ALTHOUGH)),
    takes_study=False,
)
