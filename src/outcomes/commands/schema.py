"""Describe the study file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from outcomes.commands.command import OUT, Command
from outcomes.files import write_text


def schema(options: Namespace) -> None:
    """Write the description of every key of a study file (config/schema.yaml)."""
    from outcomes.settings.schema import describe_schema

    text = describe_schema()
    print(text, end="") if options.out is None else write_text(text, Path(options.out))


COMMAND = Command(schema, "describe every key of a study file", (OUT,), takes_study=False)
