# What people do with this project. The first use sets up .venv; later ones only what has changed.
#   make test ARGS="-k sieve"        with arguments for pytest
#   make test-libraries GROUP=quick  for what few packages need
#   make test PYTHON=python3.13      with another Python, for which .venv is made anew

PYTHON ?= python3
VENV ?= .venv
export CC

BIN := $(CURDIR)/$(VENV)/bin
VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
MADE := $(VENV)/.made-$(VERSION)
DEMOS := $(VENV)/.demos-$(VERSION)
DEV := $(VENV)/.dev-$(VERSION)
DOCS := $(or $(wildcard $(DEV)),$(VENV)/.docs-$(VERSION))
LIBRARIES := $(VENV)/.test-libraries$(addprefix -,$(GROUP))-$(VERSION)
EXTENSION := native/_native.*.so adapters/_accelerator.*.so
BUILT_FROM := pyproject.toml setup.py adapters/_accelerator.c native/_build.py \
    $(wildcard native/csrc/*.[ch])

STRICT := -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror
C_TESTS := tests/test_native*.py tests/test_ctype.py tests/test_layout.py tests/test_accelerat*.py \
    tests/test_buffers.py tests/test_cycles.py tests/test_plain_pickler.py tests/test_reduc*.py \
    tests/test_rebuild.py tests/test_factory.py tests/test_serializer.py
SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: help demo test test-libraries tested-libraries check lint bench docs sanitize dist clean
.NOTPARALLEL:

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEMOS) ## sieve the primes below 1e9 on all cores, then find palindromes
	$(BIN)/python -m demos pipe_sieve --limit 1e9
	$(BIN)/python -m demos palindromes

test: $(DEV) ## the tests; those of faults, which take minutes: ARGS="-m slow"
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-libraries: ## the adapters of foreign packages, in a .venv of their own; GROUP=quick: some
	@$(MAKE) --no-print-directory VENV=.venv-libraries tested-libraries

tested-libraries: $(LIBRARIES)
	$(BIN)/python tests/libraries/run.py $(ARGS)

check: lint sanitize ## lint, and the C under the sanitizers

lint: $(DEV) ## ruff, mypy --strict, the import contract, workflows, and the C without a warning
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	set -e; for source in native/csrc/*.c; do $(CC) $(STRICT) -c $$source -o /dev/null; done
	$(CC) $(filter-out -Wpedantic,$(STRICT)) -DPy_LIMITED_API=0x030A0000 -I"$(INCLUDE)" \
	    -c adapters/_accelerator.c -o /dev/null # pedantic about functions in the slots of types

bench: $(DEV) ## the costs, as ratios to peers; ARGS=--check fails above a bound
	@$(BIN)/python -c 'import numpy, primesieve' 2>/dev/null || test -n "$$PRIMESIEVE_LIBRARY" \
	    || $(BIN)/python -m pip install --quiet --editable ".[bench]" \
	    || echo "make: primesieve does not build here (it needs libprimesieve and its headers): gaps below"
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(DOCS) ## the documentation, in build/docs; it takes no engine
	$(BIN)/python -m sphinx -j auto -W --keep-going -q -b html docs build/docs

# CPython leaves memory of its own behind at exit, hence no leak checker.
sanitize: $(DEV) ## the tests of the C under AddressSanitizer and UBSan (GCC)
	rm -rf build/sanitize && mkdir -p build/sanitize
	cp -R LICENSE README.md adapters demos native tests pyproject.toml setup.py build/sanitize
	cd build/sanitize && rm -f $(EXTENSION)
	cd build/sanitize && CFLAGS="$(SANITIZE)" $(BIN)/python setup.py --quiet build_ext --inplace
	cd build/sanitize && env ADAPTERS_ACCELERATOR=1 CFLAGS="$(SANITIZE)" PYTHONMALLOC=malloc UBSAN_OPTIONS=print_stacktrace=1 \
	    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
	    LD_PRELOAD="$$($(CC) -print-file-name=libasan.so)" \
	    $(BIN)/python -m pytest -m "not slow" $(ARGS) $(C_TESTS)

dist: $(DEV) ## the source distribution and, built from that, the wheel
	rm -rf dist
	$(BIN)/python -m build --outdir dist

clean: ## remove all that was made
	rm -rf $(VENV) .venv-libraries build dist *.egg-info $(EXTENSION) .hypothesis .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp stands for the project, editable, with the extra of that name, in .venv of that Python.
$(sort $(DEMOS) $(DEV) $(DOCS) $(LIBRARIES)): $(VENV)/.%-$(VERSION): $(BUILT_FROM) | $(MADE)
	rm -f $(EXTENSION)
	$(BIN)/python -m pip install --quiet --editable ".[$*]" \
	    $(if $(findstring libraries,$*),--constraint tests/libraries/constraints.txt)
	@touch $@

fail = { echo "make: $(strip $(1))" >&2; exit 1; }
INCLUDE = $$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || $(call fail, \
	    this needs Python 3.10 or later; $(PYTHON) is $(or $(VERSION),not there): make PYTHON=...)
	@$(PYTHON) -c 'import ensurepip; import venv' 2>/dev/null || $(call fail, \
	    $(PYTHON) has no venv module; install it (on Debian: apt install python3-venv))
	@command -v $(CC) >/dev/null || $(call fail, \
	    there is no C compiler $(CC); install one (on Debian: apt install gcc libc6-dev))
	@echo '#include <Python.h>' | $(CC) -I"$(INCLUDE)" -E - >/dev/null 2>&1 || $(call fail, \
	    $(PYTHON) has no C headers; install them (on Debian: apt install python3-dev))
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
