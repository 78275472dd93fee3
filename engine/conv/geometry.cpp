#include "engine/conv/geometry.h"

#include "engine/error.h"

namespace deepen {

ConvGeometry conv_geometry(const Shape& x, const Shape& w, const ConvOptions& options) {
    const std::string where = options.layer.empty() ? "" : " (" + options.layer + ")";
    const std::string shapes = text("  x ", x, " (N,H,W,C)  weight ", w, " (kh,kw,Cin,Cout).  ");
    require(x.rank() == 4 && w.rank() == 4, "conv2d", where, ": x and weight need four axes each.", shapes,
            "Reshape a single picture to [1,H,W,C].");
    require(x[3] == w[2], "conv2d", where, ": weight reads ", w[2], " input channels, x carries ", x[3], ".", shapes,
            "Try in_channels = ", x[3],
            options.layer.empty() ? "." : ", or check which block feeds " + options.layer + ".");
    require(options.stride >= 1 && options.padding >= 0, "conv2d", where, ": stride ", options.stride, " and padding ",
            options.padding, " given; stride must be at least 1, padding at least 0.");
    require(w.size() > 0, "conv2d", where, ": the weight is empty.", shapes, "Every axis must be at least 1.");

    ConvGeometry g{.batch = x[0],
                   .height = x[1],
                   .width = x[2],
                   .in_channels = x[3],
                   .kernel_height = w[0],
                   .kernel_width = w[1],
                   .out_channels = w[3],
                   .stride = options.stride,
                   .padding = options.padding,
                   .out_height = 0,
                   .out_width = 0};
    const Index spare_height = g.height + 2 * g.padding - g.kernel_height;
    const Index spare_width = g.width + 2 * g.padding - g.kernel_width;
    require(spare_height >= 0 && spare_width >= 0, "conv2d", where, ": the kernel is larger than the padded picture.",
            shapes, "Padding is ", g.padding, "; try a larger one, or a smaller kernel.");
    g.out_height = spare_height / g.stride + 1;
    g.out_width = spare_width / g.stride + 1;
    return g;
}

}  // namespace deepen
