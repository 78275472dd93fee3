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
        expect_mentions(
            refusal_of([&] {
                class_names_of({.metadata = {{class_names_key, text}}}, "w.safetensors");
            }),
            "w.safetensors: the metadata's class_names are not a JSON list of strings.  Give --labels FILE.");
    const std::string deep(100'000, '[');
    EXPECT_NE(refusal_of([&] { class_names_of({.metadata = {{class_names_key, deep}}}, "w"); }), nothing_refused);
}

TEST(ClassNames, AreMatchedByNameWhateverTheirOrder) {
    EXPECT_EQ(classes_by_name({"cat", "dog"}, {"cat", "dog"}), (std::vector{0, 1}));
    EXPECT_EQ(classes_by_name({"dog", "cat"}, {"cat", "cow", "dog"}), (std::vector{2, 0}));
    EXPECT_EQ(classes_by_name({"apple", "cat"}, {"cat", "dog"}), std::nullopt);
    EXPECT_EQ(classes_by_name({"cat"}, {"cat", "cat"}), std::nullopt) << "which of the two?";
    EXPECT_EQ(classes_by_name({"crane", "crane"}, {"crane", "crane"}), (std::vector{0, 1})) << "as in ImageNet";
    EXPECT_EQ(classes_by_name({"k\xff"}, {"k\xEF\xBF\xBD"}), (std::vector{0})) << "what a weight file keeps of it";
}

TEST(ClassNames, StandALineEachInTheirFile) {
    const Scratch scratch;
    EXPECT_EQ(read_class_names(scratch.write("l", "tench\r\ngold fish\n\nshark\n\n\n"), 4),
              (Names{"tench", "gold fish", "", "shark"}));
    expect_mentions(refusal_of([&] { read_class_names(scratch.write("l", "cat\ndog\n"), 3); }),
                    "l: 2 names for a net with 3 classes.  Expected one line per class.");
    expect_mentions(refusal_of([&] { read_class_names(scratch / "none", 3); }), "No such file");
}

}  // namespace
}  // namespace deepen
