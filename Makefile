# make run    build everything and start the server
# make test   install what the tests need and run them all
# make build  leave the binary in bin/aircheck
# make check  what CI runs beside the tests: linters, fuzzing, the race detector, other systems

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export CGO_ENABLED ?= 0

.PHONY: run build test check

run: build
	./bin/aircheck

build:
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/aircheck .

test: build
	.ci/packages ffmpeg
	go vet ./...
	go test ./...
	go test -count=1 -run 'TestArchitecture' ./server
	cd server/e2e && go test -count=1 ./...

check:
	.ci/check
