"""Sensors and the estimator that the autopilot and the observation read."""
