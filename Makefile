# Candor. "make" lists the targets. Only Go, make and a package manager are
# assumed; what else is needed is installed and said.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

URL ?=
export URL
ARGS ?=
FUZZTIME ?= 10s
# go test -race wants a C compiler; without one the tests run without it. These
# packages only turn bytes into values and back, share nothing between
# goroutines but through sync, and are not ours: the detector watches what calls
# them, not what they do inside, which was half of its time. They are compiled
# without inlining, since the detector must see what they call in sync, reflect
# and the like.
CODECS := go.yaml.in/yaml/v3 golang.org/x/net/html regexp regexp/syntax github.com/go-json-experiment/json/... github.com/kljensen/snowball/... compress/flate
RACE ?= $(if $(shell command -v gcc || command -v clang),-race $(CODECS:%='-gcflags=%=-race=0 -l'),)
# A program with the detector waits a second before it exits, for races that
# might still come. The tests start some hundred of them.
export GORACE ?= atexit_sleep_ms=0
SOURCES := $(shell find cmd crawler analyzer rules reports -type f -not -name '*_test.go' -not -path '*/testdata/*' 2>/dev/null)

.PHONY: help
help: ## list the targets
	@echo 'make scan URL=https://www.example.com/   scan a site, write a report'
	@echo 'make scan                                scan the bundled demo organisation, offline'
	@echo 'make serve                               the dashboard, with the demo organisation scanned and scheduled'
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)$$/make \1@\2/' | column -t -s '@' 2>/dev/null || \
		grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

.PHONY: build
build: bin/candor ## build bin/candor

bin/candor: go.mod go.sum $(SOURCES)
	CGO_ENABLED=0 go build -trimpath -o $@ ./cmd/candor

.PHONY: scan
scan: install build ## scan URL (or the demo without URL); ARGS='--pages 50' for more
	@.ci/scan "$$URL" $(ARGS)

.PHONY: serve
serve: install build ## the dashboard with the demo organisation, offline; ARGS='--listen :8600' for more
	@.ci/serve $(ARGS)

.PHONY: install
install: ## install Chromium and fonts when they are missing
	@.ci/install-browser

.PHONY: test
test: install-tests ## everything that the build machine checks
	@.ci/test

.PHONY: install-tests
install-tests: # browser, fonts, node, PostgreSQL, and the vendor libraries that tests serve
	@.ci/install-browser --node --postgres
	@if [ -f testdata/npm/package-lock.json ]; then \
		if [ testdata/npm/node_modules/.package-lock.json -nt testdata/npm/package-lock.json ]; then \
			echo 'testdata/npm: the vendor libraries are there'; \
		else \
			echo '+ npm ci --ignore-scripts (testdata/npm)'; \
			cd testdata/npm && npm ci --ignore-scripts --no-audit --no-fund; \
		fi; \
	fi

.PHONY: check
check: ## gofmt, vet, staticcheck, tidy modules, generated files, vulnerabilities
	@.ci/check

# Packages whose tests drive a real browser run two at a time, for two cores:
# they wait about half of their time. cmd/candor takes as long as all others
# together. go vet is a part of make check. PLAIN_TESTS run without the race
# detector: hostile pages, because it slows what answers the browser and the time
# limits there are those of a visit (they come last, one package at a time, since
# they bear no company); scans of many real pages and libraries, in several
# states, of documents as large as they may be, and the hundreds of scenarios of
# rules, because it costs minutes there, and the same code runs under it in the
# other tests.
PLAIN_TESTS := ^(TestHostile|TestHugePages|TestRealPages|TestRealConsent|TestDemoChoices|TestScenarios|TestHostileDocumentsEndWithinBounds|TestMemoryStaysNearTheDocument)$$
BROWSER_TESTS = $(sort $(dir $(shell grep -rlE --include='*_test.go' 'ChromeFlags|browser\.Find' cmd crawler reports analyzer rules)))
OTHER_BROWSER_TESTS = $(filter-out cmd/candor/,$(BROWSER_TESTS))

.PHONY: go-test
go-test: go-test-browser go-test-plain ## go test ./..., with the race detector when there is a C compiler

.PHONY: go-test-browser
go-test-browser: # the packages whose tests drive a browser
	@echo '+ go test $(firstword $(RACE)) ./cmd/candor, and beside it $(OTHER_BROWSER_TESTS), then ./cmd/candor -run $(PLAIN_TESTS)'
	@go test -vet=off $(RACE) -timeout 14m -skip '$(PLAIN_TESTS)' ./cmd/candor & longest=$$!; code=0; \
		go test -vet=off $(RACE) -timeout 14m -p 1 -skip '$(PLAIN_TESTS)' $(OTHER_BROWSER_TESTS:%=./%) || code=$$?; \
		go test -vet=off -timeout 10m -run '$(PLAIN_TESTS)' ./cmd/candor || code=$$?; \
		wait $$longest || code=$$?; exit $$code
	go test -vet=off -timeout 10m -p 1 -run '$(PLAIN_TESTS)' ./crawler ./crawler/browser ./crawler/webtest

.PHONY: go-test-plain
go-test-plain: # all others
	@echo '+ go test $(firstword $(RACE)) all other packages'
	@go test -vet=off $(RACE) -timeout 10m -skip '$(PLAIN_TESTS)' $$(go list ./... | grep -vxF "$$(go list $(BROWSER_TESTS:%=./%))")
	go test -vet=off -run '$(PLAIN_TESTS)' ./analyzer/scenario ./analyzer/policy

.PHONY: cover
cover: ## tests with a figure of coverage for each package
	go test -coverprofile=coverage.out -coverpkg=./... ./...
	go tool cover -func=coverage.out | tail -n 1

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (10s)
	@for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "== $$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$pkg; \
		done; \
	done

.PHONY: bench
bench: install ## scan beside a bare loop, memory of 1,000 pages, --help, and every other benchmark
	go test -run '^$$' -bench '^Benchmark(Scan|States|Memory)$$' -benchtime 1x -timeout 30m ./cmd/candor
	go test -run '^$$' -bench . -skip '^Benchmark(Scan|States|Memory|Service.*)$$' -benchtime 10x ./cmd/candor
	go test -run '^$$' -bench . -skip '^BenchmarkService' -benchtime 1x $$(go list ./... | grep -v /cmd/candor)

# 200 sites take an hour or more; SITES=20 is a quicker look.
SITES ?= 200

.PHONY: bench-service
bench-service: bench-service-load bench-service-faults bench-service-pages ## the service under load and faults: SITES (200) scanned, what is killed, pages of 1,000 sites

# Of sqlite, postgres-1, postgres-2 and postgres-4 (workers) those that match LOAD.
LOAD ?= .
# How often pages are looked at again; of each site there is a finding that wants it.
LOOKS ?= 2

.PHONY: bench-service-load
bench-service-load: install-tests # scans an hour and memory, on SQLite and with 1, 2 and 4 workers on PostgreSQL
	CANDOR_BENCH_LOAD=$(SITES) CANDOR_BENCH_LOOKS=$(LOOKS) go test -run '^$$' -bench '^BenchmarkServiceLoad$$/$(LOAD)' -benchtime 1x -timeout 12h ./cmd/candor

# Of worker, chromium and postgres those that match FAULT.
FAULT ?= .
FAULT_SITES ?= 12

.PHONY: bench-service-faults
bench-service-faults: install-tests # kill -9 of a worker, of Chromium and of PostgreSQL: each of FAULT_SITES sites ends with one finished scan
	CANDOR_BENCH_FAULTS=$(FAULT_SITES) go test -run '^$$' -bench '^BenchmarkServiceFaults$$/$(FAULT)' -benchtime 1x -timeout 2h ./cmd/candor

.PHONY: bench-service-pages
bench-service-pages: install-tests # how long each page of the dashboard takes, on both databases
	go test -run '^$$' -bench '^BenchmarkServiceDashboard$$' -benchtime 100x -timeout 1h ./reports/web

# The labelled data are not part of the project. Figures of ../shared/eval are
# held against the recorded ones; those of another folder are only printed.
EVAL ?=
EVALFLAGS ?=

.PHONY: eval
eval: ## figures of the readers on labelled documents: EVAL=DIR, or ../shared/eval
	@dir='$(EVAL)'; record=; \
	if [ -z "$$dir" ]; then record='-record cmd/eval/figures.json'; dir=../shared/eval; fi; \
	if [ ! -d "$$dir" ]; then echo "NOT MEASURED: no labelled data in $$dir; name a folder with EVAL=DIR" >&2; [ -z '$(EVAL)' ]; exit; fi; \
	go run ./cmd/eval $$record $(EVALFLAGS) "$$dir"

.PHONY: eval-update
eval-update: EVALFLAGS += -update
eval-update: eval # record what make eval measures

.PHONY: clean
clean: ## remove what was built
	rm -rf bin coverage.out
