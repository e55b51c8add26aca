"""Measuring our own runtime on the virtual board, and the profiles made from it.

`python -m dse.measure` measures every core again and rewrites hw_models/measurements/own_*.csv
and the profiles; it is run after a change of a kernel, of its counts or of the compiler.
"""

from dse.measure.networks import measurement_networks
from dse.measure.profiles import write_profiles
from dse.measure.run import measure_all, measure_core

__all__ = ["measure_all", "measure_core", "measurement_networks", "write_profiles"]
