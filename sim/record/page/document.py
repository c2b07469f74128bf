"""Puts a page together: one HTML file with its scripts, its arrays and its pictures inside."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from sim.files import replacing
from sim.physics.vehicle import load_vehicle
from sim.record.clearances import HullClearance, sample_clearances
from sim.record.instants import sample_bodies, sample_times
from sim.record.page.answers import answer_columns
from sim.record.page.facts import flight_facts, mark_facts, phase_facts
from sim.record.page.marks import marks
from sim.record.page.pack import deflated, exact, pack
from sim.record.page.pictures import film
from sim.record.page.solids import solid_columns
from sim.record.page.task_facts import fence_facts, task_facts
from sim.record.page.track import track_columns
from sim.record.phases import phase_color
from sim.record.reader import Flight
from sim.types import POSITION
from sim.world.build import world_of

_HERE = Path(__file__).parent
_VENDORED = {
    "three": "three.module.min.js",
    "three.core": "three.core.min.js",
    "OrbitControls": "OrbitControls.js",
    "Line2": "Line2.js",
    "LineGeometry": "LineGeometry.js",
    "LineMaterial": "LineMaterial.js",
    "LineSegments2": "LineSegments2.js",
    "LineSegmentsGeometry": "LineSegmentsGeometry.js",
}
_FROM = re.compile(r"""(\bfrom\s*|\bimport\s*)(["'])\./([\w.]+?)(?:\.min)?\.js\2""")
"""An import of a neighbour, which a page knows by its bare name."""


def write_page(flight: Flight, path: str | Path, optimum: float | None = None) -> None:
    """Write the page of a flight, whole or not at all; a log without a step is a ValueError.

    `optimum` is the best prize of a mission; without it the prize stands against all that was on offer.
    """
    flight.require_steps("draw")
    facts, arrays = _contents(flight, optimum)
    environment = Environment(loader=FileSystemLoader(_HERE / "static"), autoescape=True)
    text = environment.get_template("page.html").render(
        title=facts["title"],
        style=(_HERE / "static" / "page.css").read_text(encoding="utf-8"),
        loader=(_HERE / "static" / "loader.js").read_text(encoding="utf-8"),
        modules=deflated(json.dumps(_modules()).encode()),
        licence=(_HERE / "vendor" / "LICENSE").read_text(encoding="utf-8"),
        facts=_as_json(facts),
        arrays=arrays,
    )
    path = Path(path)
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _contents(flight: Flight, optimum: float | None) -> tuple[dict[str, Any], str]:
    """The page's JSON and its packed arrays."""
    scenario = flight.scenario
    world, vehicle = world_of(scenario), load_vehicle(scenario.vehicle)
    hull = HullClearance(scenario, world)
    times, bodies = sample_times(flight), sample_bodies(flight)
    clearance = sample_clearances(flight, hull)
    solids, left_out = solid_columns(world, bodies[:, POSITION])
    phases, phase_of_step = phase_facts(flight)
    pictures = film(flight.images)
    facts = flight_facts(flight, world, vehicle, left_out, optimum) | {
        "task": task_facts(flight, hull.field, hull.radius),
        "fences": fence_facts(scenario),
        "rally": [] if scenario.safety is None else [list(p) for p in scenario.safety.rally_m],
        "marks": mark_facts(marks(flight, times, clearance)),
        "phases": phases,
        "phase_colors": [phase_color(name) for name in phases],
        "film": None if pictures is None else asdict(pictures),
    }
    columns = (
        track_columns(flight, times, bodies, clearance, hull.movers)
        | {"phase": exact(phase_of_step, "uint8")}
        | answer_columns(flight)
        | solids
    )
    return facts, pack(columns)


def _modules() -> dict[str, str]:
    """Every module by the bare name that others import it by."""
    sources = {name: (_HERE / "vendor" / file) for name, file in _VENDORED.items()}
    sources |= {path.stem: path for path in sorted((_HERE / "static" / "modules").glob("*.js"))}
    return {
        name: _FROM.sub(r"\1\2\3\2", path.read_text(encoding="utf-8"))
        for name, path in sources.items()
    }


def _as_json(content: dict[str, Any]) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element."""
    text = json.dumps(content, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
