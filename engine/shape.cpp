#include "engine/shape.h"

#include <algorithm>

#include "engine/error.h"

namespace deepen {

Shape::Shape(std::initializer_list<Index> lengths)
    : Shape(std::span(lengths.begin(), lengths.size())) {}

Shape::Shape(std::span<const Index> lengths) {
    require(lengths.size() <= max_rank, "shape: ", lengths.size(), " axes asked for; at most ", max_rank,
            " are supported.  Reshape the data to fewer axes.");
    rank_ = static_cast<int>(lengths.size());
    std::copy(lengths.begin(), lengths.end(), lengths_.begin());
    for (Index length : lengths)
        require(length >= 0, "shape: negative axis length in ", str(), ".");
    // The product must be a number we can count with.
    Index size = 1;
    for (Index length : lengths)
        require(length == 0 || !__builtin_mul_overflow(size, length, &size),
                "shape: ", str(), " has more elements than fit into 64 bits.");
}

Index Shape::size() const {
    Index product = 1;
    for (Index length : *this) product *= length;
    return product;
}

Index Shape::row() const { return rank_ ? lengths_[rank_ - 1] : 1; }

Index Shape::operator[](int axis) const {
    const int i = axis < 0 ? axis + rank_ : axis;
    require(i >= 0 && i < rank_, "shape: axis ", axis, " asked of ", str(), ", which has ", rank_, " axes.");
    return lengths_[i];
}

void Shape::set(int axis, Index length) {
    Shape changed = *this;
    changed.lengths_[normalise_axis("shape", axis, *this)] = length;
    *this = Shape(std::span(changed.begin(), changed.end()));        // checked like any other
}

bool Shape::operator==(const Shape& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
}

std::string Shape::str() const {
    std::string s = "[";
    for (int i = 0; i < rank_; ++i) s += (i ? "," : "") + std::to_string(lengths_[i]);
    return s + "]";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

int normalise_axis(const char* op, int axis, const Shape& shape) {
    const int i = axis < 0 ? axis + shape.rank() : axis;
    require(shape.rank() > 0, op, ": axis ", axis, " does not exist in [], which is a scalar.");
    require(i >= 0 && i < shape.rank(), op, ": axis ", axis, " does not exist in ", shape, ".  Axes run from 0 to ",
            shape.rank() - 1, ", or from -1 backwards.");
    return i;
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
    const int rank = std::max(a.rank(), b.rank());
    std::array<Index, Shape::max_rank> lengths{};
    for (int i = 1; i <= rank; ++i) {
        const Index la = i <= a.rank() ? a[-i] : 1;
        const Index lb = i <= b.rank() ? b[-i] : 1;
        require(la == lb || la == 1 || lb == 1, op, ": shapes ", a, " and ", b,
                " do not broadcast: aligned from the last axis, lengths must be equal or one of them 1, but axis -", i,
                " has ", la, " and ", lb, ".  Reshape one of them.");
        lengths[rank - i] = la == 1 ? lb : la;
    }
    return Shape(std::span<const Index>(lengths.data(), rank));
}

}  // namespace deepen
