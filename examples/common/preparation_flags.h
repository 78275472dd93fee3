// Which flags say how pictures are prepared for a trained net?
//
// The same in every program that uses one: --resize, --mean and --std.  (--image-size is each program's own.)
#pragma once

#include <CLI/CLI.hpp>

#include "resnet/training/preparation.h"

namespace deepen {

void add_preparation_flags(CLI::App& app, PreparationWishes& wishes);

}  // namespace deepen
