"""What a flight is to do, as data: reach a goal, keep a course, or inspect sites and land."""

from operator import not_
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from sim.fields import (
    Finite,
    Flag,
    Model,
    NonNegative,
    Positive,
    Spot,
    Whole,
    is_none,
)
from sim.rules import ARRIVAL_RADIUS
from sim.types import MAX_TOKENS


class Finish(Model):
    """When a goal counts as reached."""

    shape: Literal["ball", "column", "plane"] = "ball"
    """What `within_m` is measured to: the goal, the goal in plan view, or the goal along the line from the start."""
    within_m: Positive = ARRIVAL_RADIUS
    time_limit_s: Annotated[Positive | None, Field(exclude_if=is_none)] = None
    """Without it, 3 x geodesic / speed limit + 10 s."""


def _is_usual(finish: Finish) -> bool:
    return finish == Finish()


class NavigateTask(Model):
    """Reach a goal."""

    kind: Literal["navigate"]
    goal_m: Spot
    geodesic_m: Positive
    """Length of the shortest free way from start to goal; sets the time limit."""
    finish: Annotated[Finish, Field(exclude_if=_is_usual)] = Finish()
    """Written only where a published benchmark judges otherwise, so that the rest keep their digests."""
    any_height: Annotated[Flag, Field(exclude_if=not_)] = False
    """Whether the free way may be flown at every height below the limit, not just between those of start and goal."""


class AvoidTask(Model):
    """Keep a commanded course at a commanded speed through obstacles."""

    kind: Literal["avoid"]
    course_rad: Finite
    """Direction in the world's x-y plane."""
    distance_m: Positive
    """Progress along the course that counts as success."""
    min_speed_fraction: Annotated[Finite, Field(gt=0, le=1)]
    """Least average progress, as a fraction of the speed limit."""

    @property
    def direction(self) -> Float[np.ndarray, "3"]:
        """Unit vector along the course, world; level."""
        return np.array([np.cos(self.course_rad), np.sin(self.course_rad), 0.0])


MAX_WAYPOINTS = 500
"""Of a route; a free choice among sites is limited by the observation's tokens."""


class SiteSpec(Model):
    """A viewpoint about 4 m in front of a panel, or, without one, a point to fly to."""

    position_m: Spot
    yaw_rad: Finite
    """Heading that faces the panel."""
    prize: Positive
    mandatory: Flag
    panel: Annotated[Annotated[Whole, Field(ge=0)] | None, Field(exclude_if=is_none)] = None
    """Index into the world's panels; without it being there serves the site."""
    any_heading: Annotated[Flag, Field(exclude_if=not_)] = False
    """The site is served whatever the heading."""
    hold_s: Annotated[NonNegative, Field(exclude_if=not_)] = 0.0
    """Time to stay before a route goes on."""
    speed_limit_m_s: Annotated[Positive | None, Field(exclude_if=is_none)] = None
    """On the leg of a route to here, below the flight's own."""


class MissionTask(Model):
    """Inspect sites on one battery and land at home."""

    kind: Literal["mission"]
    home_m: Spot
    """Centre of the pad, on the ground."""
    sites: Annotated[tuple[SiteSpec, ...], Field(min_length=1, max_length=MAX_WAYPOINTS)]
    time_limit_s: Positive
    detour_factor: Annotated[Finite, Field(ge=1)]
    """Fitted ratio of flown to straight distance in this family of worlds; public, used by masks and planners."""
    ordered: Annotated[Flag, Field(exclude_if=not_)] = False
    """A route: sites are shown to the pilot one at a time, in their order; without it the pilot chooses among all."""

    @model_validator(mode="after")
    def _fits_the_tokens(self) -> "MissionTask":
        if not self.ordered:
            if len(self.sites) >= MAX_TOKENS:
                raise ValueError(
                    f"{len(self.sites)} sites: a pilot that chooses among them sees at most {MAX_TOKENS - 1}; "
                    "with ordered = true they are flown one after the other, as many as there are"
                )
            for index, site in enumerate(self.sites):
                if site.hold_s or site.speed_limit_m_s is not None:
                    raise ValueError(
                        f"sites.{index}: hold_s and speed_limit_m_s are of routes: ordered = true"
                    )
        return self
