// What is in a JPEG?
//
// Segments: FF, a marker that is neither 00 nor FF, a length that counts itself, high byte first, and content.  After
// a scan's segment follow its compressed data, which write their own FF as FF 00, so that they hold no marker but
// those that say where to restart.
#include <algorithm>
#include <numeric>
#include <string_view>

#include "engine/error.h"
#include "resnet/data/picture_file.h"

namespace deepen {
namespace {

using Span = std::span<const std::uint8_t>;

constexpr int most_scans = 100;  // each is a pass over all pixels

// Markers.
constexpr std::uint8_t baseline = 0xC0, progressive = 0xC2, huffman_tables = 0xC4, first_restart = 0xD0,
                       last_restart = 0xD7, start = 0xD8, end = 0xD9, scan = 0xDA, quantisation_tables = 0xDB,
                       restart_interval = 0xDD, app0 = 0xE0, app14 = 0xEE, app15 = 0xEF, comment = 0xFE;

bool begins_with(Span content, std::string_view word) {
    return content.size() >= word.size() && std::equal(word.begin(), word.end(), content.begin());
}

// A Huffman table: a byte for its number, 16 counts, and as many values.  stb_image 2.27 has room for 256, does not
// count, and takes the last of 256 for none, which ends in a failed assertion; no encoder needs more than 176.
bool sound_tables(Span tables) {
    while (!tables.empty()) {
        if (tables.size() < 17) return false;
        const int values = std::accumulate(tables.begin() + 1, tables.begin() + 17, 0);
        if (values > 255 || static_cast<int>(tables.size()) < 17 + values) return false;
        tables = tables.subspan(17 + values);
    }
    return true;
}

bool known(std::uint8_t marker) {
    return (marker >= baseline && marker <= progressive) || marker == huffman_tables || marker == scan ||
           marker == quantisation_tables || marker == restart_interval || (marker >= app0 && marker <= app15) ||
           marker == comment;
}

// Walks from marker to marker.
class JpegReader {
public:
    JpegReader(Span file, const std::string& name) : file_(file), name_(name) {}

    PictureFile read() {
        bytes_ = {0xFF, start};
        for (std::uint8_t marker = next_marker(); marker != end; marker = next_marker()) {
            expect(known(marker), text("it has a segment of type ", int{marker},
                                       ", which baseline and progressive JPEGs do not have"));
            expect(at_ + 2 <= file_.size(), "the JPEG is cut short");
            const std::size_t length = file_[at_] * 256 + file_[at_ + 1];
            expect(length >= 2, "a segment is too short");
            if (marker == scan) expect(++scans_ <= most_scans, "the JPEG has more than 100 scans");
            expect(at_ + length <= file_.size(), "the JPEG is cut short");
            take(marker, file_.subspan(at_ + 2, length - 2));
            at_ += length;
            in_data_ = marker == scan;
        }
        expect(scans_ > 0, "the JPEG holds no picture");
        bytes_.insert(bytes_.end(), {0xFF, end});
        return {PictureKind::jpeg, size_, components_, std::move(bytes_)};
    }

private:
    void expect(bool holds, const std::string& fault) const {
        if (!holds) throw Error(damaged(name_, fault));
    }

    // Goes behind it, and copies what is before it if that is a scan's data; between segments it is only padding.
    std::uint8_t next_marker() {
        const std::size_t begin = at_;
        for (; at_ + 1 < file_.size(); ++at_) {
            const std::uint8_t marker = file_[at_ + 1];
            if (file_[at_] != 0xFF || marker == 0x00 || marker == 0xFF) continue;
            if (in_data_ && marker >= first_restart && marker <= last_restart) continue;
            if (in_data_) bytes_.insert(bytes_.end(), file_.begin() + begin, file_.begin() + at_);
            at_ += 2;
            return marker;
        }
        throw Error(damaged(name_, "the JPEG is cut short"));
    }

    void take(std::uint8_t marker, Span content) {
        if (marker == app0) {
            jfif_ = jfif_ || begins_with(content, std::string_view("JFIF", 5));
        } else if (marker == app14) {
            if (begins_with(content, "Adobe") && content.size() >= 12) adobe_ = content[11];
        } else if (marker >= baseline && marker <= progressive) {
            read_frame(content);
            append(marker, content);
        } else if (marker < app0) {
            expect(marker != huffman_tables || sound_tables(content), "a Huffman table does not fit");
            expect(marker != scan || components_ > 0, "a scan was not expected before the frame");
            append(marker, content);
        }
    }

    // Bits of a sample, height, width, number of components, and 3 bytes for each component.
    void read_frame(Span content) {
        expect(components_ == 0, "it has two frames");
        expect(content.size() >= 6, "its frame is too short");
        const int components = content[5];
        expect(content[0] == 8, text(int{content[0]}, " bits per sample; 8 were expected"));
        expect(components == 1 || components == 3 || components == 4,
               text(components, " components; 1, 3 or 4 were expected"));
        expect(content.size() == 6 + 3 * static_cast<std::size_t>(components), "its frame is of a wrong length");
        size_ = {content[1] * 256 + content[2], content[3] * 256 + content[4]};
        expect(size_.height >= 1 && size_.width >= 1, "it has no pixels");
        components_ = components;
        append_colours(components == 3 && content[6] == 'R' && content[9] == 'G' && content[12] == 'B');
    }

    // What the components are, in a note that is always the same: brightness and two colours (JFIF), or what Adobe's
    // number says: 0 as they are, red green blue or inks; 2 the same of inks as brightness, two colours and black.
    void append_colours(bool called_rgb) {
        const auto append_adobe = [&](std::uint8_t transform) {
            append(app14, Bytes{'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, transform});
        };
        if (components_ == 4) {
            expect(adobe_ == 0 || adobe_ == 2, "four components were expected to have Adobe's note on what they are");
            append_adobe(static_cast<std::uint8_t>(adobe_));
        } else if (components_ == 3 && !jfif_ && (adobe_ == 0 || (adobe_ < 0 && called_rgb))) {
            append_adobe(0);
        } else if (components_ == 3) {
            append(app0, Bytes{'J', 'F', 'I', 'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0});
        }
    }

    void append(std::uint8_t marker, Span content) {
        const std::size_t length = content.size() + 2;
        bytes_.insert(bytes_.end(),
                      {0xFF, marker, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
        bytes_.insert(bytes_.end(), content.begin(), content.end());
    }

    Span file_;
    const std::string& name_;
    Bytes bytes_;
    Size size_;
    int components_ = 0, scans_ = 0, adobe_ = -1;  // -1: no note of Adobe's
    bool jfif_ = false, in_data_ = false;
    std::size_t at_ = 2;  // behind the start
};

}  // namespace

PictureFile parse_jpeg(std::span<const std::uint8_t> file, const std::string& name) {
    return JpegReader(file, name).read();
}

}  // namespace deepen
