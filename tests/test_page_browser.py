"""A shared page as its reader meets it: opened from the disk in Chromium, without a network."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from sim.record.instants import sample_bodies, sample_times
from sim.record.page import write_page
from sim.record.reader import Flight, read_flight
from sim.types import Event, FlightResult, Outcome
from tests.browser import Opened, chromium, opened, running
from tests.builders import course, scenario, trunk, world
from tests.sim.synthetic_flight import MadeStep, make_result, make_steps, write_log

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on the search path")
MILLIMETRES = 2e-3
"""m: a position is rounded to 1 mm, and read back at a time rounded to single precision."""


def crashed(steps: list[MadeStep]) -> FlightResult:
    """A result whose last event is a collision, on the last step."""
    time = len(steps) / 15
    crash = Event(time, "collision", {"with": "trunk", "position_m": [1.0, 2.0, 1.5]})
    return replace(make_result(steps), outcome=Outcome.COLLISION, events=(crash,))


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    """A mission of six seconds that ends in a collision, on which the last step is cut short."""
    steps = make_steps(90)
    result = crashed(steps)
    last = replace(steps[-1], events=result.events, ticks=steps[-1].ticks[:5])
    path = tmp_path_factory.mktemp("log") / "flight.mcap"
    return read_flight(write_log(path, [*steps[:-1], last], result))


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with running() as browser:
        yield browser


@pytest.fixture(scope="module")
def shown(chrome: Browser, flight: Flight, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(flight, path)
    return opened(chrome, path, 900, 560)


def test_it_opens_without_complaint_and_asks_for_nothing(shown: Opened) -> None:
    shown.page.wait_for_timeout(500)
    assert [said for said in shown.complaints if "GPU stall" not in said] == []
    outside = [url for url in shown.requests if not url.startswith(("data:", "blob:"))]
    assert [url.split("/")[-1] for url in outside] == ["page.html"]


def test_it_says_what_was_flown(shown: Opened, flight: Flight) -> None:
    words = shown.page.inner_text("header").lower()
    for part in (flight.scenario.name, f"seed {flight.scenario.seed}", "collision", "with trunk"):
        assert part in words


def test_the_scene_is_drawn(shown: Opened) -> None:
    picture = shown.page.locator("#scene").screenshot()
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.std() > 10.0


def test_scrubbing_moves_the_drone_to_where_it_was(shown: Opened, flight: Flight) -> None:
    bodies = sample_bodies(flight)
    for sample in (0, 33, 90):
        shown.page.evaluate(
            "n => { scrub.value = n; scrub.dispatchEvent(new Event('input')) }", sample
        )
        state = shown.state
        assert state["sample"] == sample
        assert np.abs(np.array(state["drone"]) - bodies[sample, :3]).max() < MILLIMETRES
        assert abs(np.dot(state["quaternion"], bodies[sample, 3:7])) > 1.0 - 1e-6


def test_between_samples_the_drone_is_between(shown: Opened, flight: Flight) -> None:
    times, bodies = sample_times(flight), sample_bodies(flight)
    shown.page.evaluate("t => window.trident.seek(t)", float(times[40] + times[41]) / 2)
    where = np.array(shown.state["position"])
    low, high = np.sort(bodies[40:42, :3], axis=0)
    assert (where > low - 0.01).all()
    assert (where < high + 0.01).all()


def test_jump_to_collision_lands_on_its_frame(shown: Opened, flight: Flight) -> None:
    shown.page.evaluate("window.trident.seek(0)")
    shown.page.keyboard.press("x")
    state = shown.state
    assert state["sample"] == len(flight)
    assert state["time"] == pytest.approx(sample_times(flight)[-1], abs=1e-5)
    assert "collision" in shown.page.inner_text("#caption")
    where = flight.poses[-1, :3]
    assert np.abs(np.array(state["drone"]) - where).max() < MILLIMETRES


def test_marks_jump_to_their_instant(shown: Opened) -> None:
    for index, mark in enumerate(shown.state["marks"]):
        shown.page.locator("#marks button").nth(index).dispatch_event("click")
        assert shown.state["sample"] == mark["sample"]


def test_keys_work(shown: Opened) -> None:
    press = shown.page.keyboard.press
    shown.page.evaluate("window.trident.seekSample(30)")
    press("ArrowRight")
    assert shown.state["sample"] == 31
    press("ArrowLeft")
    press("ArrowLeft")
    assert shown.state["sample"] == 29
    press("Home")
    assert shown.state["time"] == 0.0
    press("End")
    assert shown.state["sample"] == shown.state["samples"] - 1
    for key, view in zip("1234", ("chase", "onboard", "orbit", "top"), strict=True):
        press(key)
        assert shown.state["view"] == view
    press("+")
    assert shown.state["speed"] == 2
    press("-")
    assert shown.state["speed"] == 1
    theme = shown.state["theme"]
    press("t")
    assert shown.state["theme"] != theme
    press("c")
    assert shown.state["color"] == "speed"
    press("?")
    assert shown.page.locator("#help").is_visible()
    press("Escape")
    assert not shown.page.locator("#help").is_visible()


def test_playing_goes_on_and_pauses(shown: Opened) -> None:
    shown.page.evaluate("window.trident.seek(0)")
    shown.page.keyboard.press(" ")
    for _ in range(100):
        if shown.state["time"] > 0.3:
            break
        shown.page.wait_for_timeout(50)
    assert shown.state["time"] > 0.3
    shown.page.keyboard.press(" ")
    state = shown.state
    assert not state["playing"]
    shown.page.wait_for_timeout(300)
    assert shown.state["time"] == state["time"]


def test_every_control_has_a_name(shown: Opened) -> None:
    unnamed = shown.page.evaluate(
        """[...document.querySelectorAll('button, select, input, canvas')]
        .filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"""
    )
    assert unnamed == []


def test_short_incomplete_logs_without_heads_or_pictures_open_on_a_phone(
    chrome: Browser, tmp_path: Path
) -> None:
    flown = scenario(task=course(), world=world(trunk(12.0, 1.5)))
    step = make_steps(1)[0]
    flight = read_flight(write_log(tmp_path / "flight.mcap", [step], None))
    bare = replace(
        flight,
        scenario=flown,
        images=np.zeros_like(flight.images),
        metadata={k: v for k, v in flight.metadata.items() if k != "lattice"},
        decisions=tuple(
            replace(d, navigation=None, survival=None, fused=None) for d in flight.decisions
        ),
    )
    write_page(bare, tmp_path / "page.html")
    shown = opened(chrome, tmp_path / "page.html", 390, 800)
    assert shown.state["samples"] == 2
    assert shown.page.locator("#no-film").is_visible()
    assert shown.page.locator("#no-lattice").is_visible()
    assert "incomplete log" in shown.page.inner_text("header").lower()
    assert shown.page.evaluate("document.body.scrollWidth") <= 390
    assert [said for said in shown.complaints if "GPU stall" not in said] == []
