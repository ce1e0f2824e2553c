# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Design your own figure
#
# The pipeline draws its figures from the tables in `results/`, and so can you. Everything there has passed the disclosure gate,
# so whatever you draw from it may be shown. This notebook draws one figure three times: quickly, in the house's style, and with
# numbers below the axis as a journal wants them; then saves it so that a rerun gives the same bytes.

# %%
import hashlib
import tempfile
from pathlib import Path

import IPython.display
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from outcomes.release.figures import draw_all, save_figure
from outcomes.release.figures.canvas.panels import Panel, Row, Scale, compose
from outcomes.release.figures.canvas.style import COLUMN_MM, MM_PER_INCH, house_style, style_arms
from outcomes.release.figures.plans.plan import write_size
from outcomes.released import open_study

opened = open_study()
study, released = opened.study, opened.released
sorted(released)

# %% [markdown]
# ## 1. Quickly
#
# How many of those treated are in remission at each time point? One table, one filter, one line an arm. A number that is too small
# to show is missing, its bound in a column beside, and a missing number is a gap: never fill it. (Where more shares in response may be
# shown, as in a small clinic, the figure is of response.)

# %%
rows = released["response"].query("population == 'started' and arm != 'all'")
rows = rows[rows["instrument"] == study.instruments[0]]
axis = rows["axis"].iloc[0]
rows = rows[rows["axis"] == axis]
told = rows.dropna(subset=["proportion"])["endpoint"].value_counts()
endpoint = max(("remission", "response"), key=lambda name: told.get(name, 0))
rows = rows[rows["endpoint"] == endpoint]
figure, panel = plt.subplots(figsize=(5, 3), layout="constrained")
for arm, own in rows.groupby("arm", sort=False):
    panel.plot(own["time"], 100 * own["proportion"], marker="o", label=arm)
panel.set_xlabel(axis)
panel.set_ylabel(f"in {endpoint} (%)")
panel.set_ylim(-2, 102)
panel.legend()
plt.show()

# %% [markdown]
# ## 2. In the house's style
#
# `style_arms` gives each arm the colour, marker, and line that it has in every other figure of the study, so that a reader need not
# learn them twice; they can be told apart in grey. `house_style()` sets type, ticks, and everything that could differ from one
# computer to the next.

# %%
arms = style_arms(study, rows.dropna(subset=["proportion"])["arm"])
with house_style():
    figure, panel = plt.subplots(figsize=(COLUMN_MM / MM_PER_INCH, 2.6), layout="constrained")
    for name, style in arms.items():
        own = rows[rows["arm"] == name]
        look = {"color": style.color, "linestyle": style.line, "marker": style.marker}
        panel.plot(own["time"], 100 * own["proportion"], label=style.label, **look)
        panel.fill_between(
            own["time"], 100 * own["lower"], 100 * own["upper"], color=style.color, alpha=0.15, linewidth=0
        )
    panel.set_xlabel(axis.capitalize())
    panel.set_ylabel(f"In {endpoint}, of all treated patients (%)")
    if arms:
        panel.legend(frameon=False, loc="upper left")
    plt.show()
if not arms:
    print("No share is released at any time point: too few patients.")

# %% [markdown]
# ## 3. With the numbers below the axis
#
# A `Panel` is axes with rows below; `compose` measures every text and lays the page out in millimetres, so nothing is cut off
# however long an arm's name is. What is inside the axes is yours.
# Where a number is too small to show, its bound stands. A title belongs into the caption.

# %%
columns = [rows[rows["arm"] == name] for name in arms]
times = sorted(float(time) for time in rows["time"].unique())
block = []
for style, own in zip(arms.values(), columns, strict=True):
    numbers = {float(row["time"]): write_size(row) for row in own.to_dict("records")}
    block += [Row(style.label, style), Row(prefix="n", cells=numbers)]
panel = Panel(
    "",
    lambda axes: [
        axes.plot(own["time"], 100 * own["proportion"], color=look.color, linestyle=look.line, marker=look.marker)
        for look, own in zip(arms.values(), columns, strict=True)
    ],
    Scale((min(times) - 0.3, max(times) + 0.3), {time: f"{time:g}" for time in times}, axis.capitalize()),
    Scale((0, 100), {float(value): str(value) for value in range(0, 101, 25)}, f"In {endpoint} (%)"),
    tuple(block),
)
with house_style():
    figure = Figure()
    compose(figure, [panel], ["Of all treated patients; a missing score counts as none."], COLUMN_MM, 1)
IPython.display.display(figure)

# %% [markdown]
# ## 4. Save it
#
# `save_figure` writes SVG, PDF, and PNG without a date and with fixed identifiers: the same numbers, the same bytes, on any
# computer. So a figure in a paper can be checked against its data by a checksum.

# %%
digests = []
for _ in range(2):
    with tempfile.TemporaryDirectory() as folder:
        files = save_figure(figure, Path(folder), endpoint)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files})
digests[0], digests[0] == digests[1]

# %% [markdown]
# ## 5. Start from a figure there is
#
# `draw_all` returns every figure of the study; each is a matplotlib figure with the released rows behind it as `data`. Take
# one, change what you want, save it under another name.

# %%
figures = draw_all(released, study)
own = next(figure for name, figure in figures.items() if name.startswith("trajectory_"))
own.axes[0].axhline(10, color="0.5", linewidth=0.8, linestyle="--")
own.axes[0].annotate(
    "a line of my own", (own.axes[0].get_xlim()[0], 10), xytext=(2, 2), textcoords="offset points", fontsize=7
)
IPython.display.display(own)

# %%
own.data[["arm", "timepoint", "n", "mean", "lower", "upper"]].dropna().round(1).head(6)

# %% [markdown]
# A figure that the report should always have belongs into the package: a plan in `release/figures/plans` and a module in `release/figures/drawings` that draws
# it. `CONTRIBUTING.md` says how.
