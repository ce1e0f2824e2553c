"""From endpoints to estimates: one module per question; tables in, tables out."""
