"""Put the packages of a network study together."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import Command
from outcomes.errors import InputError
from outcomes.files import sha256, write_text


def pool(options: Namespace) -> None:
    """Check the sites' packages and write the network report: every package that does not fit is refused, with the reason.

    Signatures are checked with ssh-keygen against the allowed signers, a file with a line a site: its code, and its public key.
    """
    from outcomes.contracts.released.text import format_table
    from outcomes.network.forest import NAME, draw_forest, plan_forest
    from outcomes.network.package import MANIFEST
    from outcomes.network.pooled import pool_network
    from outcomes.network.received import Expected, receive
    from outcomes.network.report import find_leading, tell_sites, write_report
    from outcomes.provenance import hash_network_code
    from outcomes.release.figures.formats import write_figure
    from outcomes.settings.network import plan_study, read_locked

    plan, digest = read_locked(Path(options.plan))
    study = plan_study(plan)
    folder = Path(options.out or f"results/{plan.network}")
    if (folder / "manifest.json").exists():
        raise InputError(f"{folder}: the release of a study is there. Name another folder with --out.")
    expected = Expected(plan, study, digest, hash_network_code(), Path(options.signers))
    packages = receive([Path(one) for one in options.packages], expected)
    tables = pool_network(packages, plan, study)
    forest = plan_forest(tables["sites"], find_leading(tables["pooled"], study), study)
    write_figure(draw_forest(forest, study), folder / "figures", NAME)
    for name, table in tables.items():
        write_text(format_table(table), folder / "tables" / f"{name}.csv")
    used = {package.site: sha256(package.folder / MANIFEST) for package in packages}
    origin = {"network": plan.network, "plan": digest, "code": expected.code, "packages": used}
    write_text(json.dumps(origin, indent=1, sort_keys=True) + "\n", folder / "provenance.json")
    write_text(write_report(tables, packages, plan, study, forest, folder / "figures"), folder / "report.html")
    print(f"{tell_sites(tables['sites'])}\nReport: {folder / 'report.html'}")


_SIGNERS = {
    "required": True,
    "metavar": "FILE",
    "help": "allowed signers of OpenSSH: a line a site, its code and its public key",
}
_OUT = {"metavar": "FOLDER", "help": "folder of the report (default: results/NETWORK)"}

COMMAND = Command(
    pool,
    "the packages of a network study checked and put together",
    (
        (("plan",), {"help": "locked plan of the network study"}),
        (("packages",), {"nargs": "+", "metavar": "package", "help": "folder of a site's package"}),
        (("--signers",), _SIGNERS),
        (("--out",), _OUT),
    ),
    takes_study=False,
)
