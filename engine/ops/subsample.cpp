// How does a shortcut reach a block's smaller maps and new channels without a parameter?
//
// Shapes     x [N,H,W,C]   y [N,ceil(H/s),ceil(W/s),K], K >= C, for a stride s
// Forward    y[n,i,j,c] = x[n, i*s, j*s, c] for c < C, 0 for the new channels
// Backward   dx[n, i*s, j*s, c] += dy[n,i,j,c] for c < C: the rest of x had no say in y
// Saved      nothing
// Choice     y is lazy (fusion.h): the addition that reads it copies a range of x at a time.  slice() and pad() say the
//            same in two copies of the map
// Source     He et al. 2015, section 4.1, shortcut (A)
#include <algorithm>
#include <utility>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/fusion.h"
#include "engine/ops.h"
#include "engine/parallel.h"

namespace deepen {
namespace {

// Where place `number` of y comes from in x.
struct Places {
    Index height, width, out_height, out_width, stride;

    Index of_x(Index number) const {
        const Index j = number % out_width, i = number / out_width % out_height, n = number / out_width / out_height;
        return (n * height + i * stride) * width + j * stride;
    }
};

}  // namespace

Tensor subsample(const Tensor& x, Index stride, Index channels) {
    require(x.rank() == 4, "subsample: x has shape ", x.shape(), "; it takes pictures (N,H,W,C).");
    const Index N = x.shape()[0], H = x.shape()[1], W = x.shape()[2], C = x.shape()[3];
    require(stride >= 1 && channels >= C, "subsample: stride ", stride, " and ", channels, " channels asked for x ",
            x.shape(), " (N,H,W,C); the stride must be at least 1, the channels at least ", C, ".");
    const Places places{H, W, (H + stride - 1) / stride, (W + stride - 1) / stride, stride};
    const Shape shape{N, places.out_height, places.out_width, channels};

    std::as_const(x).data();                             // there before threads read it
    const auto copy_places = [=, x = x.detach()](Index begin, Index end, const Real*, Real* to) {
        const Real* px = x.data().data();
        for (Index place = begin / channels; place < end / channels; ++place, to += channels) {
            std::copy_n(px + places.of_x(place) * C, C, to);
            std::fill(to + C, to + channels, Real(0));
        }
    };
    const Tensor y = fusion::made("subsample", shape, {copy_places, {}, channels}, {x});
    return record("subsample", y, {x}, [=](Gradients& d) {
        const Real* dy = d.output().data().data();
        Real* dx = d.input(0).data();
        parallel_ranges(shape.size() / channels, std::max<Index>(1, elementwise_grain / channels),
                        [=](Index begin, Index end) {
                            for (Index place = begin; place < end; ++place)
                                for (Index c = 0; c < C; ++c)
                                    dx[places.of_x(place) * C + c] += dy[place * channels + c];
                        });
    });
}

}  // namespace deepen
