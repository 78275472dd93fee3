// What is a data set of pictures?
//
// A PictureSet is pictures with one label each.  They lie in memory as bytes, all of one size: 60,000
// CIFAR-10 pictures are 184 MB that way, four times less than as floats.  Or they stay in their files, of any
// size, and are decoded anew each time they are looked at, so that memory does not bound how many or how large
// they are.  Preprocessing turns bytes into the numbers a net sees.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor.h"
#include "resnet/data/pixels.h"

namespace deepen {

struct PictureSet {
    Index height = 0, width = 0;                         // as a net takes them; three channels, red green blue, always
    std::vector<std::uint8_t> pixels;                    // [N,H,W,3], if they lie in memory
    std::vector<int> labels;                             // N of them, 0 .. classes-1
    std::vector<std::string> classes;                    // their names

    std::vector<std::filesystem::path> files;            // N of them, if they stay there
    std::vector<std::uint32_t> checksums;                // of these files (CRC-32)
    Index shorter_side = 0;  // fitted() scales them to this, then cuts H x W from the middle
    bool decoded = false;    // from PNG and JPEG files, whose pixels depend on the decoder (decoders.h)

    Index count() const { return static_cast<Index>(labels.size()); }
    Index bytes_per_picture() const { return height * width * 3; }
    bool in_files() const { return !files.empty(); }
    std::span<const std::uint8_t> picture(Index i) const;  // [H,W,3], of a set in memory
    Pixels original(Index i) const;                        // as it lies in its file: of any size; refused if it changed
    Pixels fitted(Index i) const;                          // [H,W,3], from wherever it lies
};

// The first `count` of them, or all if there are fewer.
PictureSet first_of(const PictureSet& set, Index count);

struct DataSplits {
    PictureSet train, test;
};

// What a picture goes through on its way into a net: v = (byte / 255 - mean) / deviation.
// `mean` has 3 values (a channel each: today's habit) or H*W*3 (a pixel each: He et al. 2015,
// section 4.2); `deviation` has 3 (all 1 with the paper's per-pixel mean; 1 also for a channel that
// never varies, which nothing could be divided by).  Refuses an empty set.
struct Preprocessing {
    std::vector<Real> mean, deviation;

    static Preprocessing imagenet();  // per channel, over ImageNet: what torchvision's nets were trained with

    static Preprocessing per_channel(const PictureSet& train);
    static Preprocessing per_pixel(const PictureSet& train);
};

// What a set is to be like, as far as its source leaves a choice (data_path.h).
struct DataOptions {
    Index size = 32;                                     // folders of pictures: size x size are cut from the middle,
    Index shorter_side = 0;                              //   after the shorter side was scaled to this; 0: to size
    bool in_files = false;                               // folders of pictures: decode each when it is needed; else
    Index most_in_memory = Index{1} << 30;               //   only if they would take more bytes than this
    std::uint64_t seed = 1;                              // synthetic
    Index train_count = 10000, test_count = 2000;        // synthetic
};

}  // namespace deepen
