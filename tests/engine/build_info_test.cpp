// Does a program know what it was made of?
#include <gtest/gtest.h>

#include <regex>

#include "engine/build_info.h"
#include "engine/simd.h"

namespace deepen {
namespace {

TEST(BuildInfo, NamesVersionCommitCompilerBlasAndVectors) {
    const BuildInfo& info = build_info();
    const auto matches = [](const std::string& said, const char* pattern) {
        return std::regex_match(said, std::regex(pattern)) ? testing::AssertionSuccess()
                                                           : testing::AssertionFailure() << said;
    };
    EXPECT_TRUE(matches(info.version, R"(\d+\.\d+\.\d+)"));
    EXPECT_TRUE(matches(info.commit, "[0-9a-f]{12}(-dirty)?|unknown"));
    EXPECT_TRUE(matches(info.compiler, R"((g|clang)\+\+ \d+\.\d+\.\d+.*)"));
#ifdef DEEPEN_NO_BLAS
    EXPECT_EQ(info.blas, "none");
#else
    EXPECT_TRUE(matches(info.blas, R"((OpenBLAS|BLIS) \d+\.\d+.*|a CBLAS without a name)"));
#endif
    EXPECT_EQ(info.real, sizeof(Real) == 8 ? "double" : "float");
    EXPECT_TRUE(matches(info.vectors, R"(\S+, \d+ (float|double)s)"));
    EXPECT_NE(info.vectors.find(std::to_string(simd::lanes) + " " + info.real), std::string::npos) << info.vectors;
    for (const std::string& part : {info.version, info.commit, info.compiler, info.blas, info.vectors})
        EXPECT_NE(describe(info).find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace deepen
