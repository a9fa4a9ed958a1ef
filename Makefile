# Every target sets itself up: a virtual environment in .venv, and what it needs from PyPI.
PYTHON ?= python3
BIN := .venv/bin

# Else each of the many processes of the tests would compile all of ganglion anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test check witnesses format types bench counts bench-fidelity fuzz faults docs pictures clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# pip says what it fetches, with its progress: this can take minutes.
PIP := $(BIN)/python -m pip --disable-pip-version-check

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

.venv/run.stamp: .venv/pyvenv.cfg pyproject.toml setup.py
	@echo "Setting up .venv, once: about 60 MB from PyPI, 280 MB on disk."
	@$(PIP) install --editable .
	@touch $@

.venv/dev.stamp: .venv/pyvenv.cfg pyproject.toml setup.py
	@echo "Setting up .venv with everything that the tests use, once: about 1 GB on disk."
	@$(PIP) install --editable '.[dev,all]'
	@touch $@ .venv/run.stamp

demo: .venv/run.stamp  ## Compile a small robot's brain, run it on a virtual device, prove it equal
	@$(BIN)/ganglion demo

# The ESP32's instruction set, for the tests that run machine code: a Debian package.
QEMU_USER := qemu-xtensa is not here, so no Xtensa code is run: apt-get install qemu-user

.PHONY: qemu-user
qemu-user:
	@command -v qemu-xtensa >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && apt-get install --quiet --yes qemu-user >/dev/null 2>&1; } || \
	{ [ "$$(id -u)" = 0 ] && apt-get update --quiet >/dev/null 2>&1 && \
	  apt-get install --quiet --yes qemu-user >/dev/null 2>&1; } || echo "$(QEMU_USER)"

# Tests run in any order; the one of a seed can be had again: make test SEED=7
SEED ?= 20261128

test: .venv/dev.stamp qemu-user  ## Run every test, on all cores, in an order that SEED chooses
	$(BIN)/python -m pytest -n auto --dist worksteal -rs --randomly-seed=$(SEED)

check: .venv/dev.stamp  ## Lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Brian2's release needs numpy < 2.4, so it has an environment of its own: 220 MB on disk.
.venv/witnesses.stamp: .venv/pyvenv.cfg
	@$(PYTHON) -m venv .venv/witnesses
	@if .venv/witnesses/bin/python -m pip --disable-pip-version-check install --quiet brian2 'numpy<2.4'; \
	then touch $@; else echo "Brian2 does not install here, so it is no witness."; fi

witnesses: .venv/witnesses.stamp  ## Run small brains in Brian2, another laboratory's simulator, if it installs
	@if [ -e .venv/witnesses.stamp ]; \
	then PYTHONPATH=host:. .venv/witnesses/bin/python -m tools.conformance.brian --count 3 --bursts 60; fi

format: .venv/dev.stamp  ## Format the sources, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev.stamp  ## Count the kernel's instructions, and print the tables of docs/measurements.md
	$(BIN)/python -m tools.bench.kernel
	$(BIN)/python -m tools.bench.learning
	$(BIN)/python -m tools.bench.layers
	$(BIN)/python -m tools.bench.host
	$(BIN)/python -m tools.bench.large

counts: .venv/dev.stamp  ## Write tests/firmware/kernel/instruction_counts.json anew, if no count has risen
	$(BIN)/python -m tools.bench.counts

bench-fidelity: .venv/dev.stamp  ## Set integers, ours and others', beside float32, as one table
	$(BIN)/python -m tools.bench.fidelity

fuzz: .venv/dev.stamp  ## Read 100,000 broken inputs of each kind; nothing but an error of ours may come
	$(BIN)/python -m tools.search.broken_genomes --count 100000
	@for kind in frames blob recording stimulus robot nir; do \
		$(BIN)/python -m tools.search.broken_inputs $$kind --count 100000 || exit 1; done
	$(BIN)/python -m tools.search.nir_files --count 100000

faults: .venv/dev.stamp  ## Damage links, flash, blobs and the loop in every way we know, as one table
	$(BIN)/python -m tools.faults

.venv/docs.stamp: .venv/pyvenv.cfg pyproject.toml setup.py
	@$(PIP) install --editable '.[docs]'
	@touch $@

docs: .venv/docs.stamp  ## Build the documentation as a site in out/site; a dead link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "open out/site/index.html"

pictures: .venv/dev.stamp  ## Draw the pictures of README and docs anew (needs chromium and chromium-driver)
	$(BIN)/python -m tools.site.pictures

clean:  ## Remove what the other targets made
	rm -rf .venv build dist out host/ganglion.egg-info .pytest_cache .mypy_cache .ruff_cache
