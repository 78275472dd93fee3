// What does a net see of picture i in epoch e?
//
//     whole           the middle of it, as when it is tested
//     shifted         a window that is moved by up to 4 pixels (augment.h): the paper's for CIFAR-10
//     resized_crop    a window of random size and proportion (random_window.h): today's for ImageNet
//     scale_jitter    the same size at a random scale (random_window.h): the paper's for ImageNet
//
// All but the first also mirror every second picture, and may change its colours (colour.h).  Everything is a
// pure function of (seed, epoch, picture): no thread, no order, no batch has a part in it.
#pragma once

#include <string_view>

#include "engine/random.h"
#include "resnet/data/augment.h"

namespace deepen {

enum class Views { whole, shifted, resized_crop, scale_jitter };
std::string_view name_of(Views views);                   // "resized_crop"
Views parse_views(std::string_view name);                // refuses others

struct Augmentation {
    Views views = Views::whole;
    double colour = 0;                                   // jitter of brightness, contrast and saturation, 0 .. 1
    double lighting = 0;                                 // along the principal directions of colour; 0.1 in the paper
};

class ExampleWriter {
public:
    // Keeps a reference to `pictures`.  Refuses what Normaliser does.
    ExampleWriter(const PictureSet& pictures, const Preprocessing& preprocessing, Augmentation augmentation,
                  std::uint64_t seed);

    void write(Index picture, Index epoch, Real* out) const;   // out: [H,W,3]

private:
    Pixels seen(Index picture, Random& random) const;

    const PictureSet& pictures_;
    const Normaliser normaliser_;
    const Augmentation augmentation_;
    const std::uint64_t seed_;
};

}  // namespace deepen
