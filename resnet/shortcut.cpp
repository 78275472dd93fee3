#include "resnet/shortcut.h"

#include "engine/error.h"

namespace deepen {

Shortcut parse_shortcut(const std::string& name) {
    for (Shortcut s : {Shortcut::none, Shortcut::A, Shortcut::B, Shortcut::C})
        if (name == name_of(s)) return s;
    throw Error(text("shortcut '", name,
                     "' is not known.  Try A (zero padding), B (projection where the shape changes), ",
                     "C (projection everywhere) or none (a plain net)."));
}

std::string_view name_of(Shortcut shortcut) {
    switch (shortcut) {
        case Shortcut::none:
            return "none";
        case Shortcut::A:
            return "A";
        case Shortcut::B:
            return "B";
        case Shortcut::C:
            return "C";
    }
    throw InternalError("internal error, please report it: a shortcut without a name");
}

ShortcutPath::ShortcutPath(ShortcutOptions options) : options_(options) {
    const bool same_shape = options.stride == 1 && options.in_channels == options.out_channels;
    if (options.kind == Shortcut::C || (options.kind == Shortcut::B && !same_shape)) {
        convolution_.emplace(Conv2dOptions{.in_channels = options.in_channels,
                                           .out_channels = options.out_channels,
                                           .kernel = 1,
                                           .stride = options.stride});
        if (options.norm) norm_.emplace(options.out_channels, options.normalise);
    }
}

Tensor ShortcutPath::forward(const Tensor& x) {
    if (convolution_) return norm_ ? (*norm_)((*convolution_)(x)) : (*convolution_)(x);
    const bool same_shape = options_.stride == 1 && options_.in_channels == options_.out_channels;
    return same_shape ? x : subsample(x, options_.stride, options_.out_channels);
}

void ShortcutPath::visit(Visitor& v) {
    if (convolution_) v.module("0", *convolution_);
    if (norm_) v.module("1", *norm_);
}

}  // namespace deepen
