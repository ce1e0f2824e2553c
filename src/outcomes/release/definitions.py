"""Numbers that the report's words need and no result gives. Each has its name here and is typed nowhere else."""

from __future__ import annotations

LEVEL = 0.95  # of every interval in the released tables
COVERED = f"{100 * LEVEL:g}%"
OUTER_LEVEL = 0.999  # of the outer limits of sites
CHANCE = 1  # the over-dispersion that chance alone gives
APART = 0.1  # shares that left after the mildest and the most severe last score, further apart than this, are named
ATTRITION = 0.2  # a missing share above this is named as a limitation
BALANCED = 0.1  # an absolute standardised difference above this is named as imbalance (10.1002/sim.3697)
EFFECTIVE = 0.75  # an effective sample size below this share of the patients is named as a limitation
TAILS = "5% to 95%"  # quantiles between which weights are said to lie
SCORE_STEP = 0.05  # width of a bin of the propensity score in its figure
FEWEST_EFFECTS = 2  # adverse effects that a figure shows; one is said in words
FEWEST_STEPS = 3  # different released shares of a curve of onset that is no flat line
FEWEST_HEIGHTS = 4  # different released heights of a distribution that make a curve, not a flat line
LEAST_SPAN = 0.75  # share of an arm that the heights of a curve reach over
MOST_UNKNOWN = 0.5  # share of the bins of a drawn histogram whose number of patients is not released
UNLIKELY = 0.05  # a p value below this is named
ONSET_AT = {"day": ("7", "14", "28"), "session": ("1", "2", "3", "6")}  # times printed; the files have more
FIRST_SESSION = "1"  # as the tables by session name it
HALF = 0.5
FAR = (
    5.0  # percentage points between the difference of two rounded rates and the one told, above which the rates are not
)
LONGEST = 30  # words of a sentence outside methods
FEW = 20  # scores in an arm, or responders seen, below which no answer is given
SMALL = 75  # scores in an arm below which subgroups, an E-value, and a tipping point are not shown
