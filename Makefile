# The commands of the project. Each sets up what it needs in $(VENV) and starts at once the second time.
#   VENV=dir  PYTHON=python3.12  ARGS="..."  can be set on the command line.

VENV   ?= .venv
PYTHON ?= python3
ARGS   ?=
PAGES  := build/derivations
BOOK   := build/book
DIST   := dist
UV     := $(or $(shell command -v uv 2>/dev/null),$(VENV)/bin/uv)
RUN    := $(VENV)/bin
# uv reads its own names for what pip was told, such as where a smaller build of torch lies
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# ... and which certificates it knows: those of the system, as pip, and of PIP_CERT
export UV_SYSTEM_CERTS ?= true
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif
# bytecode is kept, in $(VENV), even where the environment forbids it beside the source: without it
# every process that is started compiles NumPy and SymPy anew
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/bytecode
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help verify test lint matrix mutants trials exactness exhaustive prove-long peers distributed bench derivations book dist conda train clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

verify: $(VENV)/.ready  ## check every op and the network against finite differences, on real data too
	$(RUN)/mlp verify $(ARGS)

test: $(VENV)/.ready  ## run the tests: ARGS="-k softmax", or ARGS=-n0 in one process
	@echo "Running the tests on every core; all of them take about five minutes on two."
	OPENBLAS_NUM_THREADS=1 $(RUN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(VENV)/.ready  ## check the format, the style and the types
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

matrix: $(VENV)/.ready  ## run the tests on each Python there is, with the oldest and newest NumPy: hours
	$(RUN)/python tests/matrix.py $(ARGS)

mutants: $(VENV)/.ready-mutants  ## put slips into the code and see the tests fail: ARGS="engine --seed 7", hours
	$(RUN)/python -m pytest -q tests/test_mutation.py tests/mutation
	$(RUN)/python tests/mutation $(ARGS)

trials: $(VENV)/.ready  ## hold the checker to its limits: ARGS="--share 0.01", or names of families
	$(RUN)/python tests/trials $(ARGS)

exactness: $(VENV)/.ready-exactness  ## set the digits of every op beside torch, JAX and SciPy (installs them)
	$(RUN)/python tests/exactness $(or $(ARGS),--write)

exhaustive: $(VENV)/.ready  ## try every float32 there is: ARGS="sigmoid --derivative", minutes each
	$(RUN)/python tests/exactness --exhaustive $(ARGS)

prove-long: $(VENV)/.ready  ## prove at larger sizes, and try every equation with one word wrong: minutes
	$(RUN)/python -m pytest -m long tests/proof $(ARGS)

peers: $(VENV)/.ready-peers  ## check gradients that others derived by hand (installs their packages)
	$(RUN)/python -m pytest tests/peers $(ARGS)

distributed: $(VENV)/.ready-distributed  ## check and learn on a cluster of two processes (installs Dask)
	$(RUN)/python -m pytest tests/distributed $(ARGS)

bench: $(VENV)/.ready-bench  ## set error bars and time beside those of other packages (installs them): ARGS="-k network"
	$(RUN)/python -m pytest tests/benchmarks $(ARGS)

derivations: $(VENV)/.ready  ## prove the derivations line by line, and write them and the guide as HTML
	$(RUN)/mlp prove --html $(PAGES) --guide derivations/guide/contents.md $(ARGS) derivations/*.md

book: $(VENV)/.ready  ## prove the derivations, and write README, guide and derivations as a site
	$(RUN)/python derivations/book.py $(BOOK) $(ARGS)

dist: $(VENV)/.ready-release  ## build sdist and wheel, and check them as a release does
	rm -rf $(DIST)
	$(UV) build --quiet --python $(RUN)/python --out-dir $(DIST)
	$(RUN)/twine check --strict $(DIST)/*.whl $(DIST)/*.tar.gz
	$(RUN)/check-wheel-contents $(DIST)/*.whl

conda: dist  ## generate a conda recipe from the sdist, and build it where conda is installed
	$(RUN)/python .github/release/recipe.py $(DIST)/*.tar.gz build/conda
	@if command -v conda-build >/dev/null; then conda-build --channel conda-forge build/conda; \
	else echo "build/conda/meta.yaml is written, but not built: there is no conda-build here."; fi

train: $(VENV)/.ready  ## learn the digits by gradient descent
	$(RUN)/mlp train $(ARGS)

clean:  ## remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build $(DIST)

# what uv cannot install, such as behind a proxy that only pip gets through, pip does
define install
$(UV) pip install --quiet --python $(RUN)/python --editable . --group $(1) || { \
  echo "uv could not; trying pip ..." >&2; \
  $(RUN)/python -m ensurepip --upgrade >/dev/null; \
  $(RUN)/python -m pip install --quiet --upgrade "pip>=25.1"; \
  $(RUN)/python -m pip install --quiet --editable . --group $(1); }
endef

$(VENV)/.ready: pyproject.toml
	@echo "Setting up $(VENV) (once; about half a minute) ..."
	@if command -v uv >/dev/null; then uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) || { echo "No venv module: try 'apt-get install python3-venv'." >&2; exit 1; }; \
	     $(RUN)/python -m pip install --quiet --disable-pip-version-check uv; fi
	@$(call install,dev)
	@touch $@

$(VENV)/.ready-%: $(VENV)/.ready
	@echo "Installing the dependency group '$*' ..."
	@$(call install,$*)
	@touch $@
