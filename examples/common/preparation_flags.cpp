#include "examples/common/preparation_flags.h"

#include "examples/common/program.h"

namespace deepen {

void add_preparation_flags(CLI::App& app, PreparationWishes& wishes) {
    const std::string group = "What the net sees (by default as the weight file says, else as torchvision does)";
    app.add_option("--resize", wishes.shorter_side,
                   "shorter side of the picture before the centre is cropped to --image-size")
        ->check(whole(8, 2048))
        ->group(group)
        ->type_name("PIXELS");
    app.add_option("--mean", wishes.mean, "mean of each colour, from 0 to 1")
        ->delimiter(',')
        ->expected(3)
        ->check(within(0, 1))
        ->group(group)
        ->type_name("R,G,B");
    app.add_option("--std", wishes.deviation, "standard deviation of each colour")
        ->delimiter(',')
        ->expected(3)
        ->check(within(1e-6, 1e6))
        ->group(group)
        ->type_name("R,G,B");
}

}  // namespace deepen
