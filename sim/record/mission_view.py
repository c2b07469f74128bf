"""What the mission head said: a row for each choice, with belief and prize, and the battery against its reserve."""

import numpy as np
from jaxtyping import Float

from sim.record import canvas
from sim.record.canvas import Image
from sim.record.choice_shares import choice_shares
from sim.record.prizes import prize_words, prizes_earned
from sim.record.reader import Flight
from sim.record.words import choice_words
from sim.task_spec import AvoidTask, MissionTask, NavigateTask
from sim.types import EGO_FIELDS, HOME, INSPECT, LAND, MASKED, POSITION, SITE_FIELDS

_ROW = 21
_BATTERY = EGO_FIELDS.index("battery")
_PRIZE, _VISITED = SITE_FIELDS.index("prize"), SITE_FIELDS.index("visited")
_BAR_LEFT, _BAR_WIDTH, _PRIZE_RIGHT, _FAULT_LEFT, _BLOCK_LEFT, _BELIEF = 34, 76, 146, 160, 212, 44


class MissionView:
    """The panel of the mission, 272 x 436 px; for the other tasks, of the goal."""

    def __init__(self, flight: Flight, optimum: float | None = None) -> None:
        """Prepare the mission head's answers, held until the next one; `optimum` is the best prize there is."""
        self._flight, self._optimum = flight, optimum
        self._shares = choice_shares(flight.decisions)
        self._forbidden = _forbidden(flight)
        self._earned = prizes_earned(flight)

    def draw(self, image: Image, step: int) -> None:
        """The panel at one step."""
        task = self._flight.scenario.task
        if isinstance(task, MissionTask):
            self._draw_choices(image, step, 1 if task.ordered else len(task.sites))
        else:
            self._draw_goal(image, step, task)
        self._draw_battery(image, step)

    def _draw_choices(self, image: Image, step: int, sites: int) -> None:
        canvas.text(image, "next choice", 12, 22, canvas.TEXT, 13)
        prize = prize_words(self._flight.scenario, float(self._earned[step]), self._optimum)
        canvas.text_right(image, f"prize {prize}", image.shape[1] - 12, 22, canvas.TEXT, 13)
        for x, title in (
            (_BAR_LEFT, "choice"),
            (_PRIZE_RIGHT - 30, "prize"),
            (_FAULT_LEFT, "faulty"),
            (_BLOCK_LEFT, "blocked"),
        ):
            canvas.text(image, title, x, 42, canvas.MUTED, 11)
        shares = self._shares[step]
        choices = [*range(sites + 1), INSPECT, LAND]
        for row, choice in enumerate(choices):
            self._draw_choice(image, 48 + row * _ROW, step, choice, shares)
        y = 48 + len(choices) * _ROW + 14
        canvas.text(image, "bars: 0 to 100 %; faulty, blocked: believed", 12, y, canvas.MUTED, 11)
        if self._forbidden[step]:
            canvas.text(
                image,
                "first choice forbidden: rules or reserve",
                12,
                y + 16,
                canvas.WARN,
                12,
            )

    def _draw_choice(
        self, image: Image, y: int, step: int, choice: int, shares: Float[np.ndarray, " c"] | None
    ) -> None:
        decision = self._flight.decisions[step]
        chosen = choice == decision.mission_choice
        is_site = HOME < choice < INSPECT
        name = {HOME: "H", INSPECT: "I", LAND: "L"}.get(choice, str(choice))
        if chosen:
            canvas.fill(image, 4, y, image.shape[1] - 8, _ROW - 1, canvas.LINE)
        canvas.text_centred(
            image, name, 20, y + 16, canvas.TEXT if chosen else canvas.MUTED, 13, 600
        )
        if shares is not None:
            self._draw_share(image, y, float(shares[choice]))
        if is_site:
            self._draw_site(image, y, step, choice)
        else:
            canvas.text(image, choice_words(choice), _PRIZE_RIGHT - 22, y + 16, canvas.MUTED, 12)

    def _draw_share(self, image: Image, y: int, share: float) -> None:
        if np.isnan(share):
            canvas.text(image, "forbidden", _BAR_LEFT, y + 16, canvas.MUTED, 11)
        else:
            canvas.bar(image, _BAR_LEFT, y + 6, _BAR_WIDTH, 10, share, canvas.ACCENT)

    def _draw_site(self, image: Image, y: int, step: int, token: int) -> None:
        site = self._flight.sites[step, token]
        visited = site[_VISITED] > 0.5
        color = canvas.GOOD if visited else canvas.TEXT
        canvas.text_right(image, f"{site[_PRIZE]:g}", _PRIZE_RIGHT - 10, y + 16, color, 13)
        belief = self._flight.decisions[step].belief
        if belief is not None:
            canvas.bar(image, _FAULT_LEFT, y + 6, _BELIEF, 10, float(belief[token, 0]), canvas.WARN)
            canvas.bar(image, _BLOCK_LEFT, y + 6, _BELIEF, 10, float(belief[token, 1]), canvas.BAD)
        elif visited:
            canvas.text(image, "visited", _FAULT_LEFT, y + 16, canvas.GOOD, 12)

    def _draw_goal(self, image: Image, step: int, task: NavigateTask | AvoidTask) -> None:
        """Progress of a task without choices."""
        flight = self._flight
        body = flight.step_bodies[step]
        if isinstance(task, NavigateTask):
            aim = ("to the goal", f"{np.linalg.norm(body[POSITION] - np.array(task.goal_m)):.1f} m")
        else:
            aim = (
                "along the course",
                f"{_progress(flight, task, step):.1f} of {task.distance_m:.0f} m",
            )
        limit = f"{flight.scenario.speed_limit_m_s:.1f} m/s"
        rows = [("task", task.kind), aim, ("speed limit", limit)]
        for row, (name, value) in enumerate(rows):
            canvas.text(image, name, 12, 34 + 30 * row, canvas.MUTED, 14)
            canvas.text_right(image, value, image.shape[1] - 12, 34 + 30 * row, canvas.TEXT, 16)

    def _draw_battery(self, image: Image, step: int) -> None:
        left, width, y = 12, image.shape[1] - 24, image.shape[0] - 34
        charge = float(self._flight.ego[step, _BATTERY])
        reserve = self._flight.scenario.battery.reserve_fraction
        color = (
            canvas.GOOD
            if charge > reserve + 0.1
            else canvas.WARN
            if charge > reserve
            else canvas.BAD
        )
        canvas.text(image, f"battery {charge:.0%}", left, y - 8, canvas.TEXT, 13)
        canvas.text_right(image, f"reserve {reserve:.0%}", left + width, y - 8, canvas.MUTED, 12)
        canvas.bar(image, left, y, width, 14, charge, color)
        mark = left + round(width * reserve)
        canvas.fill(image, mark - 1, y - 3, 2, 20, canvas.TEXT)


def _forbidden(flight: Flight) -> list[bool]:
    """At each step, whether the mission head's latest answer had a first choice that the mask forbade."""
    held, latest = [], False
    for decision in flight.decisions:
        latest = MASKED in decision.events if decision.asked else latest
        held.append(latest)
    return held


def _progress(flight: Flight, task: AvoidTask, step: int) -> float:
    """Metres made good along the course."""
    way = flight.step_bodies[step, :2] - np.array(flight.scenario.start.position_m[:2])
    return float(way @ task.direction[:2])
