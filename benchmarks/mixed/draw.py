"""Draw time against patients for every engine from results.csv: `python benchmarks/mixed/draw.py`."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter

HERE = Path(__file__).parent
# Okabe and Ito's palette, told apart by markers too.
LOOKS = {
    "outcomes.mixed": ("#000000", "o"),
    "outcomes.mixed, Arrow": ("#56B4E9", "X"),
    "nlme::gls": ("#E69F00", "s"),
    "mmrm": ("#D55E00", "D"),
    "statsmodels": ("#0072B2", "^"),
    "lme4": ("#009E73", "v"),
    "mixedlm-rs": ("#CC79A7", "P"),
}
PANELS = {"unstructured": "MMRM, unstructured, 6 visits", "slope": "Random intercept and slope"}


def plain(value: float, _: int | None = None) -> str:
    """Tick label without powers: 0.5, 1, 50,000."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def draw_times(results: pd.DataFrame) -> plt.Figure:
    """Median seconds of the whole process against patients, log-log, one panel a model, one line an engine."""
    figure, axes = plt.subplots(1, len(PANELS), figsize=(10, 4.6), sharey=True, layout="constrained")
    for axis, (model, title) in zip(axes, PANELS.items(), strict=True):
        chosen = results[(results["model"] == model) & (results["visits"] == 6)]
        medians = chosen.groupby(["engine", "patients"])["median_s"].median()
        for engine in sorted(medians.index.unique("engine"), key=list(LOOKS).index):
            line = medians.loc[engine]
            color, marker = LOOKS[engine]
            axis.plot(line.index, line, color=color, marker=marker, label=engine, linewidth=2 if marker == "o" else 1.4)
            axis.annotate(
                engine,
                (line.index[-1], line.iloc[-1]),
                xytext=(8, 0),
                textcoords="offset points",
                color=color,
                va="center",
                fontsize=9,
            )
        axis.set(xscale="log", yscale="log", title=title, xlabel="Patients")
        axis.set_xlim(right=results["patients"].max() * 6)
        axis.xaxis.set_major_formatter(FuncFormatter(plain))
        axis.yaxis.set_major_formatter(FuncFormatter(plain))
        axis.grid(visible=True, which="major", color="0.9")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("Whole process, median (s)")
    return figure


def main() -> None:
    mpl.rcParams["svg.hashsalt"] = "outcomes.mixed"
    results = pd.read_csv(HERE / "results.csv")
    figure = draw_times(results[results["model"].isin(list(PANELS))])
    figure.savefig(HERE / "time-by-patients.svg", metadata={"Date": None})
    figure.savefig(HERE / "time-by-patients.png", dpi=150)


if __name__ == "__main__":
    main()
