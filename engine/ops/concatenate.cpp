// How are tensors joined along an axis?
//
// Shapes     parts: equal but for `axis`; y: their lengths there added up
// Forward    y = part 0, part 1, ... along the axis
// Backward   dpart_i += its range of dy
// Saved      each part's shape and place
// Choice     adding keeps the number of channels and mixes; concatenating keeps everything and
//            widens.  ResNets add, DenseNets concatenate (Huang et al. 2016)
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/strided.h"

namespace deepen {
namespace {

struct Place {
    Shape shape;
    Layout in_whole;
};

bool equal_but_for(int axis, const Shape& a, Shape b) {
    if (a.rank() != b.rank()) return false;
    b.set(axis, a[axis]);
    return a == b;
}

}  // namespace

Tensor concatenate(const std::vector<Tensor>& parts, int axis) {
    require(!parts.empty(), "concatenate: no parts are given.  Give at least one.");
    Shape shape = parts[0].shape();
    axis = normalise_axis("concatenate", axis, shape);
    Index length = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        require(equal_but_for(axis, shape, parts[i].shape()), "concatenate: part ", i, " has shape ", parts[i].shape(),
                ", part 0 ", shape, "; all but axis ", axis, " must agree.");
        length += parts[i].shape()[axis];
    }
    shape.set(axis, length);

    Tensor y = Tensor::uninitialised(shape);
    std::vector<Place> places;
    Layout next = row_major(shape);
    for (const Tensor& part : parts) {
        places.push_back({part.shape(), next});
        copy_strided(part.shape(), part.data().data(), row_major(part.shape()), y.data().data(), next);
        next.offset += part.shape()[axis] * next.stride[axis];
    }

    return record("concatenate", y, parts, [places](Gradients& d) {
        for (int i = 0; i < static_cast<int>(places.size()); ++i) {
            if (!d.wanted(i)) continue;
            const auto& [part_shape, in_whole] = places[i];
            add_strided(part_shape, d.output().data().data(), in_whole, d.input(i).data(), row_major(part_shape));
        }
    });
}

}  // namespace deepen
