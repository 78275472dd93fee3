#include "resnet/data/picture_folder.h"

#include "engine/parallel.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/resnet/data/scratch.h"

namespace deepen {
namespace {

Bytes one_colour(std::uint8_t r, std::uint8_t g, std::uint8_t b) { return png(plain_pixels(6, 9, r, g, b), 6, 9); }

// Two classes, three pictures, a test picture of each.
void write_pets(const Scratch& scratch) {
    scratch.write("train/dog/b.png", one_colour(1, 2, 3));
    scratch.write("train/cat/10.png", one_colour(4, 5, 6));
    scratch.write("train/cat/9.PNG", one_colour(7, 8, 9));
    scratch.write("test/cat/x.jpeg", jpeg(plain_pixels(8, 8, 200, 200, 200), 8, 8));
    scratch.write("test/dog/y", one_colour(13, 14, 15));
}

std::string refusal_of(const Scratch& scratch, Index size = 4) {
    return deepen::refusal_of([&] { folder_of_pictures(scratch.folder(), size); });
}

TEST(PictureFolder, LabelsPicturesByTheirFolderInTheOrderOfNames) {
    const Scratch scratch;
    write_pets(scratch);
    const DataSplits splits = load_data(scratch.folder(), {.size = 4});
    EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(splits.train.labels, (std::vector<int>{0, 0, 1}));
    EXPECT_EQ(splits.train.height, 4);
    EXPECT_EQ(splits.train.width, 4);
    EXPECT_EQ(splits.train.picture(0)[0], 4) << "10.png comes before 9.PNG";
    EXPECT_EQ(splits.train.picture(1)[47], 9);
    EXPECT_EQ(splits.train.picture(2)[1], 2);
    EXPECT_EQ(splits.test.labels, (std::vector<int>{0, 1}));
    EXPECT_NEAR(splits.test.picture(0)[0], 200, 2);
}

TEST(PictureFolder, RefusesALoopOfLinks) {
    const Scratch scratch;
    write_pets(scratch);
    const auto loop = scratch / "train/loop";
    std::filesystem::create_symlink("loop", loop);
    EXPECT_EQ(refusal_of(scratch), loop.string() + ": Too many levels of symbolic links.");
}

TEST(PictureFolder, SkipsHiddenNamesAndFilesBesideTheClasses) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("train/.git/config", "x");
    scratch.write("train/cat/.DS_Store", "x");
    scratch.write("train/LICENSE", "x");
    const DataSplits splits = folder_of_pictures(scratch.folder(), 4);
    EXPECT_EQ(splits.train.count(), 3);
    EXPECT_EQ(splits.train.classes.size(), 2u);
}

TEST(PictureFolder, MayGoWithoutTestPictures) {
    const Scratch scratch;
    scratch.write("train/cat/a.png", one_colour(1, 2, 3));
    const DataSplits splits = folder_of_pictures(scratch.folder(), 5);
    EXPECT_EQ(splits.test.count(), 0);
    EXPECT_EQ(splits.test.classes, splits.train.classes);
    EXPECT_EQ(splits.test.height, 5);
}

TEST(PictureFolder, RefusesAFolderWithoutTrain) {
    const Scratch scratch;
    expect_mentions(refusal_of(scratch), "train: not there.  It should hold a folder of pictures for each class");
}

TEST(PictureFolder, RefusesNoClassesAndEmptyClasses) {
    const Scratch scratch;
    scratch.write("train/stray.png", one_colour(1, 2, 3));
    expect_mentions(refusal_of(scratch), "train: no classes");
    scratch.write("train/cat/.hidden", "x");
    expect_mentions(refusal_of(scratch), "train/cat: no pictures in this class");
}

TEST(PictureFolder, RefusesClassesThatDiffer) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("test/cow/a.png", one_colour(1, 2, 3));
    expect_mentions(refusal_of(scratch),
                    "train/ and test/ differ in their classes.  train: cat, dog.  test: cat, cow, dog.");
}

TEST(PictureFolder, RefusesFoldersInsideAClass) {
    const Scratch scratch;
    scratch.write("train/cat/more/a.png", one_colour(1, 2, 3));
    expect_mentions(refusal_of(scratch), "train/cat/more: a folder inside a class");
}

TEST(PictureFolder, NamesTheFirstPictureThatCannotBeReadAtAnyNumberOfThreads) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("train/dog/c.png", "hello");
    scratch.write("train/dog/d.png", "hello");
    const int before = threads();
    for (const int count : {1, 3}) {
        set_threads(count);
        expect_mentions(refusal_of(scratch), "train/dog/c.png: not a picture that can be read (unknown image type)");
    }
    set_threads(before);
}

TEST(PictureFolder, RefusesAbsurdSizes) {
    const Scratch scratch;
    write_pets(scratch);
    expect_mentions(refusal_of(scratch, 0), "size 0 asked for, 1 to 1024 were expected");
    expect_mentions(refusal_of(scratch, 100'000), "size 100000 asked for");
}

}  // namespace
}  // namespace deepen
