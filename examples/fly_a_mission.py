"""A hand-written mission, flown by the privileged teacher, logged, read back and drawn."""

import json
import sys
from pathlib import Path

import agents
import scenarios
from sim.record.plot import write_plot
from sim.record.reader import Flight, read_flight
from sim.record.writer import FlightLog

MISSION = Path(__file__).parent / "two_panels.toml"


def main(out: Path = Path("runs/example"), pilot: str = "teacher") -> Flight:
    """Write flight.mcap and flight.png into `out`; returns the flight as its log holds it."""
    out.mkdir(parents=True, exist_ok=True)
    # Checks that start, pad and viewpoints are free and reachable; a seed would change noise and gusts only.
    scenario = scenarios.resolve(scenarios.load(str(MISSION)), seed=None)
    # The lattice travels with the log, so that a film can label what the heads said.
    facts = {"pilot": pilot, "lattice": json.dumps(agents.describe_lattice())}
    with FlightLog(out / "flight.mcap", scenario, facts) as log:
        agents.fly(scenario, agents.load_pilot(pilot), log)
    flight = read_flight(out / "flight.mcap")
    write_plot(flight, out / "flight.png")
    return flight


if __name__ == "__main__":
    flown = main()
    assert flown.result is not None
    for event in flown.events:
        sys.stdout.write(f"{event.time:6.1f} s  {event.name}\n")
    sys.stdout.write(
        f"prize {flown.result.prize:g} of {agents.mission_optimum(flown.scenario):g}\n"
    )
