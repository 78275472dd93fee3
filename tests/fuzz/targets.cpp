#include "tests/fuzz/targets.h"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/io/files.h"
#include "engine/io/safetensors.h"
#include "engine/memory.h"
#include "engine/printable.h"
#include "resnet/data/archive.h"
#include "resnet/data/cifar10.h"
#include "resnet/data/decode.h"
#include "resnet/data/picture_folder.h"
#include "resnet/training/checkpoint.h"
#include "resnet/training/class_names.h"
#include "resnet/training/history.h"
#include "resnet/training/model_file.h"
#include "resnet/training/recipe.h"
#include "tests/resnet/data/picture_files.h"
#include "tests/resnet/data/tar_gz.h"
#include "tests/scratch.h"

namespace deepen::fuzz {
namespace fs = std::filesystem;
namespace {

std::string_view as_text(Input input) { return {reinterpret_cast<const char*>(input.data()), input.size()}; }
Bytes as_bytes(Input input) { return {input.begin(), input.end()}; }

// A refusal is for a person at a terminal: it comes to an end, and holds, as programs show it, nothing that steers the
// terminal, whatever names it quotes.
void check_refusal(const Error& error) {
    const std::string message = printable_message(error.what());
    ensure(!message.empty() && message.size() < 2000, "a message of ", message.size(), " bytes");
    for (std::size_t i = 0; i < message.size(); ++i) {
        const auto c = static_cast<unsigned char>(message[i]);
        const bool c1 = c == 0xC2 && static_cast<unsigned char>(message[i + 1]) < 0xA0;
        ensure(c == '\n' || (c >= 32 && c != 127 && !c1), "a control character in: ", message);
    }
}

template <class Parse>
void survive(Parse parse) {
    try {
        parse();
    } catch (const Error& error) {
        check_refusal(error);
    }
}

// --- safetensors -----------------------------------------------------------------------------------

// As floats, which is what files are written in; equal as bits are, so that a NaN equals itself.
bool same(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::equal(a.data().begin(), a.data().end(), b.data().begin(), [](Real x, Real y) {
        const auto p = static_cast<float>(x), q = static_cast<float>(y);
        return p == q || (p != p && q != q);
    });
}

void parse_tensors(Input bytes) {
    static const Scratch scratch;
    survive([&] {
        const TensorFile file = parse_safetensors(std::as_bytes(bytes), "fuzzed");
        Index numbers = 0;
        for (const auto& [name, tensor] : file.tensors) numbers += tensor.size();
        ensure(numbers <= static_cast<Index>(bytes.size()), "more numbers than bytes");

        write_safetensors(scratch / "copy", file);
        const TensorFile back = read_safetensors(scratch / "copy");
        ensure(back.metadata == file.metadata && back.tensors.size() == file.tensors.size(), "something was lost");
        for (const auto& [name, tensor] : file.tensors)
            ensure(same(back.tensors.at(name), tensor), "tensor ", name, " changed");
    });
}

// With the length that its header has if it ends at the last '}': a header that has grown gets a chance.
Bytes framed(Input input) {
    Bytes bytes = as_bytes(input);
    const auto last = std::find(bytes.rbegin(), bytes.rend(), '}').base();
    const std::uint64_t length = std::max<std::ptrdiff_t>(last - bytes.begin() - 8, 0);
    if (bytes.size() >= sizeof length) std::memcpy(bytes.data(), &length, sizeof length);
    return bytes;
}

// --- archives --------------------------------------------------------------------------------------

// A gzip stream of the bytes as they are (RFC 1951, 3.2.4): quickly made, and sound.
Bytes stored(Bytes bytes) {
    bytes.resize(std::min<std::size_t>(bytes.size(), 0xFFFF));
    const auto little = [](std::uint32_t v) {
        return Bytes{std::uint8_t(v), std::uint8_t(v >> 8), std::uint8_t(v >> 16), std::uint8_t(v >> 24)};
    };
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const auto crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), size));
    return Bytes{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1} + little(size | ~size << 16) + bytes + little(crc) +
           little(size);
}

// The input as the inside of an archive, its headers' checksums made right.
Bytes packed_tar(Input input) {
    Bytes tar = as_bytes(input);
    for (std::size_t at = 0; at + 512 <= tar.size(); at += 512) {
        Bytes block(tar.begin() + at, tar.begin() + at + 512);
        if (std::memcmp(&block[257], "ustar", 5) != 0) continue;
        set_checksum(block);
        std::copy(block.begin(), block.end(), tar.begin() + at);
    }
    return stored(tar);
}

void read_archive(const Bytes& packed) {
    static const Scratch scratch;
    const fs::path path = scratch.write("fuzzed.tar.gz", packed);
    survive([&] {
        const auto wanted = [](const std::string& name) { return name != "notes"; };
        const auto members = read_tar_gz(path, {.wanted = wanted, .largest = 1 << 20, .members = 20});
        std::size_t total = 0;
        for (const auto& [name, bytes] : members) total += bytes.size();
        ensure(members.size() <= 20 && total <= 1032 * packed.size(), "more came out of an archive than can be in it");
    });
    survive([&] { cifar10_from_archive(path); });
}

// --- pictures --------------------------------------------------------------------------------------

void check_pictures(const PictureSet& set) {
    ensure(static_cast<Index>(set.pixels.size()) == set.count() * set.bytes_per_picture(), "pixels without pictures");
    for (int label : set.labels)
        ensure(label >= 0 && label < static_cast<int>(set.classes.size()), "a label without a class");
}

// Names are short and stay in the folder.
bool serves(const fs::path& path) {
    return !path.empty() && path.is_relative() && path.native().size() < 100 &&
           std::find(path.begin(), path.end(), "..") == path.end();
}

// A folder by its list, a line an entry: what it is, a space, where it lies.  "p train/cat/1.png".  The first entry
// of a name counts: who opens a fifo to write waits for a reader for ever.
void make_folder(const Scratch& scratch, std::string_view list) {
    static const Bytes a_png = png(plain_pixels(3, 5, 1, 2, 3), 3, 5), a_jpeg = jpeg(plain_pixels(8, 8, 1, 2, 3), 8, 8);
    for (int lines = 0; !list.empty() && lines < 16; ++lines) {
        const std::string_view line = list.substr(0, list.find('\n'));
        list.remove_prefix(std::min(line.size() + 1, list.size()));
        if (line.size() < 3) continue;
        const fs::path inside = std::string(line.substr(2)).c_str(), path = scratch.folder() / inside;
        if (!serves(inside)) continue;
        std::error_code ignored;
        fs::create_directories(path.parent_path(), ignored);
        if (fs::exists(fs::symlink_status(path, ignored))) continue;
        switch (line[0]) {
            case 'd': fs::create_directory(path, ignored); break;
            case 'l': fs::create_symlink("nowhere", path, ignored); break;
            case 'o': fs::create_symlink(path.filename(), path, ignored); break;
            case 'f': ::mkfifo(path.c_str(), 0600); break;
            case 'p': std::ofstream(path).write(reinterpret_cast<const char*>(a_png.data()), a_png.size()); break;
            case 'j': std::ofstream(path).write(reinterpret_cast<const char*>(a_jpeg.data()), a_jpeg.size()); break;
            default: std::ofstream(path) << line;
        }
    }
}

}  // namespace

// Whatever the file says it is for: a net that its bytes do not justify takes no memory.
void load_net(Input input) {
    survive([&] {
        const TensorFile file = parse_safetensors(std::as_bytes(input), "fuzzed");
        const std::size_t before = memory::statistics().live_bytes;
        memory::reset_peak();
        survive([&] { load_model(file, "fuzzed", model_for(file, "fuzzed", {.name = ""})); });
        ensure(memory::statistics().peak_bytes - before <= 8 * input.size() + 4096, "more weights than bytes");
        survive([&] { preprocessing_of(file, "fuzzed"); });
        survive([&] { image_size_of(file, "fuzzed"); });
    });
}

void safetensors(Input input) {
    parse_tensors(input);
    load_net(input);
    parse_tensors(framed(input));
}

void cifar10(Input input) {
    static const Scratch scratch;
    const fs::path path = scratch.write("fuzzed.bin", as_bytes(input));
    survive([&] { check_pictures(cifar10_from_file(path).test); });
}

void archive(Input input) {
    read_archive(as_bytes(input));
    read_archive(packed_tar(input));
}

// Each decoder gets it.  Those that take a PNG see the same in it.
void picture(Input input) {
    const Bytes file = with_checksums(as_bytes(input));
    const bool jpeg = !file.empty() && file[0] == 0xFF;
    std::optional<Pixels> seen;
    for (const Decoder& decoder : decoders()) {
        if (!decoder.takes(jpeg ? PictureKind::jpeg : PictureKind::png)) continue;
        survive([&] {
            const Pixels pixels = decode_picture(file, "fuzzed", decoder);
            ensure(std::ssize(pixels.bytes) == pixels.height * pixels.width * 3, "pixels of another size");
            ensure(!seen || seen->size() == pixels.size(), "decoders see pictures of different size");
            ensure(!seen || jpeg || seen->bytes == pixels.bytes, "decoders see different pixels in a PNG");
            seen = pixels;
        });
    }
}

void picture_folder(Input input) {
    const Scratch scratch;
    make_folder(scratch, as_text(input));
    survive([&] {
        const DataSplits splits = folder_of_pictures(scratch.folder(), {.size = 4});
        check_pictures(splits.train);
        check_pictures(splits.test);
        ensure(splits.train.count() > 0 && splits.train.classes == splits.test.classes,
               "no pictures, or other classes");
    });
}

// What was taken is written as text that means the same.
void log(Input input) {
    static const Scratch scratch;
    survive([&] {
        write_history(scratch / "log.csv", parse_history(as_text(input), "fuzzed"));
        const std::string once = read_text_file(scratch / "log.csv");
        write_history(scratch / "log.csv", parse_history(once, "copied"));
        ensure(read_text_file(scratch / "log.csv") == once, "a log changed on being copied");
    });
}

// JSON that a person may have edited: a run's config.json, and the class names in a weight file.
void config(Input input) {
    const std::string text(as_text(input));
    static const std::string ours = Recipe{}.json({});
    survive([&] {
        ensure(differences(text, text).empty(), "a recipe differs from itself");
        const std::string all = differences(text, ours);
        ensure(all.size() < 400 * (ours.size() + text.size()), "a long story of how recipes differ");
    });
    survive([&] {
        const auto names = class_names_of({.tensors = {}, .metadata = {{class_names_key, text}}}, "fuzzed");
        const TensorFile again{.tensors = {}, .metadata = {{class_names_key, class_names_text(*names)}}};
        ensure(class_names_of(again, "copied") == names, "class names changed on being copied");
    });
}

// A checkpoint whose checksum is right, whatever else it holds.
void checkpoint(Input input) {
    static const Scratch scratch;
    survive([&] {
        TensorFile file = parse_safetensors(std::as_bytes(input), "fuzzed");
        file.metadata["real"] = real_name;
        file.metadata["checksum"] = checksum_of(file);
        write_safetensors(scratch / "made", file, Stored::exact);
        const Checkpoint c = read_checkpoint(scratch / "made");
        ensure(c.state.epoch == static_cast<Index>(c.state.history.size()) + 1, "an epoch that its log does not know");
    });
}

}  // namespace deepen::fuzz
