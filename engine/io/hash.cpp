#include "engine/io/hash.h"

#include <bit>
#include <cstdio>

namespace deepen {

static_assert(std::endian::native == std::endian::little, "lengths are hashed as they lie in memory");

std::uint64_t hash_of(std::span<const std::byte> bytes, std::uint64_t before) {
    std::uint64_t h = before;
    for (std::byte b : bytes) h = (h ^ static_cast<std::uint64_t>(b)) * 0x100000001b3;
    return h;
}

std::uint64_t hash_of(const std::map<std::string, Tensor>& tensors, std::uint64_t before) {
    std::uint64_t h = before;
    const auto add = [&](Index length) { h = hash_of(std::as_bytes(std::span(&length, 1)), h); };
    for (const auto& [name, tensor] : tensors) {
        h = hash_of(std::as_bytes(std::span(name.c_str(), name.size() + 1)), h);
        add(tensor.rank());
        for (Index length : tensor.shape()) add(length);
        h = hash_of(std::as_bytes(tensor.data()), h);
    }
    return h;
}

std::string hexadecimal(std::uint64_t hash) {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
    return digits;
}

}  // namespace deepen
