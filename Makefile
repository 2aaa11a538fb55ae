# Two commands on a fresh x86-64 Linux machine with Python 3.11 or newer:
#   make demo   installs what is pinned and writes a submission file with the embedded model
#   make test   installs the same and runs the tests
# and one for an afternoon on the same machine:
#   make lifecycle DATA=DIR   corpora to leaderboard; QUICK=1 rehearses it in 15 minutes

PYTHON ?= python3
BIN := .venv/bin
LOCK := locks/cpu.txt
STAMP := .venv/.installed
# Where the package index lacks torch's CPU build, PyTorch's own index has it.
TORCH_INDEX := https://download.pytorch.org/whl/cpu
# Holds corpora/ and mwahaha/, as data fetch brings them.
DATA ?= ../shared/data
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
# A file of tests stays in one process: what it trains once, all of its tests use.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

export HF_HUB_OFFLINE = 1

.PHONY: demo lifecycle test slow fuzz check lock reference install

demo: install
	$(BIN)/semeval-humor predict --task A --lang en

lifecycle: install
ifdef QUICK
	$(BIN)/semeval-humor lifecycle configs/lifecycle/quick.toml
else
	$(BIN)/semeval-humor lifecycle configs/lifecycle/full.toml --data $(DATA)
endif

test: install
	$(PYTEST)

# One after the other: several vLLMs on the same cores wait for each other.
slow: install
	$(BIN)/python -m pytest -m slow

fuzz: install
	$(BIN)/python -m tests.fuzz.tsv_fuzz 1000000
	$(BIN)/python -m tests.fuzz.zip_fuzz 1000000

check: install
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

lock:
	$(PYTHON) locks/make_cpu.py

reference: install
	$(BIN)/python docs/make_reference.py

install: $(STAMP)

# Made last, so that an installation that broke off is taken up again.
$(STAMP): $(LOCK) pyproject.toml
	@echo "installing $(LOCK) into .venv: 3.5 GB, two minutes where network and disk are quick"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) -r $(LOCK) || $(PIP) --extra-index-url $(TORCH_INDEX) -r $(LOCK)
	@$(PIP) --no-build-isolation --editable .
	@touch $(STAMP)
