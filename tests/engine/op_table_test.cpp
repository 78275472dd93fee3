#include "tests/engine/op_table.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "engine/io/files.h"

namespace deepen {
namespace {

// "max_pool2d" is a row of max_pool2d, though it begins as one of max does.
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
