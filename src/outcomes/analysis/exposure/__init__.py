"""Exposure: how many sessions patients had, at what dose, for how long, and how often afterwards."""
