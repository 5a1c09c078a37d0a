# groupage: `make` alone prints what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install install-dev demo check check-contracts test test-chaos test-random test-stories bench \
	lint words fix dist lock clean

VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
# A stamp is younger than its lock exactly when the environment has what the lock names.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
# As many processes as the machine runs at a time, and for tests with servers, which mostly wait for
# them, one more; more than three hubs at once would starve any laptop.
PYTEST := $(BIN)/pytest --maxprocesses 4
PROCESSES ?= $(shell getconf _NPROCESSORS_ONLN)
MORE_PROCESSES ?= $(shell echo $$(($(PROCESSES) + 1)))
# Words and phrases that the prose rules forbid, each with what to write instead. What the pattern
# matches first is looked up whole: "there is no" passes, "is no" does not.
WORDS := $(BIN)/codespell --config /dev/null -D docs/words.txt --skip '*.lock,*.json,*.csv,*.svg,docs/words.txt,Makefile' \
	-r '(?i)there (is|was) no|dead[ -]letters?|capital letters?|letters? of credit|put aside|passed over|by itself|is no longer|is no\b|\w+'
# Where no such word is left.
CLEAN := README.md CONTRIBUTING.md docs deploy groupage optimizer processors producers tests
# The slowest first.
LINTERS := lint-types lint-spelling lint-words lint-layers lint-style lint-format
.PHONY: $(LINTERS)
# Print what each linter says in one piece; the make of macOS (3.81) cannot.
OUTPUT_SYNC := $(if $(filter output-sync,$(.FEATURES)),--output-sync)
# Keep compiled modules, whatever the shell says: without them each process of a hub compiles the
# hub's 300 modules, and each process of pytest rewrites the assertions of all tests.
export PYTHONDONTWRITEBYTECODE :=
COMPILE := $(BIN)/uv pip compile -q pyproject.toml --python-version 3.11 --universal \
	--generate-hashes --no-annotate --no-header --extra editable

help: ## Print this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  ARGS passes flags on: make demo ARGS="--exit --scale small", make test ARGS=tests/local\n'

install: $(RUN) ## Put what runs the hub into .venv (so .venv/bin/groupage)

install-dev: $(DEV) ## Add what checks, tests and builds it

$(RUN): requirements.lock pyproject.toml
	@VENV="$(VENV)" bash deploy/local/install.sh $<
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml
	@VENV="$(VENV)" bash deploy/local/install.sh $<
	@touch $(RUN) $@

$(BENCH): requirements-bench.lock pyproject.toml
	@VENV="$(VENV)" bash deploy/local/install.sh $<
	@touch $(RUN) $@

demo: install ## Start everything and play one day of a hub; ARGS="--exit" leaves after the summary
	@$(BIN)/groupage demo $(ARGS)

check: lint ## Before each commit: lint, and the tests that need no server
	$(PYTEST) -n $(PROCESSES) -q -m "not integration and not crash and not e2e" $(ARGS)

test: lint ## Everything CI runs: lint and all tests, with a real Kafka and PostgreSQL
	STORIES=1000 $(PYTEST) -n $(MORE_PROCESSES) --durations=20 --durations-min=5 $(ARGS)

test-chaos: install-dev ## Kill 1,000 random processes in about an hour and count; ARGS="--kills 50"
	$(BIN)/python -m tests.e2e.chaos $(ARGS)

test-stories: install-dev ## Play 10,000 random stories of a whole hub with mistakes; ARGS="--count 500 --seed 7"
	@$(BIN)/python -m tests.processors.stories --processes $$(getconf _NPROCESSORS_ONLN) $(ARGS)

test-random: install-dev ## Try new examples in the tests of properties, which else repeat theirs; ARGS=tests/producers
	$(BIN)/pytest --hypothesis-profile=random -q -m "not crash and not e2e" $(or $(ARGS),tests)

check-contracts: install-dev ## Contracts read by the tools of others, events sent by their SDKs; needs npm and go
	@$(BIN)/python -m tests.contracts.foreign.check
	GROUPAGE_TEST_FOREIGN_SDKS=1 $(BIN)/pytest -q tests/producers/test_foreign_sdks.py \
		tests/producers/sheets/test_foreign_writers.py

lint: install-dev ## Formatting, style, types, layers, spelling: side by side, all of them if some fail
	@$(MAKE) --no-print-directory --keep-going --jobs $(OUTPUT_SYNC) $(LINTERS)

lint-format:
	$(BIN)/ruff format --check .
lint-style:
	$(BIN)/ruff check .
lint-types:
	$(BIN)/mypy
lint-layers:
	$(BIN)/lint-imports
lint-spelling:
	$(BIN)/codespell
lint-words:
	$(WORDS) $(CLEAN)

words: install-dev ## List the words and phrases that our prose does not use (docs/words.txt); ARGS=groupage
	@$(WORDS) $(or $(ARGS),$(shell git ls-files))

fix: install-dev ## Repair formatting and what ruff can repair
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(BENCH) ## Add the rival engines and run `groupage bench`; ARGS="stream" | "plan" | "gateway" | "packing-lists" | "loading BR3"
	@$(BIN)/groupage bench $(or $(ARGS),--help)

dist: install-dev ## Build wheel and source archive into dist/
	rm -rf dist
	$(BIN)/hatchling build

lock: install-dev ## Renew the locks from pyproject.toml (maintainers)
	$(COMPILE) -o requirements.lock
	$(COMPILE) -c requirements.lock --extra dev -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock --extra bench -o requirements-bench.lock

clean: ## Remove the environment and every cache inside the checkout (not the hub's data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
