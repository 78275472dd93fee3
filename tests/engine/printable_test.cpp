#include "engine/printable.h"

#include <gtest/gtest.h>

namespace deepen {
namespace {

TEST(Printable, LetsNothingPassThatATerminalObeys) {
    EXPECT_EQ(printable_name("\x1b]0;title\x07 \x7f\ta\rb"), "?]0;title? ??a?b");
    EXPECT_EQ(printable_name("\xC2\x9B"
                             "31m\xC2\x9D"),
              "?31m?")
        << "C1 controls in UTF-8";
    EXPECT_EQ(printable_name("\x9B"
                             "31m"),
              "?31m")
        << "C1 controls as bytes";
    EXPECT_EQ(printable_name("a\xE2\x80\xAEgpj.exe\xE2\x81\xA6\xE2\x80\xA8"), "a?gpj.exe??")
        << "U+202E, U+2066, U+2028";
}

TEST(Printable, KeepsLineEndsInMessagesAlone) {
    EXPECT_EQ(printable_message("one\ntwo\x1b"), "one\ntwo?");
    EXPECT_EQ(printable_name("cat\n99 % dog"), "cat?99 % dog");
}

TEST(Printable, KeepsEveryOtherCharacterOfEveryLanguage) {
    const std::string all =
        "K\xC3\xA4"
        "fer \xE7\x8C\xAB \xD0\xBA\xD0\xBE\xD1\x82 \xF0\x9F\x90\x88";
    EXPECT_EQ(printable_name(all), all);
}

TEST(Printable, ReplacesWhatIsNotUtf8) {
    EXPECT_EQ(printable_name("\xC3"), "?") << "cut short";
    EXPECT_EQ(printable_name("\xC3(\xE7\x8C"), "?(??");
    EXPECT_EQ(printable_name("\xC0\x8A\xE0\x80\x8A"), "?????") << "overlong line ends";
    EXPECT_EQ(printable_name("\xED\xA0\x80\xF4\x90\x80\x80\xFF"), "????????") << "surrogates, and beyond U+10FFFF";
}

}  // namespace
}  // namespace deepen
