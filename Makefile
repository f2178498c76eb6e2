# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
CORE := .venv-core
PIP_FLAGS := --disable-pip-version-check --quiet -c constraints.txt
SOURCES := $(shell find embodied_mem envs configs planners -name '*.py' -not -path '*/__pycache__/*')

.PHONY: demo test test-full test-core lint types bench clean clean-kernels

demo: $(VENV)/.installed  ## render a room, remember it, ask, write a picture and a replay
	$(VENV)/bin/embodied-mem demo --out demo_output

test: lint types test-full test-core  ## everything CI runs

test-full: $(VENV)/.installed-dev
	$(VENV)/bin/python -m pytest

# With core dependencies only: what needs an extra skips and says so. Long suites that use no extra have
# just run.
CORE_LEFT_OUT := tests/test_house_catalog.py tests/test_house_generate.py tests/test_house_export.py \
	tests/test_house_people.py tests/test_house_noise.py tests/test_house_habits.py \
	tests/test_house_rearrangement.py tests/test_journal_crash.py tests/test_evaluation.py \
	tests/test_findingdory_suite.py tests/test_findingdory_suite_episode.py \
	tests/test_findingdory_suite_judge.py tests/test_memory_bench.py tests/test_executor.py \
	tests/test_program_planner.py
test-core: $(CORE)/.installed
	$(CORE)/bin/python -m pytest -p no:cacheprovider $(addprefix --ignore=,$(CORE_LEFT_OUT))

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.installed-dev
	$(VENV)/bin/python tests/typecheck.py

bench: $(VENV)/.installed-bench  ## the bars that need no recording
	$(VENV)/bin/embodied-mem bench spatial
	$(VENV)/bin/embodied-mem bench recall
	$(VENV)/bin/embodied-mem bench journal

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(VENV)/bin/python -m pip install $(PIP_FLAGS) -e '.[viewer]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(VENV)/bin/python -m pip install $(PIP_FLAGS) -e '.[viewer,dev]'
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed
	$(VENV)/bin/python -m pip install $(PIP_FLAGS) -e '.[viewer,bench]'
	touch $@

$(CORE)/.installed: pyproject.toml constraints.txt
	test -x $(CORE)/bin/python || $(PYTHON) -m venv $(CORE)
	$(CORE)/bin/python -m pip install $(PIP_FLAGS) -e . pytest hypothesis
	touch $@

clean-kernels:  ## after an edit of kernels/blocks.py: numba does not see changed callees
	find embodied_mem envs planners -name '*.nb[ic]' -delete

clean: clean-kernels
	rm -rf $(VENV) $(CORE) build dist *.egg-info demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis
