# make demo   trains on real faces, enrolls people the embedder never saw, asks who further pictures show
# make test   builds and runs every test
# make crash-lab   hurts galleries in every way it knows, for some minutes, and prints what was lost
# make fuzz        lets libFuzzer at every reader, a minute each
# make sanitize    tests under AddressSanitizer and ThreadSanitizer
# make soak        a minute of everything at once, each answer checked; memory and latencies printed
# One configuration (release) everywhere, so nothing is built twice.

SWIFT ?= swift
SOURCES = Package.swift Sources Tests schema Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift

.PHONY: setup build demo test crash-lab fuzz sanitize soak format lint bench clean

setup:
	@sh Scripts/setup.sh

build: setup
	$(SWIFT) build -c release --product likeness

demo: build
	@sh Scripts/demo.sh

test: setup
	$(SWIFT) test -c release --disable-testable-imports

crash-lab: setup
	@sh Scripts/crash-laboratory.sh

fuzz: setup
	@sh Scripts/fuzz.sh

sanitize: setup
	@sh Scripts/sanitize.sh

soak: setup
	$(SWIFT) run -c release --package-path Benchmarks Soak

format:
	$(SWIFT) format --in-place --recursive --parallel $(wildcard $(SOURCES))

lint:
	$(SWIFT) format lint --strict --recursive --parallel $(wildcard $(SOURCES))

bench: build
	@sh Benchmarks/run.sh

clean:
	$(SWIFT) package clean
	rm -rf demo
