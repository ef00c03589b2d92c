# Each target sets up what it needs in .venv, from the locks, with hashes. Windows: see README.md.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIP    := $(BIN)/python -m pip --disable-pip-version-check

# `make test` is both parts, a worker a core. `make test TESTS="tests/unit -n 0"` runs some, in one process.
TESTS  ?=

# The tests that must take every branch of the effect core between them: short ones, in whose own process it runs. LONG
# plays every moment of a crash or a restore, or whole games over HTTP: no branch should hang on that, and being measured
# makes them slow.
LONG    := tests/flow/test_every_crash.py tests/flow/test_restores.py tests/flow/test_books_in_any_order.py
COVERED ?= tests/unit tests/state tests/flow $(addprefix --ignore=,$(LONG)) -n auto
REST    ?= $(filter-out tests/unit/ tests/state/ tests/flow/ tests/__pycache__/,$(wildcard tests/*/)) $(LONG) -n auto

# `make fuzz FUZZ=tests/fuzz/test_fuzz_texts.py` for one of them.
FUZZ   ?= tests/fuzz -n auto

# `make simulate SIMULATE="--deep"`, or whatever a failure prints after `tests.simulation`.
SIMULATE ?=

# `make kills KILLS="--deep"`, likewise.
KILLS ?=

COMPILE := $(BIN)/uv pip compile --no-config --universal --python-version 3.11 --generate-hashes \
           --no-emit-index-url --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test coverage rest fuzz simulate kills check format bench lock wheel clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

demo: $(READY)  ## the main job, played through on the embedded sandbox
	@$(BIN)/duebird demo

ifeq ($(TESTS),)
test: coverage rest  ## the whole test suite
else
test: $(READY)
	$(BIN)/python -m pytest $(TESTS)
endif

coverage: $(READY)  ## that every branch of the rules and of the effect core is taken by a test
	$(BIN)/python -m pytest $(COVERED) --cov --cov-report=term-missing:skip-covered

rest: $(READY)  ## the tests that `make coverage` leaves out
	$(BIN)/python -m pytest $(REST)

fuzz: $(READY)  ## ten thousand absurd examples of everything that comes from outside; some minutes a file
	$(BIN)/python -m pytest $(FUZZ) --hypothesis-profile=deep

simulate: $(READY)  ## a thousand small companies through faults, crashes and sleep
	$(BIN)/python -m tests.simulation $(SIMULATE)

kills: $(READY)  ## the installed program killed at every failure point and at any moment, then audited
	$(BIN)/python -m tests.kills $(KILLS)

check: $(READY)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## put the code in its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## speed, against bare clients, in one run
	$(BIN)/python -m bench

wheel: $(READY)  ## dist/duebird-*.whl
	@rm -rf build dist
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

# uv writes what is newest within the ranges of pyproject.toml; a line already in a lock stays unless it must move.
# `make lock UPGRADE=--upgrade` moves all.
lock: $(VENV)/.uv  ## pin the dependencies anew
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) $(UPGRADE) pyproject.toml --all-extras -c requirements-dev.lock -o requirements.lock
	$(COMPILE) $(UPGRADE) --group build -c requirements-dev.lock -o requirements-build.lock

clean:  ## remove what make made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Duebird needs Python 3.11 or newer, which "$(PYTHON)" is not: name one, as in `make demo PYTHON=python3.12`.' >&2; exit 1; }
	@echo 'Setting up $(VENV): a minute or two, once.'
	@# Debian keeps ensurepip in a package of its own; without it the outer pip fills the environment.
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --without-pip --clear $(VENV)

$(READY): $(BIN)/python requirements-build.lock requirements-dev.lock pyproject.toml
	@$(PIP) --version >/dev/null 2>&1 || \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes -r requirements-build.lock
	@$(PIP) install --quiet --require-hashes -r requirements-build.lock
	@$(PIP) install --quiet --require-hashes --no-build-isolation --use-pep517 -r requirements-dev.lock
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@$(PIP) check >/dev/null || { $(PIP) check; echo 'pyproject.toml and the locks disagree: run `make lock`.' >&2; exit 1; }
	@touch $@

# To write a lock one needs uv, but not a lock that works.
$(VENV)/.uv: $(BIN)/python
	@test -x $(BIN)/uv || $(PIP) install --quiet uv
	@touch $@
