#include "engine/tensor.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/fusion.h"
#include "engine/processor.h"

namespace deepen {

Tensor::Tensor(Real value) : Tensor(full({}, value)) {}

Tensor::Tensor(Shape shape, std::vector<Real> values) : Tensor(uninitialised(shape)) {
    require(static_cast<Index>(values.size()) == size(), "tensor: ", values.size(), " values given for shape ", shape,
            ", which has ", size(), " elements.");
    std::copy(values.begin(), values.end(), data().begin());
}

Tensor Tensor::uninitialised(Shape shape) {
    Tensor t;
    t.shape_ = shape;
    t.storage_ = std::make_shared<Storage>(shape.size());
    return t;
}

Tensor Tensor::full(Shape shape, Real value) {
    Tensor t = uninitialised(shape);
    std::fill(t.data().begin(), t.data().end(), value);
    return t;
}

Tensor Tensor::lazy(Shape shape, std::shared_ptr<const Lazy> lazy) {
    Tensor t;
    t.shape_ = shape;
    t.storage_ = std::make_shared<Storage>(shape.size(), lazy);
    for (const auto& source : lazy->sources)
        if (const auto storage = source.lock()) storage->add_dependant(t.storage_);
    return t;
}

std::span<const Real> Tensor::data() const {
    require(defined(), "tensor: data asked of a tensor that holds nothing.");
    return {storage_->data(), static_cast<std::size_t>(size())};
}

std::span<Real> Tensor::data() {
    require(defined(), "tensor: data asked of a tensor that holds nothing.");
    return {storage_->data_to_write(), static_cast<std::size_t>(size())};
}

std::vector<Real> Tensor::values() const { return {data().begin(), data().end()}; }

Real Tensor::item() const {
    require(defined() && size() == 1, "item: the tensor has shape ", shape_, "; item() wants exactly one element.");
    return data()[0];
}

Real Tensor::at(std::initializer_list<Index> position) const {
    require(static_cast<int>(position.size()) == rank(), "at: ", position.size(), " positions given for shape ", shape_,
            ".");
    Index offset = 0;
    int axis = 0;
    for (Index i : position) {
        require(i >= 0 && i < shape_[axis], "at: position ", i, " is outside axis ", axis, " of ", shape_, ".");
        offset = offset * shape_[axis++] + i;
    }
    return data()[offset];
}

Tensor Tensor::clone() const {
    Tensor copy = uninitialised(shape_);
    std::copy(data().begin(), data().end(), copy.data().begin());
    copy.storage_->ranges() = storage_->ranges();
    return copy;
}

Tensor Tensor::detach() const {
    Tensor t = *this;
    t.node_.reset();
    return t;
}

Tensor Tensor::viewed_as(Shape shape) const {
    require(defined(), "reshape: the tensor holds nothing.");
    require(shape.size() == size(), "reshape: ", shape_, " has ", size(), " elements and ", shape, " has ",
            shape.size(), ".");
    Tensor t = detach();
    t.shape_ = shape;
    return t;
}

}  // namespace deepen
