#include "resnet/training/preparation.h"

#include "engine/error.h"

namespace deepen {

Preparation preparation_for(const TensorFile& file, const std::string& path, const ModelOptions& model,
                            const PreparationWishes& wishes) {
    if (wishes.mean.empty() != wishes.deviation.empty())
        throw UsageError("--mean and --std go together: give both or neither.");
    const bool on_imagenet = picture_size(model) == 224;
    const std::optional<Index> said = image_size_of(file, path);
    Preparation p;
    p.size = wishes.size ? wishes.size : said.value_or(picture_size(model));
    const Index usual = on_imagenet && !said ? p.size * 256 / 224 : p.size;
    p.shorter_side = wishes.shorter_side ? wishes.shorter_side : usual;
    if (p.shorter_side < p.size)
        throw UsageError(text("--resize ", p.shorter_side, " leaves no ", p.size, " pixels to show.  Give at least ",
                              p.size, ", or a smaller --image-size."));
    if (!wishes.mean.empty()) p.preprocessing = {wishes.mean, wishes.deviation};
    else if (const auto known = preprocessing_of(file, path)) p.preprocessing = *known;
    else if (on_imagenet) p.preprocessing = Preprocessing::imagenet();
    else throw UsageError(path + " does not say how its pictures were prepared.  Give --mean and --std.");
    return p;
}

}  // namespace deepen
