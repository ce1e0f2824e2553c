"""The comparison within subgroups: levels, their effects, shrinkage, and tests of interaction."""
