// How do others watch a run?  See event_file.h.
#include "resnet/report/event_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "engine/error.h"
#include "engine/io/files.h"

namespace deepen {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

// --- records -------------------------------------------------------------------------------------

constexpr std::size_t before_event = 12, after_event = 4;

template <class Number>
std::string raw(Number number) {
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

std::string record(const std::string& event) {
    const std::string length = raw(static_cast<std::uint64_t>(event.size()));
    return length + raw(masked(crc32c(length))) + event + raw(masked(crc32c(event)));
}

// The event that begins at `at`; empty if no whole and sound one does.
std::string_view event_at(std::string_view file, std::size_t at) {
    if (file.size() - at < before_event) return {};
    if (masked(crc32c(file.substr(at, 8))) != number_at<std::uint32_t>(file, at + 8)) return {};
    const auto length = number_at<std::uint64_t>(file, at);
    if (length > file.size() - at - before_event || file.size() - at - before_event - length < after_event) return {};
    const std::string_view event = file.substr(at + before_event, length);
    const auto crc = number_at<std::uint32_t>(file, at + before_event + length);
    return masked(crc32c(event)) == crc ? event : std::string_view();
}

// --- protocol buffers ----------------------------------------------------------------------------

enum Wire { varint = 0, eight_bytes = 1, of_a_length = 2, four_bytes = 5 };

std::string as_varint(std::uint64_t number) {
    std::string bytes;
    for (; number >= 128; number >>= 7) bytes += static_cast<char>(number | 128);
    return bytes + static_cast<char>(number);
}

std::string tag(int field, Wire wire) { return as_varint(static_cast<std::uint64_t>(field) << 3 | wire); }
std::string field(int number, double value) { return tag(number, eight_bytes) + raw(value); }
std::string field(int number, float value) { return tag(number, four_bytes) + raw(value); }
std::string field(int number, std::uint64_t value) { return tag(number, varint) + as_varint(value); }
std::string field(int number, const std::string& bytes) {
    return tag(number, of_a_length) + as_varint(bytes.size()) + bytes;
}

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Its time is the first field, 9 bytes, and its step the second: what we have written ourselves.
Index step_of(std::string_view event) {
    constexpr std::size_t at = 9;
    if (event.size() <= at || event[at] != tag(2, varint)[0]) return 0;
    std::uint64_t step = 0;
    int shift = 0;
    for (std::size_t i = at + 1; i < event.size() && shift < 63; ++i, shift += 7) {
        const auto byte = static_cast<unsigned char>(event[i]);
        step |= std::uint64_t{byte & 127u} << shift;
        if (byte < 128) break;
    }
    return static_cast<Index>(step & std::numeric_limits<Index>::max());
}

// --- histograms ----------------------------------------------------------------------------------

// Buckets of one width between the least and the largest.
std::string histogram(std::span<const Real> all) {
    std::vector<double> numbers;
    for (const Real x : all)
        if (std::isfinite(x)) numbers.push_back(x);
    if (numbers.empty()) return "";
    constexpr int buckets = 60;
    const auto [least, largest] = std::minmax_element(numbers.begin(), numbers.end());
    const double low = *least, high = *largest, width = high > low ? (high - low) / buckets : 1;
    std::array<double, buckets> counts{};
    double sum = 0, squares = 0;
    for (const double x : numbers) {
        ++counts[static_cast<std::size_t>(std::min<double>((x - low) / width, buckets - 1))];
        sum += x, squares += x * x;
    }
    std::string limits, in_each;
    for (int i = 0; i < buckets; ++i) limits += raw(low + (i + 1) * width), in_each += raw(counts[i]);
    return field(1, low) + field(2, high) + field(3, static_cast<double>(numbers.size())) + field(4, sum) +
           field(5, squares) + field(6, limits) + field(7, in_each);
}

}  // namespace

// Bit by bit, 0x82f63b78 being Castagnoli's polynomial with its bits reversed.
std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
    }
    return ~crc;
}

EventFile::EventFile(std::filesystem::path path, Index step) : path_(std::move(path)) {
    const std::string first = record(field(1, now()) + field(3, std::string("brain.Event:2")));
    const std::string file = std::filesystem::exists(path_) ? read_text_file(path_) : "";
    std::size_t end = 0;
    for (std::string_view event; end < file.size(); end += before_event + event.size() + after_event) {
        event = event_at(file, end);
        require(end > 0 || event.find("brain.Event:2") != event.npos, path_.string(),
                " is not an event file.  Give --tensorboard another folder.");
        if (event.empty() || step_of(event) > step) break;
        last_step_ = std::max(last_step_, step_of(event));
    }
    if (file.empty()) write_file_atomically(path_, first);
    else if (end < file.size()) write_file_atomically(path_, file.substr(0, end));
}

void EventFile::add(Index step, const std::vector<std::pair<std::string, double>>& numbers) {
    std::string summary;
    for (const auto& [name, number] : numbers)
        summary += field(1, field(1, name) + field(2, static_cast<float>(number)));
    write(step, summary);
}

void EventFile::add_histogram(Index step, const std::string& name, std::span<const Real> numbers) {
    const std::string inside = histogram(numbers);
    if (!inside.empty()) write(step, field(1, field(1, name) + field(5, inside)));
}

// One call, so that a reader finds whole records; what a full disk cuts short is cut off when the run resumes.
void EventFile::write(Index step, const std::string& summary) {
    const std::string bytes = record(field(1, now()) + field(2, static_cast<std::uint64_t>(step)) + field(5, summary));
    std::ofstream out(path_, std::ios::binary | std::ios::app);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    require(out.good(), "cannot write ", path_.string(), ": ", std::strerror(errno), ".");
    last_step_ = std::max(last_step_, step);
}

}  // namespace deepen
