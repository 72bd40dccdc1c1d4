# make run       build everything and start the server
# make test      install what the tests need and run them all
# make build     leave the binary in bin/aircheck
# make test-obs  push from OBS and GStreamer, which must be installed
# make bench     measure the server against nginx-rtmp on this machine; BENCH is its flags, such as BENCH="-quick -only realtime"
# make torture   kill the server 200 times under pushes of ffmpeg and count what is lost; KILLS is how often
# make check     what CI runs beside the tests: linters, fuzzing, the race detector, other systems

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export CGO_ENABLED ?= 0

.PHONY: run build console test test-obs bench torture check

run: build
	./bin/aircheck

build: console
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/aircheck .

# the web console, of which the program is built without where Node.js is missing or too old
console:
	web/build

test:
	.ci/packages ffmpeg chromium node:nodejs npm
	$(MAKE) build
	cd web/app && npm test
	go vet ./...
	go test -timeout 20m ./...
	go test -count=1 -run 'TestArchitecture' ./server
	cd server/e2e && go test -count=1 -timeout 20m ./...

# OBS and GStreamer themselves; what they need is named in server/e2e/obs_test.go
test-obs: build
	cd server/e2e && go vet -tags publishers ./... && go test -count=1 -tags publishers -run 'TestOBS|TestGStreamer' ./...

# three quarters of an hour; BENCH=-help shows what else there is
bench: build
	bench/packages
	go run ./bench $(BENCH)

# some 15 minutes
KILLS ?= 200
torture:
	.ci/packages ffmpeg
	go test -count=1 -v -timeout 3h -run 'TestTorture$$' ./server -torture.kills $(KILLS)

check:
	.ci/check
