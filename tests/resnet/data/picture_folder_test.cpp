#include "resnet/data/picture_folder.h"

#include <set>

#include "engine/parallel.h"
#include "resnet/data/data_path.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"

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

std::string refused_folder(const Scratch& scratch, Index size = 4) {
    return refusal_of([&] { folder_of_pictures(scratch.folder(), {.size = size}); });
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
    EXPECT_EQ(refused_folder(scratch), loop.string() + ": Too many levels of symbolic links.");
}

TEST(PictureFolder, SkipsHiddenNamesAndFilesBesideTheClasses) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("train/.git/config", "x");
    for (const std::string name : {".DS_Store", "Thumbs.db", "desktop.ini"}) scratch.write("train/cat/" + name, "x");
    scratch.write("train/LICENSE", "x");
    const DataSplits splits = folder_of_pictures(scratch.folder(), {.size = 4});
    EXPECT_EQ(splits.train.count(), 3);
    EXPECT_EQ(splits.train.classes.size(), 2u);
}

TEST(PictureFolder, MayGoWithoutTestPictures) {
    const Scratch scratch;
    scratch.write("train/cat/a.png", one_colour(1, 2, 3));
    const DataSplits splits = folder_of_pictures(scratch.folder(), {.size = 5});
    EXPECT_EQ(splits.test.count(), 0);
    EXPECT_EQ(splits.test.classes, splits.train.classes);
    EXPECT_EQ(splits.test.height, 5);
}

TEST(PictureFolder, TakesValForTestAndTestBeforeVal) {
    const Scratch scratch;
    scratch.write("train/cat/a.png", one_colour(1, 2, 3));
    scratch.write("val/cat/b.png", one_colour(4, 5, 6));
    EXPECT_EQ(folder_of_pictures(scratch.folder(), {.size = 4}).test.picture(0)[0], 4);
    scratch.write("test/cat/c.png", one_colour(7, 8, 9));
    EXPECT_EQ(folder_of_pictures(scratch.folder(), {.size = 4}).test.picture(0)[0], 7);
}

// Which pictures are of which side, as "cat 3" where the red channel says 3.
std::set<std::string> contents(const PictureSet& set) {
    std::set<std::string> all;
    for (Index i = 0; i < set.count(); ++i)
        all.insert(set.classes[set.labels[i]] + " " + std::to_string(set.fitted(i).bytes[0]));
    return all;
}

TEST(PictureFolder, WithoutTrainTestsOnEveryFifthByTheHashOfItsName) {
    const Scratch scratch;
    for (int i = 0; i < 200; ++i)
        scratch.write((i % 2 ? "dog/" : "cat/") + std::to_string(i) + ".png", one_colour(i, 0, 0));
    const DataSplits before = load_data(scratch.folder(), {.size = 4});
    EXPECT_EQ(before.train.count() + before.test.count(), 200);
    EXPECT_NEAR(before.test.count(), 40, 17) << "three deviations of a binomial count";

    std::filesystem::remove(scratch / "dog/7.png");
    scratch.write("cow/x.png", one_colour(250, 0, 0));
    scratch.write("cow/y.png", one_colour(251, 0, 0));
    scratch.write("cow/z.png", one_colour(252, 0, 0));
    const DataSplits after = load_data(scratch.folder(), {.size = 4});
    for (const std::string& name : contents(before.test))
        EXPECT_TRUE(name == "dog 7" || contents(after.test).contains(name)) << name << " has changed sides";
    EXPECT_EQ(after.test.classes, (std::vector<std::string>{"cat", "cow", "dog"}));
}

TEST(PictureFolder, RefusesASplitThatLeavesAClassNothingToTrainOn) {
    const Scratch scratch;
    scratch.write("cat/1.png", one_colour(1, 2, 3));
    for (int i = 0; i < 100; ++i) {
        scratch.write("dog/" + std::to_string(i) + ".png", one_colour(1, 2, 3));
        const std::string message = refused_folder(scratch);
        if (message != nothing_refused)
            return expect_mentions(message, "all pictures of class dog came to be test pictures, for there are so few");
        std::filesystem::remove(scratch / ("dog/" + std::to_string(i) + ".png"));
    }
    ADD_FAILURE() << "of a hundred names none was for testing";
}

TEST(PictureFolder, LeavesPicturesInTheirFilesWhereAskedOrWhereTheyAreMany) {
    const Scratch scratch;
    write_pets(scratch);
    const DataSplits in_memory = folder_of_pictures(scratch.folder(), {.size = 4, .shorter_side = 5});
    for (const DataOptions& options : {DataOptions{.size = 4, .shorter_side = 5, .in_files = true},
                                       DataOptions{.size = 4, .shorter_side = 5, .most_in_memory = 5 * 48 - 1}}) {
        const DataSplits in_files = folder_of_pictures(scratch.folder(), options);
        EXPECT_TRUE(in_files.train.in_files());
        EXPECT_TRUE(in_files.train.pixels.empty());
        EXPECT_EQ(in_files.train.labels, in_memory.train.labels);
        EXPECT_EQ(in_files.train.checksums.size(), 3u);
        EXPECT_EQ(in_files.train.original(0).size(), (Size{6, 9}));
        for (Index i = 0; i < 3; ++i) EXPECT_EQ(in_files.train.fitted(i).bytes, in_memory.train.fitted(i).bytes);
        EXPECT_EQ(Preprocessing::per_channel(in_files.train).mean, Preprocessing::per_channel(in_memory.train).mean);
    }
    EXPECT_FALSE(folder_of_pictures(scratch.folder(), {.size = 4, .most_in_memory = 5 * 48}).train.in_files());
}

TEST(PictureFolder, LooksOverFilesThatAreToBeDecodedLater) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("train/dog/c.png", "hello");
    expect_mentions(refusal_of([&] {
                        folder_of_pictures(scratch.folder(), {.size = 4, .in_files = true});
                    }),
                    "train/dog/c.png: not a picture that can be read.  PNG and JPEG can");
}

TEST(PictureFolder, RefusesNoClassesAndEmptyClasses) {
    const Scratch scratch;
    scratch.write("train/stray.png", one_colour(1, 2, 3));
    expect_mentions(refused_folder(scratch), "train: no classes");
    scratch.write("train/cat/.hidden", "x");
    expect_mentions(refused_folder(scratch), "train/cat: no pictures in this class");
}

TEST(PictureFolder, RefusesClassNamesThatAreNotUtf8) {
    const Scratch scratch;
    scratch.write("train/k\xe9/1.png", one_colour(1, 2, 3));
    expect_mentions(refused_folder(scratch), "the folder's name, which names a class, is not UTF-8.  Rename it.");
    std::filesystem::remove_all(scratch / "train");
    scratch.write("train/k\xc3\xa9/1.png", one_colour(1, 2, 3));
    EXPECT_EQ(refused_folder(scratch), nothing_refused);
}

TEST(PictureFolder, RefusesAPictureThatChangesDuringARun) {
    const Scratch scratch;
    write_pets(scratch);
    const PictureSet train = folder_of_pictures(scratch.folder(), {.size = 4, .in_files = true}).train;
    EXPECT_EQ(train.fitted(2).bytes.size(), 48u);
    scratch.write("train/dog/b.png", one_colour(3, 2, 1));
    expect_mentions(refusal_of([&] { train.fitted(2); }), "train/dog/b.png: it has changed since");
}

TEST(PictureFolder, RefusesClassesThatDiffer) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("test/cow/a.png", one_colour(1, 2, 3));
    expect_mentions(refused_folder(scratch),
                    "train/ and test/ differ in their classes.  train: cat, dog.  test: cat, cow, dog.");
}

TEST(PictureFolder, RefusesFoldersInsideAClass) {
    const Scratch scratch;
    scratch.write("train/cat/more/a.png", one_colour(1, 2, 3));
    expect_mentions(refused_folder(scratch), "train/cat/more: a folder inside a class");
}

TEST(PictureFolder, NamesTheFirstPictureThatCannotBeReadAtAnyNumberOfThreads) {
    const Scratch scratch;
    write_pets(scratch);
    scratch.write("train/dog/c.png", "hello");
    scratch.write("train/dog/d.png", "hello");
    const int before = threads();
    for (const int count : {1, 3}) {
        set_threads(count);
        expect_mentions(refused_folder(scratch), "train/dog/c.png: not a picture that can be read");
    }
    set_threads(before);
}

TEST(PictureFolder, RefusesAbsurdSizes) {
    const Scratch scratch;
    write_pets(scratch);
    expect_mentions(refused_folder(scratch, 0), "size 0 asked for, 1 to 1024 were expected");
    expect_mentions(refused_folder(scratch, 100'000), "size 100000 asked for");
    expect_mentions(refusal_of([&] { folder_of_pictures(scratch.folder(), {.size = 9, .shorter_side = 8}); }),
                    "a shorter side of 8 asked for, from which 9 pixels are to be cut");
}

}  // namespace
}  // namespace deepen
