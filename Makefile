# One line per need; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test check e2e machine chaos screenshots bench night fmt docs migration messages lock \
  vendor clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
JOBS ?= auto
TYPED := webapp connectors/cardsync_sdk plugins/*/cardsync_*

help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What it takes to run, and what it takes to work on it. Each is made again when what it was made
# from changes. Everything comes from the locks, whose checksums are compared.
$(VENV)/.run: pyproject.toml requirements.lock | $(BIN)/python
	@$(call install,requirements.lock)
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock requirements-dev.lock | $(BIN)/python
	@$(call install,requirements-dev.lock)
	@touch $@ $(VENV)/.run

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "cardsync needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@echo "Making the virtual environment (the first time it may take a minute) …"
ifdef UV
	@uv venv --quiet --python $(PYTHON) $(VENV)
else
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "The venv module is missing. Debian: apt install python3-venv"; rm -rf $(VENV); exit 1; }
endif

ifdef UV
install = uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $(1) && \
  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
install = $(PIP) install --require-hashes -r $(1) && \
  $(PIP) install --no-deps --no-build-isolation -e .
endif

setup: $(VENV)/.dev ## Make the virtual environment with everything to work on cardsync

run: $(VENV)/.run ## Run cardsync with demo data on this machine (PORT=8000)
	@$(BIN)/cardsync up --demo

test: $(VENV)/.dev ## Run every test (JOBS=auto; CI=true lets nothing be skipped)
	@$(BIN)/pytest -q -n $(JOBS) --dist loadgroup

e2e: $(VENV)/.dev ## Run the browser tests only
	@$(BIN)/pytest -q tests/e2e

machine: $(VENV)/.dev ## Make up many more stories for the engine than the tests do (STORIES=500)
	@ENGINE_STORIES=$(or $(STORIES),500) \
	  $(BIN)/pytest -q -n $(JOBS) -o faulthandler_timeout=0 tests/integration/test_engine_machine.py

chaos: $(VENV)/.dev ## Kill, stop and empty everything at random for ten minutes (SECONDS=600 SEED=1)
	@$(BIN)/python -P -m tests.support.chaos \
	  --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1) $(CHAOS)

screenshots: $(VENV)/.dev ## Photograph every page in both languages, desk and phone, into screenshots/
	@SCREENSHOTS=$(CURDIR)/screenshots $(BIN)/pytest -q -n $(JOBS) tests/e2e/test_every_page.py
	@echo "See screenshots/"

check: $(VENV)/.dev ## Lint, format, types, layers, templates, translations, locks, migrations
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/cardsync db check
	@$(BIN)/pytest -q tests/architecture

bench: $(VENV)/.dev ## Measure the import beside a bare bulk insert (FULL=1: 100 000 rows, a million stored)
	@$(BIN)/python -m benchmarks $(if $(FULL),--full)

night: $(VENV)/.dev ## Measure a night: 10 000 interfaces due at once (CARDS=10000 HANG=0)
	@$(BIN)/python -m benchmarks.night --cards $(or $(CARDS),10000) --hang $(or $(HANG),0)

fmt: $(VENV)/.dev ## Put the code into shape
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

docs: $(VENV)/.dev ## Draw into docs/ what is drawn from the code: the table of states
	@$(BIN)/python tools/draw_states.py

migration: $(VENV)/.dev ## Write a migration from the changed tables: make migration m="what it does"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="…"'; exit 1; }
	@$(BIN)/cardsync db migration "$(m)"

messages: $(VENV)/.dev ## Take new words of pages and code into the French catalogue, and compile it
	@$(BIN)/python tools/messages.py

lock: $(VENV)/.dev ## Choose the newest allowed versions and write both locks (needs uv)
	@tools/lock.sh

vendor: $(VENV)/.dev ## Fetch htmx and the icons again, as VENDOR.toml and icons.txt say (needs npm)
	@$(BIN)/python tools/vendor.py

clean: ## Remove what was made here: environment and caches, but not instance/
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
