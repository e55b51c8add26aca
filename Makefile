# `make demo` and `make test` do all the set-up they need; see `make help`.
PYTHON ?=
BIN := .venv/bin
INSTALLED := .venv/.installed
# The tests run side by side, one thread each.
TEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.DEFAULT_GOAL := help
.PHONY: help demo test check lint clean

help:
	@echo 'make demo   search, front, page, exported and verified C project: runs/demo, build/demo'
	@echo 'make test   everything CI runs; installs the Arm tools where it may'
	@echo 'make check  linters and the quick tests'
	@echo 'make clean  remove .venv, build, runs/demo and all caches'

$(INSTALLED): pyproject.toml constraints.txt .ci/venv
	@.ci/venv $(PYTHON)
	@touch $@

demo: $(INSTALLED)
	@rm -rf runs/demo build/demo
	$(BIN)/dse search studies/demo.toml --out runs/demo
	$(BIN)/dse front runs/demo
	$(BIN)/dse report runs/demo
	$(BIN)/dse export runs/demo knee -o build/demo
	$(BIN)/dse verify build/demo

test: $(INSTALLED)
	@.ci/arm-tools
	@$(MAKE) --no-print-directory lint; linted=$$?; echo '$(TEST)'; $(TEST) && exit $$linted

check: $(INSTALLED)
	@$(MAKE) --no-print-directory lint
	$(TEST) -m 'not slow and not gpu and not benchmark'

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv build dist runs/demo *.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find dse search_spaces hw_models tests -name __pycache__ -type d -prune -exec rm -rf {} +
