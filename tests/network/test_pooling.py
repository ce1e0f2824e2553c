"""Eight sites put together: equal to a direct computation, one absent costs that one alone, and no small count comes back."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from eight_sites import SITES, declare_network, read_estimates, run, write_yaml

from outcomes.network.report import _name_row
from outcomes.random_effects import pool_differences

PRIMARY = ("day", "day 28")


@pytest.fixture(scope="module")
def report(network, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    assert run("pool", network.plan, *network.packages, "--signers", network.signers, "--out", out) == 0
    return out


def read(report, name):
    return pd.read_csv(report / "tables" / f"{name}.csv")


def leading(report, way="random"):
    pooled = read(report, "pooled")
    place = (pooled["outcome"] == "change") & (pooled["timepoint"] == PRIMARY[1]) & (pooled["way"] == way)
    return pooled[place].iloc[0]


def primary_rows(network, sites=SITES):
    rows = []
    for site in sites:
        table = read_estimates(network.folder / site, site)
        place = (table["axis"] == PRIMARY[0]) & (table["timepoint"] == PRIMARY[1]) & (table["variance"] == "cr2")
        rows.append(table[place].iloc[0])
    return pd.DataFrame(rows)


def test_no_site_has_a_row_of_another(network):
    for site in SITES:
        own = {path.name for path in (network.folder / site / "export").iterdir()}
        assert own == {path.name for path in (Path(__file__).parents[2] / "data" / "example" / site).iterdir()}
        assert not [
            path
            for path in (network.folder / site).rglob("site-*")
            if path.name.startswith("site-") and path.name != site
        ]


def test_rows_of_counts_are_named_in_words():
    study = SimpleNamespace(arms=[SimpleNamespace(id="iv")], in_text={"iv": "IV ketamine"}.get)
    assert _name_row("day 28 | response | started | iv", study) == "Day 28, response, all treated, IV ketamine"
    assert _name_row("any_severe | iv", study) == "Any severe, IV ketamine"


def test_two_stages_equal_the_direct_computation_but_for_the_release_s_rounding(network, report):
    """Before the gate the sites' estimates have all digits; what they send has steps of a hundredth of a point."""
    exact = primary_rows(network)
    direct = pool_differences(exact["estimate"].to_numpy(float), exact["std_error"].to_numpy(float) ** 2, "random")
    found = leading(report)
    assert found["sites"] == len(SITES)
    for name in ("estimate", "lower", "upper"):
        assert found[name] == pytest.approx(getattr(direct, name), abs=0.02), name  # a sixtieth of a standard error
    assert found["std_error"] == pytest.approx(direct.std_error, rel=0.01)
    assert found["tau"] == pytest.approx(direct.tau, abs=0.03)


def test_two_stages_equal_the_computation_from_what_was_sent(network, report):
    from scipy import stats

    sent = pd.concat(pd.read_csv(network.package(site) / "effects.csv") for site in SITES)
    sent = sent[sent["timepoint"] == PRIMARY[1]]
    errors = (sent["upper"] - sent["lower"]) / (2 * stats.t.ppf(0.975, sent["df"]))
    direct = pool_differences(sent["estimate"].to_numpy(), errors.to_numpy() ** 2, "random")
    found = leading(report)
    for name in ("estimate", "std_error", "lower", "upper", "tau", "i2", "q", "predicted_lower", "predicted_upper"):
        assert found[name] == pytest.approx(getattr(direct, name), abs=1e-6), name
    left = read(report, "leave_one_out").set_index("without")
    for place, site in enumerate(SITES):
        kept = np.arange(len(SITES)) != place
        without = pool_differences(sent["estimate"].to_numpy()[kept], errors.to_numpy()[kept] ** 2, "random")
        assert left.loc[site, "estimate"] == pytest.approx(without.estimate, abs=1e-6)


def test_one_site_absent_costs_only_that_site(network, tmp_path, report):
    assert (
        run("pool", network.plan, *network.packages[:-1], "--signers", network.signers, "--out", tmp_path / "seven")
        == 0
    )
    sites, before = read(tmp_path / "seven", "sites").set_index("site"), read(report, "sites").set_index("site")
    assert sites.loc[SITES[-1], "part"] == "absent"
    same = ["part", "n_treated", "n_reference", "estimate", "lower", "upper", "largest_smd_after"]
    there = list(SITES[:-1])
    pd.testing.assert_frame_equal(sites.loc[there, same], before.loc[there, same], check_dtype=False)
    without = read(report, "leave_one_out").set_index("without").loc[SITES[-1]]
    assert leading(tmp_path / "seven")["estimate"] == pytest.approx(without["estimate"], abs=1e-9)
    assert "1 absent (site-8)" in (tmp_path / "seven" / "report.html").read_text()


def test_the_order_of_packages_changes_no_byte(network, tmp_path, report):
    again = tmp_path / "again"
    assert run("pool", network.plan, *reversed(network.packages), "--signers", network.signers, "--out", again) == 0
    files = [path.relative_to(report) for path in sorted(report.rglob("*")) if path.is_file()]
    assert {"report.html", "provenance.json"} <= {path.name for path in files}
    assert [path for path in files if (again / path).read_bytes() != (report / path).read_bytes()] == []


def test_fewer_sites_than_planned_are_not_pooled_and_the_report_says_so(network, tmp_path):
    for number in (1, 2):
        out = tmp_path / str(number)
        assert run("pool", network.plan, *network.packages[:number], "--signers", network.signers, "--out", out) == 0
        assert np.isnan(leading(out)["estimate"])
        assert f"{number} of 8 sites have an estimate" in (out / "report.html").read_text()
        assert read(out, "sites")["weight"].isna().all()


def test_the_report_says_what_it_found_and_what_it_lacks(network, report):
    page = (report / "report.html").read_text(encoding="utf-8")
    for site in SITES:  # the last line of what the site approved: an older package of it has other signs
        told = (network.folder / site / "network" / f"eight-{site}.txt").read_text(encoding="utf-8").split()[-1]
        assert told[:12] in page
    assert "Over 8 sites the difference in change of PHQ-9 at day 28" in page
    assert "One model over all sites (one stage)" in page
    assert "the sums of a pattern of one are that patient" in page  # why not
    assert not re.search(r"\bnan\b", page, re.IGNORECASE)
    assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", page)
    rows = read(report, "sites")
    assert rows["weight"].sum() == pytest.approx(1, abs=1e-5)
    assert (report / "figures" / "forest.svg").is_file()


def test_sums_of_rounded_counts_hold_the_true_sum(network, report):
    counts = read(report, "counts")
    started = counts[(counts["table"] == "eligibility") & counts["row"].str.startswith("Compared")].set_index("row")
    for arm, column in (("iv", "n_treated"), ("esketamine", "n_reference")):
        true = sum(_true_count(network, site, arm) for site in SITES)
        row = started.loc[f"Compared | {arm}"]
        assert row["low"] <= true <= row["high"], column
    harms = pd.concat(pd.read_parquet(_estimates(network, site, "harms")) for site in SITES)
    harms = (
        harms[harms["block"] == "all sessions"].groupby(["event", "arm"], observed=True)[["patients", "affected"]].sum()
    )
    told = counts[counts["table"] == "harms"].set_index(["row", "count"])
    checked = 0
    for (event, arm), row in harms.iterrows():
        for name in ("patients", "affected"):
            if (f"{event} | {arm}", name) in told.index:
                span = told.loc[(f"{event} | {arm}", name)]
                assert span["low"] <= row[name] <= span["high"], (event, arm, name)
                checked += 1
    assert checked > 10


def _estimates(network, site, name):
    return network.folder / site / "data" / site / "derived" / "estimates" / f"{name}.parquet"


def _true_count(network, site, arm):
    table = pd.read_parquet(_estimates(network, site, "eligibility"))
    return int(table.loc[(table["step"] == "Compared") & (table["arm"] == arm), "n"].sum())


def test_no_number_of_packages_or_report_is_a_small_count(network, report):
    """Every count column of every file that leaves: a bound, nobody, or a rounded number from 15; of the network, no sum that pins a site's."""
    names = (
        "n",
        "n_treated",
        "n_reference",
        "observed_treated",
        "observed_reference",
        "patients",
        "affected",
        "events",
    )
    seen = 0
    for folder in (*network.packages, report / "tables"):
        for path in folder.glob("*.csv"):
            table = pd.read_csv(path, dtype="str", keep_default_na=False)
            for name in {*names, "events_treated", "events_reference"} & set(table):
                for cell in table[name]:
                    assert cell in ("", "0", "<11") or (int(cell) >= 15 and int(cell) % 5 == 0), (path, name, cell)
                    seen += 1
    assert seen > 500
    counts = read(report, "counts")
    hidden = counts[counts["bounds"] > 0]
    assert len(hidden) > 20
    assert (hidden["high"] - hidden["low"] >= 10).all()


def test_a_plan_with_risk_ratios_pools_logarithms(network, tmp_path):
    from outcomes.files import Places
    from outcomes.network.choose import choose_rows
    from outcomes.network.pooled import tabulate_estimates
    from outcomes.network.received import Received
    from outcomes.released import read_released
    from outcomes.settings.network import plan_study, read_network_plan

    content = declare_network()
    content["analysis"]["comparison"]["estimand"]["summary"]["binary"] = "risk_ratio"
    study = plan_study(read_network_plan(write_yaml(content, tmp_path / "plan.yaml")))
    released = read_released(Places("site-2", network.folder / "site-2"))
    tables = choose_rows(released, study)
    found = tabulate_estimates([Received(tmp_path, {"site": "site-2"}, tables, ())], study)
    row = found[found["outcome"] == "response"].iloc[0]
    assert row["scale"] == "log risk ratio"
    assert row["estimate"] == pytest.approx(np.log(tables["imputations"]["estimate"].iloc[0]))
