// Are two nets the same, bit for bit?
//
// A hash of named tensors is one short word to compare: equal numbers under equal names give equal hashes on
// every machine.  It is FNV-1a with 64 bits, h <- (h xor byte) * 0x100000001b3 from 0xcbf29ce484222325, over
//
//     for each tensor, by name:   the name, a zero byte,
//                                 the number of axes and each axis, 8 bytes each, little-endian,
//                                 the numbers as they lie in memory: float, in the double build double
//
// It finds accidents, not malice: who wants two nets of one hash can make them.  The hash of a layer's name also
// numbers the random stream of its weights (layers/initialise.h).
//
// Source: Fowler, Noll, Vo; IETF draft-eastlake-fnv, "The FNV Non-Cryptographic Hash Algorithm".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "engine/tensor.h"

namespace deepen {

inline constexpr std::uint64_t hash_of_nothing = 0xcbf29ce484222325;

// Goes on from `before`, so that hash_of(b, hash_of(a)) is that of a and b together.
std::uint64_t hash_of(std::span<const std::byte> bytes, std::uint64_t before = hash_of_nothing);
std::uint64_t hash_of(const std::map<std::string, Tensor>& tensors, std::uint64_t before = hash_of_nothing);

// 16 digits: "00000000deadbeef".
std::string hexadecimal(std::uint64_t hash);

}  // namespace deepen
