// How may a file write a number?
//
// As safetensors names the types: floating point of 64, 32 and 16 bits and whole numbers, all little-endian.  Each
// becomes a Real.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "engine/real.h"

namespace deepen {

// IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of mantissa.
struct Half {
    std::uint16_t bits;
    explicit operator Real() const {
        const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
        const Real beyond = mantissa ? std::numeric_limits<Real>::quiet_NaN() : std::numeric_limits<Real>::infinity();
        const Real magnitude = exponent == 31 ? beyond
                               : exponent > 0 ? std::ldexp(Real(1024 + mantissa), exponent - 25)
                                              : std::ldexp(Real(mantissa), -24);
        return bits >> 15 ? -magnitude : magnitude;
    }
};

// The upper half of a float.
struct BrainFloat {
    std::uint16_t bits;
    explicit operator Real() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

// Numbers in a file stand at any address, aligned or not: memcpy instead of a cast.
template <class Stored>
void convert(const std::byte* from, std::span<Real> to) {
    if constexpr (std::is_same_v<Stored, Real>) {
        if (!to.empty()) std::memcpy(to.data(), from, to.size_bytes());
    } else {
        for (std::size_t i = 0; i < to.size(); ++i) {
            Stored value;
            std::memcpy(&value, from + i * sizeof(Stored), sizeof(Stored));
            to[i] = static_cast<Real>(value);
        }
    }
}

struct NumberType {
    const char* name;
    Index bytes;
    void (*convert)(const std::byte* from, std::span<Real> to);
};

template <class Stored>
constexpr NumberType number_type(const char* name) {
    return {name, sizeof(Stored), convert<Stored>};
}

inline constexpr std::array number_types{
    number_type<float>("F32"),        number_type<double>("F64"),
    number_type<Half>("F16"),         number_type<BrainFloat>("BF16"),
    number_type<std::int8_t>("I8"),   number_type<std::int16_t>("I16"),
    number_type<std::int32_t>("I32"), number_type<std::int64_t>("I64"),
    number_type<std::uint8_t>("U8"),  number_type<std::uint16_t>("U16"),
    number_type<std::uint32_t>("U32"), number_type<std::uint64_t>("U64"),
};

}  // namespace deepen
