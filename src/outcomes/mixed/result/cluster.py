"""The same fit with its variance clustered by groups of subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from outcomes.mixed.errors import ConvergenceError, SettingError
from outcomes.mixed.inference.clustered import infer_clustered
from outcomes.mixed.result.result import Fit


def cluster(fit: Fit, clusters: Mapping[Any, Any], kind: str = "cr2") -> Fit:
    """Return a fit whose standard errors, df, and intervals hold that subjects of a cluster are alike.

    Parameters
    ----------
    fit : Fit
        Of a table. Its estimates stay.
    clusters : mapping
        From the label of each subject to its cluster, as a site.
    kind : {"cr0", "cr2", "cr3"}
        As in :func:`outcomes.mixed.fit`; degrees of freedom are Bell and McCaffrey's.

    Raises
    ------
    ConvergenceError
        The fit did not converge.
    SettingError
        A fit from moments, a subject without a cluster, or fewer than two clusters.

    Examples
    --------
    >>> from outcomes import mixed
    >>> rng = np.random.default_rng(1)
    >>> site = np.repeat(np.arange(6), 10)
    >>> data = {"person": np.arange(60), "visit": ["1"] * 60, "arm": np.tile([0.0, 1.0], 30), "score": rng.normal(size=60) + site}
    >>> plain = mixed.fit(data, "score ~ arm", subject="person", visit="visit", vcov="cr2")
    >>> both = mixed.cluster(plain, dict(enumerate(site)))
    >>> [round(float(one.estimates["df"][1]), 1) for one in (plain, both)]
    [58.0, 5.0]
    """
    engine = fit.engine
    if not fit.converged or engine.optimum is None:
        raise ConvergenceError(f"the fit did not converge ({fit.reason}); it has no variance to cluster")
    if engine.subjects is None:
        raise SettingError("a fit from moments has no subjects to cluster; fit the table")
    names = [clusters.get(label) for label in engine.subjects.labels]
    if any(name is None for name in names):
        raise SettingError(f"{sum(name is None for name in names)} of {len(names)} subjects have no cluster")
    known = {name: place for place, name in enumerate(dict.fromkeys(names))}
    if len(known) < 2:
        raise SettingError("all subjects are of one cluster, which tells nothing of how clusters vary")
    numbers = np.array([known[name] for name in names], dtype=np.intp)
    inference = infer_clustered(engine.model, engine.optimum.state, engine.subjects, numbers, kind)
    return replace(
        fit,
        vcov_type=kind,
        engine=replace(engine, inference=inference),
    )
