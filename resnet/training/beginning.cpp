#include "resnet/training/beginning.h"

#include "engine/autograd.h"
#include "engine/error.h"
#include "resnet/training/model_file.h"

namespace deepen {

Beginning beginning_of(const Recipe& recipe, const PictureSet& pictures, const Observer& observer) {
    Beginning b{.net = make_model(recipe.model)};
    const FineTuning& from = recipe.pretrained;
    const TensorFile file = from.weights.empty() ? TensorFile{} : read_pretrained(from);
    if (from.partial) require_in_proportion(*b.net, file, from.weights.string());
    if (from.weights.empty() || from.partial)  // else no number would stay what it was drawn as
        initialise(*b.net, recipe.training.seed, parse_initialiser(recipe.initialiser));
    if (recipe.per_pixel_mean) b.preprocessing = Preprocessing::per_pixel(pictures);
    else if (from.weights.empty()) b.preprocessing = Preprocessing::per_channel(pictures);
    if (from.weights.empty()) return b;
    if (const Misfits misfits = load_pretrained(*b.net, from, file); !misfits.none())
        observer.say(text("only a part of ", from.weights.string(), " fits; the rest starts from random weights.",
                          misfits.str()));
    freeze_parts(*b.net, from.frozen);
    if (!recipe.per_pixel_mean)
        b.preprocessing = preprocessing_from(file, from.weights.string(), recipe.model, pictures);
    return b;
}

void require_no_stranded_picture(const Recipe& recipe, const PictureSet& pictures) {
    const TrainingOptions& o = recipe.training;
    const Index steps = steps_per_epoch(pictures.count(), o.batch);
    if (o.batch == 1 || pictures.count() % o.batch != 1 || (o.max_iterations && o.max_iterations < steps)) return;
    const NoGrad no_grad;
    const std::unique_ptr<Module> trial = make_model(recipe.model);
    trial->train();
    try {
        (*trial)(Tensor::zeros({1, pictures.height, pictures.width, 3}));
    } catch (const Error& e) {
        throw Error(text(pictures.count(), " training pictures in batches of ", o.batch,
                         " leave one over at the end of each epoch.  Batch norm has nothing to compare a single "
                         "picture of ", pictures.width, "x", pictures.height, " with in ", recipe.model.name,
                         ".  Try --batch-size ", o.batch + 1, ".  (", e.what(), ")"));
    }
}

}  // namespace deepen
