// What libFuzzer calls.  The program is the target that its own name says: build/fuzz/log runs log().
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "engine/parallel.h"
#include "tests/fuzz/targets.h"

namespace {

const deepen::fuzz::Target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** argv) {
    const std::string name = std::filesystem::path(**argv).filename();
    for (const auto& target : deepen::fuzz::targets)
        if (name == target.name) chosen = &target;
    if (!chosen) std::fprintf(stderr, "%s: no such target; tests/fuzz/targets.h lists them.\n", name.c_str());
    if (!chosen) std::exit(2);
    deepen::set_threads(1);               // branches are counted without locks
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    chosen->run({data, size});
    return 0;
}
