"""The comparison within kinds of patients: levels, their effects, shrinkage, and tests of interaction."""
