# Users need make demo and make test. The other targets are for contributors.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
KEEP ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo test test-long coverage mutants lint format clean setup

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## create .venv with all packages

$(READY): requirements-dev.txt
	@[ -x $(BIN)/python ] || { python=$$(PYTHON='$(PYTHON)' sh tools/find_python.sh) && "$$python" -m venv $(VENV); }
	@echo "Installing packages into $(VENV), once; this takes some minutes …" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

.PHONY: package
package: $(READY) ## build the deployment package in build/ (DEPENDENCIES=1 includes its dependencies)
	@$(BIN)/python -m tools.package $(if $(DEPENDENCIES),--with-dependencies)

.PHONY: audit
audit: $(READY) ## check locked packages for known vulnerabilities (STRICT=1: fail if the database does not answer)
	@$(BIN)/python -m tools.audit $(if $(STRICT),--strict)

LOCK := uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --custom-compile-command 'make lock'

.PHONY: lock
lock: $(READY) ## lock requirements*.txt from requirements*.in (UPGRADE=1: newer versions)
	@$(BIN)/$(LOCK) $(if $(UPGRADE),--upgrade) requirements.in --output-file requirements.txt
	@$(BIN)/$(LOCK) $(if $(UPGRADE),--upgrade) requirements-cli.in --output-file requirements-cli.txt
	@$(BIN)/$(LOCK) $(if $(UPGRADE),--upgrade) requirements-dev.in --output-file requirements-dev.txt

demo: $(READY) ## show the lifecycle of an endpoint against the simulator (KEEP=1 leaves it running)
	@$(BIN)/python -m demo $(if $(filter-out 0,$(KEEP)),--keep)

test: $(READY) ## run all tests
	@$(BIN)/python -m pytest -rs

.PHONY: browser
browser: ## install what the status page tests need: chromium (as root, on Debian) and axe-core
	@sh tools/browser.sh

# For tests and the demo only, so it is bounded but not locked.
AZURE_CLI := azure-cli>=2.91,<2.92

.PHONY: azure-cli
azure-cli: .azure-cli/.ready ## put an Azure CLI into .azure-cli/, for the tests that drive the simulator with it

.azure-cli/.ready: | $(READY)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .azure-cli
	@# uv takes seconds, pip minutes; pip works where only pip is configured for a package index.
	@$(BIN)/uv pip install --quiet --python .azure-cli/bin/python '$(AZURE_CLI)' || \
		$(BIN)/pip --python .azure-cli/bin/python install --quiet --disable-pip-version-check --no-compile '$(AZURE_CLI)'
	@# Compiles what the commands import: without bytecode each command takes 30 s.
	@PYTHONDONTWRITEBYTECODE= AZURE_CONFIG_DIR=.azure-cli/config AZURE_CORE_COLLECT_TELEMETRY=0 \
		.azure-cli/bin/az network private-endpoint --help >/dev/null 2>&1
	@touch $@

.PHONY: pictures
pictures: $(READY) ## renew the pictures of the status page in docs/
	@$(BIN)/python -m tests.status_page.pictures

test-long: $(READY) ## run 20 000 random histories against the oracle (some ten minutes)
	@$(BIN)/python -m tests.histories.long_run

.PHONY: bench
bench: $(READY) ## measure the figures of docs/performance.md against the simulator (some twelve minutes)
	@$(BIN)/python -m bench

coverage: $(READY) ## measure the coverage of shared/ (without crashes, histories and demo) and check its goals
	@$(BIN)/coverage run -m pytest --ignore tests/histories --ignore tests/demo --ignore tests/end_to_end/test_crashes.py
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@$(BIN)/python -m tools.coverage

mutants: $(READY) ## run mutation tests over the planning and ownership code
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results

lint: $(READY) ## check format, lint, types and import direction
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove everything that make created
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* mutants build .azure-cli
