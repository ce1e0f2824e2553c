"""Claims that pages make about treatment, answered from the released tables, each under a definition of its own."""
