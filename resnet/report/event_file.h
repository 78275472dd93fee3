// How do others watch a run?
//
// TensorBoard, and many tools beside it, read event files: records one after another, each a moment of a run with
// numbers under names.
//
//     length           8 bytes, little-endian, as all that follows
//     its checksum     4 bytes
//     the event        so many bytes: a protocol buffer
//     its checksum     4 bytes
//
//     event    1: seconds since 1970 (double)   2: step (varint)   3: "brain.Event:2" (of the first event)   5: summary
//     summary  1: value, repeated               value: 1: name   2: a number (float)   5: a histogram
//     histogram  1: least  2: largest  3: how many  4: sum  5: sum of squares   6: upper limits of the buckets
//                7: how many are in each         (all of them doubles)
//
// The checksum is CRC-32C (Castagnoli), turned and shifted by a constant as TFRecord wants it.
//
// Sources: TensorFlow, tensorflow/core/lib/io/record_writer.cc, core/util/event.proto, core/framework/summary.proto;
// protobuf.dev, "Encoding"; RFC 3720, appendix B.4 (CRC-32C and its test values).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/real.h"

namespace deepen {

std::uint32_t crc32c(std::string_view bytes);

// One file, to which events are added; readers may follow it while it grows.
class EventFile {
public:
    // Goes on with the file that is there, behind its last event of a step up to `step`: what follows is cut off, for a
    // run that resumes there takes these steps again.  Refuses a file that holds something else.
    EventFile(std::filesystem::path path, Index step);

    Index last_step() const { return last_step_; }       // of what the file holds; 0 if nothing

    // Written at once, and as a whole.  What is not finite is left out of histograms.
    void add(Index step, const std::vector<std::pair<std::string, double>>& numbers);
    void add_histogram(Index step, const std::string& name, std::span<const Real> numbers);

private:
    void write(Index step, const std::string& inside);

    std::filesystem::path path_;
    Index last_step_ = 0;
};

}  // namespace deepen
