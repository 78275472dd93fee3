# Deepen: a deep learning engine to read and to use.  `make help` lists what can be asked for.

REAL  ?= float
ARCH  ?= native
# address: memory and undefined behaviour; thread: data races; fuzz: address, and which branches are taken.
SANITIZE ?=
BUILD ?= build$(if $(SANITIZE),/$(SANITIZE))$(if $(filter double,$(REAL)),/double)

# What a sanitizer finds ends the program.
CHECKED_address := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CHECKED_thread  := -fsanitize=thread
CHECKED_fuzz    := $(CHECKED_address) -fsanitize=fuzzer-no-link

CXX      ?= g++
CXXFLAGS ?= $(if $(filter address thread,$(SANITIZE)),-O1,-O3) -g1
# -ffp-contract=fast lets a*b+c become one fused instruction; -fno-math-errno and -fno-trapping-math
# drop bookkeeping nobody reads.  Never -ffast-math: it reorders sums and breaks NaN checks.
FLAGS := -std=c++20 -I. -march=$(ARCH) -Wall -Wextra -Wno-missing-field-initializers -Wno-restrict $(if $(findstring clang,$(CXX)),-Wno-unknown-warning-option) \
         -ffp-contract=fast -fno-math-errno -fno-trapping-math -pthread \
         $(if $(filter double,$(REAL)),-DDEEPEN_DOUBLE) $(shell pkg-config --cflags openblas 2>/dev/null) $(CXXFLAGS) \
         $(CHECKED_$(SANITIZE))
LIBS  := $(shell pkg-config --libs-only-L openblas 2>/dev/null) -lopenblas -lz -pthread $(CHECKED_$(SANITIZE)) $(LDFLAGS)

# Debian's and Ubuntu's names.
PACKAGES := g++ libopenblas-dev libgtest-dev libstb-dev libcli11-dev nlohmann-json3-dev zlib1g-dev gnuplot-nox \
            curl ca-certificates

SOURCES  := $(sort $(wildcard engine/*.cpp engine/*/*.cpp layers/*.cpp resnet/*.cpp resnet/*/*.cpp))
# A program is an examples/ file; what they share is in examples/common/.
SHARED   := $(sort $(wildcard examples/common/*.cpp))
PROGRAMS := $(patsubst examples/%.cpp,$(BUILD)/%,$(sort $(wildcard examples/*.cpp)))
# Gradients are checked in double alone; tests that run the programs, which are of float, in float alone.
ONLY_DOUBLE := %_gradients.cpp
ONLY_FLOAT  := tests/examples/classify_test.cpp tests/examples/interruption_test.cpp tests/examples/lessons_test.cpp tests/examples/programs_test.cpp
TESTS    := $(filter-out tests/compare/% tests/fuzz/libfuzzer.cpp $(if $(filter double,$(REAL)),$(ONLY_FLOAT),$(ONLY_DOUBLE)),$(sort $(wildcard tests/*.cpp tests/*/*.cpp tests/*/*/*.cpp)))
object    = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))

# On all processors, unless one target has to be over before the next begins.
ifeq (,$(filter setup clean,$(MAKECMDGOALS)))
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

.PHONY: all
all: $(PROGRAMS) ## build the programs into build/

.PHONY: demo
demo: ## plain against residual nets on pictures of our own making: curves and a verdict in runs/demo/
	@$(MAKE) --no-print-directory build/degradation
	build/degradation --depths 14,32 --seeds 1,2 --width 8 --epochs 6 --batch-size 32 --lr 0.03 \
	    --synthetic-train 5000 --synthetic-test 1000 --output-dir runs/demo

.PHONY: test
test: ## build and run all tests, in float and in double
	@$(MAKE) --no-print-directory all build/run-tests
	@$(MAKE) --no-print-directory REAL=double build/double/run-tests
	@sh tests/run.sh

TARGET  ?= safetensors
SECONDS ?= 60
.PHONY: fuzz
fuzz: ## look for bytes that a parser does not survive (clang): make fuzz TARGET=picture SECONDS=600
	@$(MAKE) --no-print-directory CXX=clang++ SANITIZE=fuzz build/fuzz/fuzz
	@sh tests/fuzz/run.sh $(TARGET) $(SECONDS)

.PHONY: kill-test
kill-test: build/train ## kill a training run 200 times: it goes on to the same bits every time (two minutes)
	sh tests/kill_test.sh 200

# Done again where the file or what it includes has changed, which its object file knows.
.PHONY: tidy
tidy: $(patsubst %.cpp,build/tidy/%.done,$(SOURCES) $(SHARED) $(wildcard examples/*.cpp)) ## what clang-tidy finds in .clang-tidy's list (apt install clang-tidy), ten minutes
build/tidy/%.done: $(BUILD)/obj/%.o .clang-tidy
	@echo "tidy $*.cpp"
	@clang-tidy --version >/dev/null
	@mkdir -p $(@D)
	@clang-tidy --quiet $*.cpp -- $(FLAGS) -Wno-unknown-warning-option 2>/dev/null && touch $@

# Two more builds of everything: too long for .ci/run, which replays the fuzzers' corpus and lints.
.PHONY: check
check: lint tidy ## lint, clang-tidy, mutants, and the tests once more under AddressSanitizer with UBSan, and under ThreadSanitizer
	@$(MAKE) --no-print-directory mutants
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory SANITIZE=address build/address/run-tests
	build/address/run-tests --gtest_brief=1
	@$(MAKE) --no-print-directory SANITIZE=thread build/thread/run-tests
	build/thread/run-tests --gtest_brief=1

# Both builds first: mutants begin with copies of their objects.
ONLY ?=
.PHONY: mutants
mutants: ## break the code on purpose in some fifty places: a test must notice each (python3); ONLY=name for one
	@$(MAKE) --no-print-directory all build/run-tests
	@$(MAKE) --no-print-directory REAL=double build/double/run-tests
	@python3 tests/mutants/run.py $(ONLY)

.PHONY: lint
lint: ## the rules no compiler knows: includes go down the house, files stay short
	@sh tests/lint.sh

.PHONY: bench
bench: all ## time training and inference beside PyTorch (apt install python3-torch), half an hour
	build/bench --json build/bench.json
	build/bench --models resnet50 --threads 2 --batch-size 16 --steps 3 --json build/bench-resnet50.json
	build/bench --models resnet50 --threads 2 --batch-size 1 --modes infer --steps 20 --json build/bench-resnet50-one.json
	build/bench --layers --threads 1

.PHONY: compare
compare: ## hold the ImageNet nets against torchvision's (apt install python3-torchvision), five minutes
	@$(MAKE) --no-print-directory build/answer
	@$(MAKE) --no-print-directory REAL=double build/double/answer
	/usr/bin/python3 tests/compare/compare_torchvision.py

.PHONY: data
data: ## download CIFAR-10, 162 MiB (CIFAR10_URL=... names a mirror or a local file)
	@sh resnet/data/download.sh

.PHONY: setup
setup: ## install the packages that the build needs (Debian, Ubuntu)
	@if command -v apt-get >/dev/null; then \
	    if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
	    $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(PACKAGES); \
	else sh tests/packages.sh; fi

.PHONY: clean
clean: ## remove everything built
	rm -rf build

.PHONY: help
help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 10
	@echo 'Variables: REAL=double builds in double precision into build/double; ARCH=x86-64-v3 for another processor than this one.'

$(BUILD)/libdeepen.a: $(call object,$(SOURCES) $(SHARED))
	@rm -f $@ && ar rcs $@ $^

$(PROGRAMS): $(BUILD)/%: $(BUILD)/obj/examples/%.o $(BUILD)/libdeepen.a
	@echo "link $@"
	@$(CXX) -o $@ $^ $(LIBS)

$(BUILD)/run-tests: $(call object,$(TESTS)) $(BUILD)/libdeepen.a
	@echo "link $@"
	@$(CXX) -o $@ $^ -lgtest $(LIBS)

$(BUILD)/answer: $(call object,tests/compare/answer.cpp) $(BUILD)/libdeepen.a
	@echo "link $@"
	@$(CXX) -o $@ $^ $(LIBS)

# One program for all targets; it runs the one that it is called after.
FUZZED := tests/resnet/data/picture_files.cpp tests/fuzz/targets.cpp tests/fuzz/libfuzzer.cpp
$(BUILD)/fuzz: $(call object,$(FUZZED)) $(BUILD)/libdeepen.a
	@echo "link $@"
	@$(CXX) -fsanitize=fuzzer -o $@ $^ -lgtest $(LIBS)

# Code without arithmetic of its own compiles in half the time at -O1.
LIGHT := tests/% resnet/training/% $(filter-out %/bench_layers.cpp,$(wildcard examples/*.cpp examples/common/*.cpp))
$(BUILD)/obj/%.o: %.cpp | build/packages-found
	@mkdir -p $(@D)
	@echo "compile $<$(if $(filter double,$(REAL)), (double))"
	@$(CXX) $(FLAGS) $(if $(filter $(LIGHT),$<),-O1 -g0) $(FLAGS_$*) -MMD -MP -c -o $@ $<

# stb_image copies nothing from nowhere, memcpy(p, NULL, 0), and shifts a zero by more than 31 where a JPEG's
# data ends early: forbidden by the letter, harmless, not ours.
$(BUILD)/obj/resnet/data/decode.o: FLAGS += $(if $(SANITIZE),-fno-sanitize=nonnull-attribute -fno-sanitize=shift)

# The commit is compiled into one object, which is made again when the commit is another.
FLAGS_engine/build_info = -DDEEPEN_COMMIT='"$(shell cat $(BUILD)/commit)"'
$(call object,engine/build_info.cpp): $(BUILD)/commit
$(BUILD)/commit: .FORCE
	@mkdir -p $(@D)
	@commit=$$(test -e .git && git --no-optional-locks describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null); \
	echo "$${commit:-unknown}" | cmp -s - $@ || echo "$${commit:-unknown}" >$@
.PHONY: .FORCE
.FORCE:

build/packages-found:
	@CXX='$(CXX)' FLAGS='$(FLAGS)' sh tests/packages.sh && mkdir -p build && touch $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
