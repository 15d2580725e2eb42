# newswatch. `make` alone lists what there is.
#
# Stamp files in .venv say what is installed there; a changed lock file installs again. The locks are
# complete, so pip need not resolve anything (--no-deps), which old pips get wrong for extras.

SHELL := /bin/bash
# Many container images set this. Then each of the hundreds of processes that the tests start compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help

# The first of these that is a Python 3.10–3.13 with venv, unless PYTHON= names one.
CANDIDATES := python3.12 python3.11 python3.13 python3.10 python3
FITS := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in $(CANDIDATES); do "$$p" -c '$(FITS)' >/dev/null 2>&1 && echo "$$p" && break; done)

VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.made
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL = $(PIP) install --no-deps --require-hashes --requirement $(1) || { echo "pip could not install $(1), its last lines say why. Without a connection it needs a mirror (PIP_INDEX_URL=) or a folder of wheels (PIP_NO_INDEX=1 PIP_FIND_LINKS=folder). Then run make again"; exit 1; }
EDITABLE := $(PIP) install --no-deps --no-build-isolation --editable .

UV := $(shell command -v uv 2>/dev/null || echo uv)
COMPILE := $(UV) pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet

.PHONY: help setup run stop test test-quick test-airflow lint bench chaos drill check-slack lock schema reference editor

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BASE):
	@test -n "$(PYTHON)" || { echo "newswatch needs Python 3.10 to 3.13 with its venv module (Debian: apt-get install python3-venv); PYTHON=/path/to/python names one"; exit 1; }
	@"$(PYTHON)" -c '$(FITS)' || { echo "$(PYTHON) is not a Python 3.10 to 3.13 with venv"; exit 1; }
	@echo "making $(VENV) with $$("$(PYTHON)" --version)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@touch $@

$(RUN): requirements.txt pyproject.toml setup.py | $(BASE)
	@echo "installing requirements.txt (the first time takes a few minutes)"
	@$(call INSTALL,requirements.txt)
	@$(EDITABLE)
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	@echo "installing requirements-dev.txt"
	@$(call INSTALL,requirements-dev.txt)
	@touch $@

setup: $(RUN) ## make .venv and install what newswatch runs on

run: $(RUN) ## run everything on this machine; Ctrl-C stops it
	@exec $(BIN)/python -m devtools.stack run

stop: ## stop what `make run` started, from another terminal or after a crash
	@if test -x $(BIN)/python; then exec $(BIN)/python -m devtools.stack stop; fi

WITH_AIRFLOW := tests/dags tests/newswatch_airflow tests/ui
WITHOUT := $(WITH_AIRFLOW:%=--ignore %)

test-quick: $(DEV) ## the tests without Airflow, a browser, processes of their own or long runs
	@exec $(BIN)/python -m pytest -n 2 -m "not slow and not browser and not heavy" $(WITHOUT)

test: $(DEV) ## all tests; ARGS="-k word" passes arguments to pytest instead
ifdef ARGS
	@exec $(BIN)/python -m pytest $(ARGS)
else
	@exec $(BIN)/python -m devtools.all_tests
endif

# Another Airflow gets an environment of its own, with newswatch installed as a package. The other packages are those of
# the lock, apart from Airflow's own parts and from aiosqlite, starlette and svcs, of which Airflow 3.2 needs older ones. uv
# installs them in a tenth of pip's processor time.
VERSION ?= 3.2.2
OTHER := .cache/airflow-$(VERSION)
OTHER_PIP := $(OTHER)/bin/python -m pip --disable-pip-version-check --quiet
PINS := grep -oE '^[A-Za-z0-9_.-]+==[^\\]+' requirements-dev.txt | grep -vE '^(apache-airflow(-core|-task-sdk)?|aiosqlite|starlette|svcs)=='

$(OTHER)/.made: requirements-dev.in requirements-dev.txt | $(BASE)
	@echo "installing Airflow $(VERSION) into $(OTHER)"
	@"$(PYTHON)" -m venv $(OTHER)
	@$(PINS) > $(OTHER)/constraints.txt
	@sed '/^-r/d' requirements-dev.in > $(OTHER)/wanted.txt
	@printf '%s\n' 'apache-airflow==$(VERSION)' 'starlette<1.4' 'svcs<26' >> $(OTHER)/wanted.txt
	@$(OTHER_PIP) install uv
	@$(OTHER)/bin/uv pip install --quiet --python $(OTHER)/bin/python --constraint $(OTHER)/constraints.txt \
	  setuptools --requirement $(OTHER)/wanted.txt ".[embedded]"
	@touch $@

test-airflow: $(OTHER)/.made ## newswatch as a package in another Airflow, up to an alert: VERSION=3.2.2; ARGS passes arguments to pytest
	@$(OTHER_PIP) install --no-deps --no-build-isolation --force-reinstall .
ifdef ARGS
	@exec $(OTHER)/bin/python -m pytest $(ARGS)
else
	@$(OTHER)/bin/python -m pytest -m "not slow" tests/dags tests/newswatch_airflow
	@$(OTHER)/bin/python -m pytest -m "not slow" tests/ui/test_ui_pages.py tests/ui/test_ui_security.py
	@$(OTHER)/bin/python -m devtools.standalone
endif

lint: $(DEV) ## ruff, mypy, the layers, removed Airflow idioms, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff check --select AIR3 dags plugins
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m newswatch.config.schema config/schema --check
	$(BIN)/python -m newswatch.cli.docs docs/cli.md --check
	$(BIN)/python -m newswatch.settings docs/settings.md --check

bench: $(DEV) ## the benchmarks; ARGS passes arguments on
	@exec $(BIN)/python -m bench $(ARGS)

chaos: $(DEV) ## kill everything again and again, count what Slack got; ARGS="--seed 7 --kills 100"
	@exec $(BIN)/python -m devtools.chaos $(ARGS)

drill: $(RUN) ## compose with three workers, everything killed once while alerts flow; needs Docker; ARGS="--feeds 200"
	@exec $(BIN)/python -m devtools.drill $(ARGS)

check-slack: $(DEV) ## the simulator's contract tests against a real workspace (SLACK_BOT_TOKEN, SLACK_TEST_CHANNEL)
	@exec $(BIN)/python -m devtools.slack_sim.check $(ARGS)

schema: $(DEV) ## write the JSON Schemas of config/ from the table of keys
	@exec $(BIN)/python -m newswatch.config.schema config/schema

reference: $(DEV) ## write docs/cli.md from the commands and docs/settings.md from the settings
	@$(BIN)/python -m newswatch.cli.docs docs/cli.md
	@$(BIN)/python -m newswatch.settings docs/settings.md

editor: ## build the editor's script from npm packages; needs Node.js with npm
	cd devtools/editor_bundle && npm ci --ignore-scripts && npm run --silent build

lock: ## compile requirements*.in into the lock files; needs uv
	$(COMPILE) requirements-compose.in --output-file requirements-compose.txt
	$(COMPILE) requirements-dev.in --constraint requirements-compose.txt --output-file requirements-dev.txt
	$(COMPILE) requirements.in --constraint requirements-compose.txt --constraint requirements-dev.txt --output-file requirements.txt
