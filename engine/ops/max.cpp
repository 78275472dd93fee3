// What is the largest element along some axes, and where does the gradient go?
//
// Shapes     x: any; y: x's without the reduced axes, or with length 1 there
// Forward    y = the largest x over the axes
// Backward   dx[winner] += dy; nothing for the others, whose small changes do not show
// Saved      the position of each winner
// Choice     of equal ones the first wins, so that the gradient goes to one place.  NaN counts as
//            larger than any number, so that it is not hidden.  One thread: no net spends its time here
#include <cmath>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/reduction.h"
#include "engine/ops/strided.h"

namespace deepen {
namespace {

constexpr Index nobody = -1;

bool beats(Real challenger, Real holder) {
    return challenger > holder || (std::isnan(challenger) && !std::isnan(holder));
}

// The flat position in x of each maximum.
std::vector<Index> winners(const Tensor& x, const Shape& kept) {
    std::vector<Index> winner(kept.size(), nobody);
    const std::span<const Real> xs = x.data();
    const Walk<2> walk(x.shape(), {row_major(x.shape()), repeated(kept, x.shape())});
    walk.segments(0, walk.size(), [&](const Walk<2>::Offsets& at, Index count) {
        for (Index i = 0; i < count; ++i) {
            const Index here = at[0] + i;
            Index& best = winner[at[1] + i * walk.inner_stride(1)];
            if (best == nobody || beats(xs[here], xs[best])) best = here;
        }
    });
    return winner;
}

}  // namespace

Tensor max(const Tensor& x, std::vector<int> axes, bool keep) {
    const Reduction r = reduction("max", x.shape(), axes, keep);
    require(r.count > 0, "max: of no elements there is no largest.  x ", x.shape(), " is reduced to ", r.result, ".");
    std::vector<Index> winner = winners(x, r.kept);
    Tensor y = Tensor::uninitialised(r.result);
    for (Index i = 0; i < y.size(); ++i) y.data()[i] = x.data()[winner[i]];
    return record("max", y, {x}, [winner = std::move(winner)](Gradients& d) {
        const std::span<const Real> dy = d.output().data();
        const std::span<Real> dx = d.input(0);
        for (std::size_t i = 0; i < dy.size(); ++i) dx[winner[i]] += dy[i];
    });
}

}  // namespace deepen
