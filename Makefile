# Every target makes the environment it needs: `make demo` and `make test` work on a fresh clone.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= tests
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-lowest bench check format lint types docs docs-check package clean

help:  ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.venv-demo/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Installing fx-orm into .venv-demo ..."
	@$(PYTHON) -m venv .venv-demo
	@.venv-demo/bin/python -m pip install --quiet --disable-pip-version-check '.[lsp]' 2>&1 | grep -v '^WARNING' || true
	@.venv-demo/bin/fx-orm --version && touch $@

demo: .venv-demo/ready  ## See the product at work on the example shop (SQLite, no server)
	@.venv-demo/bin/python docs/examples/demo.py

test: $(VENV)/ready  ## Run the tests; a database without a server is skipped and said so
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

test-lowest: pyproject.toml  ## Run the tests with the lowest versions of the libraries that pyproject.toml allows
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --editable '.[dev]'
	.venv-lowest/bin/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

.venv-bench/ready: pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[postgresql,async]'
	@touch $@

bench: .venv-bench/ready  ## Measure entities, queries, asyncio and memory, and write docs/explanation/performance.md
	.venv-bench/bin/python -m tests.benchmarks --write

check: lint types test docs-check package  ## Everything but the editors: format, lint, types, tests, docs, packaging

format: $(VENV)/ready  ## Format the sources
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/ready
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(VENV)/ready  ## Write the generated pages of docs/reference
	$(BIN)/python docs/generate.py

docs-check: $(VENV)/ready
	$(BIN)/python docs/generate.py --check

package: $(VENV)/ready  ## Build the wheel and try it in clean environments, bare and with each extra
	rm -rf dist
	$(BIN)/python -m build --quiet
	$(BIN)/python tests/packaging/try_wheel.py dist/*.whl

clean:  ## Remove what the other targets made
	rm -rf .venv .venv-demo .venv-lowest .venv-bench .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build artifacts

-include vscode-extension/editors.mk
