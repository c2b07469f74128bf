"""The legs of a route: between which heights each is flown."""

from sim.scenario import MissionTask


def leg_heights(task: MissionTask, start_height: float) -> list[tuple[float, float]]:
    """Lowest and highest of the way to home (entry 0, flown last, at the last waypoint's height) and to every waypoint, m."""
    heights = [site.position_m[2] for site in task.sites]
    before = [start_height, *heights[:-1]]
    legs = [(min(a, b), max(a, b)) for a, b in zip(before, heights, strict=True)]
    return [(heights[-1], heights[-1]), *legs]
