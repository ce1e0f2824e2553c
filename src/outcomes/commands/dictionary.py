"""Describe the tables."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import OUT, Command
from outcomes.files import write_text


def dictionary(options: Namespace) -> None:
    """Write the data dictionary: every private table with its row, key, and columns (data/README.md)."""
    from outcomes.dictionary import describe_tables

    text = describe_tables()
    print(text, end="") if options.out is None else write_text(text, Path(options.out))


COMMAND = Command(dictionary, "describe every table of the pipeline", (OUT,), takes_study=False)
