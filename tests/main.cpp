// Runs all tests.  `build/run-tests --gtest_filter='Relu*'` runs some.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
