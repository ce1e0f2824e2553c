# `make` sets up and runs the example study; `make test` runs everything CI runs.
PYTHON ?= python3
STUDY  ?= config/example.yaml
CORES  ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run
run: $(VENV)/installed  ## Set up, then run the pipeline on STUDY (default: the shipped example).
	@$(BIN)/python -m outcomes run $(STUDY) --cores $(CORES) $(if $(DATA),--data $(DATA))

$(VENV)/installed: requirements.lock pyproject.toml
	@echo "Setting up the locked environment in $(VENV) (a minute or two, once) ..."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "outcomes needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# One process of tests more than cores: the tests of a cluster and of a browser wait for most of their time.
.PHONY: test
test: $(VENV)/installed  ## Everything CI runs.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile
	$(BIN)/mypy
	$(BIN)/python -m pytest -n $$(($(CORES) + 1)) --maxprocesses 4 --dist loadfile --no-loadscope-reorder -rs

.PHONY: nightly
nightly: $(VENV)/installed  ## What takes long: runs killed at 50 random moments, 20,000 damaged exports of every format, 300 releases attacked, 800 identifiers planted.
	OUTCOMES_NIGHTLY=1 $(BIN)/python -m pytest -n logical tests/test_processors.py tests/analysis/edges/test_edges.py tests/release/test_attack_faces.py tests/intake/test_planted_kinds.py
	KILLS=50 $(BIN)/python -m pytest -n0 tests/test_stopped_runs.py
	OUTCOMES_MUTANTS=20000 $(BIN)/python -m pytest -n0 tests/intake/test_fuzz.py
	OUTCOMES_ATTACKED_STUDIES=300 $(BIN)/python -m pytest -n logical tests/release/test_attack.py

.PHONY: docs
docs: $(VENV)/installed  ## The documentation site, in site/ (runs the example for its figures).
	@$(BIN)/python -m outcomes run config/example.yaml --cores $(CORES)
	$(BIN)/python docs/generate/pages.py
	$(BIN)/zensical build --clean --strict
	@echo "Documentation: site/index.html"

.PHONY: notebooks
notebooks: $(VENV)/installed  ## Open the notebooks in JupyterLab, on STUDY (run it first).
	STUDY=$(STUDY) $(BIN)/python -m jupyter lab notebooks

.PHONY: clean
clean:  ## Remove what the pipeline made (the raw exports stay).
	rm -rf results figures/*/ .snakemake data/*/derived data/*/internal data/*/logs build site

.PHONY: help
help:  ## List the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.PHONY: lock
lock:  ## Recompile requirements.lock, and environment.yml after it, from pyproject.toml (needs uv).
	uv pip compile pyproject.toml --extra dev --extra slurm --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet --output-file requirements.lock
	$(BIN)/python docs/generate/environment.py
