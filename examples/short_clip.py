"""A short clip of a flight log, as the one at the top of the README: `python examples/short_clip.py flight.mcap clip.webp`."""

import sys
from pathlib import Path

from sim.record.clip import write_clip
from sim.record.reader import read_flight


def main(log: Path, clip: Path, speed: float = 3.0) -> int:
    """Write the clip; returns its size in bytes."""
    write_clip(read_flight(log), clip, speed=speed)
    return clip.stat().st_size


if __name__ == "__main__":
    arguments = [Path(argument) for argument in sys.argv[1:]]
    if len(arguments) != 2:
        sys.exit("usage: short_clip.py LOG CLIP.webp")
    sys.stdout.write(f"{main(arguments[0], arguments[1])} bytes\n")
