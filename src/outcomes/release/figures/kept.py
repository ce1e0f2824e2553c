"""Figures kept from the last run, so that only those are drawn again in which something changed that they show."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from outcomes.files import write_text
from outcomes.release.figures.plans.plan import Plan

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """The files of each figure as they were last drawn, beside the digest of all that they follow from.

    ``settings`` is the digest of what a drawing reads of the study file and of the versions of what draws; ``code`` returns the
    digest of the modules that draw a family of figures.
    """

    folder: Path
    settings: str
    code: Callable[[str], str]

    def identify(self, plan: Plan) -> str:
        """Return the digest of all that a figure follows from: its words, its rows to the last bit, settings and code."""
        words = (plan.name, plan.family, plan.title, plan.caption, plan.alt, plan.instrument, plan.axis, plan.timepoint)
        rows = (list(map(str, plan.data.dtypes)), plan.data.to_csv(na_rep="\0"))
        said = json.dumps([words, rows, self.settings, self.code(plan.family)])
        return hashlib.sha256(said.encode()).hexdigest()

    def find(self, plan: Plan) -> dict[str, bytes] | None:
        """Return the files of a figure by their ending; None where it has to be drawn."""
        path = self._place(plan.name)
        if not path.is_file():
            return None
        said, _, body = path.read_bytes().partition(b"\n")
        if said.decode(errors="replace") != hashlib.sha256(body).hexdigest():
            log.warning("%s: this kept figure is not as it was written; it is drawn again", path)
            return None
        entry = json.loads(body)
        if entry["of"] != self.identify(plan) or "base64" not in entry:
            return None
        return {ending: base64.b64decode(text) for ending, text in entry["base64"].items()}

    def keep(self, plan: Plan, files: Mapping[str, bytes]) -> None:
        """Keep the files of a figure in place of the last ones."""
        texts = {ending: base64.b64encode(content).decode() for ending, content in files.items()}
        body = json.dumps({"of": self.identify(plan), "base64": texts})
        write_text(f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}", self._place(plan.name))

    def forget_others(self, plans: Iterable[Plan]) -> None:
        """Remove the figures that a study no longer has."""
        for path in set(self.folder.glob("*.json")) - {self._place(plan.name) for plan in plans}:
            path.unlink()

    def _place(self, name: str) -> Path:
        return self.folder / f"{name}.json"
