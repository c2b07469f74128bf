"""Flights in Rerun's viewer, from a log or while they are flown; all but this door and `rows` need the extra `viz`."""
