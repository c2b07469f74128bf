"""Mission recipes made concrete: home, panels, viewpoints, prizes, and a battery that does not allow all of it."""

import numpy as np
from jaxtyping import Float

from scenarios.family import BatteryRecipe
from scenarios.generate.site import Ground, Unplaceable
from scenarios.generate.tasks import free_point, is_roomy
from scenarios.task_recipes import MIN_SITE_CLEARANCE, MissionRecipe
from sim.flight_costs import cruise_speed, flight_costs
from sim.physics.vehicle import Vehicle
from sim.rules import CLOSE_UP_ALLOWANCE, LANDING_SECONDS, STOP_SECONDS, VIEW_DISTANCE
from sim.scenario import Battery, Start
from sim.task_spec import MissionTask, SiteSpec
from sim.world.geodesic import GeodesicField
from sim.world_spec import PanelSpec, WorldSpec

_SIGHT_MARGIN = 0.5
"""m around the line of sight that is free."""
_PANEL_MARGIN = 0.3
"""m around a panel that is free."""
_PANEL_LIFT = 0.1
"""m between a panel and the ground, at least."""
_PANEL_SPACING = 4.0
"""m between a viewpoint and another site's panel, so that each panel is read from its own."""
_TRIES = 1500
_TIME_FACTOR = 3.0
"""Time limit over the time the whole tour would take at cruise speed."""


def draw_mission(
    recipe: MissionRecipe,
    battery: BatteryRecipe,
    ground: Ground,
    vehicle: Vehicle,
    speed_limit: float,
    rng: np.random.Generator,
) -> tuple[Start, MissionTask, tuple[PanelSpec, ...], Battery]:
    """Everything of a mission but the world it stands in."""
    home = _draw_home(ground, rng)
    viewpoints = _draw_viewpoints(recipe, ground, home, rng)
    panels = tuple(
        _panel(recipe, ground, view, index < recipe.mandatory, rng)
        for index, view in enumerate(viewpoints)
    )
    sites = tuple(_site(recipe, ground, view, index, rng) for index, view in enumerate(viewpoints))
    ground = _with_panels(ground, panels)
    ways = _ways(ground, np.vstack([home, viewpoints[:, :2]]))
    energy, duration = _tour(recipe, ways, vehicle, speed_limit)
    capacity = recipe.energy_fraction * energy / (1.0 - battery.reserve_fraction)
    task = MissionTask(
        kind="mission",
        home_m=(float(home[0]), float(home[1]), ground.flying_height(home) - ground.altitude),
        sites=sites,
        time_limit_s=round(_TIME_FACTOR * duration, 1),
        detour_factor=recipe.detour_factor,
    )
    pack = Battery(
        capacity_wh=round(capacity, 3),
        initial_fraction=1.0,
        reserve_fraction=battery.reserve_fraction,
    )
    yaw = round(float(rng.uniform(-np.pi, np.pi)), 3)
    start = Start(
        position_m=(float(home[0]), float(home[1]), ground.flying_height(home)), yaw_rad=yaw
    )
    return start, task, panels, pack


def draw_cells(faulty: bool, rng: np.random.Generator) -> str:
    """A panel's 16 cells: a fault is a 2 x 2 block of orange; single orange cells and white ones distract."""
    while True:
        cells = np.full((4, 4), "b")
        cells[rng.random((4, 4)) < 0.12] = "w"
        cells[rng.random((4, 4)) < 0.10] = "o"
        if rng.random() < 0.3:
            row, column = rng.integers(3, size=2)
            cells[row : row + 2, column : column + 2] = "w"
        if faulty:
            row, column = rng.integers(3, size=2)
            cells[row : row + 2, column : column + 2] = "o"
        text = "".join(cells.ravel())
        if PanelSpec(center_m=(0, 0, 1), yaw_rad=0.0, cells=text, covered=False).faulty == faulty:
            return text


# --- Private.


def _with_panels(ground: Ground, panels: tuple[PanelSpec, ...]) -> Ground:
    """The ground with the panels standing on it."""
    spec = WorldSpec.model_validate({**ground.spec.model_dump(), "panels": panels})
    return Ground(spec, ground.hull_radius, ground.altitude, ground.altitude_max)


def _ways(ground: Ground, stops: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n n"]:
    """Free-way lengths between home, which comes first, and the viewpoints; the panels must not have closed one."""
    if not all(ground.space.is_free(stop) for stop in stops):
        raise Unplaceable("a panel stands in the way of a viewpoint")
    ways = np.array([[field.at(stop) for stop in stops] for field in map(ground.ways_to, stops)])
    if not np.isfinite(ways).all():
        raise Unplaceable("the panels close the way to a site")
    return ways


def _draw_home(ground: Ground, rng: np.random.Generator) -> Float[np.ndarray, "2"]:
    for _ in range(_TRIES):
        home = free_point(ground, rng)
        if ground.clear(home) >= MIN_SITE_CLEARANCE:
            return home
    raise Unplaceable("no place for the pad")


def _draw_viewpoints(
    recipe: MissionRecipe, ground: Ground, home: Float[np.ndarray, "2"], rng: np.random.Generator
) -> Float[np.ndarray, "n 3"]:
    """x, y and heading of each viewpoint: reachable, apart from the others, its panel in plain sight."""
    fields, found = [ground.ways_to(home)], list[np.ndarray]()
    for _ in range(_TRIES):
        if len(found) == recipe.sites:
            return _mandatory_first(found, fields[0])
        offset = recipe.reach_m * np.sqrt(rng.random()) * _direction(rng.uniform(-np.pi, np.pi))
        view = np.round(np.array([*(home + offset), rng.uniform(-np.pi, np.pi)]), 3)
        stops = [home, *(other[:2] for other in found)]
        apart = all(np.linalg.norm(stop - view[:2]) >= recipe.spacing_m for stop in stops)
        if (
            apart
            and _in_sight(recipe, ground, view)
            and _apart_from_panels(view, found)
            and all(
                field.at(view[:2]) <= recipe.max_detour * np.linalg.norm(stop - view[:2])
                for stop, field in zip(stops, fields, strict=True)
            )
        ):
            found.append(view)
            fields.append(ground.ways_to(view[:2]))
    raise Unplaceable(f"only {len(found)} of {recipe.sites} sites found room")


def _mandatory_first(found: list[np.ndarray], ways: GeodesicField) -> Float[np.ndarray, "n 3"]:
    """Sites in order; the nearer half comes first, since the first ones are mandatory."""
    lengths = [ways.at(view[:2]) for view in found]
    near = np.median(lengths)
    return np.array([found[i] for i in sorted(range(len(found)), key=lambda i: lengths[i] > near)])


def _apart_from_panels(view: Float[np.ndarray, "3"], found: list[np.ndarray]) -> bool:
    """No viewpoint stands in front of another site's panel."""
    return all(
        min(
            np.linalg.norm(_panel_xy(other) - view[:2]), np.linalg.norm(_panel_xy(view) - other[:2])
        )
        >= _PANEL_SPACING
        for other in found
    )


def _in_sight(recipe: MissionRecipe, ground: Ground, view: Float[np.ndarray, "3"]) -> bool:
    least, most = recipe.clearance_m
    if not is_roomy(ground, view[:2]) or not least <= ground.clear(view[:2]) <= most:
        return False
    panel = _panel_xy(view)
    low, high = (np.array(corner[:2]) for corner in (ground.spec.low_m, ground.spec.high_m))
    if (
        (panel < low + 1.5).any()
        or (panel > high - 1.5).any()
        or ground.clear(panel) < recipe.panel_side_m / 2 + _PANEL_MARGIN
    ):
        return False
    start, end = (np.array([*xy, ground.flying_height(xy)]) for xy in (view[:2], panel))
    return ground.sees(start, end, _SIGHT_MARGIN)


def _panel_xy(view: Float[np.ndarray, "3"]) -> Float[np.ndarray, "2"]:
    return view[:2] + VIEW_DISTANCE * _direction(view[2])


def _direction(angle: float) -> Float[np.ndarray, "2"]:
    return np.array([np.cos(angle), np.sin(angle)])


def _panel(
    recipe: MissionRecipe,
    ground: Ground,
    view: Float[np.ndarray, "3"],
    mandatory: bool,
    rng: np.random.Generator,
) -> PanelSpec:
    center = _panel_xy(view)
    faulty, covered = rng.random() < recipe.faulty_share, rng.random() < recipe.blocked_share
    yaw = (view[2] + 2 * np.pi) % (2 * np.pi) - np.pi
    return PanelSpec(
        center_m=(
            round(float(center[0]), 3),
            round(float(center[1]), 3),
            max(ground.altitude, recipe.panel_side_m / 2 + _PANEL_LIFT)
            + (ground.flying_height(center) - ground.altitude),
        ),
        yaw_rad=round(float(yaw), 3),
        cells=draw_cells(bool(faulty), rng),
        covered=bool(covered) and not mandatory,
        side_m=recipe.panel_side_m,
    )


def _site(
    recipe: MissionRecipe,
    ground: Ground,
    view: Float[np.ndarray, "3"],
    index: int,
    rng: np.random.Generator,
) -> SiteSpec:
    low, high = recipe.prize
    return SiteSpec(
        position_m=(float(view[0]), float(view[1]), ground.flying_height(view)),
        yaw_rad=float(view[2]),
        prize=float(rng.integers(round(low), round(high) + 1)),
        mandatory=index < recipe.mandatory,
        panel=index,
    )


def _tour(
    recipe: MissionRecipe, ways: Float[np.ndarray, "n n"], vehicle: Vehicle, speed_limit: float
) -> tuple[float, float]:
    """Energy (Wh) and duration (s) of visiting every site: a 2-opt tour over the free ways, stops and close-ups."""
    length, costs = tour_length(ways), flight_costs(vehicle, speed_limit)
    sites = len(ways) - 1
    waiting = sites * (STOP_SECONDS + recipe.faulty_share * CLOSE_UP_ALLOWANCE) + LANDING_SECONDS
    energy = length * costs.per_metre_wh + costs.hovering_wh(waiting)
    return energy, length / cruise_speed(speed_limit) + waiting


def tour_length(ways: Float[np.ndarray, "n n"]) -> float:
    """Length of a closed tour from stop 0: nearest neighbour, then 2-opt until nothing improves."""
    order, rest = [0], set(range(1, len(ways)))
    while rest:
        order.append(min(rest, key=lambda stop: ways[order[-1], stop]))
        rest.remove(order[-1])
    improved = True
    while improved:
        improved = False
        for i in range(1, len(order) - 1):
            for j in range(i + 1, len(order)):
                candidate = order[:i] + order[i : j + 1][::-1] + order[j + 1 :]
                if _closed(ways, candidate) < _closed(ways, order) - 1e-9:
                    order, improved = candidate, True
    return _closed(ways, order)


def _closed(ways: Float[np.ndarray, "n n"], order: list[int]) -> float:
    return float(sum(ways[a, b] for a, b in zip(order, order[1:] + order[:1], strict=True)))
