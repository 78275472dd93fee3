// What is the shape of a tensor?
//
// A Shape is a short list of axis lengths, the last axis contiguous in memory (row-major).  Images
// are [N,H,W,C]: batch, height, width, channels; filters are [kh,kw,Cin,Cout].  Rank 0 is a scalar.
#pragma once

#include <array>
#include <initializer_list>
#include <ostream>
#include <span>
#include <string>

#include "engine/real.h"

namespace deepen {

class Shape {
public:
    static constexpr int max_rank = 6;

    Shape() = default;
    Shape(std::initializer_list<Index> lengths);
    explicit Shape(std::span<const Index> lengths);

    int rank() const { return rank_; }
    Index size() const;                   // number of elements: the product of the lengths
    Index row() const;                    // the length of the last axis; 1 for a scalar
    Index operator[](int axis) const;     // axis may count from the end: -1 is the last
    void set(int axis, Index length);

    const Index* begin() const { return lengths_.data(); }
    const Index* end() const { return lengths_.data() + rank_; }
    bool operator==(const Shape& other) const;

    std::string str() const;              // "[8,32,32,3]"

private:
    std::array<Index, max_rank> lengths_{};
    int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

// Maps an axis that may count from the end to 0 .. rank-1; refuses any other.
// `op` and `shape` are named in the refusal.
int normalise_axis(const char* op, int axis, const Shape& shape);

// NumPy's broadcasting rule: align the last axes; lengths must agree or one of them be 1.
// Refuses shapes that do not fit, naming `op` and both shapes.
Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b);

}  // namespace deepen
