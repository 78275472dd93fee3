#include "resnet/data/archive.h"

#include "tests/resnet/data/tar_gz.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// Varied enough that it takes room when packed.
Bytes noise(Index size) {
    Bytes bytes(size);
    std::uint32_t state = 1;
    for (std::uint8_t& byte : bytes) byte = (state = state * 1664525 + 1013904223) >> 24;
    return bytes;
}

std::map<std::string, Bytes> read(const Bytes& packed, Index largest = 1 << 20, Index members = 100) {
    const Scratch scratch;
    const auto all_but_notes = [](const std::string& name) { return name != "notes.txt"; };
    return read_tar_gz(scratch.write("a.tar.gz", packed),
                       {.wanted = all_but_notes, .largest = largest, .members = members});
}

std::string refused_archive(const Bytes& packed, Index largest = 1 << 20, Index members = 100) {
    return refusal_of([&] { read(packed, largest, members); });
}

TEST(Archive, GivesTheWantedMembersByteForByte) {
    const Bytes long_one = noise(200'000), short_one = noise(3), whole_block = noise(512);
    const auto found = read(gzip(tar_member("f/long", long_one) + tar_member("notes.txt", noise(700)) +
                                 tar_member("short", short_one) + tar_member("empty", {}) +
                                 tar_member("block", whole_block) + tar_end()));
    const std::map<std::string, Bytes> expected = {
        {"f/long", long_one}, {"short", short_one}, {"empty", {}}, {"block", whole_block}};
    EXPECT_EQ(found, expected);
}

TEST(Archive, JoinsUstarPrefixes) {
    Bytes header = tar_header("name", 0);
    set_field(header, 345, "a/folder");
    set_checksum(header);
    EXPECT_TRUE(read(gzip(header + tar_end())).contains("a/folder/name"));
}

TEST(Archive, AcceptsTarsHabitOfFillingItsLastRecordWithZeros) {
    EXPECT_EQ(read(gzip(tar_member("a", noise(5)) + Bytes(10240))).size(), 1u);
}

TEST(Archive, RefusesWhatIsNotThere) {
    const auto request = ArchiveRequest{.wanted = [](const std::string&) { return true; }, .largest = 1};
    expect_mentions(refusal_of([&] { read_tar_gz("/nowhere/a.tar.gz", request); }),
                    "/nowhere/a.tar.gz\": No such file");
}

TEST(Archive, RefusesWhatIsNotGzip) {
    expect_mentions(refused_archive(tar_member("a", noise(5)) + tar_end()), "a.tar.gz: not a gzip file");
    expect_mentions(refused_archive({}), "a.tar.gz: not a gzip file");
}

TEST(Archive, RefusesAStreamCutShortAnywhere) {
    const Bytes whole = gzip(tar_member("a", noise(5000)) + tar_end());
    for (Index length = 20; length < static_cast<Index>(whole.size()); length += 61) {
        expect_mentions(refused_archive(Bytes(whole.begin(), whole.begin() + length)), "a.tar.gz: cut short");
    }
    expect_mentions(refused_archive(Bytes(whole.begin(), whole.end() - 1)), "a.tar.gz: cut short");
}

TEST(Archive, NeverTakesDamagedBytesForGood) {
    const Bytes whole = gzip(tar_member("a", noise(5000)) + tar_end());
    for (Index at = 10; at < static_cast<Index>(whole.size()); at += 67) {
        Bytes damaged = whole;
        damaged[at] ^= 0x10;
        EXPECT_NE(refused_archive(damaged), nothing_refused) << "byte " << at;
    }
    Bytes wrong_crc = whole;
    wrong_crc[whole.size() - 8] ^= 1;
    expect_mentions(refused_archive(wrong_crc), "a.tar.gz: damaged: ");
    expect_mentions(refused_archive(wrong_crc), "incorrect data check");
}

TEST(Archive, RefusesAHeaderWhoseChecksumDiffers) {
    Bytes member = tar_member("a", noise(5));
    member[0] = 'b';
    expect_mentions(refused_archive(gzip(member + tar_end())), "a header's checksum differs from its bytes");
    expect_mentions(refused_archive(gzip(noise(4096))), "or no tar inside");
}

TEST(Archive, RefusesAnArchiveWithoutItsEnd) {
    const Bytes member = tar_member("a", noise(2000));
    expect_mentions(refused_archive(gzip(member)), "the archive inside stops before its end");
    expect_mentions(refused_archive(gzip(Bytes(member.begin(), member.begin() + 1000))),
                    "the archive inside stops before its end");
}

TEST(Archive, RefusesAbsurdSizes) {
    expect_mentions(refused_archive(gzip(tar_header("huge", Index{077777777777}) + tar_end())),
                    "member huge is said to have 8589934591 bytes, at most 1048576 were expected");
    expect_mentions(refused_archive(gzip(tar_header("notes.txt", 2 << 20) + tar_end())),
                    "member notes.txt is said to have 2097152 bytes");
    for (const std::string size : {"\x80\x01", "-7", "12x", "            "}) {
        Bytes header = tar_header("odd", 0);
        set_field(header, 124, std::string(12, '\0'));
        set_field(header, 124, size);
        set_checksum(header);
        expect_mentions(refused_archive(gzip(header + tar_end())), "member odd: its size is not an octal number");
    }
}

TEST(Archive, TakesNoMemoryForBytesThatDoNotCome) {
    const Index claimed = Index{7} << 30;
    expect_mentions(refused_archive(gzip(tar_header("hollow", claimed) + tar_end()), Index{1} << 40),
                    "stops before its end");
}

TEST(Archive, RefusesHostileNames) {
    for (const std::string name : {"/etc/passwd", "../up", "a/../../b"}) {
        expect_mentions(refused_archive(gzip(tar_member(name, noise(5)) + tar_end())),
                        "member " + name + " points out of the archive's own folder");
    }
    expect_mentions(refused_archive(gzip(tar_member("", noise(5)) + tar_end())), "a member without a name");
    expect_mentions(refused_archive(gzip(tar_header("\x1b[31mred", 2 << 20) + tar_end())), "member ?[31mred is said");
}

TEST(Archive, RefusesLinksInPlaceOfFiles) {
    expect_mentions(refused_archive(gzip(tar_header("a", 0, '2') + tar_end())),
                    "member a is not a plain file but a link or a device");
    EXPECT_TRUE(read(gzip(tar_header("notes.txt", 0, '2') + tar_end())).empty());
}

TEST(Archive, RefusesAMemberThatIsThereTwice) {
    const Bytes member = tar_member("a", noise(5));
    expect_mentions(refused_archive(gzip(member + member + tar_end())), "member a is there twice");
}

TEST(Archive, RefusesTooManyMembers) {
    const Bytes twice = tar_member("a", noise(5)) + tar_member("b", noise(5)) + tar_end();
    EXPECT_EQ(read(gzip(twice), 100, 2).size(), 2u);
    expect_mentions(refused_archive(gzip(twice), 100, 1), "more than 1 members");
}

TEST(Archive, RefusesBytesBehindItsEnd) {
    expect_mentions(refused_archive(gzip(tar_end() + noise(100))), "more bytes behind the archive's end");
    expect_mentions(refused_archive(gzip(Bytes(3 << 20))), "more bytes behind the archive's end");
}

}  // namespace
}  // namespace deepen
