"""What leaves the building: the disclosure gate, released tables, figures, and the report."""
