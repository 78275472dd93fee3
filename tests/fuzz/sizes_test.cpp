// Does a file that promises much cost much?
#include <gtest/gtest.h>

#include <cstring>

#include "engine/io/safetensors.h"
#include "resnet/data/archive.h"
#include "resnet/data/cifar10.h"
#include "resnet/data/decode.h"
#include "resnet/training/history.h"
#include "tests/allocations.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/scratch.h"
#include "tests/resnet/data/tar_gz.h"

namespace deepen {
namespace {

constexpr std::size_t little = 1 << 18;  // what any reader may take: buffers, messages

// What refusing cost at most at once.
template <class Read>
std::size_t cost_of_refusing(Read read) {
    largest_allocation();
    EXPECT_NE(refusal_of(read), nothing_refused);
    return largest_allocation();
}

std::size_t cost_of_tensors(std::uint64_t length, const std::string& header) {
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += header;
    return cost_of_refusing([&] { parse_safetensors(std::as_bytes(std::span(bytes)), "f"); });
}

TEST(Promises, OfNumbersInASafetensorsHeaderCostNothing) {
    const std::string many = R"({"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}})";
    EXPECT_LT(cost_of_tensors(many.size(), many), little);
    const std::string none = R"({"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,0]}})";
    EXPECT_LT(cost_of_tensors(none.size(), none), little);
    const std::string both = R"({"a":{"dtype":"F32","shape":[0,1099511627776],"data_offsets":[0,4]}})";
    EXPECT_LT(cost_of_tensors(both.size(), both), little);
    EXPECT_LT(cost_of_tensors(99'999'999, many), little);
}

TEST(Promises, OfBytesInAnArchiveCostNothing) {
    const Scratch scratch;
    const auto path = scratch.write("a.tar.gz", gzip(tar_header("hollow", Index{7} << 30) + tar_end()));
    const auto any = [](const std::string&) { return true; };
    EXPECT_LT(cost_of_refusing([&] { read_tar_gz(path, {.wanted = any, .largest = Index{1} << 40}); }), little);
}

// 64 MiB of zeros in 64 KiB: they come out of the stream for nobody.
TEST(Promises, OfAnArchiveThatUnpacksForEverAreNotWaitedFor) {
    const Scratch scratch;
    const auto path = scratch.write("a.tar.gz", gzip(tar_end() + Bytes(64 << 20)));
    const auto any = [](const std::string&) { return true; };
    EXPECT_LT(cost_of_refusing([&] { read_tar_gz(path, {.wanted = any, .largest = 1 << 20}); }), little);
    const auto member = scratch.write("b.tar.gz", gzip(tar_member("a", Bytes(64 << 20)) + tar_end()));
    EXPECT_LT(cost_of_refusing([&] { read_tar_gz(member, {.wanted = any, .largest = 1 << 20}); }), little);
}

// A header that is right but for the hole behind it.
TEST(Promises, OfASafetensorsFileAreHeldAgainstItsHeaderBeforeItsNumbersAreRead) {
    const Scratch scratch;
    const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    const std::string length = std::string(1, char(header.size())) + std::string(7, '\0');
    const auto path = scratch.write("a.safetensors", length + header);
    std::filesystem::resize_file(path, std::uintmax_t{1} << 31);
    EXPECT_LT(cost_of_refusing([&] { read_safetensors(path); }), little);
}

TEST(Promises, OfAFileWithoutAnEndAreRefusedByItsSize) {
    const Scratch scratch;
    const auto path = scratch.write("hole", Bytes{});
    std::filesystem::resize_file(path, std::uintmax_t{1} << 40);          // takes no room on the disk
    EXPECT_LT(cost_of_refusing([&] { cifar10_from_file(path); }), little);
    EXPECT_LT(cost_of_refusing([&] { decode_picture(path); }), little);
    EXPECT_LT(cost_of_refusing([&] { read_history(path); }), little);
    EXPECT_LT(cost_of_refusing([&] { read_safetensors(path); }), little);
}

}  // namespace
}  // namespace deepen
