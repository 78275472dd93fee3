// How is a picture's orientation read from its Exif data?
//
// Cameras store what the sensor saw and note how it has to be turned, in a JPEG's Exif segment (APP1) or a PNG's eXIf
// chunk: a small TIFF file, a table of entries of which tag 0x0112 is the orientation.
//
//     FF E1 | length | "Exif" 0 0 | "II" or "MM" | 42 | offset of the table | count | count x 12 bytes
//     length |        "eXIf"      | the same     '--------------- offsets are counted from the "II" or "MM"
//     entry: tag (2)  type (2): 3, a 16-bit number  count (4): 1  value (2 + 2 unused)
//
// "II": low bytes first, "MM": high bytes first.  The value says where the file's first row and first
// column are seen:
//
//     1 top, left     2 top, right    3 bottom, right   4 bottom, left
//     5 left, top     6 right, top    7 right, bottom   8 left, bottom
//
// So 6, a phone held upright, means: turn a quarter clockwise.
//
// Source: CIPA DC-008 "Exchangeable image file format for digital still cameras: Exif", sections 4.5.4 and 4.6.4.
#pragma once

#include <cstdint>
#include <span>

namespace deepen {

// The orientation that the bytes of a JPEG or PNG note; 1 where they note none, or nonsense.  Never refuses: the note
// is a courtesy, and whether the picture itself is sound is looked at elsewhere (decode.h).
int exif_orientation(std::span<const std::uint8_t> picture);

}  // namespace deepen
