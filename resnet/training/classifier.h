// What is in this picture?
//
// A net gives a score for each class; softmax turns the scores into probabilities.  The answers for several crops of
// the picture (crops.h), or of several nets, are better than one if their errors differ.  Their probabilities are
// averaged.  He et al. 2015, Tables 4 and 5: ResNet-152 alone has a top-5 error of 4.49 % on ImageNet's validation
// set, six nets together 3.57 % on its test set.  The sets differ, so the gain is not exactly the difference.
#pragma once

#include <memory>

#include "layers/module.h"
#include "resnet/data/crops.h"
#include "resnet/training/preparation.h"

namespace deepen {

class Classifier {
public:
    // From here on the net is in evaluation mode.  Refuses a preprocessing that does not fit the size.
    Classifier(std::unique_ptr<Module> net, Preparation preparation);
    ~Classifier();
    Classifier(Classifier&&) noexcept;

    // One for each class; they sum to 1.  Refuses weights that give something else, as damaged ones do.
    std::vector<double> probabilities(const Pixels& picture, Crops crops = Crops::centre) const;

private:
    std::unique_ptr<Module> net_;
    Preparation preparation_;
    std::unique_ptr<const class Normaliser> normaliser_;
};

// The mean of what several nets, of equally many classes, say.
std::vector<double> probabilities(const std::vector<Classifier>& nets, const Pixels& picture, Crops crops);

struct Guess {
    Index label;
    double probability;
};

// The `count` most probable classes, or all if there are fewer; of equal ones, the first comes first.
std::vector<Guess> best_guesses(const std::vector<double>& probabilities, Index count);

}  // namespace deepen
