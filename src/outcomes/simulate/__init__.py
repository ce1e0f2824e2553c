"""Synthetic clinics with known truth, and the mess of a real export.

``simulate_network`` builds a network in memory; ``write_network`` writes its files. The generative model is told in
``docs/synthetic-clinic.md``, its numbers are in ``outcomes.simulate.parameters``.
"""

from outcomes.simulate.mess import Mess
from outcomes.simulate.network import Network, simulate_network, write_network

__all__ = ["Mess", "Network", "simulate_network", "write_network"]
