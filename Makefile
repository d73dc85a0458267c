# The commands of the project. Each sets up what it needs in $(VENV) and starts at once the second time.
#   VENV=dir  PYTHON=python3.12  ARGS="..."  can be set on the command line.

VENV   ?= .venv
PYTHON ?= python3
ARGS   ?=
UV     := $(or $(shell command -v uv),$(VENV)/bin/uv)
RUN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help verify test lint bench train clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

verify: $(VENV)/.ready  ## check every op and the network against finite differences, on real data too
	$(RUN)/mlp verify $(ARGS)

test: $(VENV)/.ready  ## run the tests
	$(RUN)/python -m pytest $(ARGS)

lint: $(VENV)/.ready  ## check the format, the style and the types
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

bench: $(VENV)/.ready-bench  ## time the ops and the checker beside others (installs PyTorch)
	$(RUN)/python -m pytest tests/benchmarks $(ARGS)

train: $(VENV)/.ready  ## learn the digits by gradient descent
	$(RUN)/mlp train $(ARGS)

clean:  ## remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.ready: pyproject.toml
	@echo "Setting up $(VENV) (once; about half a minute) ..."
	@if command -v uv >/dev/null; then uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) || { echo "No venv module: try 'apt-get install python3-venv'." >&2; exit 1; }; \
	     $(RUN)/python -m pip install --quiet uv; fi
	@$(UV) pip install --quiet --python $(RUN)/python --editable . --group dev
	@touch $@

$(VENV)/.ready-%: $(VENV)/.ready
	@echo "Installing the dependency group '$*' ..."
	@$(UV) pip install --quiet --python $(RUN)/python --group $*
	@touch $@
