"""Readings that look and do not run: nothing is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reading_quietly() -> Iterator[None]:
    """Keep the readers from saying which columns they read: here they read all."""
    logger = logging.getLogger("outcomes.intake")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
