# `make` lists what there is. Settings, given as `make up STATE=/tmp/c1 ...`:
STATE  ?= .cloud
LISTEN ?= 127.0.0.1:5000
DRIVER ?= auto
ACCEL  ?= auto
FUZZTIME ?= 10s
GO     ?= go

export CGO_ENABLED = 0
export STATE LISTEN DRIVER ACCEL FUZZTIME GO

.PHONY: help build guest up down clean-cloud check test test-e2e bench interop fuzz
.DEFAULT_GOAL := help

help: ## what you are reading
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/nova, bin/openstack (the same program) and bin/novalet
	@mkdir -p bin
	@$(GO) build -buildvcs=false -o bin/ ./cmd/nova ./cmd/novalet
	@ln -sf nova bin/openstack

guest: build ## bin/guest: the kernel, RAM disk and disk of the image guest
	@bin/novalet guest build --out bin/guest

up: ## a cloud with a running server in it, and a look around
	@scripts/up.sh

down: ## stop that cloud; its servers and data stay
	@scripts/down.sh

clean-cloud: ## stop it and forget all it held
	@scripts/down.sh forget

check: ## formatting, vet, staticcheck, who may import whom
	@scripts/check.sh

test: ## all that needs no root, no network and no emulated machine
	$(GO) test -short -timeout 5m ./...

test-e2e: guest ## the cloud with real guests on QEMU
	$(GO) test -count=1 -timeout 15m ./guest/... ./test/e2e/...

bench: guest ## the numbers of docs/benchmarks.md
	@$(GO) run -buildvcs=false ./test/bench

interop: guest ## Debian's clients, and ours beside them, on a cloud started for it
	@scripts/interop.sh

fuzz: ## every fuzz target for FUZZTIME each
	@scripts/fuzz.sh
