"""From a family and a seed to one scenario; the same seed gives the same scenario, byte for byte."""

import numpy as np

from scenarios.family import Family
from scenarios.generate.crossings import put_crossings
from scenarios.generate.dead_ends import put_dead_ends
from scenarios.generate.missions import draw_mission
from scenarios.generate.movers import draw_movers
from scenarios.generate.open_tasks import place_avoidance, place_navigation
from scenarios.generate.published_tasks import draw_edges, draw_line
from scenarios.generate.site import Ground, Unplaceable
from scenarios.generate.worlds import draw_world
from scenarios.published import EdgesRecipe, LineRecipe
from scenarios.task_recipes import AvoidRecipe, NavigateRecipe
from sim.physics.vehicle import load_vehicle
from sim.scenario import FORMAT, Battery, Limits, Scenario, Weather
from sim.world_spec import WorldSpec

MAX_REDRAWS = 40
_WORLD_STREAM, _TASK_STREAM, WEATHER_STREAM, MOVERS_STREAM, _OBSTRUCTION_STREAM = range(101, 106)
HEADROOM = 2.0
"""m of world above the altitude limit."""


def resolve(family: Family, name: str, seed: int) -> Scenario:
    """Draw until world and task fit together; the seed then names the first draw that did."""
    last = Unplaceable("nothing was drawn")
    for redraw in range(MAX_REDRAWS):
        try:
            return _draw(family, name, seed, redraw)
        except Unplaceable as problem:
            last = problem
    raise ValueError(f"{MAX_REDRAWS} draws failed, the last because {last}")


def _draw(family: Family, name: str, seed: int, redraw: int) -> Scenario:
    streams = [
        np.random.default_rng([seed, redraw, s])
        for s in (_WORLD_STREAM, _TASK_STREAM, WEATHER_STREAM, _OBSTRUCTION_STREAM)
    ]
    world_rng, task_rng, weather_rng, obstruction_rng = streams
    vehicle = load_vehicle(family.vehicle)
    altitude = family.altitude
    spec = draw_world(family.world, altitude.max_m + HEADROOM, world_rng)
    over_and_under = isinstance(family.task, LineRecipe) and family.task.any_height
    ground = Ground(
        spec, vehicle.hull_radius, altitude.flight_m, altitude.max_m, any_height=over_and_under
    )
    battery = Battery(
        capacity_wh=family.battery.capacity_wh,
        initial_fraction=1.0,
        reserve_fraction=family.battery.reserve_fraction,
    )
    speed = family.speed_limit_m_s
    if isinstance(family.task, NavigateRecipe):
        ground, start, task = place_navigation(family.task, ground, task_rng)
        ground, task = put_dead_ends(family.task, ground, start, task, obstruction_rng)
        spec = ground.spec
    elif isinstance(family.task, AvoidRecipe):
        ground, start, task = place_avoidance(family.task, ground, task_rng)
        spec = put_crossings(family.task, ground, start, task, speed, obstruction_rng).spec
    elif isinstance(family.task, LineRecipe):
        start, task = draw_line(family.task, ground)
    elif isinstance(family.task, EdgesRecipe):
        start, task = draw_edges(family.task, ground, task_rng)
    else:
        start, task, panels, battery = draw_mission(
            family.task, family.battery, ground, vehicle, speed, task_rng
        )
        spec = WorldSpec.model_validate({**spec.model_dump(), "panels": panels})
    if family.movers:
        movers_rng = np.random.default_rng([seed, redraw, MOVERS_STREAM])
        movers = draw_movers(family.movers, spec, start, altitude.max_m, movers_rng)
        spec = WorldSpec.model_validate({**spec.model_dump(), "movers": (*spec.movers, *movers)})
    return Scenario(
        format=FORMAT,
        name=name,
        seed=seed,
        redraws=redraw,
        held_out=family.held_out,
        vehicle=family.vehicle,
        speed_limit_m_s=speed,
        world=spec,
        start=start,
        task=task,
        limits=Limits(altitude_max_m=altitude.max_m),
        battery=battery,
        weather=draw_weather(family, weather_rng),
        odometry=family.odometry,
        sensors=family.sensors,
        camera=family.camera,
        rates=family.rates,
        faults=family.faults,
        collision_radius_m=family.collision_radius_m,
        published_rule=family.published_rule,
    )


def draw_weather(family: Family, rng: np.random.Generator) -> Weather:
    """The family's weather, its wind from a random direction."""
    speed, direction = rng.uniform(*family.weather.wind_m_s), rng.uniform(-np.pi, np.pi)
    wind = (
        round(float(speed * np.cos(direction)), 3),
        round(float(speed * np.sin(direction)), 3),
        0.0,
    )
    weather = family.weather
    return Weather(
        wind_world_m_s=wind,
        turbulence_m_s=weather.turbulence_m_s,
        gusts=weather.gusts,
        shear_exponent=weather.shear_exponent,
        shear_reference_m=weather.shear_reference_m,
    )
