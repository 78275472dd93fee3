#include "engine/io/hash.h"

#include <cmath>

#include <gtest/gtest.h>

namespace deepen {
namespace {

std::uint64_t of_text(const std::string& s) { return hash_of(std::as_bytes(std::span(s))); }

// Known answers, as the algorithm's authors publish them.
TEST(Hash, GivesItsAuthorsNumbers) {
    EXPECT_EQ(of_text(""), 0xcbf29ce484222325);
    EXPECT_EQ(of_text("foobar"), 0x85944171f73967e8);
}

// Computed by a few lines of Python's struct from the description in hash.h.
TEST(Hash, OfTensorsIsWhatItsDescriptionSays) {
    const std::map<std::string, Tensor> tensors{{"a", Tensor({2, 1}, {1, -2.5})}, {"b.c", Tensor(Real(0.5))}};
    EXPECT_EQ(hexadecimal(hash_of(tensors)), sizeof(Real) == 4 ? "6a53950e837a3cc2" : "ccd56e3127d4eef6");
}

TEST(Hash, ChangesWithNameShapeAndEveryNumber) {
    const auto hash = [](const std::string& name, Shape shape, std::vector<Real> values) {
        return hash_of(std::map<std::string, Tensor>{{name, Tensor(shape, std::move(values))}});
    };
    const std::uint64_t first = hash("a", {2, 3}, {1, 2, 3, 4, 5, 6});
    EXPECT_EQ(hash("a", {2, 3}, {1, 2, 3, 4, 5, 6}), first);
    EXPECT_NE(hash("b", {2, 3}, {1, 2, 3, 4, 5, 6}), first);
    EXPECT_NE(hash("a", {3, 2}, {1, 2, 3, 4, 5, 6}), first);
    EXPECT_NE(hash("a", {2, 3}, {1, 2, 3, 4, 5, 7}), first);
    EXPECT_NE(hash("a", {2, 3}, {1, 2, 3, 5, 4, 6}), first);
}

TEST(Hash, HasSixteenDigits) { EXPECT_EQ(hexadecimal(0xabc), "0000000000000abc"); }

}  // namespace
}  // namespace deepen
