// How are pictures prepared for a trained net?
//
// As they were in training: a square of the same size, with the same mean and deviation.  A weight file written
// here says all of it.  Files from elsewhere say nothing; nets of ImageNet then get what torchvision shows them: the
// shorter side scaled to 256 pixels, 224 x 224 of the middle.  `classify` and `evaluate` both use this, so that what is
// measured is what is used.
#pragma once

#include <string>
#include <vector>

#include "resnet/data/pictures.h"
#include "resnet/training/model_file.h"

namespace deepen {

struct Preparation {
    Index shorter_side = 256, size = 224;  // as in crops.h
    Preprocessing preprocessing;
};

// What the user wants otherwise; 0 and empty: as the file says.
struct PreparationWishes {
    Index size = 0, shorter_side = 0;
    std::vector<Real> mean, deviation;
};

// Refuses with UsageError a shorter side below the size, a mean without a deviation, and a file that says nothing
// where nobody else does.
Preparation preparation_for(const TensorFile& file, const std::string& path, const ModelOptions& model,
                            const PreparationWishes& wishes = {});

}  // namespace deepen
