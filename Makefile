# `make help` lists the targets. Every target installs what it needs itself.
SHELL := /bin/bash
.DELETE_ON_ERROR:

FUNCTIONS := $(notdir $(patsubst %/,%,$(wildcard functions/*/main.go)))
FUNCTIONS := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
# Everything but the CDK: everyday builds neither download nor compile it.
PACKAGES  := ./functions/... ./shared/... ./infra/local/... ./infra/signrequest/... ./infra/layout/...
# Needs the engines of `make tools`.
ENGINES   := ./infra/integration/...
GOFLAGS_LAMBDA := -tags lambda.norpc -trimpath -buildvcs=false -ldflags '-s -w'
GOARCH_LAMBDA  ?= $(shell go env GOARCH)
NODE_BIN  := infra/node_modules/.bin
PYTHON    := .tools/python/bin/python

.PHONY: help run up down test build lint race integration e2e fuzz bench synth golden validate deploy tools clean

help: ## lists the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  \1\t\2/' | expand -t 16
