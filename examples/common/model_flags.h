// Which flags choose a net?
//
// The same in every program that takes any net of resnet/models.h.
#pragma once

#include <CLI/CLI.hpp>

#include "resnet/models.h"

namespace deepen {

void add_shortcut_flag(CLI::App& app, std::string& shortcut);

// The same options, if they are of a net or name none.  Refuses with UsageError what completed() refuses.
ModelOptions checked(ModelOptions options);

struct ModelFlags {
    std::string model, shortcut, stride;                 // empty: not given

    // --model (`help` says what it means if it is not given; where it is an argument without a name, give "MODEL" for
    // `flag`), --shortcut and --bottleneck-stride.
    CLI::Option* add_to(CLI::App& app, const std::string& help, const std::string& flag = "--model");

    // What they ask for; the rest is left open.  Refuses what checked() refuses.
    ModelOptions options() const;
};

}  // namespace deepen
