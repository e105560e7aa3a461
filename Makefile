# Everything a developer runs. Each target sets up first; a set-up that stands costs a few milliseconds.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long run lint fmt types arch cover golden bench docs ci

BIN := .venv/bin
CODE := $(wildcard src tests benchmarks examples scripts)
PYTEST_ARGS ?= -n 2 --dist loadfile
ARGS ?=

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: ## prepare everything into .venv
	@scripts/setup

demo: setup ## a price list and a month's usage become invoices
	@$(BIN)/python examples/ai-platform/demo.py $(ARGS)

test: setup ## the whole test suite on two cores (PYTEST_ARGS="-k ledger")
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

test-long: setup ## the API against its document and every property, with many more examples than in the suite
	@COUNTERFOIL_FUZZ_EXAMPLES=1000 $(BIN)/python -m pytest tests/faces/contract/test_fuzz.py $(PYTEST_ARGS)
	@COUNTERFOIL_PROPERTY_FACTOR=20 $(BIN)/python -m pytest tests/core tests/modules tests/scenarios/whole_life $(PYTEST_ARGS)

run: setup ## serve API, worker and embedded database (ARGS="--port 8000")
	@$(BIN)/counterfoil serve $(ARGS)

lint: setup ## ruff: rules and format
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)

fmt: setup ## let ruff put format and imports right
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/ruff check --fix $(CODE)

types: setup ## mypy, strict
	@$(BIN)/mypy $(CODE)

arch: setup ## who may import whom, and the rules of tests/architecture
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tests/architecture/tidy.py

cover: setup ## the branches of the core that its tests reach: at least 95 %
	@$(BIN)/python -m pytest -q tests/core --cov=counterfoil.core --cov-branch --cov-fail-under=95 --cov-report=term:skip-covered

golden: setup ## the worked examples alone
	@$(BIN)/python -m pytest -m golden tests/core

bench: setup ## each benchmark in turn, against its limit
	@for file in benchmarks/[!_]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

docs: setup ## links, anchors and commands in the documents
	@$(BIN)/python scripts/check_docs.py

ci: lint types arch ## what must hold before the tests
