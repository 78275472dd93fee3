// How is a tensor summed over some of its axes?
//
// Shapes     x: any; y: x's without the reduced axes, or with length 1 there
// Forward    y = sum of x over the axes
// Backward   dx += dy, repeated along them: a change of any x changes the sum by as much
// Saved      nothing
// Choice     summing and repeating are each other's backward (transposes of one linear map), so one
//            function does both.  Over no elements at all, the sum is 0
#include "engine/ops.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/reduction.h"

namespace deepen {

Tensor sum(const Tensor& x, std::vector<int> axes, bool keep) {
    const Reduction r = reduction("sum", x.shape(), axes, keep);
    Tensor y = Tensor::zeros(r.result);
    add_broadcast(y.data(), r.kept, x.data(), x.shape());
    return record("sum", y, {x}, [x_shape = x.shape(), kept = r.kept](Gradients& d) {
        add_broadcast(d.input(0), x_shape, d.output().data(), kept);
    });
}

}  // namespace deepen
