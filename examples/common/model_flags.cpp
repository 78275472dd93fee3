#include "examples/common/model_flags.h"

#include "engine/error.h"
#include "examples/common/program.h"

namespace deepen {

void add_shortcut_flag(CLI::App& app, std::string& shortcut) {
    app.add_option("--shortcut", shortcut,
                   "shortcuts of residual nets: A (zero padding), B (projection where the shape changes) or C "
                   "(projection everywhere)")
        ->group("Net")
        ->transform(one_of({"A", "B", "C"}))
        ->type_name("A|B|C");
}

ModelOptions checked(ModelOptions options) {
    try {
        if (!options.name.empty()) completed(options);
        return options;
    } catch (const Error& e) {
        throw UsageError(e.what());
    }
}

CLI::Option* ModelFlags::add_to(CLI::App& app, const std::string& help, const std::string& flag) {
    CLI::Option* named =
        app.add_option(flag, model, "resnet50, plain34, vgg16_bn, resnet20, preact-resnet164, ..." + help)
            ->group("Net")
            ->type_name("NAME");
    add_shortcut_flag(app, shortcut);
    app.add_option("--bottleneck-stride", stride,
                   "which convolution of a bottleneck has the stride: the 3x3 (as in torchvision; the default) or the "
                   "first 1x1 (as in the paper)")
        ->group("Net")
        ->transform(one_of({"3x3", "1x1"}))
        ->type_name("3x3|1x1");
    return named;
}

ModelOptions ModelFlags::options() const {
    ModelOptions o{.name = model, .stride_in_3x3 = stride != "1x1"};
    if (!shortcut.empty()) o.shortcut = parse_shortcut(shortcut);
    return checked(o);
}

}  // namespace deepen
