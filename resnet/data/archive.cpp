#include "resnet/data/archive.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>

#include "engine/error.h"
#include "engine/printable.h"

namespace deepen {
namespace {

constexpr Index block_size = 512;

// --- gzip ------------------------------------------------------------------------------------------

class GzipFile {
public:
    explicit GzipFile(const std::filesystem::path& path)
        : name_(path.string()), file_(gzdopen(open_regular_file(path), "rb")) {
        require(file_, name_, ": there is not enough memory to read it.");
        gzbuffer(file_, 1 << 16);
    }
    ~GzipFile() { gzclose_r(file_); }
    GzipFile(const GzipFile&) = delete;
    GzipFile& operator=(const GzipFile&) = delete;

    const std::string& name() const { return name_; }

    // Fills `bytes` as far as the stream goes, and returns how far.
    Index read(std::span<std::uint8_t> bytes) {
        const int count = gzread(file_, bytes.data(), static_cast<unsigned>(bytes.size()));
        int code = Z_OK;
        const std::string reason = gzerror(file_, &code);
        require(code != Z_BUF_ERROR, name_,
                ": cut short: the gzip stream stops before its end.  Try to get the file again.");
        require(count >= 0 && code == Z_OK, name_, ": damaged: ", reason, ".  Try to get the file again.");
        // zlib hands through what is not gzip as it is.
        require(!gzdirect(file_), name_, ": not a gzip file.  A .tar.gz was expected.");
        return count;
    }

private:
    std::string name_;
    gzFile file_;
};

// --- tar -------------------------------------------------------------------------------------------

using Block = std::array<std::uint8_t, block_size>;

struct Member {
    std::string name;
    Index size;
    char type;  // '0' or NUL: a plain file; '5': a folder; letters: notes on the next member

    bool plain() const { return type == '0' || type == '\0'; }
};

std::string field(const Block& header, Index offset, Index length) {
    const char* begin = reinterpret_cast<const char*>(header.data()) + offset;
    return std::string(begin, strnlen(begin, length));
}

// Octal digits between spaces, ended by a space or NUL; nothing when it is anything else (such as the
// binary numbers by which GNU tar writes sizes from 8 GiB on).
std::optional<Index> octal(const std::string& digits) {
    const auto first = digits.find_first_not_of(' ');
    if (first == std::string::npos) return std::nullopt;
    const auto last = std::min(digits.find(' ', first), digits.size());
    Index value = 0;
    for (auto i = first; i < last; ++i) {
        if (digits[i] < '0' || digits[i] > '7') return std::nullopt;
        value = value * 8 + (digits[i] - '0');
    }
    return value;
}

// The sum of the header's bytes, the checksum's own eight taken as spaces.
Index checksum(const Block& header) {
    Index sum = 0;
    for (Index i = 0; i < block_size; ++i) sum += i >= 148 && i < 156 ? ' ' : header[i];
    return sum;
}

bool all_zeros(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool climbs(const std::string& name) {
    const std::filesystem::path path(name);
    return path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
}

Member parse_header(const Block& header, const std::string& archive) {
    const std::string prefix = field(header, 257, 6) == "ustar" ? field(header, 345, 155) : "";
    const std::string name = (prefix.empty() ? "" : prefix + "/") + field(header, 0, 100);
    require(octal(field(header, 148, 8)) == checksum(header), archive,
            ": damaged, or no tar inside: a header's checksum differs from its bytes.");
    require(!name.empty(), archive, ": a member without a name.");
    require(!climbs(name), archive, ": member ", printable_name(name), " points out of the archive's own folder.");
    const auto size = octal(field(header, 124, 12));
    require(size.has_value(), archive, ": member ", printable_name(name), ": its size is not an octal number.");
    return {name, *size, static_cast<char>(header[156])};
}

class TarReader {
public:
    TarReader(const std::filesystem::path& path, const ArchiveRequest& request) : gzip_(path), request_(request) {}

    std::map<std::string, Bytes> read() {
        std::map<std::string, Bytes> found;
        Block header;
        for (Index count = 0; next_header(header); ++count) {
            const Member member = parse_header(header, gzip_.name());
            const std::string shown = printable_name(member.name);
            require(count < request_.members, gzip_.name(), ": more than ", request_.members, " members.");
            require(member.size <= request_.largest, gzip_.name(), ": member ", shown, " is said to have ", member.size,
                    " bytes, at most ", request_.largest, " were expected.");
            if (!request_.wanted(member.name)) {
                pass(member.size, [](std::span<const std::uint8_t>) {});
                continue;
            }
            require(member.plain(), gzip_.name(), ": member ", shown, " is not a plain file but a link or a device.");
            require(!found.contains(member.name), gzip_.name(), ": member ", shown, " is there twice.");
            Bytes& bytes = found[member.name];
            pass(member.size,
                 [&](std::span<const std::uint8_t> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
        }
        finish();
        return found;
    }

private:
    void must_read(std::span<std::uint8_t> bytes) {
        require(gzip_.read(bytes) == static_cast<Index>(bytes.size()), gzip_.name(),
                ": the archive inside stops before its end.  Try to get the file again.");
    }

    // False at the block of zeros behind the last member.
    bool next_header(Block& header) {
        must_read(header);
        return !all_zeros(header);
    }

    // Reads a member and its padding, handing on the member's bytes.
    template <class Use>
    void pass(Index size, Use use) {
        for (Index left = size; left > 0;) {
            const Index blocks = (left + block_size - 1) / block_size * block_size;
            const std::span piece(buffer_.data(), std::min<Index>(blocks, buffer_.size()));
            must_read(piece);
            const Index used = std::min<Index>(left, piece.size());
            use(std::span<const std::uint8_t>(piece.first(used)));
            left -= used;
        }
    }

    // Reads on to the gzip stream's end, where zlib compares the CRC.  tar fills its last record with
    // zeros, 10 KiB by habit.
    void finish() {
        Index total = 0;
        while (const Index count = gzip_.read(buffer_)) {
            total += count;
            require(all_zeros(std::span(buffer_).first(count)) && total <= Index{1} << 20, gzip_.name(),
                    ": more bytes behind the archive's end.");
        }
    }

    GzipFile gzip_;
    const ArchiveRequest& request_;
    Bytes buffer_ = Bytes(128 * block_size);
};

}  // namespace

std::map<std::string, Bytes> read_tar_gz(const std::filesystem::path& path, const ArchiveRequest& request) {
    return TarReader(path, request).read();
}

}  // namespace deepen
