"""The safety layer: keeps the pilot's command from breaches, and takes over where something is wrong.

It acts on the estimate, never on truth. Mildest first: hold the command back from fences; warn; hold; return; land. A
return that cannot be flown, because the position is lost or fences leave no way, becomes a landing on the spot. What
it does are events; where it has landed the drone, the flight was safe and no success.
"""

import copy
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from sim.frames import heading_from_world, world_from_heading, yaw_of
from sim.physics.response import response_params
from sim.physics.vehicle import Vehicle
from sim.safety.braking import MARGIN, brakes_of, held_back
from sim.safety.fences import Fences, fences_of, home_of
from sim.safety.returning import Track, straight_ways
from sim.safety.watch import BatteryWatch, CameraWatch, PositionWatch, Reasons, position_spread
from sim.safety_spec import Action, Safety
from sim.scenario import Scenario
from sim.types import MAX_SPEED, POSITION, QUATERNION, VELOCITY, Event, Outcome, Vec3

SEVERITY: tuple[Action, ...] = ("warning", "hold", "return", "land")
_CLEAR_SECONDS = 1.0
"""How long nothing must be the matter before a hold gives the command back."""
_HELD_BACK = 0.3
"""m/s that the command is changed by to count as held back."""
_QUIET_SECONDS = 1.0
"""Without being held back before the next time is another event."""
_DESCENT = 0.5
"""m/s; half the speed above which touching down is a crash."""
_RETURN_SPEED, _CORNER_SPEED = 3.0, 1.5
"""m/s, where the way runs straight on and where it turns."""
_REACHED = 0.6
"""m from a point of the way at which the next is flown to."""
_OVER_PLACE = 0.35
"""m beside the landing place within which a return descends."""
_GAIN = 1.2
"""m/s per m of distance to a point."""
_AHEAD = 3
"""Points of the way that must lie in one direction for it to be flown fast."""


@dataclass
class _State:
    """Everything that changes; copied for snapshots."""

    battery: BatteryWatch | None
    position: PositionWatch | None
    camera: CameraWatch | None
    stage: Action | None = None
    reasons: Reasons = field(default_factory=dict)
    clear_since: float = 0.0
    held_until: float = -1.0
    track: Track = field(default_factory=Track)
    way: Float[np.ndarray, "n 3"] | None = None
    """Of a return, its last point the landing place at flying height."""
    descending: bool = False
    events: list[Event] = field(default_factory=list)


class SafetyLayer:
    """One flight's layer; `command` is asked once a control step."""

    def __init__(
        self, scenario: Scenario, spec: Safety, vehicle: Vehicle, fences: Fences, *, sees: bool
    ) -> None:
        """`sees` is whether there are images to watch."""
        self.fences = fences
        self._scenario, self._spec, self._sees = scenario, spec, sees
        self._brakes = brakes_of(response_params(vehicle), 1.0 / scenario.rates.control_hz)
        self._home = home_of(scenario)
        self.reset()

    def reset(self) -> None:
        """Nothing has happened yet."""
        spec, camera = self._spec, self._scenario.camera
        self._state = _State(
            battery=None if spec.battery is None else BatteryWatch(spec.battery),
            position=None if spec.position_loss is None else PositionWatch(spec.position_loss),
            camera=CameraWatch(spec.camera_loss, camera)
            if spec.camera_loss is not None and self._sees
            else None,
        )

    @property
    def events(self) -> list[Event]:
        """What the layer noticed and did so far."""
        return self._state.events

    @property
    def landing(self) -> bool:
        """Whether it is bringing the drone down, or would on its way: a touchdown then is its own."""
        return self._state.stage in ("return", "land")

    def save(self) -> _State:
        """A copy of everything, for `restore`."""
        return copy.deepcopy(self._state)

    def restore(self, state: _State) -> None:
        """Return to a saved state."""
        self._state = copy.deepcopy(state)

    def command(
        self,
        wanted: Float[np.ndarray, "4"] | None,
        time: float,
        plant: Shaped[np.ndarray, "1"],
        battery: float,
        image: UInt8[np.ndarray, "4 h w"],
    ) -> Float[np.ndarray, "4"] | None:
        """The velocity action to fly instead of the pilot's; None where the pilot's may stand.

        `wanted` is the pilot's velocity action, or None where it commands at another level: then the velocity that is
        flown stands for it.
        """
        state = self._state
        estimate = plant["estimate"][0]
        position, velocity = estimate[POSITION], estimate[VELOCITY]
        yaw = yaw_of(estimate[QUATERNION])
        breach = self.fences.breach(position, landing=self.landing)
        self._look(time, plant, battery, image, breach)
        if state.stage in (None, "warning") and breach is None:
            state.track.note(position)
        turn = 0.0
        if state.stage in ("hold", "return", "land"):
            velocity_wanted = self._take_over(position, breach)
        elif wanted is None:
            velocity_wanted = velocity.copy()
        else:
            velocity_wanted = self._limited(world_from_heading(MAX_SPEED * wanted[:3], yaw))
            turn = float(wanted[3])
        safe = velocity_wanted
        if breach is None:
            walls = self.fences.walls(position, landing=self.landing)
            reach = partial(self.fences.reach, position, landing=self.landing)
            safe = held_back(velocity_wanted, velocity, walls, reach, self._brakes)
        changed = float(np.linalg.norm(safe - velocity_wanted))
        if state.stage in (None, "warning"):
            if changed <= (1e-9 if wanted is not None else _HELD_BACK):
                return None
            self._note_held_back(time, changed)
        action = heading_from_world(self._limited(safe), yaw) / MAX_SPEED
        return np.array([*action, turn], dtype=np.float32)

    # --- Private: what is the matter.

    def _look(
        self,
        time: float,
        plant: Shaped[np.ndarray, "1"],
        battery: float,
        image: UInt8[np.ndarray, "4 h w"],
        breach: Outcome | None,
    ) -> None:
        """Note what began and ended, and go over to what that calls for."""
        state, reasons = self._state, Reasons()
        if breach is not None:
            reasons[str(breach)] = self._spec.geofence_action
        if state.battery is not None:
            reasons |= state.battery.look(battery)
        if state.position is not None:
            eph = position_spread(plant["sensing"]["covariance"][0])
            reasons |= state.position.look(time, eph)
        if state.camera is not None:
            reasons |= state.camera.look(time, image, float(plant["estimate"][0, 2]))
        for name in reasons.keys() - state.reasons.keys():
            state.events.append(Event(time, name, {"action": reasons[name], "by": "estimate"}))
        for name in state.reasons.keys() - reasons.keys():
            state.events.append(Event(time, f"{name}_cleared"))
        state.reasons = reasons
        self._go_over(time, plant["estimate"][0, POSITION])

    def _go_over(self, time: float, position: Vec3) -> None:
        """Change the stage: upwards at once, down from a hold after a quiet while, never from a return or landing."""
        state = self._state
        worst = max(state.reasons, key=lambda name: SEVERITY.index(state.reasons[name]), default="")
        stage = state.reasons.get(worst)
        if stage in ("hold", "return", "land"):
            state.clear_since = time
        if stage == "return" and state.stage != "land":
            stage = self._return_or_land(position)
        if state.stage == "return" and "position_lost" in state.reasons:
            stage = "land"
        rank = -1 if stage is None else SEVERITY.index(stage)
        now = -1 if state.stage is None else SEVERITY.index(state.stage)
        if rank > now:
            state.stage = stage
            if stage != "warning":
                state.events.append(Event(time, f"failsafe_{stage}", {"because": worst}))
        elif rank < now and state.stage in ("warning", "hold"):
            if state.stage == "hold":
                if time - state.clear_since < _CLEAR_SECONDS:
                    return
                state.events.append(Event(time, "failsafe_released"))
            state.stage = stage

    def _return_or_land(self, position: Vec3) -> Action:
        """A return, with its way planned, if it can be flown; else a landing on the spot."""
        state = self._state
        if "position_lost" in state.reasons:
            return "land"
        if state.way is None:
            state.way = self._way_home(position)
        return "return" if len(state.way) else "land"

    def _way_home(self, position: Vec3) -> Float[np.ndarray, "n 3"]:
        height = max(self._spec.return_altitude_m, float(position[2]))
        home = np.array([*self._home[:2], height])
        if self._spec.return_by == "track":
            back = self._state.track.back()
            return np.vstack([back, home]) if len(back) else home[None]
        goals = np.array([[*place[:2], height] for place in (self._home, *self._spec.rally_m)])
        start = position
        if self.fences.breach(position) is not None:
            offset = self.fences.way_in(position)
            start = position + offset * (1.0 + MARGIN / max(float(np.linalg.norm(offset)), 1e-6))
        way = straight_ways(start, goals, height, self.fences)
        if way is None:
            return np.zeros((0, 3))
        climb = np.array([*position[:2], height])
        return np.vstack([climb, way]) if height - position[2] > _REACHED else way

    # --- Private: what is flown.

    def _take_over(self, position: Vec3, breach: Outcome | None) -> Float[np.ndarray, "3"]:
        """The velocity of a hold, a return or a landing, world, m/s."""
        state = self._state
        if state.stage == "land":
            return np.array([0.0, 0.0, -_DESCENT])
        if breach is not None:
            # Out of it first, a little farther than needed.
            offset = self.fences.way_in(position)
            distance = float(np.linalg.norm(offset))
            direction = offset / distance if distance > 1e-6 else np.array([0.0, 0.0, 0.0])
            return max(_GAIN * distance, _CORNER_SPEED) * direction
        if state.stage == "hold":
            return np.zeros(3)
        return self._follow(position)

    def _follow(self, position: Vec3) -> Float[np.ndarray, "3"]:
        """Along the way of a return, then down."""
        state = self._state
        way = state.way
        assert way is not None
        while len(way) > 1 and np.linalg.norm(way[0] - position) < _REACHED:
            way = state.way = way[1:]
        offset = way[0] - position
        level = np.array([offset[0], offset[1], 0.0])
        if len(way) == 1:
            away = float(np.linalg.norm(level))
            state.descending |= away < _OVER_PLACE
            if state.descending:
                sink = -_DESCENT if away < 2.0 * _OVER_PLACE else 0.0
                return np.array([*(_GAIN * offset[:2]), sink])
        speed = min(self._scenario.speed_limit_m_s, _way_speed(position, way))
        distance = float(np.linalg.norm(offset))
        if len(way) == 1:
            speed = min(speed, _GAIN * distance)
        return speed * offset / max(distance, 1e-6)

    def _limited(self, velocity: Vec3) -> Float[np.ndarray, "3"]:
        speed, limit = float(np.linalg.norm(velocity)), self._scenario.speed_limit_m_s
        return velocity * (limit / speed) if speed > limit else velocity

    def _note_held_back(self, time: float, changed: float) -> None:
        state = self._state
        if changed >= _HELD_BACK:
            if time > state.held_until:
                state.events.append(
                    Event(time, "fence_avoided", {"changed_m_s": round(changed, 2)})
                )
            state.held_until = time + _QUIET_SECONDS


def safety_layer(scenario: Scenario, vehicle: Vehicle, *, sees: bool) -> SafetyLayer | None:
    """The layer of a scenario; None where it asks for none."""
    fences = fences_of(scenario)
    if scenario.safety is None or fences is None:
        return None
    return SafetyLayer(scenario, scenario.safety, vehicle, fences, sees=sees)


def _way_speed(position: Vec3, way: Float[np.ndarray, "n 3"]) -> float:
    """Fast where the next points lie ahead of each other, slow before a turn."""
    legs = np.diff(np.vstack([position, way[:_AHEAD]]), axis=0)
    lengths = np.linalg.norm(legs, axis=1)
    legs = legs[lengths > 1e-6] / lengths[lengths > 1e-6, None]
    far = bool(lengths[0] > 2.0 * _RETURN_SPEED)
    onward = bool((legs[:-1] * legs[1:]).sum(axis=1).min(initial=1.0) > 0.9)
    return _RETURN_SPEED if far or onward else _CORNER_SPEED
