"""The table as the user has it, and the rows of it that a model can use."""
