// How does max pooling shrink a feature map, and where does its gradient go?
//
// Shapes     x [N,H,W,C]   y [N,Ho,Wo,C], Ho = (H + 2 padding - kernel) / stride + 1, rounded down
// Forward    y[n,i,j,c] = max over the window at (i,j) of x[n,.,.,c]; outside the picture is never the maximum
// Backward   dx at the place of that maximum += dy; of several equal ones, the first in reading order
// Saved      that place, as a 32-bit offset into the picture, for every y
// Source     He et al. 2015, Table 1: 3x3, stride 2, after the first convolution of the ImageNet nets
#include <limits>
#include <memory>

#include "engine/autograd.h"
#include "engine/ops/pool_window.h"
#include "engine/parallel.h"

namespace deepen {
namespace {

using Places = std::vector<std::int32_t>;

// One picture at a time, channels innermost.  `place` counts from the picture's first element.
void forward(const PoolGeometry& g, Index n, const Real* x, Real* y, std::int32_t* place) {
    for (Index i = 0; i < g.out_height; ++i)
        for (Index j = 0; j < g.out_width; ++j) {
            const auto [top, bottom, left, right] = g.window(i, j);
            const Index out = g.y_offset(n, i, j);
            std::fill(y + out, y + out + g.channels, -std::numeric_limits<Real>::infinity());
            std::fill(place + out, place + out + g.channels, static_cast<std::int32_t>(g.x_offset(0, top, left)));
            for (Index row = top; row < bottom; ++row)
                for (Index column = left; column < right; ++column)
                    for (Index c = 0; c < g.channels; ++c) {
                        const Real v = x[g.x_offset(n, row, column) + c];
                        if (!(v > y[out + c]) && v == v) continue;  // a NaN wins, so that it is not hidden
                        y[out + c] = v;
                        place[out + c] = static_cast<std::int32_t>(g.x_offset(0, row, column));
                    }
        }
}

}  // namespace

Tensor max_pool2d(const Tensor& x, PoolOptions options) {
    const PoolGeometry g = pool_geometry("max_pool2d", x.shape(), options);
    const Index picture = g.height * g.width * g.channels, outputs = g.out_height * g.out_width * g.channels;
    require(picture <= std::numeric_limits<std::int32_t>::max(), "max_pool2d: a picture of ", x.shape(),
            " is too large.");

    Tensor y = Tensor::uninitialised({g.batch, g.out_height, g.out_width, g.channels});
    auto places = std::make_shared<Places>(y.size());
    const Real* px = x.data().data();
    Real* py = y.data().data();
    parallel_for(g.batch, [&](Index n) { forward(g, n, px, py, places->data()); });

    return record("max_pool2d", y, {x}, [g, picture, outputs, places](Gradients& d) {
        const Real* dy = d.output().data().data();
        Real* dx = d.input(0).data();
        parallel_for(g.batch, [&](Index n) {
            for (Index o = 0; o < outputs; ++o)
                dx[n * picture + (*places)[n * outputs + o] + o % g.channels] += dy[n * outputs + o];
        });
    });
}

}  // namespace deepen
