// How is a tensor averaged over some of its axes?
//
// Shapes     x: any; y: x's without the reduced axes, or with length 1 there
// Forward    y = (sum of x over the axes) / count
// Backward   dx += dy / count, repeated along them
// Saved      nothing
// Choice     over no elements at all, the mean is 0 / 0: NaN
#include "engine/ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/reduction.h"

namespace deepen {

Tensor mean(const Tensor& x, std::vector<int> axes, bool keep) {
    const Reduction r = reduction("mean", x.shape(), axes, keep);
    const Real count = static_cast<Real>(r.count);
    Tensor y = Tensor::zeros(r.result);
    add_broadcast(y.data(), r.kept, x.data(), x.shape());
    for (Real& v : y.data()) v /= count;
    return record("mean", y, {x}, [x_shape = x.shape(), kept = r.kept, count](Gradients& d) {
        add_broadcast(d.input(0), x_shape, d.output().data(), kept, 1 / count);
    });
}

}  // namespace deepen
