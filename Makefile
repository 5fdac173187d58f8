# Two commands do everything on a machine that has only Swift: `make study` and `make test`.

SWIFT_FLAGS := -c release -Xswiftc -enable-testing
TOOL := .build/release/worstcase
STUDY ?=
DATA ?= mnist
SECONDS ?= 60

.PHONY: all setup build static study test oracle fuzz format lint model commands docs examples reproduce clean

all: build

# System packages that are missing; needs root or sudo only if something is.
setup:
	@.ci/setup

build: setup
	swift build $(SWIFT_FLAGS) --product worstcase

# The tool with Swift's libraries inside: for machines without Swift, and faster to start. Built in a folder of its own,
# for switching between the two ways builds everything anew.
static: setup
	swift build -c release --static-swift-stdlib --scratch-path .build/static --product worstcase -Xlinker -s
	install -D .build/static/release/worstcase .build/worstcase

# The main job on the built-in network and digits; STUDY adds options, as in
# make study STUDY="net.onnx --dataset mnist --data mnist --samples 0...39"
study: build
	$(TOOL) study $(STUDY)

# All tests, in release mode: numerics without optimisation are too slow to test. The tests' product alone is built, for
# `--build-tests` compiles every executable of every dependency, and `swift test` builds with flags of its own.
test: setup
	swift build $(SWIFT_FLAGS) --product WorstCasePackageTests
	swift test --skip-build $(SWIFT_FLAGS)

# Exported networks against the ONNX checker and ONNX Runtime, in a throw-away Python environment.
oracle:
	benchmarks/onnx-oracle/run

# Searches each reader of files for a file that crashes it, SECONDS long; compiles everything anew at first.
fuzz: setup
	Tests/Fuzz/run --seconds $(SECONDS)

format:
	swift format --in-place --recursive Sources Tests benchmarks Package.swift

lint:
	swift format lint --strict --recursive Sources Tests benchmarks Package.swift

# Trains the network that comes with the tool anew, about a minute.
model: build
	$(TOOL) train --preset digits-cnn3 --output models/digits-cnn3-ibp.onnx

# docs/commands.md, from what the tool says of itself.
commands: build
	swift build $(SWIFT_FLAGS) --product WorstCasePackageTests
	WORSTCASE_RECORD=1 swift test --skip-build $(SWIFT_FLAGS) --filter CommandReferenceTests

# The libraries' documentation as a web site in .build/documentation.
docs: build
	docs/build

# The figures and tables of docs/studies/approximation-error.md and the table of models/, DATA being MNIST's folder.
reproduce: build
	benchmarks/networks/approximation $(DATA)
	benchmarks/networks/models $(DATA) --table-alone

# Runs every example of the README, the guides and each verb's help, as it is written.
examples: build
	benchmarks/examples/run

clean:
	swift package clean
