// How are archives made for tests, sound and broken?
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "engine/io/files.h"
#include "engine/real.h"

namespace deepen {

inline void set_field(Bytes& header, Index offset, const std::string& value) {
    std::copy(value.begin(), value.end(), header.begin() + offset);
}

inline void set_checksum(Bytes& header) {
    set_field(header, 148, "        ");
    unsigned sum = 0;
    for (Index i = 0; i < 512; ++i) sum += header[i];
    char digits[8];
    std::snprintf(digits, sizeof digits, "%06o", sum);
    set_field(header, 148, std::string(digits) + '\0' + ' ');
}

// A header of 512 bytes; the size is said to be `size`.
inline Bytes tar_header(const std::string& name, Index size, char type = '0') {
    Bytes header(512);
    char digits[16];
    std::snprintf(digits, sizeof digits, "%011llo", static_cast<unsigned long long>(size));
    set_field(header, 0, name);
    set_field(header, 124, digits);
    header[156] = type;
    set_field(header, 257, std::string("ustar\0" "00", 8));
    set_checksum(header);
    return header;
}

inline Bytes operator+(Bytes a, const Bytes& b) {
    const std::size_t before = a.size();
    a.resize(before + b.size());
    std::copy(b.begin(), b.end(), a.begin() + before);
    return a;
}

inline Bytes tar_member(const std::string& name, const Bytes& bytes) {
    return tar_header(name, bytes.size()) + bytes + Bytes((512 - bytes.size() % 512) % 512);
}

inline Bytes tar_end() { return Bytes(1024); }

inline Bytes gzip(const Bytes& bytes) {
    z_stream stream{};
    deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes packed(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<Bytef*>(bytes.data());
    stream.avail_in = bytes.size();
    stream.next_out = packed.data();
    stream.avail_out = packed.size();
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace deepen
