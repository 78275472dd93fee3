# Deepen: a deep learning engine to read and to use.  `make help` lists what can be asked for.

# On all processors.  A make within this one shares them with it.
ifeq (0,$(MAKELEVEL))
MAKEFLAGS += -j$(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
endif

# `make setup test`: setup, or clean, is over before the next target begins, which is a make of its own.
ifneq (,$(and $(filter setup clean,$(MAKECMDGOALS)),$(filter-out setup clean,$(MAKECMDGOALS))))
.NOTPARALLEL:
.PHONY: $(MAKECMDGOALS)
$(MAKECMDGOALS):
	@$(MAKE) --no-print-directory $@
else

# float, or double: for tests of gradients.
REAL ?= float
# Another processor than this one: x86-64-v3, armv8-a, ...
ARCH ?= native
# Matrix products by OpenBLAS; by a CBLAS that pkg-config knows by another name, or that BLAS_CFLAGS and BLAS_LIBS tell of;
# none: by our own.
BLAS ?= openblas
# PNG by libspng and JPEG by libjpeg-turbo, where pkg-config knows them; stb_image: by it alone, which is always there.
DECODERS ?= libspng libjpeg-turbo
# 1: `train` can be one of several processes (mpirun), by the MPI that pkg-config knows, Open MPI first; ompi-c or mpich
# chooses.  Or MPI_CFLAGS and MPI_LIBS tell of one.
MPI ?=
# address: memory and undefined behaviour; thread: data races; fuzz: address, and which branches are taken.
SANITIZE ?=
# Where everything built goes; the demo's results go into RUNS.
BUILD ?= build
RUNS  ?= runs

$(if $(filter-out float double,$(REAL)),$(error REAL=$(REAL) is unknown.  Try float or double))
$(if $(filter-out address thread fuzz,$(SANITIZE)),$(error SANITIZE=$(SANITIZE) is unknown.  Try address, thread or fuzz))
$(if $(filter-out libspng libjpeg-turbo stb_image,$(DECODERS)),$(error DECODERS=$(DECODERS) is unknown.  Try stb_image, or some of: libspng libjpeg-turbo))
$(if $(word 2,$(BUILD)),$(error BUILD=$(BUILD) has a space in it, which make cannot handle.  Try another folder))
BASE := $(BUILD)$(if $(SANITIZE),/$(SANITIZE))
OUT  := $(BASE)$(if $(filter double,$(REAL)),/double)

# What a sanitizer finds ends the program.
CHECKED_address := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CHECKED_thread  := -fsanitize=thread
CHECKED_fuzz    := $(CHECKED_address) -fsanitize=fuzzer-no-link

PKG_CONFIG ?= pkg-config
BLAS_CFLAGS ?= $(if $(filter none,$(BLAS)),-DDEEPEN_NO_BLAS,$(shell $(PKG_CONFIG) --cflags $(BLAS) 2>/dev/null))
BLAS_LIBS   ?= $(if $(filter openblas,$(BLAS)),$(shell $(PKG_CONFIG) --libs-only-L openblas 2>/dev/null) -lopenblas,$(if \
                 $(filter-out none,$(BLAS)),$(shell $(PKG_CONFIG) --libs $(BLAS) 2>/dev/null)))
# The names that pkg-config has for the decoders, if it has them: libspng is called by either.
known = $(firstword $(foreach name,$(1),$(shell $(PKG_CONFIG) --exists $(name) 2>/dev/null && echo $(name))))
SPNG      := $(if $(filter libspng,$(DECODERS)),$(call known,spng libspng))
TURBOJPEG := $(if $(filter libjpeg-turbo,$(DECODERS)),$(call known,libturbojpeg))
DECODER_CFLAGS ?= $(if $(SPNG),-DDEEPEN_LIBSPNG) $(if $(TURBOJPEG),-DDEEPEN_LIBJPEG_TURBO=$(shell $(PKG_CONFIG) --modversion $(TURBOJPEG))) \
                  $(if $(SPNG)$(TURBOJPEG),$(shell $(PKG_CONFIG) --cflags $(SPNG) $(TURBOJPEG)))
DECODER_LIBS   ?= $(if $(SPNG)$(TURBOJPEG),$(shell $(PKG_CONFIG) --libs $(SPNG) $(TURBOJPEG)))
MPI_NAME := $(if $(MPI),$(call known,$(if $(filter 1 yes,$(MPI)),ompi-c mpich,$(MPI))))
MPI_CFLAGS ?= $(if $(MPI_NAME),$(shell $(PKG_CONFIG) --cflags $(MPI_NAME)))
MPI_LIBS   ?= $(if $(MPI_NAME),$(shell $(PKG_CONFIG) --libs $(MPI_NAME)))
$(if $(filter-out setup test-mpi help clean,$(MPI:%=$(or $(MAKECMDGOALS),all))),$(if $(MPI_LIBS),,$(error MPI=$(MPI): pkg-config knows no such MPI.  Try apt install libopenmpi-dev openmpi-bin, or say MPI_CFLAGS=... MPI_LIBS=...)))
CXXFLAGS ?= $(if $(filter address thread,$(SANITIZE)),-O1,-O3) -g1
# -ffp-contract=fast lets a*b+c become one fused instruction; -fno-math-errno and -fno-trapping-math
# drop bookkeeping nobody reads; -fPIC, because the same objects make libdeepen.so, and -fno-semantic-interposition, because
# nobody replaces functions of ours in it.  Never -ffast-math: it reorders sums and breaks NaN checks.
FLAGS := -std=c++20 -I. $(addprefix -march=,$(ARCH)) -Wall -Wextra -Wno-missing-field-initializers -Wno-restrict $(if $(findstring clang,$(CXX)),-Wno-unknown-warning-option -Wno-unknown-pragmas) \
         -ffp-contract=fast -fno-math-errno -fno-trapping-math -pthread -fPIC -fno-semantic-interposition \
         $(if $(filter double,$(REAL)),-DDEEPEN_DOUBLE) $(BLAS_CFLAGS) $(DECODER_CFLAGS) $(CXXFLAGS) \
         $(CHECKED_$(SANITIZE))
LIBS  := $(BLAS_LIBS) $(DECODER_LIBS) -lz -pthread $(CHECKED_$(SANITIZE)) $(LDFLAGS)

# Debian's and Ubuntu's names.
PACKAGES := g++ libopenblas-dev libgtest-dev libstb-dev libcli11-dev nlohmann-json3-dev zlib1g-dev pkg-config \
            gnuplot-nox curl ca-certificates $(if $(MPI),libopenmpi-dev openmpi-bin libmpich-dev mpich)
# Not in every release, and not needed: see DECODERS.
IF_PACKAGED := libspng-dev libturbojpeg0-dev

SOURCES  := $(filter-out engine/ranks/mpi.cpp,$(sort $(wildcard engine/*.cpp engine/*/*.cpp layers/*.cpp resnet/*.cpp resnet/*/*.cpp)))
# What others can build on: no reports, no terminals.
LIBRARY  := $(filter-out resnet/report/% resnet/why/%,$(SOURCES)) $(wildcard $(addprefix resnet/why/,operated.cpp walk.cpp watch.cpp))
# Code without arithmetic of its own compiles in half the time unoptimised.
LIGHT    := tests/% resnet/training/% resnet/report/% $(addprefix resnet/why/,%_study.cpp notebook.cpp remedies.cpp study.cpp surface.cpp) examples/%
LIGHTER  := -O0 -g0
# A program is an examples/ file; what they share is in examples/common/ and in what LIBRARY leaves out.
SHARED   := $(filter-out $(LIBRARY),$(SOURCES)) $(sort $(wildcard examples/common/*.cpp))
PROGRAMS := $(patsubst examples/%.cpp,$(OUT)/%,$(sort $(wildcard examples/*.cpp)))
# Gradients are checked in double alone; data, training and programs, which hold no formulas, in float alone.
ONLY_DOUBLE := %_gradients.cpp
ONLY_FLOAT  := tests/docs_test.cpp tests/makefile_test.cpp tests/resnet/shared_nets_test.cpp $(addprefix tests/,examples/% fuzz/% resnet/data/% resnet/training/% resnet/report/% resnet/why/%)
TESTS    := $(filter-out tests/compare/% tests/install/% tests/mpi/% tests/fuzz/libfuzzer.cpp $(if $(filter double,$(REAL)),$(ONLY_FLOAT),$(ONLY_DOUBLE)),$(sort $(wildcard tests/*.cpp tests/*/*.cpp tests/*/*/*.cpp)))
# What the tests in double are about, and all that they are linked with.
FORMULAS := $(filter-out resnet/data/% resnet/training/% resnet/report/% resnet/why/%,$(SOURCES))

# The objects of sources.  Most folders compile as one file, folder.cpp, which includes theirs (a "unity build"), as
# headers are then read once: in half the time or less.  Compiled alone: ops and convolutions, which all have a forward()
# and a backward(), the engine's foundations, studies of resnet/why, which call their parts by the same names, programs,
# which have a main() each, and what has flags of its own.
object    = $(patsubst %.cpp,$(OUT)/obj/%.o,$(1))
IN_FOLDER := $(filter-out $(wildcard engine/*.cpp engine/ops/*.cpp engine/conv/*.cpp resnet/why/*.cpp examples/*.cpp) \
               resnet/data/decode_stb_image.cpp,$(LIBRARY) $(SHARED) $(TESTS))
objects   = $(call object,$(filter-out $(IN_FOLDER),$(1)) $(patsubst %,%folder.cpp,$(sort $(dir $(filter $(IN_FOLDER),$(1))))))

MPI_OBJECT := $(if $(MPI),$(OUT)/obj/$(MPI_NAME)/mpi.o)

.PHONY: all
all: $(PROGRAMS) ## build the programs into build/

.PHONY: demo
demo: $(OUT)/degradation ## plain against residual nets on pictures of our own making: curves and a verdict in runs/demo/
	$< --depths 14,32 --seeds 1,2,3 --width 8 --epochs 6 --batch-size 32 --lr 0.03 \
	    --synthetic-train 5000 --synthetic-test 1000 --output-dir $(RUNS)/demo

# What is written there by hand stays.
.PHONY: figure6
figure6: $(OUT)/degradation ## write docs/results/figure6 and whole-schedule anew from the logs of their runs, without training
	for page in figure6 whole-schedule; do \
	    $< --report-only docs/results/$$page --page docs/results/$$page/README.md --output-dir $(RUNS)/$$page || exit; done

# One of them runs while the other is being built.
.PHONY: test run-tests run-tests-in-double
test: $(if $(filter float,$(REAL)),run-tests) run-tests-in-double ## build and run all tests, in float and in double
	@sh tests/run.sh --sum $(sort $(OUT)/run-tests $(BASE)/double/run-tests)
run-tests: all $(OUT)/run-tests
	@sh tests/run.sh $(OUT)/run-tests
run-tests-in-double: | $(BUILD)/packages-found
	@$(MAKE) --no-print-directory REAL=double $(BASE)/double/run-tests
	@sh tests/run.sh $(BASE)/double/run-tests

.PHONY: test-arm64
test-arm64: ## the same tests on 64-bit ARM, cross-built and run by qemu (apt install g++-aarch64-linux-gnu qemu-user-static), an hour or more
	+@BUILD='$(BUILD)' sh tests/arm64.sh

.PHONY: test-mpi
test-mpi: ## several processes train one net, by Open MPI and MPICH: the same bits, whatever is killed (ten minutes)
	@{ $(PKG_CONFIG) --exists ompi-c && $(PKG_CONFIG) --exists mpich; } || $(MAKE) --no-print-directory MPI=1 setup
	@BUILD='$(BUILD)' sh tests/mpi/try.sh 50

TARGET  ?= safetensors
SECONDS ?= 60
.PHONY: fuzz
fuzz: ## look for bytes that a parser does not survive (clang): make fuzz TARGET=picture SECONDS=600
	@$(MAKE) --no-print-directory CXX=clang++ SANITIZE=fuzz $(BUILD)/fuzz/fuzz
	@sh tests/fuzz/run.sh $(TARGET) $(SECONDS)

.PHONY: kill-test
kill-test: $(BUILD)/train ## kill a training run 200 times: it goes on to the same bits every time (two minutes)
	sh tests/kill_test.sh 200

# Done again where the file or what it includes has changed, which its object file knows.
.PHONY: tidy
tidy: $(patsubst %.cpp,$(OUT)/tidy/%.done,$(LIBRARY) $(SHARED) $(wildcard examples/*.cpp)) ## what clang-tidy finds in .clang-tidy's list (apt install clang-tidy), ten minutes
$(OUT)/tidy/%.done: $(OUT)/obj/%.o .clang-tidy
	@echo "tidy $*.cpp"
	@clang-tidy --version >/dev/null
	@mkdir -p $(@D)
	@clang-tidy --quiet $*.cpp -- $(FLAGS) -Wno-unknown-warning-option 2>/dev/null && touch $@

# Two more builds of everything: too long for .ci/run, which replays the fuzzers' corpus and lints.
.PHONY: check
check: all lint tidy ## lint, clang-tidy, install-test, mutants, and the tests under AddressSanitizer with UBSan, and ThreadSanitizer
	@$(MAKE) --no-print-directory REAL=double all
	@$(MAKE) --no-print-directory install-test SOURCE=yes
	@$(MAKE) --no-print-directory mutants
	@$(MAKE) --no-print-directory SANITIZE=address $(BUILD)/address/run-tests
	$(BUILD)/address/run-tests --gtest_brief=1
	@$(MAKE) --no-print-directory SANITIZE=thread $(BUILD)/thread/run-tests
	$(BUILD)/thread/run-tests --gtest_brief=1

# Both builds first: mutants begin with copies of their objects.
ONLY ?=
.PHONY: mutants
mutants: all $(OUT)/run-tests ## break the code on purpose in ninety places: a test must notice each (python3); ONLY=name for one
	@$(MAKE) --no-print-directory REAL=double $(BASE)/double/run-tests
	@python3 tests/mutants/run.py $(ONLY)

.PHONY: lint
lint: ## the rules no compiler knows: includes go down the house, files stay short
	@sh tests/lint.sh

PEER_PYTHON ?=
peer = $(if $(PEER_PYTHON),--peer-python '$(PEER_PYTHON)')
.PHONY: bench
bench: all ## time training and inference beside PyTorch (apt install python3-torch; PEER_PYTHON=PATH names another), an hour or more
	$(OUT)/bench $(peer) --json $(OUT)/bench.json
	$(OUT)/bench $(peer) --models resnet50 --threads 2 --batch-size 16 --steps 3 --json $(OUT)/bench-resnet50.json
	$(OUT)/bench $(peer) --models resnet50 --threads 2 --batch-size 1 --modes infer --steps 20 --json $(OUT)/bench-resnet50-one.json
	$(OUT)/bench --layers --threads 1

.PHONY: compare
compare: $(BUILD)/answer ## hold the ImageNet nets against torchvision's (apt install python3-torchvision), five minutes
	@$(MAKE) --no-print-directory REAL=double $(BUILD)/double/answer
	/usr/bin/python3 tests/compare/compare_torchvision.py

.PHONY: data
data: ## download CIFAR-10, 162 MiB (CIFAR10_URL=... names a mirror or a local file)
	@sh resnet/data/download.sh

.PHONY: setup
setup: ## install the packages that the build needs (Debian, Ubuntu)
	@if command -v apt-get >/dev/null; then \
	    if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
	    install="$$run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"; \
	    $$install $(PACKAGES) || exit 1; \
	    for package in $(IF_PACKAGED); do $$install $$package || echo "Without $$package, stb_image decodes its pictures."; done; \
	else sh tests/packages.sh; fi

.PHONY: clean
clean: ## remove everything built
	rm -rf $(if $(filter build,$(BUILD)),build,$(addprefix $(BUILD)/,$(notdir $(PROGRAMS)) libdeepen.a libprograms.a libformulas.a run-tests answer \
	    $(SONAME) obj installed levels stage runpath tidy double address thread fuzz mpi compiled linked commit packages-found))

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]*:.*## / { printf "%-14s%s\n", $$1, $$2 }' Makefile $(wildcard packaging/install.mk)
	@echo 'Variables: ARCH=x86-64-v3 builds for another processor than this one; REAL=double in double precision, into'
	@echo 'build/double; MPI=1 for several processes (mpirun); BLAS=none without OpenBLAS; DECODERS=stb_image without'
	@echo 'libspng and libjpeg-turbo; SANITIZE=address or thread into a folder of that name; BUILD=FOLDER builds somewhere else.'

# What was not finished is not there.
.DELETE_ON_ERROR:

# The library, and beside it what the programs share.
$(OUT)/libdeepen.a: $(call objects,$(LIBRARY)) $(OUT)/linked
$(OUT)/libprograms.a: $(call objects,$(SHARED)) $(OUT)/linked
$(OUT)/libformulas.a: $(call objects,$(FORMULAS)) $(OUT)/linked
$(OUT)/libdeepen.a $(OUT)/libprograms.a $(OUT)/libformulas.a:
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

link = @echo "link $@" && $(CXX) $(1) -o $@ $(filter %.o %.a,$^) $(2) $(LIBS)
$(PROGRAMS): $(OUT)/%: $(OUT)/obj/examples/%.o $(MPI_OBJECT) $(OUT)/libprograms.a $(OUT)/libdeepen.a
	$(call link,,$(if $(MPI),$(MPI_LIBS)))

# One for each MPI, as they differ in everything but their functions' names.
$(OUT)/obj/$(MPI_NAME)/mpi.o: engine/ranks/mpi.cpp $(OUT)/compiled | $(BUILD)/packages-found
	@mkdir -p $(@D)
	@echo "compile $< ($(MPI_NAME))"
	@$(CXX) $(FLAGS) $(MPI_CFLAGS) -MMD -MP -c -o $@ $<

TESTED := $(addprefix $(OUT)/,$(if $(filter float,$(REAL)),libprograms.a libdeepen.a,libformulas.a))
$(OUT)/run-tests: $(call objects,$(TESTS)) $(TESTED)
	$(call link,,-lgtest)

$(OUT)/answer: $(call object,tests/compare/answer.cpp) $(OUT)/libdeepen.a
	$(call link)

# One program for all targets; it runs the one that it is called after.
FUZZED := tests/resnet/data/picture_files.cpp tests/fuzz/targets.cpp tests/fuzz/libfuzzer.cpp
$(OUT)/fuzz: $(call object,$(FUZZED)) $(OUT)/libdeepen.a
	$(call link,-fsanitize=fuzzer,-lgtest)

$(OUT)/obj/%.o: %.cpp $(OUT)/compiled | $(BUILD)/packages-found
	@mkdir -p $(@D)
	@echo "compile $<$(if $(filter double,$(REAL)), (double))"
	@$(CXX) $(FLAGS) $(if $(filter $(LIGHT),$<),$(LIGHTER)) $(FLAGS_$*) -MMD -MP -c -o $@ $<

$(OUT)/obj/%/folder.o: $(OUT)/obj/%/folder.cpp $(OUT)/compiled | $(BUILD)/packages-found
	@echo "compile $*/*.cpp$(if $(filter double,$(REAL)), (double))"
	@$(CXX) $(FLAGS) $(if $(filter $(LIGHT),$*/.cpp),$(LIGHTER)) -MMD -MP -c -o $@ $<

# stb_image lets sums of what a damaged JPEG says grow out of an int: -fwrapv says what becomes of them.  It copies nothing
# from nowhere, memcpy(p, NULL, 0), and shifts a zero by more than 31 where a JPEG's data ends early: forbidden by the
# letter, harmless, not ours.
FLAGS_resnet/data/decode_stb_image := -fwrapv $(if $(SANITIZE),-fno-sanitize=nonnull-attribute -fno-sanitize=shift)

# The commit is compiled into one object, which is made again when the commit is another.
FLAGS_engine/build_info = -DDEEPEN_COMMIT='"$(shell cat $(OUT)/commit)"'
$(call object,engine/build_info.cpp): $(OUT)/commit

# What an object or a program depends on beside files.  Each of these says so, and is written only when that changes:
# compiled   compiler, flags, and all that they define in advance: the compiler's version, what `native` is here
# linked     libraries and their flags, and what is in the archive
# commit     of git
# folder.cpp the files of a folder that are compiled together
quoted        = '$(subst ','\'',$(1))'
says_compiled = echo $(call quoted,$(CXX) $(FLAGS) $(LIGHTER)) && $(CXX) $(FLAGS) -dM -E -x c++ /dev/null
says_linked   = echo $(call quoted,$(CXX) $(LIBS) $(MPI_OBJECT) $(if $(MPI),$(MPI_LIBS)) $(LIBRARY) $(SHARED))
says_commit   = test -e .git && git --no-optional-locks describe --always --dirty --abbrev=12 --exclude='*' || echo unknown
says_folder.cpp = printf '\#include "%s"\n' $(foreach file,$(IN_FOLDER),$(if $(filter $(OUT)/obj/$(dir $(file)),$(@D)/),$(file)))
$(addprefix $(OUT)/,compiled linked commit runpath) $(addsuffix folder.cpp,$(addprefix $(OUT)/obj/,$(sort $(dir $(IN_FOLDER))))): .FORCE | $(BUILD)/packages-found
	+@mkdir -p $(@D); { $(says_$(@F)); } >$@.$$$$ 2>/dev/null; cmp -s $@.$$$$ $@ && rm $@.$$$$ || mv $@.$$$$ $@
.PHONY: .FORCE
.FORCE:

$(BUILD)/packages-found:
	@CXX='$(CXX)' FLAGS='$(FLAGS)' BLAS='$(BLAS)' sh tests/packages.sh && mkdir -p $(@D) && touch $@

-include packaging/install.mk
-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
endif
