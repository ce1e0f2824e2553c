"""Reproducible evidence for ketamine care."""

__version__ = "0.1.0"
