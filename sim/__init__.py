"""The simulator: scenarios, physics, world, sensors, tasks, the environment and the flight log."""

# First, and for its effect alone: it must run before anything below imports numba.
import sim._numba_cache  # noqa: F401 - see its docstring.
