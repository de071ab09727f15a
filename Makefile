# `make help` lists the targets. Every target fetches what it needs itself.
SHELL := /bin/bash
.DELETE_ON_ERROR:

# Everyday packages. The CDK is only in infra/stack, which has targets of its own, so
# that everyday builds neither download nor compile it: never use ./... here.
PURE    := ./functions/... ./shared/... ./infra/signrequest/... ./infra/browser/... ./infra/layout/... ./infra/simulation/...
ENGINE  := ./infra/local/... ./infra/integration/... ./infra/opsctl/...
CDK     := ./infra/stack/...
E2E     := ./infra/e2e/...
BENCH   := ./infra/bench/...
FAULTS  := ./infra/faults/...

FUNCTIONS := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
LAMBDA    := CGO_ENABLED=0 GOOS=linux go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags '-s -w'
PYTHON    := .tools/python/bin/python
NODE_BIN  := infra/node_modules/.bin
GOLDEN    := infra/stack/golden
FUZZTIME  ?= 20s

# The CDK prints a banner about the age of Node at every call.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

.PHONY: help tools run up down build binaries test integration lint race e2e faults browser fuzz bench synth golden validate deploy clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 14

tools: ## fetch the pinned engines and validators (Go, Node, Java and Python must be there)
	@infra/local/fetch-tools.sh

run: tools build ## start everything on 127.0.0.1, walk one deletion, keep serving until Ctrl-C
	@.build/local/stack -walk

up: tools build ## the same in the background, without the walk
	@.build/local/stack -up

down: ## end what `make up` started
	@if [ -x .build/local/stack ]; then .build/local/stack -down; else echo "nothing is running"; fi

# Local binaries: this machine's architecture.
build: ## build the functions and the local stack for this machine
	@for f in $(FUNCTIONS); do $(LAMBDA) -o .build/functions/$$f/bootstrap ./functions/$$f || exit 1; done
	@go build -trimpath -buildvcs=false -o .build/local/stack ./infra/local

# What deploys: arm64.
binaries: ## build the functions for Lambda (arm64)
	@for f in $(FUNCTIONS); do GOARCH=arm64 $(LAMBDA) -o .build/lambda/$$f/bootstrap ./functions/$$f || exit 1; done

test: tools build ## unit, contract and CDK tests, with the real engines
	go test $(PURE) $(ENGINE) $(BENCH)
	go test $(CDK)

integration: tools ## only the contract suites on DynamoDB Local and moto
	go test -count=1 $(ENGINE)

lint: ## gofmt, go vet, staticcheck (staticcheck.conf)
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); if [ -n "$$unformatted" ]; then echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet $(PURE) $(ENGINE) $(E2E) $(BENCH) $(FAULTS) $(CDK)
	go tool staticcheck $(PURE) $(ENGINE) $(E2E) $(BENCH) $(FAULTS) $(CDK)

race: tools build ## the race detector on everything but the CDK (a race inside jsii fails it there)
	go test -race $(PURE) $(ENGINE)

e2e: tools build ## the shipped binaries through their public edges, on the running stack
	go test -count=1 -timeout 15m -v $(E2E)

faults: tools ## every write of a request struck in every way, every race with the platform, below the SDK
	go test -count=1 -timeout 20m -v $(FAULTS) | grep -vE '^ *(=== |--- PASS|        --- PASS)'; exit $${PIPESTATUS[0]}

browser: tools build ## status page and local console in headless Chromium; screenshots in .build/screenshots
	@go build -o .build/browser/statuspages ./infra/browser/statuspages
	@CHROMIUM=$$(infra/browser/chromium.sh) || exit 1; export CHROMIUM; \
	  node --test --test-reporter=spec infra/browser/*.test.mjs

fuzz: ## every fuzz target for FUZZTIME each
	@for p in $$(go list $(PURE)); do for t in $$(go test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	  echo "$$p $$t"; go test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done

bench: tools build ## the figures of infra/bench/README.md
	go run ./infra/bench

synth: tools binaries ## CloudFormation templates in infra/stack/cdk.out
	@$(NODE_BIN)/cdk synth --app 'go run ./infra/stack' --output infra/stack/cdk.out --quiet

golden: ## write the golden templates anew, after a change of infra/stack
	@go run ./infra/stack -golden $(GOLDEN)

validate: tools ## state machine and templates against their specifications
	@for f in infra/statemachine/*.asl.json; do $(NODE_BIN)/asl-validator --json-path $$f || exit 1; done
	@.tools/python/bin/cfn-lint --config-file infra/stack/cfnlint.yaml
	@echo "state machine and templates are valid"

deploy: tools binaries ## deploy both stacks with the CDK (needs an AWS account)
	@$(NODE_BIN)/cdk deploy --app 'go run ./infra/stack' --all

clean: ## remove what was built (not what was fetched)
	rm -rf .build infra/stack/cdk.out
