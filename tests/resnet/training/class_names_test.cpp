#include "resnet/training/class_names.h"

#include "tests/scratch.h"

namespace deepen {
namespace {

using Names = std::vector<std::string>;

TEST(ClassNames, GoThroughMetadataUnchanged) {
    const Names names = {"cat", "a \"dog\"", "Käfer", ""};
    EXPECT_EQ(class_names_of({.metadata = {{class_names_key, class_names_text(names)}}}, "w"), names);
    EXPECT_EQ(class_names_of({}, "w"), std::nullopt);
    EXPECT_EQ(class_names_text({"\xff"}), "[\"\xEF\xBF\xBD\"]") << "what is not UTF-8 is replaced";
}

TEST(ClassNames, InMetadataAreAListOfTextsOrRefused) {
    for (const char* text : {"", "cat,dog", "{}", "[1,2]", "[[\"cat\"]]", "[\"cat\""})
        expect_mentions(refusal_of([&] { class_names_of({.metadata = {{class_names_key, text}}}, "w.safetensors"); }),
                        "w.safetensors: the metadata's class_names are not a JSON list of texts.  Give --labels FILE.");
    const std::string deep(100'000, '[');
    EXPECT_NE(refusal_of([&] { class_names_of({.metadata = {{class_names_key, deep}}}, "w"); }), nothing_refused);
}

TEST(ClassNames, StandALineEachInTheirFile) {
    const Scratch scratch;
    EXPECT_EQ(read_class_names(scratch.write("l", "tench\r\ngold fish\n\nshark\n\n\n"), 4),
              (Names{"tench", "gold fish", "", "shark"}));
    expect_mentions(refusal_of([&] { read_class_names(scratch.write("l", "cat\ndog\n"), 3); }),
                    "l: 2 names, but the net tells 3 classes apart.  A line for each is expected.");
    expect_mentions(refusal_of([&] { read_class_names(scratch / "none", 3); }), "No such file");
}

}  // namespace
}  // namespace deepen
