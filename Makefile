# Thin on purpose: the work is in scripts/ and the packages. `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
export PYTHONPATH := scripts

.PHONY: help run test screenshots bench check format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## a private Asterisk, the filter, and sample calls filtered before your eyes (ONCE=1: stop after them)
	$(PY) scripts/demo.py $(if $(ONCE),--once)

test: $(INSTALLED) ## every test, the ones with a real Asterisk and real SIP calls too (ARGS="-k name" to choose)
	scripts/need.sh "cc:gcc libc6-dev" chromium:chromium npm:npm "$$(fc-list :lang=zh 2>/dev/null | grep -q . && echo true || echo no-chinese-font):fonts-wqy-microhei"
	$(PY) -m lab.fetch 22 16 sipp
	$(PY) -m lab.axe
	$(PY) -m pytest $(ARGS)

screenshots: $(INSTALLED) ## the pictures of README, taken anew by the tests
	CALLFILTER_SCREENSHOTS=docs/screenshots $(PY) -m pytest tests/web/test_screenshots.py

bench: $(INSTALLED) ## speed and memory beside Asterisk's own blacklist; writes docs/performance.md (ARGS=--quick for a short one)
	scripts/need.sh "cc:gcc libc6-dev"
	$(PY) -m lab.fetch 22
	$(PY) benchmarks/run.py $(ARGS)

check: $(INSTALLED) ## lint, format and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(INSTALLED) ## put the code into its one format
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

clean: ## removes everything that make made here: .venv, .asterisk, var
	rm -rf $(VENV) .asterisk var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(INSTALLED): setup.cfg constraints.txt scripts/venv.sh
	scripts/venv.sh $(PYTHON) $(VENV)
	@touch $@
