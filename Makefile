# Afterimage. `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export AFTERIMAGE_BUILD_DIR ?= $(CURDIR)/.build
BUILD := $(AFTERIMAGE_BUILD_DIR)
CORE := $(BUILD)/afterimage-core.wasm
FULL_CORE := $(BUILD)/afterimage-core-full.wasm
PLAYER := $(BUILD)/player-core.wasm
FUZZTIME ?= 30s
LEAKTIME ?= 3m
LEAKSEED ?= 0
LEAKTESTS := ^(TestLeakRoutes|TestCanaryInEveryField.*|TestAutofillLeavesNothing|TestScanner.*|TestRandomPages)$$
GOFLAGS := -buildvcs=false
export GOFLAGS

.PHONY: help deps toolchain core player bridge build test unit large e2e e2e-all fuzz lint types vectors bench bench-core bench-record bench-wire bench-start lines leaks leaks-alone leaks-random detect engines size npm check-generated run clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "%-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start the collector with the demo site on 127.0.0.1:8080
	go run ./collector

deps: ## install what tests need and this machine lacks (Chromium, with windows and without, nginx, npm packages); says what
	@sh e2e/deps.sh

toolchain: ## build the pinned TinyGo into .build (installs LLVM 19 from Debian)
	sh wasm/toolchain/build.sh

core: ## compile the recorder cores, for strict pages and for others, to WebAssembly with TinyGo
	sh wasm/toolchain/core.sh $(CORE) ./wasm/recorder strict
	sh wasm/toolchain/core.sh $(FULL_CORE) ./wasm/recorder

player: ## compile the player core to WebAssembly with the standard compiler
	mkdir -p $(BUILD)
	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w -buildid=' -o $(PLAYER) ./wasm/player

node_modules_ui := replay/ui/node_modules/.package-lock.json
$(node_modules_ui): replay/ui/package-lock.json
	cd replay/ui && npm ci --ignore-scripts --no-audit --no-fund

bridge: $(node_modules_ui) ## bundle, minify and compress scripts, styles and pages (keeps the committed cores)
	go run ./jsbridge/build

build: core player $(node_modules_ui) ## rebuild every file that browsers load, cores included
	go run ./jsbridge/build -core $(CORE) -full-core $(FULL_CORE) -player $(PLAYER)

test: deps lint check-generated unit e2e ## what CI runs; make large, make leaks and make e2e-all are beside it

unit: ## Go tests of all packages but e2e, with the short fixed part of the fuzz targets
	go test $(shell go list ./... | grep -v '/e2e$$')

S3_SERVER := $(BUILD)/versitygw
$(S3_SERVER): collector/store/testdata/s3/go.sum
	cd collector/store/testdata/s3 && go build -mod=mod -o $@ github.com/versity/versitygw/cmd/versitygw

large: $(S3_SERVER) ## the store's suite against real PostgreSQL, three NATS nodes and an S3 server
	sh e2e/deps.sh large
	AFTERIMAGE_S3_SERVER=$(S3_SERVER) go test -tags large -count=1 ./collector/store -args -large

e2e: deps ## the whole path in real Chromium
	go test -vet=off -timeout 40m -parallel 8 ./e2e

e2e-all: deps ## the same, with each row of its large tables alone, and at all levels that it has
	go test -vet=off -timeout 60m -parallel 8 ./e2e -args -every-row

fuzz: ## every fuzz target for FUZZTIME each
	@for p in $$(go list ./wasm/... ./replay/... ./collector/...); do \
	  for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "== $$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p; done; done

lint: types ## gofmt, vet (also for the core's target), TypeScript types
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "error: not gofmt'd:" $$out; exit 1; fi
	go vet ./...
	GOOS=wasip1 GOARCH=wasm go vet ./wasm/recorder ./wasm/player

types: deps ## tsc --noEmit over recorder and user interface
	cd jsbridge && npx --no-install tsc --noEmit
	cd replay/ui && npx --no-install tsc --noEmit
	cd jsbridge && npx --no-install tsc --noEmit -p ../collector/demo/shop

vectors: ## write the test vectors of the format anew
	go test ./wasm/wire ./wasm/wire/seal -run Vectors -update

bench: bench-core bench-wire bench-record bench-start size ## every benchmark

bench-core: deps ## the core: ns and allocations an op natively, MB/s in Chromium's worker
	go test -run '^$$' -bench . -benchmem ./wasm/wire ./wasm/mirror ./wasm/mask
	go test -timeout 30m -count=1 -run '^TestBenchCore$$' -v ./e2e -args -bench

bench-record: deps ## main-thread cost against rrweb in the same Chromium
	go test -timeout 30m -count=1 -run '^TestBenchRecord$$' -v ./e2e -args -bench

bench-wire: deps ## bytes of a scripted 60-second session against rrweb with gzip
	go test -timeout 30m -count=1 -run '^TestBenchWire$$' -v ./e2e -args -bench

bench-start: deps ## seconds from the first command to a recording on screen, in a fresh clone
	go test -timeout 30m -count=1 -run '^TestBenchStart$$' -v ./e2e -args -bench

lines: ## lines of Go and of TypeScript, without tests
	@sh e2e/lines.sh

leaks: deps ## the corpus of leak routes in all policies and both custodies: routes, leaks, lost controls
	go test -tags leaks -count=1 -v -timeout 40m -run '$(LEAKTESTS)' ./e2e -args -leaks

leaks-alone: deps ## the same with every route on a page of its own: half an hour
	go test -tags leaks -count=1 -v -timeout 90m -run '$(LEAKTESTS)' ./e2e -args -leaks-alone

leaks-random: deps ## random page programs with canaries in Chromium for LEAKTIME (LEAKSEED replays one)
	go test -tags leaks -count=1 -v -timeout 60m -run '^TestRandomPages$$' ./e2e -args -leak-time=$(LEAKTIME) -leak-seed=$(LEAKSEED)

detect: deps ## recall and precision of detection in text, on a new seed and texts nobody tuned by
	go test -count=1 -run '^TestDetectMeasured$$' -v ./wasm/mask -args -measure

engines: ## the recorder in Firefox and WebKitGTK (installs them), replayed in Chromium
	sh e2e/deps.sh engines
	go test -count=1 -run '^TestEngines$$' -v ./e2e -args -engines

size: deps ## bytes that a visitor downloads, counted from the network in Chromium
	go test -count=1 -run '^TestSize$$' -v ./e2e

npm: deps ## pack the recorder as an npm package and prove it in a Vite and a webpack build
	go run ./jsbridge/build -only npm
	go test -count=1 -run '^TestNpm' -v ./e2e -args -every-row

check-generated: core player $(node_modules_ui) ## rebuild the committed files and fail on any difference
	go run ./jsbridge/build -core $(CORE) -full-core $(FULL_CORE) -player $(PLAYER)
	@out=$$(git status --porcelain -- jsbridge/dist replay/dist collector/demo/dist); \
	if [ -n "$$out" ]; then echo "error: committed build differs from its sources:"; echo "$$out"; echo "hint: make build, look at the diff, commit it"; exit 1; fi

clean: ## remove what was built here (not the committed files)
	rm -rf $(BUILD) jsbridge/node_modules replay/ui/node_modules e2e/node_modules
