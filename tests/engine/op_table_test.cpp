#include "tests/engine/op_table.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "engine/io/files.h"

namespace deepen {
namespace {

// "conv2d_batch_norm_training" is a row of conv2d_batch_norm, though it begins as one of conv2d does.
TEST(OpTable, HasARowForEveryOpThatIsDeclared) {
    const std::string header = read_text_file("engine/ops.h");
    std::set<std::string> ops, with_row;
    const std::regex declaration(R"(\nTensor ([a-z]\w+)\()");
    for (std::sregex_iterator at(header.begin(), header.end(), declaration), end; at != end; ++at)
        ops.insert((*at)[1]);
    EXPECT_GE(ops.size(), 30u);
    for (const OpCall& call : op_table()) {
        std::string longest;
        for (const std::string& op : ops)
            if ((call.name + "_").starts_with(op + "_") && op.size() > longest.size()) longest = op;
        with_row.insert(longest);
    }
    for (const std::string& op : ops) EXPECT_TRUE(with_row.contains(op)) << op << " has no row in op_table.cpp";
}

}  // namespace
}  // namespace deepen
