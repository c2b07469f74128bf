"""What each command of the command line does; `run_sim` imports the one that was asked for."""
