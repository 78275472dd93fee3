// What flows through a network?
//
// A Tensor is a small handle: a shape, shared storage, and, if it takes part in learning, a node
// that remembers which op made it from which inputs (autograd.h).  Copying a Tensor copies the
// handle, never the numbers: like a Python object, and unlike std::vector.  Storage is contiguous
// and row-major, so data() is one flat span in the order of the shape.
//
//     Tensor x = variable(2), y = variable(3);
//     Tensor z = x * y + exp(x);
//     z.backward();
//     x.grad().item();          // dz/dx = y + e^x = 10.389
//
// What an op returns is a value: writing to its inputs afterwards does not change it.  (Where it shares its
// input's storage, as reshape does, it says so.)  Many numbers are computed only when they are read, Note [Laziness
// cannot be observed] in fusion.h; so call data() anew before you write: that first computes what still depends on
// the old numbers.  A span kept from before an op would let you change its result.
// Threads may read one tensor at the same time, as const.  A thread that writes must be the only one to use it, and
// data() of a Tensor that is not const counts as writing.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/memory.h"
#include "engine/shape.h"

namespace deepen {

struct Node;  // autograd.h

class Tensor {
public:
    Tensor() = default;                                  // holds nothing; defined() is false
    Tensor(Real value);                                  // a scalar, rank 0; implicit, so that one can write `2 * x`
    Tensor(Shape shape, std::vector<Real> values);       // refuses a count that differs from the shape's

    static Tensor uninitialised(Shape shape);            // every element must be written before it is read
    static Tensor full(Shape shape, Real value);
    static Tensor zeros(Shape shape) { return full(shape, 0); }
    static Tensor ones(Shape shape) { return full(shape, 1); }
    static Tensor lazy(Shape shape, std::shared_ptr<const Lazy> lazy);   // computed when needed: fusion.h

    // --- the numbers -------------------------------------------------------------------------
    bool defined() const { return storage_ != nullptr; }
    const Shape& shape() const { return shape_; }
    int rank() const { return shape_.rank(); }
    Index size() const { return shape_.size(); }
    std::span<const Real> data() const;
    std::span<Real> data();                              // writes are seen by every handle to this storage
    const std::shared_ptr<Storage>& storage() const { return storage_; }
    std::vector<Real> values() const;                    // a copy
    Real item() const;                                   // the only element; refuses more than one
    Real at(std::initializer_list<Index> position) const;

    Tensor clone() const;                                // own storage, no history
    Tensor detach() const;                               // same storage, no history
    Tensor viewed_as(Shape shape) const;                 // same storage, no history; refuses another size
    bool shares_storage() const { return storage_.use_count() > 1; }

    // --- learning (autograd.h tells how) -------------------------------------------------------
    bool requires_grad() const { return node_ != nullptr; }
    void backward();                                     // of a scalar: fills grad() of every variable it came from
    void backward(const Tensor& dy);                     // of any tensor: starts from dy, of the same shape
    Tensor grad() const;                                 // undefined until a backward reached this variable
    void set_grad(Tensor gradient);                      // of the same shape
    void zero_grad();

    const std::shared_ptr<Node>& node() const { return node_; }

private:
    friend Tensor variable(Tensor value);
    friend struct Recorder;

    Shape shape_;
    std::shared_ptr<Storage> storage_;
    std::shared_ptr<Node> node_;
};

// A tensor that learns: a leaf of the graph, on the same storage as `value`.  backward() adds into
// its grad(), and keeps adding until zero_grad().
Tensor variable(Tensor value);

}  // namespace deepen
