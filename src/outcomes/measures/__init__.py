"""Clean tables → scores, series, endpoints: the clinical derivations, as pure functions of tables and settings."""
