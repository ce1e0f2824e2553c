"""Sentences about results, chosen and filled from released tables."""
