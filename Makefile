# groupage: `make` alone prints what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install demo test lint fix clean lock check-machine

VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
# The stamp is younger than the lock exactly when the environment matches it.
STAMP := $(VENV)/.groupage-installed

help: ## Print this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\n  make demo ARGS="--exit --scale small"   passes flags on to `groupage demo`\n'

install: $(STAMP) ## Put the environment into .venv (so .venv/bin/groupage)

$(STAMP): requirements.lock pyproject.toml
	@VENV="$(VENV)" bash deploy/local/install.sh
	@touch $(STAMP)

demo: install ## Start everything and play one day of a hub; ARGS="--exit" leaves after the summary
	@$(BIN)/groupage demo $(ARGS)

lint: install ## Formatting, style, types, layers, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

test: lint ## Everything CI runs: lint and all tests, with a real Kafka and PostgreSQL
	$(BIN)/pytest $(ARGS)

fix: install ## Repair formatting and what ruff can repair
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Renew requirements.lock from pyproject.toml (maintainers; needs uv)
	uv pip compile -q pyproject.toml --extra dev --extra bench --python-version 3.11 --universal \
		--generate-hashes --no-annotate --no-header -o requirements.lock

clean: ## Remove the environment and every cache inside the checkout (not the hub's data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
