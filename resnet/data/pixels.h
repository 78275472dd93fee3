// What is a picture once it is decoded, and what can be done to it without mixing its pixels?
//
// Bytes, red green blue beside each other, row by row.  It can be mirrored and turned: each pixel of the
// result is one of the original's.  (Mixing them is resize.h.)
#pragma once

#include "engine/io/files.h"
#include "engine/real.h"

namespace deepen {

struct Size {
    Index height = 0, width = 0;
    bool operator==(const Size&) const = default;
};

struct Pixels {
    Index height = 0, width = 0;
    Bytes bytes;                                         // [height,width,3]

    Size size() const { return {height, width}; }
};

// A part of a picture, in whole pixels.
struct Window {
    Index top = 0, left = 0, height = 0, width = 0;
    bool operator==(const Window&) const = default;
};

Window whole(Size picture);

// The window of size `part` in the middle.  Where that falls between two pixels, the even one, as torchvision's
// CenterCrop has it.  The picture must be at least as large.
Window middle(Size picture, Size part);

Pixels mirrored(const Pixels& picture);                  // left and right change places

// Turns and mirrors a picture as EXIF's orientation 1 .. 8 says (exif.h), so that it stands upright.
Pixels upright(Pixels picture, int orientation);

}  // namespace deepen
