#include "resnet/data/decode.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>

#include "tests/resnet/data/picture_files.h"
#include "tests/resnet/data/tar_gz.h"
#include "tests/scratch.h"

namespace deepen {
namespace {

// By each library that can: what holds of a decoder holds of all.
template <class Check>
void by_each_decoder(const Bytes& file, Check check) {
    const PictureKind kind = !file.empty() && file[0] == 0xFF ? PictureKind::jpeg : PictureKind::png;
    for (const Decoder& decoder : decoders()) {
        SCOPED_TRACE(decoder.name);
        if (decoder.takes(kind)) check([&] { return decode_picture(file, "p.any", decoder); });
    }
}

// With the same pixels from all, but for the rounding of JPEGs (decoders_test.cpp).
Pixels decode(const Bytes& file) {
    const Pixels first = decode_picture(file, "p.any");
    by_each_decoder(file, [&](auto decoded) {
        const Pixels other = decoded();
        EXPECT_EQ(other.size(), first.size());
        EXPECT_TRUE(file[0] == 0xFF || other.bytes == first.bytes);
    });
    return first;
}

// Of a file whose checksums are right whatever else is wrong.  In the same words from all.
std::string undecoded(const Bytes& damaged) {
    const Bytes file = with_checksums(damaged);
    const std::string first = refusal_of([&] { decode_picture(file, "p.any"); });
    by_each_decoder(file, [&](auto decoded) { EXPECT_EQ(refusal_of(decoded), first); });
    return first;
}

// A PNG's width and height stand in its bytes 16 to 23, high byte first.
Bytes with_size(Bytes file, std::uint32_t width, std::uint32_t height) {
    for (int i = 0; i < 4; ++i) {
        file[16 + i] = static_cast<std::uint8_t>(width >> (24 - 8 * i));
        file[20 + i] = static_cast<std::uint8_t>(height >> (24 - 8 * i));
    }
    return file;
}

TEST(Decode, ReadsPngExactly) {
    const Bytes pixels = {0, 1, 2, 30, 40, 50, 255, 254, 253, 9, 8, 7, 100, 110, 120, 200, 0, 200};
    const Pixels read = decode(png(pixels, 2, 3));
    EXPECT_EQ(read.height, 2);
    EXPECT_EQ(read.width, 3);
    EXPECT_EQ(read.bytes, pixels);
}

TEST(Decode, ReadsJpegClosely) {
    Bytes pixels;
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 24; ++x) {
            pixels.insert(pixels.end(), {static_cast<std::uint8_t>(10 * x), static_cast<std::uint8_t>(15 * y), 90});
        }
    }
    const Pixels read = decode(jpeg(pixels, 16, 24));
    ASSERT_EQ(read.bytes.size(), pixels.size());
    for (std::size_t k = 0; k < pixels.size(); ++k) EXPECT_NEAR(read.bytes[k], pixels[k], 8) << k;
}

TEST(Decode, MakesGreyThreeEqualChannels) {
    EXPECT_EQ(decode(png({7, 200}, 1, 2, 1)).bytes, (Bytes{7, 7, 7, 200, 200, 200}));
}

TEST(Decode, LaysTransparencyOverBlack) {
    EXPECT_EQ(decode(png({100, 200, 50, 255, 100, 200, 51, 128, 90, 90, 90, 0}, 1, 3, 4)).bytes,
              (Bytes{100, 200, 50, 50, 100, 26, 0, 0, 0}));
    EXPECT_EQ(decode(png({80, 255, 80, 0}, 1, 2, 2)).bytes, (Bytes{80, 80, 80, 0, 0, 0}));
}

TEST(Decode, RefusesWhatIsNoPicture) {
    expect_mentions(undecoded({}), "p.any: empty");
    expect_mentions(undecoded({'h', 'e', 'l', 'l', 'o'}),
                    "p.any: not a picture that can be read.  PNG and JPEG can");
    const Scratch scratch;
    expect_mentions(refusal_of([&] { decode_picture(scratch.folder()); }), "it is a folder");
    expect_mentions(refusal_of([&] { decode_picture(scratch / "absent.png"); }),
                    "absent.png\": No such file or directory");
}

TEST(Decode, RefusesTooManyPixels) {
    const Bytes small = png(plain_pixels(2, 2, 1, 2, 3), 2, 2);
    expect_mentions(undecoded(with_size(small, 8193, 8192)), "p.any: 8193 x 8192 pixels; 64 megapixels are the most");
    expect_mentions(undecoded(with_size(small, 100'000, 100'000)), "p.any: 100000 x 100000 pixels; 64 megapixels");
}

TEST(Decode, RefusesMorePixelsThanTheFileCanHold) {
    const Bytes small = png(plain_pixels(2, 2, 1, 2, 3), 2, 2);
    expect_mentions(undecoded(with_size(small, 8000, 8000)), "bytes cannot hold 8000 x 8000 pixels");
}

// The largest JPEG of one colour that libjpeg makes has half of that.
TEST(Decode, RefusesAJpegOfMorePixelsThanABitForEachBlock) {
    Bytes file = jpeg(plain_pixels(8, 8, 1, 2, 3), 8, 8);
    const Bytes marker = {0xFF, 0xC0};
    const auto frame = std::search(file.begin(), file.end(), marker.begin(), marker.end());
    const auto square = [&](Index side) {
        for (int k : {5, 7}) {
            frame[k] = static_cast<std::uint8_t>(side >> 8);
            frame[k + 1] = static_cast<std::uint8_t>(side);
        }
        return file;
    };
    const auto least = static_cast<Index>(std::sqrt(512 * file.size())) + 1;
    expect_mentions(undecoded(square(least)), text("bytes cannot hold ", least, " x ", least, " pixels"));
    const std::string other = refusal_of([&] { decode_picture(square(least - 1), "p.any"); });
    EXPECT_EQ(other.find("cannot hold"), std::string::npos) << other;
}

TEST(Decode, RefusesSidesThatNoCameraHas) {
    EXPECT_EQ(undecoded(png(Bytes(3 * 65535), 1, 65535)), nothing_refused);
    expect_mentions(undecoded(png(Bytes(3 * 65536), 1, 65536)), "p.any: 65536 x 1 pixels; 65535 a side are the most");
}

TEST(Decode, RefusesAPngWhoseBytesAreNotThoseOfItsChecksums) {
    const Bytes whole = png(plain_pixels(9, 9, 10, 120, 250), 9, 9);
    for (std::size_t at = 8 + 4; at + 12 < whole.size(); ++at) {  // from the first type to the last chunk, of no bytes
        Bytes damaged = whole;
        damaged[at] ^= 1;
        EXPECT_NE(refusal_of([&] { decode(damaged); }), nothing_refused) << "byte " << at;
    }
    Bytes pixel = whole;
    pixel[pixel.size() - 20] ^= 1;                       // in the last bytes of IDAT
    EXPECT_EQ(refusal_of([&] { decode_picture(pixel, "p"); }),
              "p: damaged: a chunk's checksum differs from its bytes.  Fetch or save it again, or leave it out.");
}

TEST(Decode, RefusesAPictureThatHasChangedSinceItWasLookedAt) {
    const Scratch scratch;
    const Bytes file = png(plain_pixels(4, 4, 1, 2, 3), 4, 4), other = png(plain_pixels(4, 4, 3, 2, 1), 4, 4);
    const auto checksum = static_cast<std::uint32_t>(crc32_z(0, file.data(), file.size()));
    const auto path = scratch.write("p.png", file);
    EXPECT_EQ(decode_picture(path, checksum).bytes, decode_picture(path).bytes);
    scratch.write("p.png", other);
    expect_mentions(refusal_of([&] { decode_picture(path, checksum); }), "p.png: it has changed since");
}

TEST(Decode, RefusesPicturesCutShort) {
    Bytes pixels(3 * 40 * 40);
    for (std::size_t k = 0; k < pixels.size(); ++k) pixels[k] = static_cast<std::uint8_t>(k * k >> 3);
    for (const Bytes& whole : {png(pixels, 40, 40), jpeg(pixels, 40, 40)}) {
        for (std::size_t length = 1; length + 12 < whole.size(); length += 37) {
            const std::string message = undecoded(Bytes(whole.begin(), whole.begin() + length));
            EXPECT_NE(message, nothing_refused) << length << " of " << whole.size();
        }
    }
    const Bytes whole = jpeg(pixels, 40, 40);
    expect_mentions(undecoded(Bytes(whole.begin(), whole.end() - 2)), "p.any: damaged: the JPEG is cut short");
    const Bytes other = png(pixels, 40, 40);
    expect_mentions(undecoded(Bytes(other.begin(), other.begin() + 200)), "p.any: damaged: the PNG is cut short");
}

TEST(Decode, RefusesHuffmanTablesThatDoNotFit) {
    Bytes file = jpeg(plain_pixels(8, 8, 1, 2, 3), 8, 8);
    const Bytes marker = {0xFF, 0xC4};
    const auto table = std::search(file.begin(), file.end(), marker.begin(), marker.end());
    ASSERT_NE(table, file.end());
    const Bytes before(file.begin(), table), after(table, file.end());
    table[5] = 200;                       // so many codes of one bit
    table[6] = 200;
    expect_mentions(undecoded(file), "p.any: damaged: a Huffman table does not fit");
    const Bytes all_of_nine_bits = Bytes{0xFF, 0xC4, 1, 19, 0} + Bytes(8) + Bytes{255, 1} + Bytes(6) + Bytes(256);
    expect_mentions(undecoded(before + all_of_nine_bits + after), "p.any: damaged: a Huffman table does not fit");
    table[2] = table[3] = 0;              // the segment's length
    expect_mentions(undecoded(file), "p.any: damaged: a segment is too short");
}

// Where a chunk of a PNG starts: its length of four bytes, high byte first, stands before its name.
Bytes::iterator chunk(Bytes& file, const std::string& name) {
    return std::search(file.begin(), file.end(), name.begin(), name.end()) - 4;
}

TEST(Decode, RefusesAChunkThatPromisesMoreThanTheFileHas) {
    Bytes file = png(plain_pixels(4, 4, 1, 2, 3), 4, 4);
    *chunk(file, "IDAT") = 0x3F;
    expect_mentions(undecoded(file), "p.any: damaged: the PNG is cut short");
}

// 16 MiB of zeros, where 52 bytes were expected.  libspng reads no more than it needs; stb_image would take all.
TEST(Decode, TakesNoMemoryForPixelsThatUnpackForEver) {
    Bytes file = png(plain_pixels(4, 4, 0, 0, 0), 4, 4);
    uLongf size = 1 << 17;
    Bytes packed(size), zeros(16 << 20);
    ASSERT_EQ(compress(packed.data(), &size, zeros.data(), zeros.size()), Z_OK);
    packed.resize(size);
    const auto data = chunk(file, "IDAT"), end = chunk(file, "IEND");
    const Bytes length = {0, std::uint8_t(size >> 16), std::uint8_t(size >> 8), std::uint8_t(size)};
    const Bytes before(file.begin(), data), name(data + 4, data + 8), after(end, file.end());
    const Bytes bomb = with_checksums(before + length + name + packed + Bytes(4) + after);
    for (const Decoder& decoder : decoders()) {
        if (decoder.name == "libspng") {
            EXPECT_EQ(decode_picture(bomb, "p", decoder).bytes, plain_pixels(4, 4, 0, 0, 0));
        } else if (decoder.png) {
            expect_mentions(refusal_of([&] { decode_picture(bomb, "p", decoder); }),
                            "p: damaged: more memory is asked for than the pixels need");
        }
    }
}

TEST(Decode, NamesAnUnknownChunkWithoutItsControlCharacters) {
    Bytes file = png(plain_pixels(4, 4, 1, 2, 3), 4, 4);
    const Bytes name = {'A', 0x1B, '[', 'm'};
    std::copy(name.begin(), name.end(), chunk(file, "IEND") + 4);
    expect_mentions(undecoded(file), "p.any: damaged: the chunk A?[m is not one of a PNG");
}

TEST(Decode, RefusesAJpegWithoutAPictureOrWithTooManyScans) {
    const Bytes file = jpeg(plain_pixels(8, 8, 1, 2, 3), 8, 8), marker = {0xFF, 0xDA};
    const auto scan = std::search(file.begin(), file.end(), marker.begin(), marker.end());
    const Bytes head(file.begin(), scan), body(scan, file.end() - 2), end = {0xFF, 0xD9};
    EXPECT_EQ(undecoded(head + body + end), nothing_refused);
    expect_mentions(undecoded(head + end), "p.any: damaged: the JPEG holds no picture");
    Bytes many = head;
    for (int i = 0; i < 101; ++i) many = many + body;
    expect_mentions(undecoded(many + end), "p.any: damaged: the JPEG has more than 100 scans");
}

// As in many pictures of cats and dogs: bytes that mean nothing, and a version of JFIF that there is not.
TEST(Decode, TakesJpegsWithPaddingAndNoise) {
    const Bytes file = jpeg(plain_pixels(8, 8, 10, 120, 250), 8, 8);
    const Bytes jfif = {'J', 'F', 'I', 'F', 0}, noise(40, 7);
    const Pixels whole = decode(file);
    Bytes other = file;
    std::search(other.begin(), other.end(), jfif.begin(), jfif.end())[5] = 0;
    EXPECT_EQ(decode(other).bytes, whole.bytes);
    const Bytes start(file.begin(), file.begin() + 20), rest(file.begin() + 20, file.end());
    EXPECT_EQ(decode(start + noise + rest).bytes, whole.bytes);                // behind the first segment
    const Bytes most(file.begin(), file.end() - 2), end(file.end() - 2, file.end());
    EXPECT_EQ(decode(most + noise + end).bytes, whole.bytes);
    EXPECT_EQ(decode(file + noise).bytes, whole.bytes);
    const Bytes progressive = read_file("tests/fuzz/corpus/picture/seed-progressive.jpg", 1 << 20);
    EXPECT_EQ(decode(Bytes(progressive.begin(), progressive.end() - 2) + noise + end).bytes, decode(progressive).bytes);
}

TEST(Decode, SurvivesDamageAnywhere) {
    const Bytes pixels = plain_pixels(12, 9, 10, 120, 250);
    for (const Bytes& whole : {png(pixels, 12, 9), jpeg(pixels, 12, 9)}) {
        for (std::size_t at = 0; at < whole.size(); ++at) {
            Bytes damaged = whole;
            damaged[at] ^= at % 2 ? 0x81 : 0x06;
            by_each_decoder(with_checksums(damaged), [&](auto decoded) {
                try {
                    const Pixels read = decoded();
                    EXPECT_EQ(static_cast<Index>(read.bytes.size()), read.height * read.width * 3);
                } catch (const Error&) {
                }
            });
        }
    }
}

}  // namespace
}  // namespace deepen
