# The commands of this project. Each checks quickly what is there and does only what is missing.
#   TUSK_PREFIX  what set-up makes outside the checkout (default ~/.cache/tusk)
#   PHP_CONFIG   php-config of an existing PHP 8.4 ZTS with embed, used instead of building one
#   PRESET       dev, release, asan, tsan or clang, for build, unit, blackbox, test (default release)
#   ADDR         where `make run` listens (default 127.0.0.1:8080)
#   PYTEST_ARGS  passed to pytest, e.g. PYTEST_ARGS='-k upload'
#   BENCH_ARGS   passed to bench/run.py, e.g. BENCH_ARGS=--quick
#   PHPT_ARGS    passed to tests/conformance/phpt.py, e.g. PHPT_ARGS=tests/output
#   FUZZ_SECONDS how long `make fuzz` runs each fuzzer (default 60)

export TUSK_PREFIX ?= $(HOME)/.cache/tusk
PRESET ?= release
ADDR ?= 127.0.0.1:8080
PYTEST_ARGS ?=
BENCH_ARGS ?=
PHPT_ARGS ?=
FUZZ_SECONDS ?= 60

SETUP := tools/setup
BUILD := $(CURDIR)/build/$(PRESET)
# What sanitizers read; without effect on a build without one.
suppress = $(addprefix suppressions=,$(wildcard $(CURDIR)/tools/sanitizers/$(1).supp))
SANITIZERS = ASAN_OPTIONS=$(call suppress,asan) LSAN_OPTIONS=print_suppressions=0:$(call suppress,lsan) \
  UBSAN_OPTIONS=print_stacktrace=1:$(call suppress,ubsan) TSAN_OPTIONS=$(call suppress,tsan)

.DEFAULT_GOAL := help
.NOTPARALLEL: # what takes long (make in php.sh, ninja, ctest) runs in parallel by itself
.PHONY: help deps php build everything run unit blackbox browser test asan tsan soak sweep beside-fpm abuse bench fuzz replay clang tidy check-all format hooks clean conformance conformance-php

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 18

deps: ## install the Debian packages and llhttp that are missing (root or sudo)
	@$(SETUP)/deps.sh

php: ## build PHP 8.4 ZTS once, about 10 minutes, outside the checkout
	@$(if $(PHP_CONFIG),,$(SETUP)/deps.sh php)
	@$(SETUP)/php.sh

build: ## the server: build/release/tusk
	@$(SETUP)/deps.sh build $(if $(PHP_CONFIG),,php)
	@$(SETUP)/php.sh
	@$(SETUP)/build.sh $(PRESET) tusk

everything: build ## the server, unit tests, replays of fuzzers
	@$(SETUP)/build.sh $(PRESET) all

run: build ## build, and serve examples/public on ADDR
	@exec build/$(PRESET)/tusk serve --root examples/public --listen $(ADDR)

unit: everything ## unit tests, by ctest
	$(SANITIZERS) ctest --preset $(PRESET) --output-junit $(BUILD)/ctest.xml

blackbox: build ## tests of the running server, real applications among them, by pytest
	@$(SETUP)/deps.sh test
	@$(SETUP)/deps.sh browser || echo 'Without Chromium the tests that need a browser are skipped.'
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) \
	  /usr/bin/python3 -m pytest -n 2 --dist loadfile --junit-xml=$(BUILD)/pytest.xml $(PYTEST_ARGS)

browser: build ## of the black-box tests those that look through Chromium
	@$(SETUP)/deps.sh test browser
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) \
	  /usr/bin/python3 -m pytest -m browser $(PYTEST_ARGS)

test: build ## all tests; the second half runs even if the first fails
	@$(SETUP)/deps.sh test
	@rm -f $(BUILD)/ctest.xml $(BUILD)/pytest.xml
	@$(MAKE) --no-print-directory --keep-going unit blackbox

asan: ## all tests with the address and undefined-behaviour sanitizers
	@TUSK_TEST_PATIENCE=120 $(MAKE) --no-print-directory test PRESET=asan

tsan: ## all tests with the thread sanitizer
	@TUSK_TEST_PATIENCE=120 $(MAKE) --no-print-directory test PRESET=tsan

soak: build ## tests that take minutes, TUSK_SOAK_SECONDS each (default 60); best with PRESET=asan
	@$(SETUP)/deps.sh test
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk TUSK_TEST_PATIENCE=120 \
	  /usr/bin/python3 -m pytest -s -o python_files='*_soak.py' $(PYTEST_ARGS) tests/soak

sweep: build ## every function of PHP with hostile values, for SWEEP_SECONDS (600); goes on where it stopped
	@$(SETUP)/deps.sh test
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) /usr/bin/python3 tests/sweep/sweep.py

beside-fpm: build ## what each script of tests/php/hostile costs here, and under nginx + PHP-FPM
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) /usr/bin/python3 tests/sweep/beside_fpm.py

abuse: build ## everything a script or client can do to a server, for TUSK_ABUSE_SECONDS (60)
	@$(SETUP)/deps.sh test
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk TUSK_TEST_PATIENCE=120 \
	  TUSK_ABUSE_SECONDS=$${TUSK_ABUSE_SECONDS:-60} /usr/bin/python3 -m pytest -s $(PYTEST_ARGS) tests/abuse

conformance: build ## h2spec, every case, with and without TLS; needs Go
	@$(SETUP)/deps.sh test
	@$(SETUP)/h2spec.sh
	TUSK_BINARY=$(BUILD)/tusk H2SPEC=$$($(SETUP)/h2spec.sh --print) \
	  /usr/bin/python3 -m pytest -o python_files='*_conformance.py' $(PYTEST_ARGS) tests/conformance

bench: build ## tusk beside its peers: requests/s, latency, CPU and memory
	@$(SETUP)/deps.sh bench
	/usr/bin/python3 bench/run.py $(BENCH_ARGS)

conformance-php: build ## php-src's own tests over HTTP; what differs from PHP-FPM is listed
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) \
	  /usr/bin/python3 tests/conformance/phpt.py $(PHPT_ARGS)

fuzz: ## each fuzzer for FUZZ_SECONDS; what it finds is left in build/fuzz
	@$(SETUP)/deps.sh check
	@$(MAKE) --no-print-directory everything PRESET=fuzz
	@$(SETUP)/fuzz.sh $(FUZZ_SECONDS)

replay: ## each fuzzer's corpus, once, with clang's sanitizers
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=0

check-all: ## what CI's own run leaves out: asan, tsan, tidy, replay; goes on after a failure
	@$(MAKE) --no-print-directory --keep-going asan tsan tidy replay

hooks: ## have git check each commit: formatting, layering, the subject's length
	@$(SETUP)/deps.sh format
	git config core.hooksPath tools/hooks

clang: ## build with clang 19 and its thread-safety analysis
	@$(SETUP)/deps.sh check
	@$(MAKE) --no-print-directory everything PRESET=clang

tidy: clang ## clang-tidy on what is shipped (tests would take most of an hour, for gtest's macros)
	run-clang-tidy-19 -quiet -p build/clang '$(CURDIR)/src/.*(?<!_test)\.cc$$'

format: ## clang-format all sources
	@$(SETUP)/deps.sh format
	git ls-files -co --exclude-standard '*.h' '*.cc' | xargs -r clang-format-19 -i

clean: ## remove build/; what is below TUSK_PREFIX stays
	rm -rf build
