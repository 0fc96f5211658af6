# katop: see CONTRIBUTING.md. Everything here needs Go and make, nothing else;
# tools are pinned and run by `go run`.

GOLANGCI  = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 10s

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT   := $(shell git rev-parse --quiet --verify HEAD 2>/dev/null)
LDFLAGS   = -s -w -X github.com/katop/katop/cli.version=$(VERSION) -X github.com/katop/katop/cli.commit=$(COMMIT)

# The race detector needs cgo, a C compiler and a machine that it knows.
CGO      := $(shell test "$$(go env CGO_ENABLED)" = 1 && command -v "$$(go env CC)")
RACE      = $(if $(CGO),$(if $(filter amd64 arm64 ppc64le s390x,$(shell go env GOARCH)),-race))

.PHONY: help build run test race bench bench-scale fuzz lint fmt golden generate screenshots cover clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/katop
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags osusergo,netgo -ldflags '$(LDFLAGS)' -o bin/katop .

run: build ## build katop and start it on this host
	./bin/katop

test: ## run the tests, with the race detector where it works
	@$(if $(RACE),echo 'race detector: on',echo 'race detector: off, it needs cgo and a C compiler')
	go test $(RACE) -timeout 5m ./...

race: ## run the tests with the race detector, or fail
	CGO_ENABLED=1 go test -race -timeout 10m ./...

bench: ## measure; docs/benchmarks.md has figures to compare with
	go test -run '^$$' -bench . -benchmem ./...

bench-scale: ## measure with up to 300,000 real sockets into docs/benchmarks.md; needs root
	go run ./bench -o docs/benchmarks.md

fuzz: ## fuzz every target for FUZZTIME (10s)
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

lint: ## run golangci-lint
	go run $(GOLANGCI) run ./...

fmt: ## format the source
	gofmt -w .

golden: ## write the golden files anew; read the difference before committing it
	go test $$(grep -rl --include="*_test.go" katop/internal/golden . | xargs -n1 dirname | sort -u) -update

generate: ## make the eBPF objects anew; needs clang and its llvm-strip
	go generate ./keepalive/bpf

screenshots: ## draw the pictures under screenshots/ anew; needs root
	go test ./cli -run '^TestScreenshots$$' -count=1 -screenshots -v

cover: ## show how much the tests cover
	go test -coverprofile=cover.out ./...
	go tool cover -func=cover.out

clean: ## remove what was built
	rm -rf bin cover.out
