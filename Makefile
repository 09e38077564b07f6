# Everything a newcomer needs: make run, make test. The others are for builders.

GO      ?= go
DATA    ?= ./.tacit
FUZZ    ?= 30s
FLAGS   := -ldflags "-s -w"
PROMISES := ./integration/fault ./integration/sim ./integration/attack ./integration/linkage
CHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export CGO_ENABLED = 0
# The same flags everywhere, so that everything is compiled once. No path of the
# machine that builds, and nothing of its repository, gets into a binary. Nothing
# here speaks HTTP/2, which would be half a megabyte of an agent's memory.
export GOFLAGS = -trimpath -buildvcs=false -tags=nethttpomithttp2

.PHONY: build run demo test race lint faults soak fuzz text bench clean needs

build:
	@test -x bin/tacit || echo "Building. The first time takes one to three minutes: modules are fetched and compiled."
	@$(GO) build $(FLAGS) -o bin/ ./cmd/...

run: build
	@./bin/tacit up --data $(DATA)

# The same with a simulated fleet, in a directory of its own.
demo: build
	@./bin/tacit up --demo --data $(DATA)-demo

needs:
	@sh integration/needs.sh

# Everything, in short sizes, and the table of promises with this run's figures.
test: needs
	@GO="$(GO)" sh integration/run.sh test ./...

race: needs
	@sh integration/needs.sh gcc
	CGO_ENABLED=1 $(GO) test -race -short ./...

lint:
	@test -z "$$(gofmt -l .)" || { echo "gofmt is needed:"; gofmt -l .; exit 1; }
	GOOS=linux $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	$(GO) run $(CHECK) ./...
	$(GO) mod tidy -diff
	$(GO) test -run '^TestArrows' .

# What measures the promises, in long sizes, and a store of a million pages,
# which takes 20 GB of disk meanwhile. Writes its column into
# integration/FIGURES.md.
faults: needs
	@GO="$(GO)" WRITE=1 sh integration/run.sh faults -timeout 180m -count 1 $(PROMISES) ./integration/bench ./integration/story

# The same, in very long sizes.
soak: needs
	@GO="$(GO)" WRITE=1 sh integration/run.sh soak -timeout 72h -count 1 $(PROMISES)

# Every fuzz target in turn, each for $(FUZZ).
fuzz:
	@sh integration/fuzz.sh $(FUZZ)

# What is taken and kept of free text, on the marked lines in DATA and on a set of
# our own. WRITE=1 writes integration/FREETEXT.md.
text: DATA := ../shared/data/pii-dev
text:
	@$(GO) run ./integration/freetext $(if $(WRITE),-write integration/FREETEXT.md) $(DATA)

# Figures, reported and never asserted: machines are shared and noisy. The last
# is of a store of five million pages, which takes 22 GB of disk meanwhile and ten
# to twenty minutes to fill; TACIT_PAGES=300000 makes it smaller.
bench: build
	./bin/tacit bench --rounds 5
	$(GO) test -run '^$$' -bench . -benchmem ./agent/client ./schema/codec ./integration/example/finder
	$(GO) test -run '^$$' -bench Records -benchtime 3s -benchmem ./agent/local
	$(GO) test -run '^$$' -bench Product -benchtime 1x -timeout 10m ./integration/bench
	$(GO) test -run '^$$' -bench UpOnce -benchtime 5x -timeout 10m ./integration/bench
	$(GO) test -run '^$$' -bench 'Idle|Checkbox|Pages|Demo' -benchtime 1x -timeout 40m ./integration/bench
	$(GO) test -run '^$$' -bench Histories -benchtime 1x -timeout 180m -v ./integration/bench

clean:
	rm -rf bin .tacit .tacit.witness .tacit-demo .tacit-demo.witness integration/otel/js/node_modules
