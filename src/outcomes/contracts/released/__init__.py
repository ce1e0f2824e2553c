"""Every table that may be released, declared once: what a row is, its key, and what each column holds.

The disclosure gate, the files under ``results/``, their dictionary, the list of the steps' outputs, the report's titles, and
the tests read these declarations; an analysis names columns by their attributes. A table or column without a declaration is
refused. A new table is a class in the module of its subject, and a new subject a module that ``catalogue`` names. An analysis
imports its subject and a step the subjects of its tables, so that a change to one declaration reruns those steps alone.
"""
