#include "engine/io/safetensors.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/files.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

// A file's bytes from its header text and as many zero bytes of data.
std::string file_bytes(const std::string& header, std::size_t data = 0) {
    const std::uint64_t length = header.size();
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    return bytes + header + std::string(data, '\0');
}

TensorFile parse(const std::string& bytes) { return parse_safetensors(std::as_bytes(std::span(bytes)), "f"); }

std::string refusal(const std::string& bytes) {
    try {
        parse(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "(not refused)";
}

std::string refusal_of_header(const std::string& header, std::size_t data = 0) {
    return refusal(file_bytes(header, data));
}

std::string tensor_json(const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

// One tensor of the given numbers, read back as Reals.
template <class Stored>
std::vector<Real> read_back(const std::string& dtype, const std::vector<Stored>& numbers) {
    const std::size_t size = numbers.size() * sizeof(Stored);
    const std::string entry = tensor_json(dtype, text("[", numbers.size(), "]"), text("[0,", size, "]"));
    std::string bytes = file_bytes("{\"t\":" + entry + "}");
    bytes.append(reinterpret_cast<const char*>(numbers.data()), size);
    return parse(bytes).tensors.at("t").values();
}

class SafetensorsFiles : public testing::Test {
protected:
    void SetUp() override { fs::create_directory(folder); }
    void TearDown() override { fs::remove_all(folder); }

    const fs::path folder = fs::temp_directory_path() / text("deepen-safetensors-", ::getpid());
    const fs::path path = folder / "a.safetensors";
};

// --- what goes in comes out ------------------------------------------------------------------------

TEST_F(SafetensorsFiles, ComeBackAsTheyWereWritten) {
    TensorFile file;
    file.tensors["weight"] = Tensor({2, 3}, {1, -2, 0.5, 1e-30, std::numeric_limits<Real>::infinity(), 7});
    file.tensors["scalar"] = Tensor(3);
    file.tensors["empty"] = Tensor({4, 0, 2}, {});
    file.tensors["größe \"\n 層"] = Tensor({1}, {5});
    file.tensors[""] = Tensor({1}, {6});
    file.metadata = {{"mean", "0.49"}, {"ключ", "värde"}};
    write_safetensors(path, file);

    const TensorFile back = read_safetensors(path);
    EXPECT_EQ(back.metadata, file.metadata);
    ASSERT_EQ(back.tensors.size(), file.tensors.size());
    for (const auto& [name, tensor] : file.tensors) {
        EXPECT_EQ(back.tensors.at(name).shape(), tensor.shape()) << name;
        for (Index i = 0; i < tensor.size(); ++i)
            EXPECT_EQ(back.tensors.at(name).data()[i], static_cast<float>(tensor.data()[i])) << name;
    }
}

TEST_F(SafetensorsFiles, HoldsTheVeryBytesOfTheFormat) {
    write_safetensors(path, {.tensors = {{"b", Tensor({1}, {1})}, {"a", Tensor({0}, {})}}});
    const std::string header = R"({"a":{"data_offsets":[0,0],"dtype":"F32","shape":[0]},)"
                               R"("b":{"data_offsets":[0,4],"dtype":"F32","shape":[1]}})";
    const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
    EXPECT_EQ(read_text_file(path), file_bytes(padded) + std::string("\0\0\x80\x3f", 4));
}

TEST_F(SafetensorsFiles, WithNothingInThemAreFine) {
    write_safetensors(path, {});
    EXPECT_TRUE(read_safetensors(path).tensors.empty());
    EXPECT_TRUE(parse(file_bytes("{\"__metadata__\":{}} \n\t")).metadata.empty());
}

TEST(Safetensors, ReadsEveryNumberType) {
    EXPECT_EQ(read_back<float>("F32", {1.5, -0.25}), (std::vector<Real>{1.5, -0.25}));
    EXPECT_EQ(read_back<double>("F64", {1.5, -0.25}), (std::vector<Real>{1.5, -0.25}));
    EXPECT_EQ(read_back<std::int8_t>("I8", {-128, 127}), (std::vector<Real>{-128, 127}));
    EXPECT_EQ(read_back<std::uint8_t>("U8", {0, 255}), (std::vector<Real>{0, 255}));
    EXPECT_EQ(read_back<std::int16_t>("I16", {-32768, 32767}), (std::vector<Real>{-32768, 32767}));
    EXPECT_EQ(read_back<std::uint16_t>("U16", {0, 65535}), (std::vector<Real>{0, 65535}));
    EXPECT_EQ(read_back<std::int32_t>("I32", {-2147483647 - 1, 1 << 20}), (std::vector<Real>{-2147483648.0, 1 << 20}));
    EXPECT_EQ(read_back<std::uint32_t>("U32", {0, 4294967040u}), (std::vector<Real>{0, 4294967040.0}));
    EXPECT_EQ(read_back<std::int64_t>("I64", {-(Index{1} << 62), 391}), (std::vector<Real>{-0x1p62, 391}));
    EXPECT_EQ(read_back<std::uint64_t>("U64", {1, std::uint64_t{1} << 63}), (std::vector<Real>{1, 0x1p63}));
}

TEST(Safetensors, KeepsAllBitsWhereAsked) {
    const fs::path path = fs::temp_directory_path() / text("deepen-exact-", ::getpid());
    const std::vector<Real> values{Real(1) / 3, -0.0, std::numeric_limits<Real>::denorm_min(), 1};
    write_safetensors(path, {.tensors = {{"t", Tensor({2, 2}, values)}}, .metadata = {}}, Stored::exact);
    const std::vector<Real> read = read_safetensors(path).tensors.at("t").values();
    fs::remove(path);
    EXPECT_EQ(std::memcmp(read.data(), values.data(), sizeof(Real) * values.size()), 0);
}

TEST(Safetensors, ReadsHalves) {
    // 1, -2, the largest, the smallest normal, the smallest at all, minus zero
    const auto values = read_back<std::uint16_t>("F16", {0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000});
    EXPECT_EQ(values, (std::vector<Real>{1, -2, 65504, Real(0x1p-14), Real(0x1p-24), 0}));
    EXPECT_TRUE(std::signbit(values[5]));
    const auto special = read_back<std::uint16_t>("F16", {0x7c00, 0xfc00, 0x7e01});
    EXPECT_EQ(special[0], std::numeric_limits<Real>::infinity());
    EXPECT_EQ(special[1], -std::numeric_limits<Real>::infinity());
    EXPECT_TRUE(std::isnan(special[2]));
}

TEST(Safetensors, ReadsBrainFloats) {
    const auto values = read_back<std::uint16_t>("BF16", {0x3f80, 0xc000, 0x4049, 0x7f80, 0x7fc0});
    EXPECT_EQ(values[0], 1);
    EXPECT_EQ(values[1], -2);
    EXPECT_EQ(values[2], Real(3.140625));
    EXPECT_EQ(values[3], std::numeric_limits<Real>::infinity());
    EXPECT_TRUE(std::isnan(values[4]));
}

TEST(Safetensors, TakesDataInAnyOrderOfTheNames) {
    const std::string header = "{\"a\":" + tensor_json("U8", "[1]", "[2,3]") +
                               ",\"b\":" + tensor_json("U8", "[2]", "[0,2]") +
                               ",\"c\":" + tensor_json("U8", "[0]", "[2,2]") + "}";
    const TensorFile file = parse(file_bytes(header) + "\x01\x02\x03");
    EXPECT_EQ(file.tensors.at("a").values(), (std::vector<Real>{3}));
    EXPECT_EQ(file.tensors.at("b").values(), (std::vector<Real>{1, 2}));
}

// --- refusals --------------------------------------------------------------------------------------

TEST(Safetensors, RefusesFilesWithoutALength) {
    EXPECT_EQ(refusal("1234567"), "f: 7 bytes are too few; a safetensors file has at least 8.  Is it complete?");
    EXPECT_EQ(refusal(""), "f: 0 bytes are too few; a safetensors file has at least 8.  Is it complete?");
}

TEST(Safetensors, RefusesHeadersThatAreTooLong) {
    EXPECT_EQ(refusal(std::string("\x01\xe1\xf5\x05\0\0\0\0", 8)),
              "f: its first 8 bytes announce a header of 100000001 bytes; the format allows 100000000.  Is this a "
              "safetensors file?");
    EXPECT_EQ(refusal(std::string(8, '\xff')),
              "f: its first 8 bytes announce a header of 18446744073709551615 bytes; the format allows 100000000.  "
              "Is this a safetensors file?");
    EXPECT_EQ(refusal(std::string("\x03\0\0\0\0\0\0\0{}", 10)),
              "f: its first 8 bytes announce a header of 3 bytes, but only 2 bytes follow.  Is the file complete?");
}

TEST(Safetensors, RefusesHeadersThatAreNoObject) {
    for (const char* header : {"", "[]", " {}", "\xef\xbb\xbf{}"})
        EXPECT_EQ(refusal_of_header(header), "f: the header does not begin with '{'.  Is this a safetensors file?")
            << header;
}

TEST(Safetensors, RefusesHeadersThatAreNotJson) {
    const std::string begin = "f: the header is not UTF-8 JSON; reading stopped at its byte ";
    EXPECT_EQ(refusal_of_header("{x}"), begin + "2.  The file is damaged, or no safetensors file.");
    for (const char* header : {"{", "{}}", "{} x", "{\"a\"}", "{\"a\":", "{'a':{}}", "{,}", "{\"a\":tru}",
                               "{\"\\ud800\":{}}"})
        EXPECT_TRUE(refusal_of_header(header).starts_with(begin)) << header;
}

TEST(Safetensors, RefusesHeadersThatAreNotUtf8) {
    const std::string begin = "f: the header is not UTF-8 JSON; reading stopped at its byte ";
    EXPECT_TRUE(refusal_of_header("{\"\xff\":{}}").starts_with(begin + "3."));
    EXPECT_TRUE(refusal_of_header("{\"\xc3\":{}}").starts_with(begin + "4."));
}

TEST(Safetensors, RefusesZeroBytesInTheHeader) {
    EXPECT_EQ(refusal_of_header(std::string("{}\0{}", 5)), "f: the header is not UTF-8 JSON; its byte 3 is zero.");
}

TEST(Safetensors, RefusesDuplicateKeys) {
    const std::string empty = tensor_json("F32", "[0]", "[0,0]");
    EXPECT_EQ(refusal_of_header("{\"a\":" + empty + ",\"a\":" + empty + "}"), "f: the header has \"a\" twice.");
    EXPECT_EQ(refusal_of_header("{\"a\":" + empty + ",\"\\u0061\":" + empty + "}"), "f: the header has \"a\" twice.");
    EXPECT_EQ(refusal_of_header("{\"__metadata__\":{},\"__metadata__\":{}}"),
              "f: the header has \"__metadata__\" twice.");
    EXPECT_EQ(refusal_of_header("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}"),
              "f: the header has \"k\" twice in the metadata.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}"),
              "f: the header has \"dtype\" twice in one tensor.");
}

TEST(Safetensors, RefusesMetadataThatAreNotStrings) {
    const auto message = [](const std::string& value) {
        return refusal_of_header("{\"__metadata__\":{\"mean\":" + value + "}}");
    };
    const auto expected = [](const std::string& given) {
        return "f: in the header, metadata \"mean\" holds " + given + "; expected a string.";
    };
    EXPECT_EQ(message("1"), expected("a number"));
    EXPECT_EQ(message("-1"), expected("a negative number"));
    EXPECT_EQ(message("0.5"), expected("a fraction or a number beyond 2^64"));
    EXPECT_EQ(message("null"), expected("null"));
    EXPECT_EQ(message("true"), expected("true or false"));
    EXPECT_EQ(message("[]"), expected("a list"));
    EXPECT_EQ(message("{}"), expected("an object"));
    EXPECT_EQ(refusal_of_header("{\"__metadata__\":\"\"}"),
              "f: in the header, \"__metadata__\" holds a string; expected an object.");
}

TEST(Safetensors, RefusesTensorsOfAnotherForm) {
    EXPECT_EQ(refusal_of_header("{\"a\":[]}"), "f: in the header, \"a\" holds a list; expected an object.");
    EXPECT_EQ(refusal_of_header("{\"a\":{}}"), "f: tensor \"a\" has no dtype.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"dtype\":\"F32\"}}"), "f: tensor \"a\" has no shape.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}"), "f: tensor \"a\" has no data_offsets.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"type\":\"F32\"}}"),
              "f: tensor \"a\" has a member \"type\"; expected dtype, shape and data_offsets.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"dtype\":32}}"),
              "f: in the header, dtype of tensor \"a\" holds a number; expected a string.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"shape\":\"1\"}}"),
              "f: in the header, shape of tensor \"a\" holds a string; expected a list of whole numbers.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"shape\":[-1]}}"),
              "f: in the header, shape of tensor \"a\" holds a negative number; expected whole numbers.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"shape\":[1.0]}}"),
              "f: in the header, shape of tensor \"a\" holds a fraction or a number beyond 2^64; "
              "expected whole numbers.");
    EXPECT_EQ(refusal_of_header("{\"a\":{\"data_offsets\":[[0],0]}}"),
              "f: in the header, data_offsets of tensor \"a\" holds a list; expected whole numbers.");
    for (const auto& [offsets, count] : {std::pair{"[]", 0}, {"[0]", 1}, {"[0,0,0]", 3}})
        EXPECT_EQ(refusal_of_header("{\"a\":{\"data_offsets\":" + std::string(offsets) + "}}"),
                  text("f: data_offsets of tensor \"a\" has ", count, " numbers; expected [begin, end]."));
}

TEST(Safetensors, RefusesUnknownNumberTypes) {
    EXPECT_EQ(refusal_of_header("{\"a\":" + tensor_json("F8_E4M3", "[0]", "[0,0]") + "}"),
              "f: tensor \"a\" has dtype \"F8_E4M3\"; read are F32, F64, F16, BF16, I8 to I64 and U8 to U64.");
}

TEST(Safetensors, RefusesShapesThatDoNotFitTheirBytes) {
    EXPECT_EQ(refusal_of_header("{\"a\":" + tensor_json("F32", "[2,3]", "[0,20]") + "}", 20),
              "f: tensor \"a\" of shape [2,3] and dtype F32 takes 24 bytes, but its data_offsets span 20.");
    EXPECT_EQ(refusal_of_header("{\"a\":" + tensor_json("F32", "[]", "[0,8]") + "}", 8),
              "f: tensor \"a\" of shape [] and dtype F32 takes 4 bytes, but its data_offsets span 8.");
    EXPECT_EQ(refusal_of_header("{\"a\":" + tensor_json("F32", "[1,1,1,1,1,1,1]", "[0,4]") + "}", 4),
              "f: tensor \"a\" has 7 axes; at most 6 are supported.");
}

TEST(Safetensors, RefusesShapesThatCannotBeCounted) {
    const std::string message = "f: tensor \"a\" has a shape with more bytes than 64 bits can count.";
    for (const char* shape : {"[4611686018427387904,4]", "[4294967296,4294967296]", "[18446744073709551615]",
                              "[9223372036854775807]", "[9223372036854775807,9223372036854775807,0]"})
        EXPECT_EQ(refusal_of_header("{\"a\":" + tensor_json("F32", shape, "[0,0]") + "}"), message) << shape;
}

TEST(Safetensors, RefusesOffsetsThatDoNotTileTheData) {
    const auto message = [](const std::string& a, const std::string& b, std::size_t data) {
        const std::string header = "{\"a\":" + tensor_json("U8", "[4]", a) +
                                   ",\"b\":" + tensor_json("U8", "[4]", b) + "}";
        return refusal_of_header(header, data);
    };
    EXPECT_EQ(message("[0,4]", "[4,8]", 8), "(not refused)");
    EXPECT_EQ(message("[1,5]", "[5,9]", 9), "f: the data starts at offset 1 with tensor \"a\"; expected 0.");
    EXPECT_EQ(message("[0,4]", "[5,9]", 9), "f: a gap before tensor \"b\", from offset 4 to 5.");
    EXPECT_EQ(message("[3,7]", "[0,4]", 8),
              "f: tensor \"a\" begins at offset 3 and overlaps the one before it, which ends at 4.");
    EXPECT_EQ(message("[0,4]", "[0,4]", 4),
              "f: tensor \"b\" begins at offset 0 and overlaps the one before it, which ends at 4.");
    EXPECT_EQ(message("[0,4]", "[4,8]", 10), "f: 2 trailing bytes belong to no tensor.");
    EXPECT_EQ(message("[0,4]", "[4,8]", 7),
              "f: data_offsets of tensor \"b\" are [4,8], outside the 7 bytes of data.  Is the file complete?");
    EXPECT_EQ(message("[4,0]", "[4,8]", 8),
              "f: data_offsets of tensor \"a\" are [4,0], outside the 8 bytes of data.  Is the file complete?");
    EXPECT_EQ(refusal_of_header("{}", 3), "f: 3 trailing bytes belong to no tensor.");
}

TEST(Safetensors, RefusesDeepNestingWithoutRecursion) {
    const std::string deep = "{\"a\":{\"shape\":" + std::string(5'000'000, '[');
    EXPECT_EQ(refusal_of_header(deep), "f: in the header, shape of tensor \"a\" holds a list; expected whole numbers.");
}

TEST(Safetensors, CutsLongNamesInMessages) {
    const std::string message = refusal_of_header("{\"" + std::string(1'000'000, 'n') + "\":0}");
    EXPECT_EQ(message, "f: in the header, \"" + std::string(100, 'n') + "...\" holds a number; expected an object.");
}

// --- damage ----------------------------------------------------------------------------------------

std::string small_file() {
    const std::string header = "{\"__metadata__\":{\"k\":\"v\"},\"a\":" + tensor_json("F32", "[2]", "[0,8]") +
                               ",\"b\":" + tensor_json("I8", "[2,1]", "[8,10]") + "}";
    return file_bytes(header, 10);
}

TEST(Safetensors, RefusesAFileCutOffAnywhere) {
    const std::string whole = small_file();
    EXPECT_EQ(refusal(whole), "(not refused)");
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_NE(refusal(whole.substr(0, length)), "(not refused)") << length << " bytes";
}

// What a sound header says, read once more by other means: as a tree, its offsets one after another.
void expect_as_told(const TensorFile& file, const std::string& bytes) {
    std::uint64_t length;
    std::memcpy(&length, bytes.data(), sizeof length);
    auto header = nlohmann::json::parse(bytes.substr(8, length));
    EXPECT_EQ(nlohmann::json(file.metadata), header.value("__metadata__", nlohmann::json::object()));
    header.erase("__metadata__");
    ASSERT_EQ(file.tensors.size(), header.size());
    std::size_t data = 0;
    for (const auto& [name, entry] : header.items()) {
        ASSERT_TRUE(file.tensors.contains(name));
        const Shape& shape = file.tensors.at(name).shape();
        EXPECT_EQ(nlohmann::json(std::vector<Index>(shape.begin(), shape.end())), entry["shape"]);
        const Index size = entry["data_offsets"][1].get<Index>() - entry["data_offsets"][0].get<Index>();
        const std::string type = entry["dtype"];
        EXPECT_EQ(size, shape.size() * std::stoi(type.substr(type.find_first_of("123468"))) / 8) << type;
        data += size;
    }
    EXPECT_EQ(8 + length + data, bytes.size());
}

// Another byte may make another sound file (a name or a number changes).  Then what is read is what the
// header says; all else is refused.
TEST(Safetensors, SurvivesEveryOtherByteAtEveryPlace) {
    const std::string whole = small_file();
    const std::size_t data = whole.size() - 10;
    int taken = 0;
    for (std::size_t i = 0; i < data; ++i)
        for (int change = 1; change < 256; ++change) {
            SCOPED_TRACE(text("byte ", i, " xor ", change));
            std::string damaged = whole;
            damaged[i] = static_cast<char>(damaged[i] ^ change);
            try {
                expect_as_told(parse(damaged), damaged);
                ++taken;
            } catch (const Error&) {
            }
        }
    // Of the 255 other bytes, few are sound at few places: names, a key and a value, a type's letter.
    EXPECT_LT(taken, 1000);
}

TEST_F(SafetensorsFiles, NameTheFileInEveryRefusal) {
    write_file_atomically(path, "short");
    const auto message = [&](const fs::path& p) {
        try {
            read_safetensors(p);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("(not refused)");
    };
    EXPECT_EQ(message(path),
              path.string() + ": 5 bytes are too few; a safetensors file has at least 8.  Is it complete?");
    EXPECT_EQ(message(folder / "missing"),
              text("cannot read ", folder / "missing", ": No such file or directory (open)."));
    EXPECT_EQ(message(folder), text("cannot read ", folder, ": it is a folder."));
}

// --- what cannot be written ------------------------------------------------------------------------

TEST_F(SafetensorsFiles, AreNotWrittenWhereTheyCannotBe) {
    const auto message = [](const fs::path& p, const TensorFile& file) {
        try {
            write_safetensors(p, file);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("(not refused)");
    };
    write_file_atomically(path, "a file, not a folder");
    EXPECT_EQ(message(path / "b", {}),
              text("cannot write ", path / "b", ": Not a directory (open of a temporary file beside it)."));
    EXPECT_EQ(message(path, {.tensors = {{"a", Tensor()}}}),
              text("cannot write ", path, ": tensor \"a\" holds nothing."));
    EXPECT_EQ(message(path, {.tensors = {{"__metadata__", Tensor(1)}}}),
              text("cannot write ", path, ": no tensor can have the name __metadata__."));
    for (const Real v : {Real(NAN), Real(0x1p63)})
        EXPECT_EQ(message(path, {.tensors = {{"a", v}}, .integers = {"a"}}),
                  text("cannot write ", path, ": tensor \"a\" is of whole numbers of 64 bits, and ", v, " is none."));
    const std::string not_utf8 = text("cannot write ", path, ": a name or a metadata value is not UTF-8.");
    EXPECT_EQ(message(path, {.tensors = {{"\xff", Tensor(1)}}}), not_utf8);
    EXPECT_EQ(message(path, {.metadata = {{"k", "\xff"}}}), not_utf8);
    EXPECT_EQ(read_text_file(path), "a file, not a folder");
}

}  // namespace
}  // namespace deepen
