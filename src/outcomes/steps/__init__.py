"""The steps of the pipeline in their order, one module each: what it reads and writes, which settings it may read, its call.

A module is imported when its step is meant, so that a process runs, and Snakemake tracks, the code of one step and no more.
"""

NAMES = (
    *("intake", "score", "series", "endpoints", "variants", "rates", "fit"),
    *("resample", "alternatives", "compare", "durability"),
    *("harms", "exposure", "onset", "courses", "cost"),
    *("tables", "figures", "report", "manifest"),
)
