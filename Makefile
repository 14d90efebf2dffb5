# On a machine with only python3 (3.11 or later) and its venv module: `make demo` and `make test`.
# Everything is installed into .venv beside this file, from the locks (versions and hashes).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= logical
LOCKS := requirements.lock requirements-build.lock requirements-dev.lock
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --require-hashes
LINT_PATHS := src tests benchmarks hatch_build.py
# Tools that read the settings must neither see nor make anybody's data.
NO_DATA := env -u DATABASE_URL ALDIA_DATA=$(VENV)/.nothing ALDIA_SECRET_KEY=of-the-tools-only ALDIA_DEV=1 PYTHONPATH=src
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help demo test test-sqlite test-postgres check format lint types contracts migrations generated lock front \
	messages figures screenshots clean

help: ## what can be made here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /: /'

# ---- installing -----------------------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Aldía needs Python 3.11 or later: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing Aldía into $(VENV) (a minute or two the first time)…"
	$(PIP) -r requirements.lock -r requirements-build.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	$(PIP) -r requirements-dev.lock
	@touch $@

front: $(VENV)/.run ## Tabler, htmx, icons, fonts and compiled catalogues, when their inputs changed
	@$(BIN)/python hatch_build.py

# ---- using ----------------------------------------------------------------------------------------------------------

demo: front ## a realistic company, served on this machine; prints address and logins
	$(BIN)/aldia demo --port $(PORT)

test: test-sqlite test-postgres ## all tests on SQLite, then those of the database on PostgreSQL

test-sqlite: $(VENV)/.dev front
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-postgres: $(VENV)/.dev front
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --engine=postgres

# ---- the workshop ---------------------------------------------------------------------------------------------------

check: lint types contracts migrations test generated ## everything that CI runs

format: $(VENV)/.dev ## write the house format
	$(BIN)/ruff format $(LINT_PATHS)
	$(BIN)/ruff check --fix $(LINT_PATHS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check $(LINT_PATHS)
	$(BIN)/ruff check $(LINT_PATHS)

types: $(VENV)/.dev
	$(NO_DATA) $(BIN)/mypy

contracts: $(VENV)/.dev
	PYTHONPATH=src $(BIN)/lint-imports --no-cache

migrations: $(VENV)/.dev
	@mkdir -p $(VENV)/.nothing
	$(NO_DATA) DJANGO_SETTINGS_MODULE=aldia.config.settings $(BIN)/python -m django makemigrations --check --dry-run

generated: $(VENV)/.dev front
	@test -z "$$(git status --porcelain)" || { git status --short; echo "the tree is not clean: a check wrote files"; exit 1; }

lock: $(VENV)/.dev ## resolve the dependencies anew (needs network): versions and hashes, no addresses
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) pyproject.toml --extra mx -o requirements.lock $(UPGRADE)
	$(COMPILE) --group build -c requirements.lock -o requirements-build.lock $(UPGRADE)
	$(COMPILE) pyproject.toml --extra mx --group dev -c requirements.lock -c requirements-build.lock \
		-o requirements-dev.lock $(UPGRADE)

messages: $(VENV)/.dev ## collect the texts of the pages into the catalogues and compile them
	$(BIN)/python -m tests.architecture.catalogue --write
	$(BIN)/python hatch_build.py

figures: front ## measure everything in benchmarks/ (minutes; DATABASE_URL names a PostgreSQL to measure there)
	@for name in $$($(BIN)/aldia bench); do echo "== $$name"; $(BIN)/aldia bench $$name || exit 1; done

screenshots: $(VENV)/.dev front ## take the pictures of docs/img anew, in a real Chromium on the demo
	ALDIA_SCREENSHOTS=1 $(BIN)/python -m pytest tests/browser/test_screenshots.py

clean: ## what was installed and made here, except the demo's data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/aldia/web/static/vendor
