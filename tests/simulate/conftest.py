from __future__ import annotations

import pytest

from outcomes.simulate import Mess, Network, simulate_network


@pytest.fixture(scope="session")
def example() -> Network:
    """Return the network that is committed as the example."""
    return simulate_network(1200, 2026)


@pytest.fixture(scope="session")
def messy() -> Network:
    return simulate_network(400, 5)


@pytest.fixture(scope="session")
def clean() -> Network:
    return simulate_network(400, 5, Mess.none())


@pytest.fixture(scope="session")
def large() -> Network:
    """Return a clean network large enough for shares to be known to about one percentage point."""
    return simulate_network(8000, 11, None)
