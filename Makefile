# Every target sets itself up: it needs Python 3.11 or later, make, and a package index for pip.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
# Small operations are what is tested: more threads would only contend.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help demo test lint parity bench fuzz screenshots clean

help:
	@echo 'make demo    install, and explain the gradient of a neuron'
	@echo 'make test    the tests and every example in the documentation'
	@echo 'make lint    ruff, pyright, and who may import whom'
	@echo 'make parity  the same gradients in PyTorch, JAX and TensorFlow (downloads them)'
	@echo 'make bench   speed and memory against the peers, as ratios of one run'
	@echo 'make fuzz    10,000 random programs, compiled and as they are'
	@echo 'make screenshots  pictures of the studio for docs/ (needs Chromium)'
	@echo 'make clean   remove the environments and caches'

demo: $(VENV)/.installed
	@$(BIN)/chainrule explain examples/neuron.py --of loss --wrt w

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.installed-lint
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

parity: $(PEERS)/.installed
	$(PEERS)/bin/python -m pytest parity -W default $(ARGS)

bench: $(PEERS)/.installed
	$(PEERS)/bin/python -m benchmarks $(ARGS)

# Random programs, compiled, in guarded memory: FUZZ="FIRST COUNT" picks others.
FUZZ ?= 1 10000
fuzz: $(VENV)/.installed-test
	$(BIN)/python -m tests.compilation.random_programs $(FUZZ)

screenshots: $(VENV)/.installed-test
	$(BIN)/python -m pytest tests/studio/test_screenshots.py --screenshots docs/screenshots $(ARGS)

clean:
	rm -rf $(VENV) $(PEERS) build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis src/*.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml
	@$(call environment,$(VENV))
	@$(BIN)/python $(PIP_INSTALL) -e .
	@$(BIN)/python -m compileall -q src  # as pip compiles what it installs, so that a checkout imports as fast
	@touch $@

$(VENV)/.installed-%: $(VENV)/.installed
	@echo "installing what 'make $*' needs"
	@$(BIN)/python $(PIP_INSTALL) -e '.[$*]'
	@touch $@

# A peer that cannot be installed is said and left out; its tests are then skipped.
$(PEERS)/.installed: pyproject.toml parity/peers.txt
	@$(call environment,$(PEERS))
	@$(PEERS)/bin/python $(PIP_INSTALL) -e '.[test]'
	@grep -v '^#' parity/peers.txt | while read -r peer; do \
	    echo "installing $$peer"; \
	    $(PEERS)/bin/python $(PIP_INSTALL) "$$peer" </dev/null \
	        || echo "$$peer could not be installed: its comparisons will be skipped"; \
	done
	@touch $@

define environment
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "chainrule needs Python 3.11 or later; this is " + sys.version)'; \
test -x $(1)/bin/python || { echo "creating $(1)"; $(PYTHON) -m venv $(1); }
endef
