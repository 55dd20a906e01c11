# The commands of this project. Each one checks quickly what exists, and does only what is missing.
#   TUSK_PREFIX  where set-up puts files outside the checkout (default ~/.cache/tusk)
#   PHP          debian: Debian's own PHP (8.2) in worker processes, instead of building one; 8.5: a PHP of
#                that series is built (tools/setup/php.sh). Each has a build directory of its own,
#                build/PRESET-debian or build/PRESET-8.5
#   PHP_CONFIG   php-config of an existing PHP 8.2 to 8.5 with embed, used instead of building one
#   PRESET       dev, release, asan, tsan or clang, for build, unit, blackbox, test (default release)
#   ENGINE       processes: the black-box tests run with worker processes; tests of threads are left out
#   ADDR         where `make run` listens (default 127.0.0.1:8080)
#   PYTEST_ARGS  passed to pytest, e.g. PYTEST_ARGS='-k upload'
#   BENCH_ARGS   passed to bench/run.py, e.g. BENCH_ARGS=--quick
#   PHPT_ARGS    passed to tests/conformance/phpt.py, e.g. PHPT_ARGS=tests/output
#   PACKAGE_ARGS passed to packaging/build.sh, e.g. PACKAGE_ARGS=--threads
#   SUITE        trixie: packages for that Debian, built in a root of its own, as root
#   FUZZ_SECONDS how long `make fuzz` runs each fuzzer (default 60)

export TUSK_PREFIX ?= $(HOME)/.cache/tusk
PRESET ?= release
PHP ?=
ADDR ?= 127.0.0.1:8080
PYTEST_ARGS ?=
BENCH_ARGS ?=
PHPT_ARGS ?=
PACKAGE_ARGS ?=
SUITE ?=
FUZZ_SECONDS ?= 60

SETUP := tools/setup
# Files are compiled in groups, with -O1: a build from nothing takes a fifth of the time.
QUICK_OPTIONS := -DTUSK_UNITY=ON -DTUSK_OPTIMIZATION=-O1
BUILD := $(CURDIR)/build/$(PRESET)$(PHP:%=-%)
export BUILD_DIR := $(BUILD)
ifeq ($(PHP),debian)
  export PHP_CONFIG := /usr/bin/php-config8.2
  export TUSK_TEST_PHP_INI ?= /dev/null
  BUILD_OPTIONS = $(QUICK_OPTIONS)
else ifneq ($(filter 8.%,$(PHP)),)
  export PHP_SERIES := $(PHP)
else ifneq ($(PHP),)
  $(error PHP=$(PHP) is not known: leave it out, or say PHP=debian or a series such as PHP=8.5)
endif
# The packages that bring PHP, or with which it is built.
PHP_PACKAGES = $(if $(filter debian,$(PHP)),debian-php,$(if $(PHP_CONFIG),,php))
# Options of the sanitizers. They have no effect on a build without a sanitizer.
suppress = $(addprefix suppressions=,$(wildcard $(CURDIR)/tools/sanitizers/$(1).supp))
SANITIZERS = ASAN_OPTIONS=$(call suppress,asan) LSAN_OPTIONS=print_suppressions=0:$(call suppress,lsan) \
  UBSAN_OPTIONS=print_stacktrace=1:$(call suppress,ubsan) TSAN_OPTIONS=$(call suppress,tsan)

.DEFAULT_GOAL := help
.NOTPARALLEL: # long steps (make in php.sh, ninja, ctest) are parallel themselves
.PHONY: help drill-processes drill-restarts drill-resident drill-profile drill-fleet container-test deps php build everything run unit blackbox blackbox-processes browser test asan tsan soak sweep beside-fpm beside-nginx abuse bench bench-frameworks fuzz replay clang tidy check-all format hooks package package-test clean conformance conformance-php

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 24

deps: ## install the Debian packages and llhttp that are missing (root or sudo)
	@$(SETUP)/deps.sh

php: ## build PHP 8.4 ZTS once, about 5 minutes, outside the checkout
	@$(if $(PHP_PACKAGES),$(SETUP)/deps.sh $(PHP_PACKAGES))
	@$(SETUP)/php.sh

build: ## build the server, build/release/tusk; PHP=debian: with Debian's PHP
	@$(SETUP)/deps.sh build $(PHP_PACKAGES)
	@$(SETUP)/php.sh
	@$(SETUP)/build.sh $(PRESET) tusk $(BUILD_OPTIONS)

everything: build ## build the server, the unit tests and the replay of the fuzz corpora
	@$(SETUP)/build.sh $(PRESET) all $(BUILD_OPTIONS)

# The first `make run` has its own build directory, where the server is built with QUICK_OPTIONS. It is left
# alone once build/release is there.
ifeq ($(PHP)$(PRESET)$(wildcard $(BUILD)/tusk),release)
run: RUN_OPTIONS := BUILD=$(CURDIR)/build/quick BUILD_OPTIONS='$(QUICK_OPTIONS)'
endif
run: ## build (quickly, with -O1, if build/release is not there), and serve examples/public on ADDR
	@$(MAKE) --no-print-directory build $(RUN_OPTIONS)
	@exec $(if $(RUN_OPTIONS),$(CURDIR)/build/quick,$(BUILD))/tusk serve --root examples/public --listen $(ADDR)

unit: everything ## run the unit tests with ctest
	$(SANITIZERS) ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -j 2 --output-junit $(BUILD)/ctest.xml

blackbox: build ## run the black-box tests with pytest, including real applications
	@$(SETUP)/deps.sh test
	@$(SETUP)/deps.sh browser || echo 'Without Chromium the tests that need a browser are skipped.'
	@{ $(SETUP)/deps.sh docs && $(SETUP)/docs.sh; } || echo 'Without mkdocs the documentation site is not tested.'
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) \
	  /usr/bin/python3 -m pytest -n 2 --dist loadfile --junit-xml=$(BUILD)/pytest$(ENGINE:%=-%).xml $(PYTEST_ARGS)

blackbox-processes: ## run the black-box tests with worker processes, leaving out what is true of threads only
	@$(MAKE) --no-print-directory blackbox ENGINE=processes

browser: build ## run only the black-box tests that use Chromium
	@$(SETUP)/deps.sh test browser
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) \
	  /usr/bin/python3 -m pytest -m browser $(PYTEST_ARGS)

test: build ## run unit and black-box tests, the second even if the first fails
	@$(SETUP)/deps.sh test
	@rm -f $(BUILD)/ctest.xml $(BUILD)/pytest.xml
	@$(MAKE) --no-print-directory --keep-going unit blackbox

asan: ## run all tests with the address and undefined-behaviour sanitizers
	@TUSK_TEST_PATIENCE=120 $(MAKE) --no-print-directory test PRESET=asan

tsan: ## run all tests with the thread sanitizer
	@TUSK_TEST_PATIENCE=120 $(MAKE) --no-print-directory test PRESET=tsan

soak: build ## run tests that take minutes, TUSK_SOAK_SECONDS each (60); best with PRESET=asan
	@$(SETUP)/deps.sh test
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk TUSK_TEST_PATIENCE=120 \
	  /usr/bin/python3 -m pytest -s -o python_files='*_soak.py' $(PYTEST_ARGS) tests/soak

sweep: build ## call every PHP function with hostile values for SWEEP_SECONDS (600), continuing the last run
	@$(SETUP)/deps.sh test
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) /usr/bin/python3 tests/sweep/sweep.py

beside-fpm: build ## compare the damage of tests/php/hostile to tusk and to nginx + PHP-FPM
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) /usr/bin/python3 tests/sweep/beside_fpm.py

beside-nginx: build ## compare attacks on tusk, on nginx + PHP-FPM and on an older TUSK_BEFORE
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) /usr/bin/python3 tests/drills/beside_nginx.py

drill-restarts: build ## crash and reload the server under load, for TUSK_DRILL_SECONDS (60) each time
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk /usr/bin/python3 -m pytest -s -o python_files='restarts_drill.py' $(PYTEST_ARGS) tests/drills

drill-resident: build ## let resident scripts fail in each way under load, for TUSK_DRILL_SECONDS (4) each
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk /usr/bin/python3 -m pytest -q -s -o python_files='resident_drill.py watch_drill.py' $(PYTEST_ARGS) tests/drills

drill-processes: build ## let worker processes fail in each way under load, for TUSK_DRILL_SECONDS (4) each
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk /usr/bin/python3 -m pytest -q -s -o python_files='process_drill.py' $(PYTEST_ARGS) tests/drills

drill-profile: build ## compare profiles with the truth, and measure what they cost; TUSK_PROFILE_SECONDS (10) each
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk /usr/bin/python3 -m pytest -s -o python_files='profile_drill.py' $(PYTEST_ARGS) tests/drills

drill-fleet: build ## replace and kill three servers behind HAProxy under load, for TUSK_DRILL_SECONDS (20); needs haproxy
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk TUSK_DRILL_SECONDS=$${TUSK_DRILL_SECONDS:-20} \
	  /usr/bin/python3 -m pytest -s $(PYTEST_ARGS) tests/fleet

abuse: build ## run every harmful script and client at once, for TUSK_ABUSE_SECONDS (60)
	@$(SETUP)/deps.sh test
	$(SANITIZERS) TUSK_BINARY=$(BUILD)/tusk TUSK_TEST_PATIENCE=120 \
	  TUSK_ABUSE_SECONDS=$${TUSK_ABUSE_SECONDS:-60} /usr/bin/python3 -m pytest -s $(PYTEST_ARGS) tests/abuse

conformance: build ## run h2spec, every case, with and without TLS; needs Go
	@$(SETUP)/deps.sh test
	@$(SETUP)/h2spec.sh
	TUSK_BINARY=$(BUILD)/tusk H2SPEC=$$($(SETUP)/h2spec.sh --print) \
	  /usr/bin/python3 -m pytest -o python_files='*_conformance.py' $(PYTEST_ARGS) tests/conformance

bench: build ## measure tusk beside its peers: requests/s, latency, CPU and memory
	@$(SETUP)/deps.sh bench
	/usr/bin/python3 bench/run.py $(BENCH_ARGS)

bench-frameworks: build ## measure Symfony and Laravel projects: BENCH_ARGS="--symfony DIR --laravel DIR"
	@$(SETUP)/deps.sh bench
	/usr/bin/python3 bench/frameworks.py $(BENCH_ARGS)

conformance-php: build ## run php-src's own tests over HTTP, and list differences from PHP-FPM
	@$(SETUP)/deps.sh test
	TUSK_BINARY=$(BUILD)/tusk PHP_CONFIG=$$($(SETUP)/php.sh --print) \
	  /usr/bin/python3 tests/conformance/phpt.py $(PHPT_ARGS)

.PHONY: docs
docs: ## build the documentation site into build/docs, and check its links and looks
	@$(SETUP)/deps.sh docs test
	@$(SETUP)/deps.sh browser || echo 'Without Chromium there are no pictures of the site.'
	@$(SETUP)/docs.sh
	NO_MKDOCS_2_WARNING=1 $$($(SETUP)/docs.sh --print) build --strict
	TUSK_DOCS_PICTURES=$(CURDIR)/build/docs-pictures /usr/bin/python3 -m pytest -q $(PYTEST_ARGS) tests/docs/site_test.py

fuzz: ## run each fuzzer for FUZZ_SECONDS; findings are left in build/fuzz
	@$(SETUP)/deps.sh check
	@$(MAKE) --no-print-directory everything PRESET=fuzz
	@$(SETUP)/fuzz.sh $(FUZZ_SECONDS)

replay: ## run each fuzzer's corpus once, with clang's sanitizers
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=0

check-all: ## run what .ci/run leaves out: asan, tsan, tidy, replay; continue after a failure
	@$(MAKE) --no-print-directory --keep-going asan tsan tidy replay

hooks: ## make git check each commit: formatting, layering, length of the subject
	@$(SETUP)/deps.sh format
	git config core.hooksPath tools/hooks

clang: ## build with clang 19 and its thread-safety analysis
	@$(SETUP)/deps.sh check
	@$(MAKE) --no-print-directory everything PRESET=clang

tidy: clang ## run clang-tidy on the shipped sources (tests would take an hour, because of gtest)
	run-clang-tidy-19 -quiet -p build/clang '$(CURDIR)/src/.*(?<!_test)\.cc$$'

format: ## format all sources with clang-format
	@$(SETUP)/deps.sh format
	git ls-files -co --exclude-standard '*.h' '*.cc' | xargs -r clang-format-19 -i

package: ## build the Debian packages for this Debian into build/packages; PACKAGE_ARGS=--threads: tusk-php8.4, too
	@$(SETUP)/deps.sh $(if $(SUITE),,build debian-php $(if $(findstring --threads,$(PACKAGE_ARGS)),php)) package
	@packaging/$(if $(SUITE),in-root.sh $(SUITE),build.sh) $(PACKAGE_ARGS)

package-test: ## install, upgrade and purge the packages in a bare Debian with systemd; as root
	@$(SETUP)/deps.sh test package
	TUSK_PACKAGES=$(CURDIR)/build/packages$(SUITE:%=-%) \
	  /usr/bin/python3 -m pytest -s -x -o python_files='*_drill.py' $(PYTEST_ARGS) tests/packages

container-test: ## build the image from build/packages and run it; as root, with buildah and podman
	@$(SETUP)/deps.sh test
	/usr/bin/python3 -m pytest -s -x -o python_files='container_drill.py' $(PYTEST_ARGS) tests/deployment

clean: ## remove build/ and keep TUSK_PREFIX
	rm -rf build
