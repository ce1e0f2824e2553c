"""Every other way to the answer: the rows of the sensitivity grid, and what would change the conclusion."""
