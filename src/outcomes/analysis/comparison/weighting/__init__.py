"""Weights that make the arms alike, and whether they do."""
