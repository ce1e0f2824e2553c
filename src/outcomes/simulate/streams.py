"""Random number streams that belong to a task, not to an order of calls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Streams:
    """Hands out one independent generator per task name.

    The name is hashed with SHA-256, so the same seed and name give the same numbers whatever else was drawn before.

    Examples
    --------
    >>> streams = Streams(2026)
    >>> bool(streams.of("ages").random() == streams.of("ages").random())
    True
    """

    seed: int

    def of(self, task: str) -> np.random.Generator:
        """Return the generator of one task."""
        digest = hashlib.sha256(task.encode("utf-8")).digest()
        words = np.frombuffer(digest[:16], dtype="<u4").tolist()
        return np.random.default_rng(np.random.SeedSequence([self.seed, *words]))
