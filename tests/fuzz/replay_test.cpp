// Do the parsers still survive what they once did not?
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/io/files.h"
#include "tests/fuzz/targets.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

const fs::path corpus = "tests/fuzz/corpus";     // tests run from the repository's root

class Fuzz : public testing::TestWithParam<fuzz::Target> {};

TEST_P(Fuzz, FindsNothingInItsCorpus) {
    int files = 0;
    for (const auto& entry : fs::directory_iterator(corpus / GetParam().name)) {
        SCOPED_TRACE(entry.path());
        const std::string bytes = read_text_file(entry.path());
        EXPECT_NO_THROW(GetParam().run({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
        ++files;
    }
    EXPECT_GT(files, 0) << corpus / GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(fuzz::targets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace deepen
