// How does one picture become many, and bytes become a net's numbers?
//
// A View says which window of the padded picture is seen, and whether in a mirror:
//
//     +-------------------+      The picture (H x W) in a border of 4 pixels; an H x W window of it
//     |   . . . . . .     |      starts at (4 + down, 4 + right) there, -4 .. 4 each.
//     |   . +-----------+ |
//     |   . | . . .     | |
//     |   . | . . .     | |
//     +-----|           |-+
//           +-----------+
//
// The paper subtracts a per-pixel mean and then pads, so the border is 0 after normalisation: each
// pixel is normalised by where it stood in the picture, not by where the window puts it, and the
// border is an average pixel rather than a black one.
//
// Source: He et al. 2015, section 4.2; Lee et al. 2015, "Deeply-supervised nets", section 3.1.
#pragma once

#include "resnet/data/pictures.h"

namespace deepen {

struct View {
    Index down = 0, right = 0;                           // -padding .. padding
    bool mirrored = false;                               // left and right, after cropping
};

inline constexpr Index padding = 4;

// A pure function of its arguments.
View random_view(std::uint64_t seed, Index epoch, Index picture);

// Preprocessing as one multiplication and one addition: v = byte * scale + shift.
class Normaliser {
public:
    // Refuses means and deviations whose counts do not fit [height,width,3], and deviations that are
    // not positive.
    Normaliser(const Preprocessing& preprocessing, Index height, Index width);

    // picture, out: [H,W,3].
    void write(std::span<const std::uint8_t> picture, const View& view, Real* out) const;

private:
    Index height_, width_;
    std::vector<Real> scale_;                            // [W,3]: the same in every row
    std::vector<Real> shift_;                            // [H,W,3]
};

}  // namespace deepen
