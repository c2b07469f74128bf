"""`bench`: environment steps per second on one core, beside the floor they stand on."""

from rich.table import Table

from scenarios.bench_rates import measure_rates
from scenarios.bench_scene import CONTROL_HZ, MAX_OBSTACLES
from scenarios.commands.console import InputError, progress, say_json, show


def bench(*, obstacles: int, seconds: float, as_json: bool) -> int:
    """Measure, print, and return 0."""
    if not 1 <= obstacles <= MAX_OBSTACLES:
        raise InputError(f"obstacles = {obstacles}: must lie between 1 and {MAX_OBSTACLES}")
    if not 0 < seconds < float("inf"):
        raise InputError(f"seconds = {seconds}: must be positive")
    with progress("measuring", "rounds") as report:
        rates = measure_rates((obstacles,), seconds, report)[obstacles]
    show(_table(rates, obstacles))
    if as_json:
        named = {f"{name}_steps_per_s": round(rate, 1) for name, rate in rates.items()}
        share = round(rates["camera"] / rates["floor"], 3)
        say_json({"obstacles": obstacles, **named, "camera_of_floor": share})
    return 0


def _table(rates: dict[str, float], obstacles: int) -> Table:
    names = {
        "camera": "environment with camera",
        "state": "environment, state only",
        "floor": "floor: bare Bullet ticks + 1 bare Embree query",
    }
    title = f"one core, {obstacles} obstacles, CPU time"
    table = Table("what", "steps/s", "x real time", "ms/step", "of the floor", title=title)
    for name, rate in rates.items():
        table.add_row(
            names[name],
            f"{rate:.0f}",
            f"{rate / CONTROL_HZ:.0f}",
            f"{1e3 / rate:.2f}",
            f"{100 * rate / rates['floor']:.0f} %",
        )
    return table
