#include "engine/conv/algorithm.h"

#include <array>

#include "engine/error.h"

namespace deepen {
namespace {

// Fastest first: `automatic` takes the first that suits and pays.
const std::array algorithms{&winograd_convolution, &direct_convolution, &pointwise_convolution, &im2col_convolution,
                            &reference_convolution};

}  // namespace

const ConvolutionAlgorithm& choose_convolution(const ConvGeometry& g, ConvAlgorithm id) {
    for (const ConvolutionAlgorithm* algorithm : algorithms) {
        const bool pays = algorithm->suits(g) && (!algorithm->pays || algorithm->pays(g));
        if (id == ConvAlgorithm::automatic ? !pays : algorithm->id != id) continue;
        require(algorithm->suits(g), "conv2d: the algorithm '", algorithm->name, "' does not suit a ", g.kernel_height,
                "x", g.kernel_width, " kernel with stride ", g.stride, " and padding ", g.padding, ", ", g.in_channels,
                " to ", g.out_channels, " channels, ", g.out_height, "x", g.out_width,
                " outputs.  Try 'automatic' or 'im2col'.");
        return *algorithm;
    }
    throw InternalError("internal error, please report it: no convolution algorithm was found");
}

Leaves weight_leaves(const ConvGeometry& g) {
    constexpr Index least = 32, enough = 4096;           // positions
    const Index positions = std::max<Index>(g.out_positions(), 1);
    return cut_batch(g, 1, (least + positions - 1) / positions, enough / positions);
}

ConvAlgorithm parse_conv_algorithm(const std::string& name) {
    if (name == "automatic") return ConvAlgorithm::automatic;
    for (const ConvolutionAlgorithm* algorithm : algorithms)
        if (algorithm->name == name) return algorithm->id;
    throw Error(text("convolution algorithm '", name,
                     "' is not known.  Try automatic, reference, im2col, pointwise, winograd or direct."));
}

}  // namespace deepen
