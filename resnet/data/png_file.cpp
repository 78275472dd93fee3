// What is in a PNG?
//
// Chunks, each with a checksum, in this order: IHDR; for pictures of up to 256 colours PLTE, the colours; perhaps tRNS,
// which says what is transparent; one or more IDAT, the compressed pixels; IEND.  All others are notes, whose types
// begin with a small letter.
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "engine/error.h"
#include "engine/printable.h"
#include "resnet/data/picture_file.h"

namespace deepen {
namespace {

using Span = std::span<const std::uint8_t>;

constexpr std::size_t signature = 8, around = 12;  // bytes before all chunks; bytes of a chunk besides its data
constexpr Index longest_png_side = 0x7FFFFFFF;

// Types of colour, and the bits that a sample of each may have.
enum ColourType { grey = 0, rgb = 2, indexed = 3, grey_opacity = 4, rgb_opacity = 6 };
constexpr int depths[] = {1 | 2 | 4 | 8 | 16, 0, 8 | 16, 1 | 2 | 4 | 8, 8 | 16, 0, 8 | 16};

std::uint32_t number_at(Span file, std::size_t at) {
    return std::uint32_t{file[at]} << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
}

struct Chunk {
    std::string type;
    Span data;
};

void append_number(Bytes& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

void append(Bytes& bytes, const std::string& type, Span data) {
    append_number(bytes, static_cast<std::uint32_t>(data.size()));
    const std::size_t begin = bytes.size();
    bytes.insert(bytes.end(), type.begin(), type.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    append_number(bytes, static_cast<std::uint32_t>(crc32_z(0, &bytes[begin], bytes.size() - begin)));
}

// Walks from chunk to chunk, and knows what may come next.
class PngReader {
public:
    PngReader(Span file, const std::string& name) : file_(file), name_(name) {}

    PictureFile read() {
        bytes_.assign(file_.begin(), file_.begin() + signature);
        for (std::size_t at = signature; before_ != "IEND";) {
            expect(at + around <= file_.size(), "the PNG is cut short");
            const std::size_t length = number_at(file_, at);
            expect(length <= file_.size() - at - around, "the PNG is cut short");
            const Chunk chunk{{&file_[at + 4], &file_[at + 8]}, file_.subspan(at + 8, length)};
            if (matters(chunk.type)) {
                const auto sum = static_cast<std::uint32_t>(crc32_z(0, &file_[at + 4], 4 + length));
                expect(sum == number_at(file_, at + 8 + length), "a chunk's checksum differs from its bytes");
                take(chunk);
                before_ = chunk.type;
            }
            at += around + length;
        }
        return {PictureKind::png, size_, 0, std::move(bytes_)};
    }

private:
    void expect(bool holds, const std::string& fault) const {
        if (!holds) throw Error(damaged(name_, fault));
    }

    static bool matters(const std::string& type) { return (type[0] & 0x20) == 0 || type == "tRNS"; }

    void take(const Chunk& chunk) {
        const auto [type, data] = chunk;
        expect((type == "IHDR") == before_.empty(), "the header (IHDR) of a PNG must come first, and once");
        if (type == "IHDR") {
            read_header(data);
        } else if (type == "PLTE") {
            return read_palette(data);
        } else if (type == "tRNS") {
            check_transparency(data);
        } else if (type == "IDAT") {
            expect(before_ == "IDAT" || !pixels_, "its pixels (IDAT) are not in one place");
            expect(colour_ != indexed || colours_ > 0, "a palette (PLTE) was expected before the pixels");
            pixels_ = true;
        } else if (type == "IEND") {
            expect(pixels_, "the PNG has no pixels");
        } else {
            expect(false, "the chunk " + printable_name(type) + " is not one of a PNG");
        }
        append(bytes_, type, data);
    }

    void read_header(Span data) {
        expect(data.size() == 13, "its header (IHDR) is not 13 bytes long");
        size_ = {number_at(data, 4), number_at(data, 0)};
        depth_ = data[8], colour_ = data[9];
        expect(std::min(size_.height, size_.width) >= 1, "it has no pixels");
        expect(std::max(size_.height, size_.width) <= longest_png_side, "its sides are longer than those of any PNG");
        const bool known = depth_ > 0 && std::has_single_bit(static_cast<unsigned>(depth_)) && colour_ <= rgb_opacity &&
                           (depths[colour_] & depth_) != 0;
        expect(known, text("no PNG has colours of type ", colour_, " in ", depth_, " bits"));
        expect(data[10] == 0 && data[11] == 0 && data[12] <= 1, "it is packed in a way that no PNG is");
    }

    // A palette with all colours that a pixel can name: those that the file leaves out are black.  stb_image would take
    // them from memory that nobody wrote to.  Where pixels do not name colours, a palette is advice, and left out.
    void read_palette(Span data) {
        const std::size_t most = colour_ == indexed ? std::size_t{3} << depth_ : 3 * 256;
        expect(colours_ == 0 && !pixels_ && !transparent_, "its palette (PLTE) is not where it should be");
        expect(!data.empty() && data.size() % 3 == 0 && data.size() <= most, "its palette (PLTE) is of a wrong length");
        colours_ = data.size() / 3;
        if (colour_ != indexed) return;
        Bytes all(data.begin(), data.end());
        all.resize(most);
        append(bytes_, "PLTE", all);
    }

    void check_transparency(Span data) {
        expect(!transparent_ && !pixels_, "its transparency (tRNS) is not where it should be");
        const bool fits = colour_ == grey      ? data.size() == 2
                          : colour_ == rgb     ? data.size() == 6
                          : colour_ == indexed ? !data.empty() && data.size() <= colours_
                                               : false;
        expect(fits, "its transparency (tRNS) does not fit its colours");
        transparent_ = true;
    }

    Span file_;
    const std::string& name_;
    Bytes bytes_;
    Size size_;
    int depth_ = 0, colour_ = 0;
    std::size_t colours_ = 0;                    // of the palette
    bool transparent_ = false, pixels_ = false;  // tRNS, IDAT: have come
    std::string before_;                         // the last chunk that mattered
};

}  // namespace

PictureFile parse_png(std::span<const std::uint8_t> file, const std::string& name) {
    return PngReader(file, name).read();
}

}  // namespace deepen
