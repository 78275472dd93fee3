// Runs all tests.  `build/run-tests --gtest_filter='Relu*'` runs some.
#include <gtest/gtest.h>

// Asked for by the sanitizers' libraries, where there are any: no memory is an answer, not a crash.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
