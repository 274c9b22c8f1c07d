# Everything runs from .venv, which is built from the locks in requirements/ and rebuilt when they change.
# PORT, DATA_DIR, DATABASE_URL and the rest come from the environment: docs/reference/settings.md

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
BASE := $(VENV)/.installed-base
DEV := $(VENV)/.installed-dev
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help run test check coverage format bench install messages lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(BASE) ## start everything at http://127.0.0.1:8000 (PORT=… for another port); Ctrl-C stops it
	@PEACETRACKER_PARENT=make exec $(PY) manage.py up

test: $(DEV) ## run every test, in two processes with a PostgreSQL and Valkey each (ARGS='-k name' for some, in one)
	@$(PY) -m pytest $(or $(ARGS),-n 2)

check: $(DEV) ## lint, types, import rules, templates, migrations, deployment settings, the data set
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m djlint templates --lint --quiet
	$(PY) -m peacetracker.runtime.temporary $(PY) manage.py makemigrations --check --dry-run
	HTTPS=1 ALLOWED_HOSTS=peacetracker.example $(PY) manage.py check --deploy --fail-level WARNING
	$(PY) manage.py check_dataset data/ukraine data/sample --table docs/reference/coverage.md

coverage: $(DEV) ## count what the data sets hold, for the page in docs/reference
	$(PY) manage.py check_dataset data/ukraine data/sample --table docs/reference/coverage.md --write

format: $(DEV) ## put the code into the form that `check` wants
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(DEV) ## run the benchmarks, which print ratios
	@$(PY) -m benchmarks $(ARGS)
	@$(PY) -m benchmarks.extraction
	@$(PY) -m benchmarks.desk

install: $(BASE) ## build .venv without starting anything

messages: $(DEV) ## collect the pages' texts for translation and compile the translations (needs gettext)
	$(PY) manage.py makemessages --all --no-location --no-obsolete --ignore=.venv --ignore=var
	$(PY) manage.py compilemessages --ignore=.venv

lock: $(DEV) ## renew the locks from pyproject.toml (UPGRADE=1 takes the newest versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements/base.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra dev -c requirements/base.txt -o requirements/dev.txt
	echo uv | $(COMPILE) $(if $(UPGRADE),--upgrade) --no-annotate - -o requirements/uv.txt

clean: ## remove .venv and caches; the data under var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Peacetracker needs Python 3.11 or later: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
		exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) >$(VENV).log 2>&1 || { \
		tail -n 3 $(VENV).log >&2; rm -rf $(VENV) $(VENV).log; \
		echo "Python cannot make a virtual environment: install its venv (Debian: apt install python3-venv)" >&2; \
		exit 1; }
	@rm -f $(VENV).log
	@$(PY) -m pip --quiet --disable-pip-version-check install --require-hashes -r $<
	@$(UV) pip uninstall --quiet --python $(PY) pip # takes 16 MB; uv does all that follows
	@touch $@

$(BASE): requirements/base.txt $(UV)
	@$(UV) pip install --python $(PY) --require-hashes -r $<
	@touch $@

$(DEV): requirements/dev.txt $(UV)
	@$(UV) pip install --python $(PY) --require-hashes -r $<
	@touch $@
