"""The simulator: scenarios, physics, world, sensors, tasks, the environment and the flight log."""
