"""The sections of the report, each from released tables and the study file."""
