"""The disclosure gate: what a reader could add up, which counts are small, and what is withheld with them."""
