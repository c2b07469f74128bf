# Trident: `make fly` flies the default mission, `make test` runs the tests; both set themselves up first.

VENV := .venv
PYTHON := $(VENV)/bin/python
# The files an installation depends on; a second `make` with both unchanged installs nothing.
STAMP := $(VENV)/.installed
WARM := $(VENV)/.warm
NO_PYTHON := No Python 3.11 found (PyBullet has no wheels for newer ones). Get it with: sudo apt install python3.11 python3.11-venv, or uv python install 3.11, or pyenv install 3.11
CODE := $(shell find sim agents scenarios -name '*.py' 2>/dev/null)

.PHONY: fly test test-all check docs bench bench-gate clip install clean

fly: $(WARM)
	$(PYTHON) run_sim.py fly

test: $(WARM)
	$(PYTHON) -m pytest -q -n auto

test-all: $(WARM)
	$(PYTHON) -m pytest -q -n auto --runslow

check: $(STAMP)
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m pyright

# The pages of docs/ as a site, in build/site; a broken link or a page that no list names is an error.
docs: $(STAMP)
	$(PYTHON) -m sphinx --fail-on-warning --keep-going --quiet -b html -d build/site-cache docs build/site

bench: $(WARM)
	$(PYTHON) run_sim.py bench

# Compares ratios with benchmarks/baseline.json: they hold on any machine, an absolute time on none but its own.
bench-gate: $(WARM)
	$(PYTHON) -m benchmarks.suite --gate

# The moving picture at the top of the README, from the default mission.
clip: $(WARM)
	rm -rf build/clip
	$(PYTHON) run_sim.py fly --no-video --out build/clip
	$(PYTHON) examples/short_clip.py build/clip/flight.mcap docs/media/mission.webp

install: $(WARM)

$(STAMP): pyproject.toml
	@python=$$(for name in $(VENV)/bin/python python3.11 python3 python; do \
		command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		&& { command -v $$name; break; }; done); \
	if [ -z "$$python" ]; then echo "$(NO_PYTHON)" >&2; exit 1; fi; \
	[ -x $(PYTHON) ] || "$$python" -m venv $(VENV) || { echo "$(NO_PYTHON)" >&2; exit 1; }
	@echo "setting up $(VENV); the first time takes a few minutes"
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Compiled functions are kept in the user's cache folder, keyed by their sources; one second of flight compiles them all.
$(WARM): $(STAMP) $(CODE)
	$(PYTHON) run_sim.py doctor
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
