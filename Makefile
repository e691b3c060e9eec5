# Two commands are enough: make demo, make test. The rest is for those who change the code.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
KEEP ?= 0

.DEFAULT_GOAL := help
.PHONY: help demo test test-long coverage mutants lint format clean setup

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv with everything in it

$(READY): requirements-dev.txt
	@[ -x $(BIN)/python ] || { python=$$(PYTHON='$(PYTHON)' sh tools/find_python.sh) && "$$python" -m venv $(VENV); }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

.PHONY: package
package: $(READY) ## build the zip that is deployed, into build/ (DEPENDENCIES=1 puts its dependencies inside)
	@$(BIN)/python -m tools.package $(if $(DEPENDENCIES),--with-dependencies)

.PHONY: audit
audit: $(READY) ## hold what is locked against the known vulnerabilities (STRICT=1 fails also without an answer)
	@$(BIN)/python -m tools.audit $(if $(STRICT),--strict)

LOCK := uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --custom-compile-command 'make lock'

.PHONY: lock
lock: $(READY) ## work out requirements*.txt from requirements*.in (UPGRADE=1 raises what is locked already)
	@$(BIN)/$(LOCK) $(if $(UPGRADE),--upgrade) requirements.in --output-file requirements.txt
	@$(BIN)/$(LOCK) $(if $(UPGRADE),--upgrade) requirements-cli.in --output-file requirements-cli.txt
	@$(BIN)/$(LOCK) $(if $(UPGRADE),--upgrade) requirements-dev.in --output-file requirements-dev.txt

demo: $(READY) ## show the main job from an Azure event to a reachable service (KEEP=1 leaves it running)
	@$(BIN)/python -m demo $(if $(filter-out 0,$(KEEP)),--keep)

test: $(READY) ## run all tests
	@$(BIN)/python -m pytest

.PHONY: browser
browser: ## get what the tests of the page need, as far as it can be had: chromium (as root, on Debian) and axe-core
	@sh tools/browser.sh

# Used by tests and by whoever tries the demo with it, never by the product: so it is bounded, and not locked.
AZURE_CLI := azure-cli>=2.91,<2.92

.PHONY: azure-cli
azure-cli: .azure-cli/.ready ## put an Azure CLI into .azure-cli/, for the tests that drive the simulator with it

.azure-cli/.ready: | $(READY)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .azure-cli
	@# uv takes seconds where pip takes minutes; pip is for who has told only pip where packages are.
	@$(BIN)/uv pip install --quiet --python .azure-cli/bin/python '$(AZURE_CLI)' || \
		$(BIN)/pip --python .azure-cli/bin/python install --quiet --disable-pip-version-check --no-compile '$(AZURE_CLI)'
	@# Compiles what its commands import: without that, and where Python may write no bytecode, each takes 30 s.
	@PYTHONDONTWRITEBYTECODE= AZURE_CONFIG_DIR=.azure-cli/config AZURE_CORE_COLLECT_TELEMETRY=0 \
		.azure-cli/bin/az network private-endpoint --help >/dev/null 2>&1
	@touch $@

.PHONY: templates
templates: $(READY) ## format and lint infra/ with Microsoft's Bicep compiler, and renew its snapshots (CHECK=1 changes nothing)
	@$(BIN)/python -m tools.templates $(if $(CHECK),--check)

.PHONY: scan
scan: $(READY) ## run checkov, if it is installed, over what infra/ deploys with private networking
	@$(BIN)/python -m tools.scan

.PHONY: pictures
pictures: $(READY) ## draw the pictures of the status page in docs/ anew, from a sample world
	@$(BIN)/python -m tests.status_page.pictures

test-long: $(READY) ## try 20 000 histories of the model-based tests (some ten minutes)
	@$(BIN)/python -m tests.histories.long_run

.PHONY: bench
bench: $(READY) ## measure every figure of docs/performance.md against the simulator (some eight minutes)
	@$(BIN)/python -m bench

coverage: $(READY) ## hold what the tests reach of shared/ (without crash walk, model and demo) against what they must
	@$(BIN)/coverage run -m pytest --ignore tests/histories --ignore tests/demo --ignore tests/end_to_end/test_crashes.py
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@$(BIN)/python -m tools.coverage

mutants: $(READY) ## change the deciding code in every way mutmut knows, and tell which changes no test notices
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results

lint: $(READY) ## check format, lint, types and import direction
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove what make made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* mutants build .azure-cli
