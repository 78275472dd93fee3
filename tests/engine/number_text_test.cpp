// Is a text read as the number that it says, with std::from_chars and without?
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "engine/number_text.h"

namespace deepen {
namespace {

template <class Number>
class NumberText : public testing::Test {};
using FloatAndDouble = testing::Types<float, double>;
TYPED_TEST_SUITE(NumberText, FloatAndDouble);

// Both ways agree on whether it is a number, and on its bits.
template <class Number>
void expect_agreement(const std::string& text) {
    Number one = 7, other = 7;
    const bool is_one = read_number(text, one), is_other = read_by_strtod(text, other);
    EXPECT_EQ(is_one, is_other) << "'" << text << "'";
    if (is_one && is_other && !(std::isnan(one) && std::isnan(other))) {
        EXPECT_EQ(one, other) << text;
        EXPECT_EQ(std::signbit(one), std::signbit(other)) << text;
    }
    EXPECT_TRUE(is_other || other == Number(7)) << "left alone where there is no number: " << text;
}

TYPED_TEST(NumberText, IsReadAlikeWithAndWithoutFromChars) {
    for (const char* text : {"0", "-0", "1", "-1.5", ".5", "5.", "1e3", "1e+3", "1E-3", "inf", "-inf", "nan",
                             "1e-10", "0.1", "3.4028235e38", "", " ", " 1", "1 ", "+1", "0x10", "1,5", "1e", "e5", ".",
                             "-", "--1", "1.2.3", "one", "1e99999", "-1e99999", "1\n", "+", "1e+", "1+2", "1e++3"})
        expect_agreement<TypeParam>(text);
    std::mt19937 random(1);
    const std::string signs = "0123456789.-+eE, infax";
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (unsigned length = random() % 9; length > 0; --length) text += signs[random() % signs.size()];
        expect_agreement<TypeParam>(text);
    }
}

TEST(NumberTexts, KeepTheDecimalPointUnderEveryLanguage) {
    double value = 0;
    EXPECT_TRUE(read_by_strtod("1.5", value));
    EXPECT_EQ(value, 1.5);
    EXPECT_FALSE(read_by_strtod("1,5", value));
}

TEST(NumberTexts, AreIntegersToo) {
    int value = 0;
    EXPECT_TRUE(read_number("-12", value));
    EXPECT_EQ(value, -12);
    for (const char* text : {"", "1.5", " 1", "99999999999", "1x"}) EXPECT_FALSE(read_number(text, value)) << text;
}

}  // namespace
}  // namespace deepen
