# Each target is a line that you could type; `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.lmphys-installed
# Two processes with one thread each: more threads in each would wait for one another.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: help book test test-all smoke look pdf lint bench lock clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 8

book: $(READY)  ## run every chapter that changed and render the book: _build/html/index.html
	$(BIN)/lmphys build

test: $(READY)  ## run the tests but the slow ones (minutes)
	$(PYTEST)

test-all: $(READY)  ## run all tests but the smoke runs, as CI does
	$(PYTEST) -m "not smoke and not exhaustive and not browser"

smoke: $(READY)  ## run every chapter on the smallest amount of data, in a copy of the project
	$(BIN)/python -m pytest -m smoke tests/test_smoke.py

pdf: $(READY)  ## print the built book into one file, with Chromium: _build/lmphys.pdf
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pypdf>=5"
	$(BIN)/lmphys pdf

look: $(READY)  ## open every page of the built book in Chromium, wide and narrow, by day and by night
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "playwright>=1.50"
	$(PYTEST) -m browser tests/browser

lint: $(READY)  ## check style, types and the directions of imports
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

bench: $(READY)  ## measure speed and memory against the plain ways and the peers, for the status page
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock "dynamax==1.0.3"
	$(BIN)/python -m benchmarks --record

lock:  ## resolve the lock anew (needs uv)
	$(PYTHON) tools/lock.py

clean:  ## remove what was built; the environment and the cached models and corpora stay
	rm -rf _build runs book/chapters book/_generated .pytest_cache .mypy_cache .ruff_cache

$(READY): requirements.lock pyproject.toml tools/install.py
	$(PYTHON) tools/install.py $(VENV)
	@touch $@
