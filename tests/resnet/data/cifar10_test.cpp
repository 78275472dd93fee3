#include "resnet/data/cifar10.h"

#include "resnet/data/data_path.h"
#include "tests/resnet/data/tar_gz.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

const std::vector<std::string> train_files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                              "data_batch_4.bin", "data_batch_5.bin"};

// Channel c of pixel p of the picture labelled l.
std::uint8_t sample(int l, Index p, Index c) { return static_cast<std::uint8_t>(l * 20 + p % 61 + 70 * c); }

Bytes record(int label) {
    Bytes bytes = {static_cast<std::uint8_t>(label)};
    for (Index c = 0; c < 3; ++c) {
        for (Index p = 0; p < 1024; ++p) bytes.push_back(sample(label, p, c));
    }
    return bytes;
}

// Training file i has i records, labelled i; the test file one of 9.
std::map<std::string, Bytes> small_cifar10() {
    std::map<std::string, Bytes> files;
    for (int i = 1; i <= 5; ++i) {
        for (int k = 0; k < i; ++k) files[train_files[i - 1]] = files[train_files[i - 1]] + record(i);
    }
    files["test_batch.bin"] = record(9);
    return files;
}

void write(const Scratch& scratch, const std::map<std::string, Bytes>& files, const std::string& folder) {
    for (const auto& [name, bytes] : files) scratch.write(folder + name, bytes);
}

Bytes archive_of(const std::map<std::string, Bytes>& files) {
    Bytes tar = tar_header("cifar-10-batches-bin/", 0, '5');
    // Against the alphabet: an archive need not be sorted.
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
        tar = tar + tar_member("cifar-10-batches-bin/" + file->first, file->second);
    }
    return gzip(tar + tar_end());
}

void expect_small_cifar10(const DataSplits& splits) {
    EXPECT_EQ(splits.train.labels, (std::vector<int>{1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5}));
    EXPECT_EQ(splits.test.labels, std::vector<int>{9});
    EXPECT_EQ(splits.train.classes[9], "truck");
    for (const PictureSet* set : {&splits.train, &splits.test}) {
        ASSERT_EQ(set->height, 32);
        ASSERT_EQ(set->width, 32);
        for (Index i = 0; i < set->count(); ++i) {
            for (Index p = 0; p < 1024; ++p) {
                for (Index c = 0; c < 3; ++c) ASSERT_EQ(set->picture(i)[3 * p + c], sample(set->labels[i], p, c));
            }
        }
    }
}

TEST(Cifar10, ReadsFoldersWithPlanesInterleaved) {
    const Scratch scratch;
    write(scratch, small_cifar10(), "direct/");
    write(scratch, small_cifar10(), "outer/cifar-10-batches-bin/");
    expect_small_cifar10(load_data(scratch / "direct"));
    expect_small_cifar10(load_data(scratch / "outer"));
}

TEST(Cifar10, ReadsArchivesInAnyOrderOfMembers) {
    const Scratch scratch;
    expect_small_cifar10(load_data(scratch.write("c.tar.gz", archive_of(small_cifar10()))));
}

TEST(Cifar10, ReadsASingleFileAsTestSet) {
    const Scratch scratch;
    const DataSplits splits = load_data(scratch.write("some.bin", record(3) + record(7)));
    EXPECT_EQ(splits.test.labels, (std::vector<int>{3, 7}));
    EXPECT_EQ(splits.train.count(), 0);
    EXPECT_EQ(splits.test.classes[3], "cat");
    EXPECT_EQ(splits.test.picture(1)[5], sample(7, 1, 2));
}

TEST(Cifar10, TakesClassNamesFromTheirFile) {
    const Scratch scratch;
    auto files = small_cifar10();
    const std::string names = "a\r\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";
    files["batches.meta.txt"] = Bytes(names.begin(), names.end());
    write(scratch, files, "f/");
    const std::vector<std::string> expected = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    EXPECT_EQ(load_data(scratch / "f").test.classes, expected);
    EXPECT_EQ(load_data(scratch.write("c.tar.gz", archive_of(files))).train.classes, expected);
}

TEST(Cifar10, RefusesAnotherNumberOfClasses) {
    const Scratch scratch;
    write(scratch, small_cifar10(), "f/");
    scratch.write("f/batches.meta.txt", std::string("cat\ndog\n"));
    expect_mentions(refusal_of([&] { load_data(scratch / "f"); }),
                    "f: batches.meta.txt: 2 names of classes, 10 were expected");
}

TEST(Cifar10, NamesTheFilesThatAreMissing) {
    const Scratch scratch;
    auto files = small_cifar10();
    files.erase("data_batch_2.bin");
    files.erase("test_batch.bin");
    write(scratch, files, "f/");
    expect_mentions(refusal_of([&] { load_data(scratch / "f"); }), "f: missing data_batch_2.bin, test_batch.bin");
    const auto archive = scratch.write("c.tar.gz", archive_of(files));
    expect_mentions(refusal_of([&] { load_data(archive); }), "c.tar.gz: missing data_batch_2.bin, test_batch.bin");
    const auto python =
        scratch.write("p.tgz", gzip(tar_member("cifar-10-batches-py/data_batch_1", record(1)) + tar_end()));
    expect_mentions(refusal_of([&] { load_data(python); }), "the Python and Matlab versions are not read");
}

TEST(Cifar10, RefusesAFileThatIsThereInTwoFoldersBeforeItsBytesAreRead) {
    const Scratch scratch;
    const auto path = scratch.write("c.tar.gz", gzip(tar_member("a/test_batch.bin", record(1)) +
                                                     tar_header("b/test_batch.bin", 3073)));   // cut short there
    expect_mentions(refusal_of([&] { load_data(path); }), "c.tar.gz: test_batch.bin is in the archive twice");
}

TEST(Cifar10, RefusesLabelsOverNine) {
    const Scratch scratch;
    auto files = small_cifar10();
    files["data_batch_3.bin"][2 * 3073] = 10;
    write(scratch, files, "f/");
    expect_mentions(refusal_of([&] { load_data(scratch / "f"); }),
                    "f: data_batch_3.bin: record 3 of 3 has label 10, 0 to 9 were expected");
}

TEST(Cifar10, RefusesSizesThatAreNotRecords) {
    const Scratch scratch;
    const auto bin = [&](const Bytes& bytes) { return refusal_of([&] { load_data(scratch.write("x.bin", bytes)); }); };
    expect_mentions(bin({}), "x.bin: empty");
    expect_mentions(bin(Bytes(3072)), "x.bin: 3072 bytes are not a multiple of 3073");
    expect_mentions(bin(Bytes(3074)), "This looks like CIFAR-100");
    expect_mentions(bin(Bytes(10001 * 3073)), "x.bin\": it has 30733073 bytes; at most 30730000 were expected");
    auto files = small_cifar10();
    files["data_batch_4.bin"].clear();
    write(scratch, files, "f/");
    expect_mentions(refusal_of([&] { load_data(scratch / "f"); }), "f: data_batch_4.bin: empty");
}

TEST(Cifar10, LooksForTheDownloadedArchiveInTheCacheFolder) {
    const Scratch scratch;
    const Environment home("HOME", (scratch / "home").c_str());
    {
        const Environment cache("XDG_CACHE_HOME", nullptr);
        EXPECT_EQ(default_cifar10_archive(), scratch / "home/.cache/deepen/cifar-10-binary.tar.gz");
    }
    const Environment cache("XDG_CACHE_HOME", scratch.folder().c_str());
    EXPECT_EQ(default_cifar10_archive(), scratch / "deepen/cifar-10-binary.tar.gz");
    const std::string absent = refusal_of([] { load_data("cifar10"); });
    expect_mentions(absent, "deepen/cifar-10-binary.tar.gz is not there");
    expect_mentions(absent, "make data");
    scratch.write("deepen/cifar-10-binary.tar.gz", archive_of(small_cifar10()));
    expect_small_cifar10(load_data("cifar10"));
}

TEST(Cifar10, RefusesToGuessACacheFolder) {
    const Environment home("HOME", nullptr), cache("XDG_CACHE_HOME", nullptr);
    expect_mentions(refusal_of([] { default_cifar10_archive(); }), "neither XDG_CACHE_HOME nor HOME is set");
}

}  // namespace
}  // namespace deepen
