#include "resnet/data/rank_data.h"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/ranks/transport.h"

namespace deepen {
namespace {

// In parts, each of which arrives within a rank's patience.
template <class Number>
void broadcast(std::vector<Number>& numbers) {
    constexpr std::size_t part = std::size_t{16} << 20;  // bytes
    const auto bytes = std::as_writable_bytes(std::span(numbers));
    for (std::size_t at = 0; at < bytes.size(); at += part)
        ranks::broadcast(bytes.subspan(at, std::min(part, bytes.size() - at)));
}

void broadcast(PictureSet& set) {
    std::array<Index, 4> sizes{set.height, set.width, set.count(), std::ssize(set.classes)};
    ranks::broadcast(std::as_writable_bytes(std::span(sizes)));
    const auto [height, width, count, classes] = sizes;
    set.height = height, set.width = width;
    set.labels.resize(static_cast<std::size_t>(count));
    set.pixels.resize(static_cast<std::size_t>(count * height * width * 3));
    set.classes.resize(static_cast<std::size_t>(classes));
    broadcast(set.labels);
    broadcast(set.pixels);
    for (std::string& name : set.classes) ranks::broadcast(name);
}

}  // namespace

DataSplits load_on_ranks(const std::function<DataSplits()>& load, const std::function<void(int)>& told) {
    if (ranks::count() == 1) return load();
    DataSplits data;
    std::exception_ptr failure;
    std::string why;
    try {
        data = load();
    } catch (const Error& e) {
        failure = std::current_exception(), why = text(" (", e.what(), ")");
    }

    const bool first = ranks::rank() == 0, kept = data.train.decoded || data.test.decoded;
    const auto sums = ranks::sum({double(!!failure), double(first && failure), double(first && kept)});
    const int without = static_cast<int>(sums[0]);
    if (without == 0) return data;
    if (sums[1] > 0 && failure) std::rethrow_exception(failure);
    require(sums[1] == 0, "rank 0 cannot read the pictures.");
    require(sums[2] == 0, without, " of ", ranks::count(), " ranks cannot read the pictures", why,
            ", and rank 0 does not send what is decoded from files.  "
            "Copy the folder to each machine, to the same path.");
    if (failure) data = {};
    broadcast(data.train);
    broadcast(data.test);
    told(without);
    return data;
}

}  // namespace deepen
