# Every target works in a fresh clone with Go alone; what else it needs it installs or names.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Packages whose tests also run under the race detector, as far as they exist. It slows SQLite down
# 10 to 15 times: keep the list to where goroutines meet, and the counts in those tests small.
RACE_PKGS ?= internal/clock internal/outbound internal/credential internal/task internal/runner
# Tests of the store that also run under the race detector (a regular expression of names).
RACE_STORE ?= Accept|Claim|Finish

# Rounds of kill -9 under load in `make soak`; the ordinary tests do 4.
KILL_ROUNDS ?= 20

# More arguments for the program: make run ARGS="--no-workers", make bench ARGS="-h".
ARGS ?=

export RACE_PKGS RACE_STORE

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## start the server on http://localhost:8080, data in ./data
	go run ./cmd/surveyflow serve $(ARGS)

.PHONY: demo
demo: ## start a throw-away instance full of sample data
	go run ./cmd/surveyflow demo $(ARGS)

.PHONY: test
test: ## run every test; installs Chromium, PostgreSQL and axe when it may
	@.ci/install
	@.ci/test

.PHONY: bench
bench: ## load a server on both databases and print what it does per second
	go run ./cmd/bench $(ARGS)

.PHONY: soak
soak: ## kill the server under load, KILL_ROUNDS times on both databases
	go run ./cmd/bench -soak $(KILL_ROUNDS) $(ARGS)
	KILL_ROUNDS=$(KILL_ROUNDS) go test -count=1 -timeout=30m -run 'Kill' ./cmd/surveyflow

.PHONY: lint
lint: ## check style and the import rules; ARGS=--fix formats
	@.ci/golangci-lint run $(ARGS)

.PHONY: generate
generate: ## write the Go code of every .templ file
	go tool templ generate

.PHONY: assets
assets: ## compile static/css and vendor the scripts (needs Node)
	@.ci/assets.sh
