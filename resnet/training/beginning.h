// What does a run begin with?
//
// A net and how its pictures are prepared: first weights drawn at random from the run's seed, and means and deviations
// of its training pictures; or trained weights, with the preparation that they were trained with (fine_tuning.h).
#pragma once

#include "resnet/training/recipe.h"

namespace deepen {

struct Beginning {
    std::unique_ptr<Module> net;
    Preprocessing preprocessing;
};

// Tells the observer which weights do not fit, where only a part was asked for.  Refuses trained weights that do not
// fit otherwise, and files that ask for far larger nets than they hold.
Beginning beginning_of(const Recipe& recipe, const PictureSet& pictures, const Observer& observer);

// Refuses a size of batches that leaves one picture over at the end of each epoch, where the net cannot train on one:
// at the end of the first epoch is too late to say so.
void require_no_stranded_picture(const Recipe& recipe, const PictureSet& pictures);

}  // namespace deepen
