.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := shared services/lead-intake services/crm-core services/analytics
CODE := shared/leadkit services/lead-intake/lead_intake services/crm-core/crm_core services/analytics/analytics deploy
INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement

COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 \
	--no-emit-package leadkit $(addsuffix /pyproject.toml,$(PACKAGES))

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## Start PostgreSQL, the three services and their workers; Ctrl-C stops them
	@exec $(BIN)/python -m deploy.local.run

demo: $(VENV)/.dev ## Fill a running Leadflow with months of inquiries and sales, and show funnel and cost
	@exec $(BIN)/python -m deploy.local.demo

test: $(VENV)/.dev ## Run all tests on a real PostgreSQL and in a real browser
	@deploy/develop/browser.sh
	$(BIN)/python -m pytest --quiet --numprocesses 2

check: $(VENV)/.dev lint client test ## Everything CI checks: style, types, import directions, clients, house rules, tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE) tests
	$(BIN)/lint-imports

client: clients/typescript/node_modules ## Generate the TypeScript client from the OpenAPI documents and compile it
	@cd clients/typescript && npm run --silent generate > /dev/null 2>&1 && npm run --silent check

bench: $(VENV)/.dev ## Measure all that is promised about speed in one run (or some: make bench parts="accepting drain")
	@exec $(BIN)/python -m bench $(parts)

fuzz: $(VENV)/.fuzz ## Feed the readers what coverage leads to, 10 s each (or: make fuzz seconds=60 targets="email vk")
	@exec $(BIN)/python -m tests.fuzzing seconds=$(or $(seconds),10) $(targets)

migration: $(VENV)/.dev ## Draft a revision: make migration service=crm-core message="add a column"
	@$(BIN)/python -m deploy.develop.migration "$(service)" "$(message)"

generate: $(VENV)/.dev ## Write anew what is derived from the code: openapi.json of each service, .env.example, the reference of metrics
	@$(BIN)/python -m deploy.develop.generate

lock: $(VENV)/.runtime ## Write requirements/ anew from the packages' pyproject.toml: pinned, with hashes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(COMPILE) -o requirements/runtime.txt
	@$(COMPILE) --group pyproject.toml:dev -o requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--group pyproject.toml:fuzz -o requirements/fuzz.txt

clean: ## Remove the environment and all caches; the data folder stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Our packages are put on the path by a .pth file: nothing to build, and edits count at once.
$(VENV)/.runtime: requirements/runtime.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'Installing what Leadflow needs into $(VENV) ...'
	@$(INSTALL) requirements/runtime.txt
	@printf '%s\n' $(CURDIR) $(addprefix $(CURDIR)/,$(PACKAGES)) > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/leadflow.pth"
	@$(BIN)/python -m compileall -q $(PACKAGES) deploy
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo 'Installing what its development needs into $(VENV) ...'
	@$(INSTALL) requirements/dev.txt
	@touch $@

# Only where it is asked for: there are wheels of it for Linux alone.
$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.dev
	@$(INSTALL) requirements/fuzz.txt --only-binary atheris
	@touch $@

clients/typescript/node_modules: clients/typescript/package-lock.json
	@deploy/develop/debian.sh npm nodejs npm
	@cd clients/typescript && npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: help run demo test check lint client bench fuzz migration generate lock clean
