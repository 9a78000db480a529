# Commands for people and for CI; `make` alone lists them. Every command builds what it needs first:
# the virtual environment from the hashed locks, and the pages where Node.js is present.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
export QUERY ?=
# The processes that the tests start import what others have compiled before.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
RUNTIME := .venv/.runtime-installed
DEV := .venv/.dev-installed
DOCS := .venv/.docs-installed
FUZZ := .venv/fuzz/.installed
BUNDLE := gateway/pages/static/manifest.json
NODE_MODULES := ui/node_modules/.package-lock.json
RELAY_APP := examples/relay-app/node_modules/.package-lock.json
CLIENTS := examples/node_modules/.package-lock.json examples/.venv/.installed

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
EDITABLE := $(INSTALL) --no-deps --no-build-isolation --editable .
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=5 --loglevel=error
HAS_NODE := command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test check fix bench bench-large browser clients relay-app docs docs-test fuzz torture plan profile pages pages-where-possible migration lock clean

help: ## list all commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(RUNTIME) ## start the gateway with a demonstration at http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(MAKE) --no-print-directory pages-where-possible || echo "The pages could not be built (see above)."
	@exec $(BIN)/gateway serve --demo --port $(PORT)

test: $(DEV) pages-where-possible ## run all tests, on SQLite and on a real PostgreSQL (ARGS= for pytest)
	@$(BIN)/python -m pytest $(ARGS)

check: $(DEV) ## check formatting, lint and types, then run all tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	@$(MAKE) --no-print-directory test

fix: $(DEV) ## format the code, and fix what the linter can fix
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

bench: $(DEV) ## run the benchmarks (ARGS= for their options)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-large: $(DEV) ## run the large benchmarks: 2,000,000 rows, long files, 100,000 requests, a crash (half an hour)
	@$(BIN)/python -m benchmarks.large
	@$(BIN)/python -m benchmarks.imports
	@$(BIN)/python -m benchmarks.memory
	@$(BIN)/python -m benchmarks.stress
	@$(BIN)/python -m benchmarks.subscribers

profile: $(DEV) ## show where the time of one page goes
	@$(BIN)/python -m benchmarks.profile $(ARGS)

plan: $(RUNTIME) ## show how an operation runs, and its SQL statements (QUERY='{ … }')
	@$(BIN)/gateway plan $(ARGS) "$$QUERY"

fuzz: $(DEV) $(FUZZ) ## run every random test at length (GATEWAY_FUZZ_CASES=20000), then Schemathesis on all writes (SECONDS=300 for each API)
	@GATEWAY_FUZZ_CASES=$${GATEWAY_FUZZ_CASES:-20000} $(BIN)/python -m pytest $$(grep -rl --include='test_*.py' 'from tests.lengths import' tests) $(ARGS)
	@$(BIN)/python -m tests.schemathesis .venv/fuzz/bin/schemathesis $(SECONDS)

torture: $(DEV) ## kill servers in the middle of changes, and check that nothing is lost (half an hour; ARGS= for its options)
	@$(BIN)/python -m tests.torture $(ARGS)

browser: $(DEV) $(BUNDLE) $(RELAY_APP) ## test the pages and the Relay application in Chromium, at four widths: use, contrast, keyboard, pictures (needs Chromium and Node.js)
	@$(BIN)/python -m pytest -n 0 browser $(ARGS)

relay-app: $(RELAY_APP) ## start the application of examples/relay-app, beside `make serve` (needs Node.js 20)
	@cd examples/relay-app && npm start --silent

clients: $(DEV) $(CLIENTS) $(RELAY_APP) ## test published clients, caches and code generators against the gateway (needs Node.js 20)
	@$(BIN)/python -m pytest -n 0 clients $(ARGS)

docs-test: $(DEV) ## run every command and query in the documents, and compare what they print (needs Node.js and package registries)
	@GATEWAY_DOCUMENTS=all $(BIN)/python -m pytest -n 0 tests/documents $(ARGS)

docs: $(DOCS) ## build the documents as a site, site/index.html; broken links are errors
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -c docs . site

pages: $(BUNDLE) ## build GraphiQL and the REST reference (needs Node.js 18 or newer)

# Without Node.js the gateway serves plain pages and says so itself when it starts.
pages-where-possible:
	@if $(HAS_NODE); then $(MAKE) --no-print-directory --silent pages; fi

migration: $(DEV) ## write the migration for a change of the tables (NAME=tax_numbers)
	@$(BIN)/python -m gateway.db.new_revision "$(NAME)"

lock: $(DEV) ## update the Python lock files (needs uv on the PATH or in .venv; for npm: npm update in ui/)
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' > .venv/build-requires.txt
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["traces"], sep="\n")' > .venv/traces-requires.txt
	@PATH="$(CURDIR)/$(BIN):$$PATH"; set -e; \
	compile="uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url"; \
	$$compile --custom-compile-command "make lock" pyproject.toml .venv/build-requires.txt -o requirements.lock; \
	$$compile --custom-compile-command "make lock" .venv/traces-requires.txt -c requirements.lock -o requirements-traces.lock; \
	$$compile --custom-compile-command "make lock" pyproject.toml .venv/build-requires.txt --extra traces --group dev --group bench -c requirements.lock -c requirements-traces.lock -o requirements-dev.lock; \
	$$compile --custom-compile-command "make lock" --group docs -c requirements-dev.lock -o requirements-docs.lock; \
	$$compile --custom-compile-command "make lock" --group fuzz -o requirements-fuzz.lock; \
	$$compile --custom-compile-command "make lock" examples/requirements.in -o examples/requirements.lock

clean: ## remove everything that these commands built, including the virtual environment
	rm -rf .venv site examples/.venv examples/node_modules examples/relay-app/node_modules ui/node_modules gateway/pages/static .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …")'
	@echo "Making .venv (once) …"
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked packages …"
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(EDITABLE)
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked packages, those of development too …"
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@$(EDITABLE)
	@touch $@ $(RUNTIME)

$(DOCS): requirements-docs.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked packages that the site is built by …"
	@$(INSTALL) --require-hashes --requirement requirements-docs.lock
	@touch $@

$(FUZZ): requirements-fuzz.lock | .venv/bin/python
	@echo "Installing Schemathesis, in an environment of its own …"
	@$(PYTHON) -m venv .venv/fuzz
	@.venv/fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --requirement $<
	@touch $@

$(NODE_MODULES): ui/package.json ui/package-lock.json
	@echo "Installing what the pages are built of (once) …"
	@cd ui && $(NPM_CI)
	@touch $@

$(RELAY_APP): examples/relay-app/package.json examples/relay-app/package-lock.json
	@echo "Installing what the Relay application is built of (once) …"
	@cd examples/relay-app && $(NPM_CI)
	@touch $@

examples/node_modules/.package-lock.json: examples/package.json examples/package-lock.json
	@echo "Installing the clients of npm (once) …"
	@cd examples && $(NPM_CI)
	@touch $@

examples/.venv/.installed: examples/requirements.lock
	@echo "Installing the clients of PyPI (once) …"
	@$(PYTHON) -m venv examples/.venv
	@examples/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --requirement examples/requirements.lock
	@touch $@

$(BUNDLE): $(NODE_MODULES) ui/build.mjs $(wildcard ui/src/* ui/src/*/*) gateway/pages/plain/token.js gateway/pages/plain/events.js gateway/pages/plain/prose.css
	@echo "Building the pages …"
	@cd ui && npm run --silent build
