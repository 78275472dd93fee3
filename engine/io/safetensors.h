// How do weights get into a file, and safely out of one?
//
// The safetensors format: an unsigned 64-bit little-endian N, N bytes of JSON, then raw numbers.
//
//     [ N ][ {"__metadata__":{"mean":"0.5"},"fc.bias":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}} ][ 40 bytes ]
//
// Unlike a pickle, reading one cannot run code; like any file, one may be truncated, corrupt or
// hostile, so everything is checked before it is believed, and nothing is allocated that the file's
// size does not justify, and the numbers are read last.  They are kept as the file has them, in row-major order;
// layouts (OIHW in files, HWIO here) are turned by the caller (layers/weights.h).
//
// Source: github.com/huggingface/safetensors, "Format".
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "engine/tensor.h"

namespace deepen {

struct TensorFile {
    std::map<std::string, Tensor> tensors;               // by name; F32, F64, F16, BF16 and integers read as Real
    std::map<std::string, std::string> metadata;
    std::set<std::string> integers = {};                 // names of tensors that are whole numbers in the file
};

// Refuses, each with a message of its own that names the file: shorter than 8 bytes; N over 100,000,000 or
// beyond the file; a header that is not UTF-8 JSON or does not begin with '{'; duplicate keys; metadata
// values that are not strings; tensors with other members than dtype, shape and data_offsets; unknown dtypes; more
// than 6 axes; shapes whose product overflows or differs from the bytes; offsets that overlap, leave gaps or do not
// start at 0; trailing bytes.
TensorFile read_safetensors(const std::filesystem::path& path);
TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

// How numbers are stored: as F32, whatever a Real is; or with all their bits, which is F64 in the double build.
enum class Stored { single, exact };

// The numbers that `integers` names are I64 in any case; those that none can hold, NaN or infinity, are refused.
// The file appears whole or not at all: it is written beside
// its place and renamed.  Refuses with the system's reason where the disk does.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file,
                       Stored stored = Stored::single);

}  // namespace deepen
