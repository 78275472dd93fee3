// How do a few files get out of one .tar.gz, and nothing else with them?
//
// A tar is a row of members: a header of 512 bytes, then the member's bytes, padded to a multiple of
// 512; two blocks of zeros end it.  A gzip stream around it is read piece by piece through zlib.
//
//     [ header: name, size in octal, checksum ][ bytes ... pad ][ header ][ bytes ... pad ] ... [ zeros ]
//
// Nothing is written to disk, and an archive is not believed: every header's checksum is compared,
// memory grows with the bytes that have really come out of the stream, and the stream is read to its
// end, where gzip keeps the CRC of all of it.
//
// Source: POSIX.1-1988 "ustar"; RFC 1952 (gzip).
#pragma once

#include <functional>
#include <map>

#include "engine/io/files.h"
#include "engine/real.h"

namespace deepen {

struct ArchiveRequest {
    std::function<bool(const std::string& name)> wanted;  // asked once for each member
    Index largest = 0;                                    // bytes; a member beyond is refused, wanted or not
    Index members = 100;                                  // so many at most
};

// The wanted members' bytes, by name.  Refuses, each with a message of its own that names the file:
// what is not gzip; a stream that is cut short or whose CRC differs; a header whose checksum differs,
// or whose size is no number or too large; names that are absolute or climb (".."); a wanted member
// that is there twice or is no plain file; more members than allowed; bytes after the end.
std::map<std::string, Bytes> read_tar_gz(const std::filesystem::path& path, const ArchiveRequest& request);

}  // namespace deepen
