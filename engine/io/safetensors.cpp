#include "engine/io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/io/number_types.h"

namespace deepen {
namespace {

using nlohmann::json;
static_assert(std::endian::native == std::endian::little, "the format is little-endian, and read as it lies in memory");

constexpr std::uint64_t longest_header = 100'000'000;    // the format's own limit
constexpr const char* metadata_key = "__metadata__";

// A name as messages show it: in quotes, unprintable bytes escaped, and not too long.
struct Shown {
    const std::string& name;
    friend std::ostream& operator<<(std::ostream& out, const Shown& s) {
        constexpr std::size_t enough = 100;
        const std::string begin = s.name.size() > enough ? s.name.substr(0, enough) + "..." : s.name;
        std::string quoted = json(begin).dump(-1, ' ', false, json::error_handler_t::replace);
        std::replace(quoted.begin(), quoted.end(), '\x7f', '?');       // which JSON lets pass
        return out << quoted;
    }
};

// --- the header ------------------------------------------------------------------------------------

// What the header tells of one tensor, not yet believed.
struct Entry {
    std::string dtype;
    std::vector<std::uint64_t> shape, offsets;
    std::vector<std::string> members;     // which of the three have been seen

    std::uint64_t begin() const { return offsets[0]; }
    std::uint64_t end() const { return offsets[1]; }
};

struct Header {
    std::map<std::string, Entry> entries;
    std::map<std::string, std::string> metadata;
    std::uint64_t size = 0;               // where the data begins
};

// Receives the JSON piece by piece (SAX) instead of as a tree: a tree forgets duplicate keys and
// grows as deep as a hostile file likes.  Here every piece must be the one that is due, so nesting
// ends at the third level: { tensor { shape [.
class HeaderReader : public nlohmann::json_sax<json> {
public:
    explicit HeaderReader(const std::string& file) : file_(file) {}
    Header take() { return std::move(header_); }

    bool null() override { unexpected("null"); }
    bool boolean(bool) override { unexpected("true or false"); }
    bool number_float(number_float_t, const string_t&) override { unexpected("a fraction or a number beyond 2^64"); }
    bool binary(binary_t&) override { unexpected("binary"); }

    bool number_integer(number_integer_t) override { unexpected("a negative number"); }
    bool number_unsigned(number_unsigned_t value) override {
        if (place_ == Place::shape) entry_->shape.push_back(value);
        else if (place_ == Place::offsets) entry_->offsets.push_back(value);
        else unexpected("a number");
        return true;
    }

    bool string(string_t& value) override {
        if (place_ == Place::metadata) header_.metadata[key_] = std::move(value);
        else if (place_ == Place::tensor && key_ == "dtype") entry_->dtype = std::move(value);
        else unexpected("a string");
        return true;
    }

    bool start_object(std::size_t) override {
        if (place_ == Place::file) place_ = Place::header;
        else if (place_ == Place::header) place_ = name_ == metadata_key ? Place::metadata : Place::tensor;
        else unexpected("an object");
        return true;
    }

    bool key(string_t& key) override {
        key_ = key;
        if (place_ == Place::header) start_entry();
        else if (place_ == Place::metadata) refuse_duplicate(header_.metadata.count(key) > 0);
        else start_member();
        return true;
    }

    bool end_object() override {
        if (place_ == Place::tensor)
            for (const char* member : {"dtype", "shape", "data_offsets"})
                require(has_member(member), file_, ": tensor ", Shown{name_}, " has no ", member, ".");
        place_ = place_ == Place::header ? Place::file : Place::header;
        return true;
    }

    bool start_array(std::size_t) override {
        if (place_ == Place::tensor && key_ == "shape") place_ = Place::shape;
        else if (place_ == Place::tensor && key_ == "data_offsets") place_ = Place::offsets;
        else unexpected("a list");
        return true;
    }

    bool end_array() override {
        require(place_ == Place::shape || entry_->offsets.size() == 2, file_, ": data_offsets of tensor ", Shown{name_},
                " has ", entry_->offsets.size(), " numbers; expected [begin, end].");
        place_ = Place::tensor;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        throw Error(text(file_, ": the header is not UTF-8 JSON; reading stopped at its byte ", position,
                         ".  The file is damaged, or no safetensors file."));
    }

private:
    enum class Place { file, header, metadata, tensor, shape, offsets };

    void start_entry() {
        name_ = key_;
        if (name_ == metadata_key) {
            refuse_duplicate(std::exchange(metadata_seen_, true));
            return;
        }
        const auto [position, added] = header_.entries.try_emplace(name_);
        refuse_duplicate(!added);
        entry_ = &position->second;
    }

    void start_member() {
        require(key_ == "dtype" || key_ == "shape" || key_ == "data_offsets", file_, ": tensor ", Shown{name_},
                " has a member ", Shown{key_}, "; expected dtype, shape and data_offsets.");
        refuse_duplicate(has_member(key_));
        entry_->members.push_back(key_);
    }

    bool has_member(const std::string& member) const {
        return std::find(entry_->members.begin(), entry_->members.end(), member) != entry_->members.end();
    }

    void refuse_duplicate(bool duplicate) const {
        const char* where = place_ == Place::header     ? ""
                            : place_ == Place::metadata ? " in the metadata"
                                                        : " in one tensor";
        require(!duplicate, file_, ": the header has ", Shown{key_}, " twice", where, ".");
    }

    [[noreturn]] void unexpected(const char* given) const {
        const std::string where = place_ == Place::header     ? text(Shown{name_})
                                  : place_ == Place::metadata ? text("metadata ", Shown{key_})
                                                              : text(key_, " of tensor ", Shown{name_});
        const char* due = place_ == Place::header                      ? "an object"
                          : place_ == Place::metadata                  ? "a string"
                          : place_ == Place::tensor && key_ == "dtype" ? "a string"
                          : place_ == Place::tensor                    ? "a list of whole numbers"
                                                                       : "whole numbers";
        throw Error(text(file_, ": in the header, ", where, " holds ", given, "; expected ", due, "."));
    }

    const std::string& file_;
    Header header_;
    Place place_ = Place::file;
    std::string name_, key_;              // the tensor and the member we are in
    Entry* entry_ = nullptr;
    bool metadata_seen_ = false;
};

// --- belief ----------------------------------------------------------------------------------------

const NumberType& checked_type(const Entry& entry, const std::string& name, const std::string& file) {
    for (const NumberType& type : number_types)
        if (entry.dtype == type.name) return type;
    throw Error(text(file, ": tensor ", Shown{name}, " has dtype ", Shown{entry.dtype},
                     "; read are F32, F64, F16, BF16, I8 to I64 and U8 to U64."));
}

// The shape, if its elements take just the bytes between the offsets.
Shape checked_shape(const Entry& entry, const NumberType& type, const std::string& name, const std::string& file) {
    require(entry.shape.size() <= Shape::max_rank, file, ": tensor ", Shown{name}, " has ", entry.shape.size(),
            " axes; at most ", int{Shape::max_rank}, " are supported.");
    std::array<Index, Shape::max_rank> lengths{};
    Index bytes = type.bytes;
    bool countable = true, empty = false;
    for (std::size_t i = 0; i < entry.shape.size(); ++i) {
        lengths[i] = static_cast<Index>(entry.shape[i]);
        empty = empty || lengths[i] == 0;
        countable = countable && lengths[i] >= 0 &&
                    (lengths[i] == 0 || !__builtin_mul_overflow(bytes, lengths[i], &bytes));
    }
    require(countable, file, ": tensor ", Shown{name}, " has a shape with more bytes than 64 bits can count.");
    const Shape shape(std::span<const Index>(lengths.data(), entry.shape.size()));
    const std::uint64_t needed = empty ? 0 : static_cast<std::uint64_t>(bytes);
    require(entry.end() - entry.begin() == needed, file, ": tensor ", Shown{name}, " of shape ", shape, " and dtype ",
            entry.dtype, " takes ", needed, " bytes, but its data_offsets span ", entry.end() - entry.begin(), ".");
    return shape;
}

// In the order of their data, each tensor must begin where the one before it ends.
void check_layout(const Header& header, std::uint64_t data_size, const std::string& file) {
    std::vector<const std::pair<const std::string, Entry>*> order;
    for (const auto& named : header.entries) {
        const auto& [name, entry] = named;
        require(entry.begin() <= entry.end() && entry.end() <= data_size, file, ": data_offsets of tensor ",
                Shown{name}, " are [", entry.begin(), ",", entry.end(), "], outside the ", data_size,
                " bytes of data.  Is the file complete?");
        order.push_back(&named);
    }
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->second.offsets < b->second.offsets; });

    std::uint64_t position = 0;
    for (const auto* named : order) {
        const auto& [name, entry] = *named;
        require(position != 0 || entry.begin() == 0, file, ": the data starts at offset ", entry.begin(),
                " with tensor ", Shown{name}, "; expected 0.");
        require(entry.begin() <= position, file, ": a gap before tensor ", Shown{name}, ", from offset ", position,
                " to ", entry.begin(), ".");
        require(entry.begin() >= position, file, ": tensor ", Shown{name}, " begins at offset ", entry.begin(),
                " and overlaps the one before it, which ends at ", position, ".");
        position = entry.end();
    }
    require(position == data_size, file, ": ", data_size - position, " trailing bytes belong to no tensor.");
}

// --- the file's frame ------------------------------------------------------------------------------

constexpr std::size_t prefix = sizeof(std::uint64_t);

// From the file's first bytes, if there are so many, and its size.
std::uint64_t header_length(std::span<const std::byte> start, std::uint64_t size, const std::string& file) {
    require(start.size() >= prefix, file, ": ", size, " bytes are too few; a safetensors file has at least ", prefix,
            ".  Is it complete?");
    std::uint64_t length;
    std::memcpy(&length, start.data(), prefix);
    // A zip archive, which torch.save() writes today, or the bare pickle that it used to write.
    const bool torch = (length & 0xFFFF) == 0x4B50 || (length & 0xFFFF) == 0x0280;       // "PK", or 80 02
    require(length <= longest_header || !torch, file, ": this is a file of PyTorch's torch.save(), not a safetensors ",
            "file.  Reading one can run code, so no program here does.  Convert it where PyTorch is installed: ",
            "python3 docs/pth_to_safetensors.py ", file, " weights.safetensors");
    require(length <= longest_header, file, ": its first 8 bytes announce a header of ", length,
            " bytes; the format allows ", longest_header, ".  Is this a safetensors file?");
    require(length <= size - prefix, file, ": its first 8 bytes announce a header of ", length,
            " bytes, but only ", size - prefix, " bytes follow.  Is the file complete?");
    require(length > 0 && start.size() > prefix && start[prefix] == std::byte{'{'}, file,
            ": the header does not begin with '{'.  Is this a safetensors file?");
    return length;
}

// Of a file that begins with `start`, which holds the header at least.
Header read_header(std::span<const std::byte> start, std::uint64_t size, const std::string& file) {
    const std::uint64_t length = header_length(start, size, file);
    require(length <= start.size() - prefix, file, ": the header has ", length, " bytes, but only ",
            start.size() - prefix, " could be read.");
    const std::string_view header(reinterpret_cast<const char*>(start.data()) + prefix, length);
    HeaderReader reader(file);
    // The parser would take a zero byte for the end of its input, and not look at what follows.
    const std::size_t zero = header.find('\0');
    require(zero == header.npos, file, ": the header is not UTF-8 JSON; its byte ", zero + 1, " is zero.");
    json::sax_parse(header.begin(), header.end(), &reader);
    Header read = reader.take();
    read.size = prefix + length;
    check_layout(read, size - read.size, file);
    return read;
}

}  // namespace

TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
    Header header = read_header(bytes, bytes.size(), name);
    const std::span<const std::byte> data = bytes.subspan(header.size);

    TensorFile file{.metadata = std::move(header.metadata)};
    for (const auto& [tensor_name, entry] : header.entries) {
        const NumberType& type = checked_type(entry, tensor_name, name);
        Tensor tensor = Tensor::uninitialised(checked_shape(entry, type, tensor_name, name));
        type.convert(data.data() + entry.begin(), tensor.data());
        if (entry.dtype.starts_with('I') || entry.dtype.starts_with('U')) file.integers.insert(tensor_name);
        file.tensors.emplace(tensor_name, std::move(tensor));
    }
    return file;
}

TensorFile read_safetensors(const std::filesystem::path& path) {
    // What does not hold together is refused before its gigabytes are read.
    const std::string name = path.string();
    const FileStart first = read_start(path, prefix + 1);
    const std::uint64_t length = header_length(std::as_bytes(std::span(first.bytes)), first.size, name);
    const FileStart start = read_start(path, prefix + length);
    read_header(std::as_bytes(std::span(start.bytes)), start.size, name);

    const Bytes bytes = read_file(path);
    return parse_safetensors(std::as_bytes(std::span(bytes)), name);
}

void write_safetensors(const std::filesystem::path& path, const TensorFile& file, Stored stored) {
    const bool narrows = stored == Stored::single && !std::is_same_v<Real, float>;
    const std::uint64_t width = narrows ? sizeof(float) : sizeof(Real);
    const char* const type = width == sizeof(float) ? "F32" : "F64";

    // --- lay the tensors out, in the order of their names
    json header = json::object();
    if (!file.metadata.empty()) header[metadata_key] = file.metadata;
    std::uint64_t end = 0;
    for (const auto& [name, tensor] : file.tensors) {
        require(name != metadata_key, "cannot write ", path, ": no tensor can have the name ", metadata_key, ".");
        require(tensor.defined(), "cannot write ", path, ": tensor ", Shown{name}, " holds nothing.");
        const bool whole = file.integers.contains(name);
        const std::uint64_t bytes = (whole ? sizeof(std::int64_t) : width) * static_cast<std::uint64_t>(tensor.size());
        const std::uint64_t begin = std::exchange(end, end + bytes);
        const std::vector<Index> shape(tensor.shape().begin(), tensor.shape().end());
        header[name] = {{"dtype", whole ? "I64" : type}, {"shape", shape}, {"data_offsets", {begin, end}}};
    }

    // --- header text, filled up with spaces so that the data is aligned
    std::string json_text;
    try {
        json_text = header.dump();
    } catch (const json::exception&) {
        throw Error(text("cannot write ", path, ": a name or a metadata value is not UTF-8."));
    }
    json_text.resize((json_text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t length = json_text.size();
    require(length <= longest_header, "cannot write ", path, ": its header would take ", length,
            " bytes; the format allows ", longest_header, ".");

    // --- the parts, one after another
    std::vector<std::span<const std::byte>> parts{std::as_bytes(std::span(&length, 1)),
                                                  std::as_bytes(std::span(json_text))};
    std::vector<std::vector<float>> narrowed;
    std::vector<std::vector<std::int64_t>> whole;
    for (const auto& [name, tensor] : file.tensors) {
        const std::span<const Real> numbers = tensor.data();
        if (file.integers.contains(name)) {
            constexpr Real end_of_integers = 0x1p63;
            for (const Real v : numbers)
                require(v >= -end_of_integers && v < end_of_integers, "cannot write ", path, ": tensor ", Shown{name},
                        " is of whole numbers of 64 bits, and ", v, " is none.");
            whole.emplace_back(numbers.begin(), numbers.end());
            parts.push_back(std::as_bytes(std::span(whole.back())));
        } else if (narrows) {
            narrowed.emplace_back(numbers.begin(), numbers.end());
            parts.push_back(std::as_bytes(std::span(narrowed.back())));
        } else {
            parts.push_back(std::as_bytes(numbers));
        }
    }
    write_file_atomically(path, parts);
}

}  // namespace deepen
