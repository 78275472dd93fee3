# make install, make uninstall: see install.sh.
#
# From source, for the processor of this machine.  A package is built for old ones, with libraries for newer ones beside:
#
#   make install ARCH=x86-64 LEVELS='x86-64-v3 x86-64-v4' PREFIX=/usr LIBNAME=lib/x86_64-linux-gnu RUNPATH=no DESTDIR=...
PREFIX  ?= /usr/local
LIBNAME ?= lib
DESTDIR ?=
LEVELS  ?=
# yes: an installed program looks for libdeepen.so in its own PREFIX first; no: only where the loader always looks.
RUNPATH ?= yes

VERSION := $(shell sed -n 's/.*version = "\([0-9.]*\)";.*/\1/p' engine/build_info.cpp)
SONAME  := libdeepen.so.$(firstword $(subst ., ,$(VERSION)))

# Programs to install share one library, and look for it where it will be.
INSTALLED := $(patsubst $(OUT)/%,$(OUT)/installed/%,$(PROGRAMS))

# The linker refuses names that are nowhere, and what libdeepen.so offers is in symbols.map.
$(OUT)/$(SONAME): $(call objects,$(LIBRARY)) packaging/symbols.map $(OUT)/linked
	@echo "link $@" && $(CXX) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs -Wl,--version-script=packaging/symbols.map \
	    -o $@ $(filter %.o,$^) $(LIBS)

$(INSTALLED): $(OUT)/installed/%: $(OUT)/obj/examples/%.o $(OUT)/libprograms.a $(OUT)/$(SONAME) $(OUT)/runpath
	@mkdir -p $(@D)
	@echo "link $@" && $(CXX) -o $@ $(filter %.o %.a,$^) $(OUT)/$(SONAME) $(if $(filter yes,$(RUNPATH)),$(runpath)) $(LIBS)
# From bin, or from libexec/deepen.
runpath = -Wl,-rpath,'$$ORIGIN/$(if $(filter deepen,$*),..,../..)/$(LIBNAME)'
says_runpath = echo $(call quoted,$(RUNPATH) $(LIBNAME))

# Such as `strip --strip-unneeded`: what is installed is without names for debuggers.
STRIP   ?=

installing = STRIP='$(STRIP)' PREFIX='$(PREFIX)' LIBNAME='$(LIBNAME)' DESTDIR='$(DESTDIR)' LEVELS='$(LEVELS)' BUILD='$(BUILD)' OUT='$(OUT)' \
             VERSION='$(VERSION)' SONAME='$(SONAME)' LIBS='$(strip $(LIBS))' sh packaging/install.sh

.PHONY: install uninstall install-test levels
install: $(INSTALLED) $(OUT)/libdeepen.a $(OUT)/$(SONAME) levels ## into PREFIX=/usr/local: programs, library, headers, manuals
	@$(installing)

levels:
	@for level in $(LEVELS); do \
	    $(MAKE) --no-print-directory ARCH=$$level BUILD=$(BUILD)/levels/$$level $(BUILD)/levels/$$level/$(SONAME) || exit 1; \
	done

install-test: ## build ten lines with what is installed, in each way (two minutes); SOURCE=yes: also beside our source
	@sh tests/install/try.sh $(if $(SOURCE),source)

uninstall: ## remove it again
	@$(installing) uninstall
