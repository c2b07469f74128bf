"""Engines by name."""

from agents.fanout import Engine, LocalEngine
from agents.fanout_ray import RayEngine
from sim.names import unknown

ENGINES = ("local", "ray")


def open_engine(
    name: str, workers: int, limit_s: float = float("inf"), address: str | None = None
) -> Engine:
    """Processes of this machine, or Ray; an address is that of a running Ray cluster."""
    if name not in ENGINES:
        raise ValueError(unknown("engine", name, ENGINES))
    if name == "ray":
        return RayEngine(workers, limit_s, address)
    if address is not None:
        raise ValueError(f"address = {address}: only the engine ray has one")
    return LocalEngine(workers, limit_s)
