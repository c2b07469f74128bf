"""Vehicle dynamics, autopilot, wind and battery: pure compiled functions."""
