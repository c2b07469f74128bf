"""Flight logs: written, read, flown again, and drawn as video or figure. Import the module you need; some are heavy."""
