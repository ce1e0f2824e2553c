"""The first page of the report."""
