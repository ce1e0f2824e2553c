"""The gate's rules for single kinds of table: which numbers go when a count of theirs is withheld."""
