# make            build the programs into build/
# The targets below document themselves; `make help` lists them.

REAL  ?= float
ARCH  ?= native
BUILD ?= build$(if $(filter double,$(REAL)),/double)

CXX      ?= g++
CXXFLAGS ?= -O3 -g1
# -ffp-contract=fast lets a*b+c become one fused instruction; -fno-math-errno and -fno-trapping-math
# drop bookkeeping nobody reads.  Never -ffast-math: it reorders sums and breaks NaN checks.
FLAGS := -std=c++20 -I. -march=$(ARCH) -Wall -Wextra -Wno-missing-field-initializers -Wno-restrict -ffp-contract=fast -fno-math-errno -fno-trapping-math \
         -pthread $(if $(filter double,$(REAL)),-DDEEPEN_DOUBLE) $(CXXFLAGS)
LIBS  := -lopenblas -lz -pthread $(LDFLAGS)

SOURCES  := $(sort $(wildcard engine/*.cpp engine/*/*.cpp layers/*.cpp resnet/*.cpp resnet/*/*.cpp))
# A program is an examples/ file; code they share is in examples/common/.
SHARED   := $(sort $(wildcard examples/common/*.cpp))
PROGRAMS := $(patsubst examples/%.cpp,%,$(sort $(wildcard examples/*.cpp)))
# Gradient checks mean something in double only: *_gradients.cpp is left out of the float tests.
TESTS    := $(filter-out $(if $(filter double,$(REAL)),,%_gradients.cpp),$(sort $(wildcard tests/*.cpp tests/*/*.cpp tests/*/*/*.cpp)))
object    = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))

.PHONY: all
all: $(addprefix $(BUILD)/,$(PROGRAMS))

$(BUILD)/libdeepen.a: $(call object,$(SOURCES) $(SHARED))
	@rm -f $@ && ar rcs $@ $^

$(addprefix $(BUILD)/,$(PROGRAMS)): $(BUILD)/%: $(BUILD)/obj/examples/%.o $(BUILD)/libdeepen.a
	@echo "link $@"
	@$(CXX) -o $@ $^ $(LIBS)

$(BUILD)/run-tests: $(call object,$(TESTS)) $(BUILD)/libdeepen.a
	@echo "link $@"
	@$(CXX) -o $@ $^ -lgtest $(LIBS)

$(BUILD)/obj/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "compile $<$(if $(filter double,$(REAL)), (double))"
	@$(CXX) $(FLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: data
data: ## download CIFAR-10 (162 MiB; CIFAR10_URL names a mirror or a local file)
	@sh resnet/data/download.sh

.PHONY: clean
clean: ## remove everything built
	rm -rf build
