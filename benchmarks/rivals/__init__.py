"""Other simulators on the same scene, measured in turn with ours."""
