#include "engine/ops/reduction.h"

#include "engine/error.h"

namespace deepen {

Reduction reduction(const char* op, const Shape& shape, const std::vector<int>& axes, bool keep) {
    std::array<bool, Shape::max_rank> reduced{};
    if (axes.empty()) reduced.fill(true);
    for (int named : axes) {
        const int axis = normalise_axis(op, named, shape);
        require(!reduced[axis], op, ": axis ", named, " of ", shape, " is named twice.");
        reduced[axis] = true;
    }

    Reduction r{.kept = shape};
    std::vector<Index> left;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (reduced[axis]) {
            r.count *= shape[axis];
            r.kept.set(axis, 1);
        } else {
            left.push_back(shape[axis]);
        }
    }
    r.result = keep ? r.kept : Shape(left);
    return r;
}

}  // namespace deepen
