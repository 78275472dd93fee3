// How does average pooling shrink a feature map?
//
// Shapes     x [N,H,W,C]   y [N,Ho,Wo,C], Ho = (H + 2 padding - kernel) / stride + 1, rounded down
// Forward    y[n,i,j,c] = 1/kernel^2 * sum over the window at (i,j) of x[n,.,.,c]; outside counts as zero
// Backward   dx[n,u,v,c] += 1/kernel^2 * sum of dy[n,i,j,c] over the windows that hold (u,v)
// Saved      nothing but sizes
#include "engine/autograd.h"
#include "engine/ops/pool_window.h"
#include "engine/parallel.h"

namespace deepen {
namespace {

// Calls term(x offset, y offset) for every pair of an input and a window that holds it, channels of picture n.
template <class Term>
void for_each_pair(const PoolGeometry& g, Index n, Term term) {
    for (Index i = 0; i < g.out_height; ++i)
        for (Index j = 0; j < g.out_width; ++j) {
            const auto [top, bottom, left, right] = g.window(i, j);
            for (Index row = top; row < bottom; ++row)
                for (Index column = left; column < right; ++column)
                    for (Index c = 0; c < g.channels; ++c)
                        term(g.x_offset(n, row, column) + c, g.y_offset(n, i, j) + c);
        }
}

}  // namespace

Tensor average_pool2d(const Tensor& x, PoolOptions options) {
    const PoolGeometry g = pool_geometry("average_pool2d", x.shape(), options);
    const Real share = Real(1) / static_cast<Real>(g.kernel * g.kernel);
    Tensor y = Tensor::zeros({g.batch, g.out_height, g.out_width, g.channels});
    const Real* px = x.data().data();
    Real* py = y.data().data();
    parallel_for(g.batch, [&](Index n) { for_each_pair(g, n, [=](Index ix, Index iy) { py[iy] += share * px[ix]; }); });

    return record("average_pool2d", y, {x}, [g, share](Gradients& d) {
        const Real* dy = d.output().data().data();
        Real* dx = d.input(0).data();
        parallel_for(g.batch,
                     [&](Index n) { for_each_pair(g, n, [=](Index ix, Index iy) { dx[ix] += share * dy[iy]; }); });
    });
}

}  // namespace deepen
