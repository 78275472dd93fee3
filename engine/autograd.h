// How does a tensor learn where it came from, and how do gradients flow back?
//
// Every op that consumes a learning tensor records a Node: its inputs' nodes and a function that,
// given dL/dy, adds dL/dx into each input.  (d before a name means the derivative of the loss by
// it: dy is dL/dy.)  Calling backward() on a scalar loss walks these nodes from the last made to
// the first and calls each function once: the chain rule, shared between all paths.
//
//     x ──┐
//         ├─ multiply ── z ── sum ── L         dL/dx += dz * y,  dL/dy += dz * x
//     y ──┘
//
// Note [Creation order is a topological order]
//   An op consumes only tensors that exist, so an input's serial number is smaller than its
//   output's.  Backward collects the reachable nodes with an explicit stack and pulls them by
//   descending serial: every consumer of a node runs before the node itself, without recursion.
//   A net of 1202 layers must not overflow the stack; neither must freeing a graph that never ran
//   backward, hence ~Node.
//
// Note [Gradients accumulate]
//   Where a tensor has several consumers, its gradient is the sum of what each sends.  So a
//   backward only ever adds.  A skip connection is the place where two gradients meet.
//
// Note [What backward saves]
//   A node holds no numbers.  Whatever a backward function captures is kept alive until it has
//   run: the capture list is the bill in memory.  Capture `x.detach()`, never x itself, so that
//   closures hold numbers and nodes hold the graph; an op that captured its own output would
//   otherwise keep itself alive for ever.  What is captured is not copied: numbers that are written to
//   between forward and backward (a weight, updated too early) give a wrong gradient.
//
// Note [All or nothing]
//   After backward, a variable's gradient is numbers of its own: it does not change with what it was computed
//   from.  If an op's backward throws, variables have the gradients that they had before.  Backwards that share
//   a node, such as a weight, must not run at the same time.
//
// Note [Watching a gradient arrive]
//   Some backward functions need sums over all of dy before they can do anything (batch norm): a pass over
//   memory, unless they are taken while dy is being made.  So a node may have a watcher, which is told of each
//   stretch of its gradient just after the last contribution to it was added, by whoever adds that stretch
//   by stretch (a convolution); the stretch is in cache then, and the watcher may change it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor.h"

namespace deepen {

// Hears of elements begin .. end-1 of a gradient, which lie at dy; from any thread, of each element once.
struct Watcher {
    std::function<void(Index begin, Index end, Real* dy)> arrived;
    std::vector<const Real*> reads = {};       // what it reads of other memory for an element, at the same index
};

// What a backward function works on: dL/d(output), and the gradients of the inputs to add into.
class Gradients {
public:
    explicit Gradients(Node& node) : node_(node) {}

    const Tensor& output() const;              // dy, of the output's shape
    bool wanted(int input) const;              // does this input learn?  If not, skip its share
    std::span<Real> input(int i);              // dx: add into it.  Zero-filled where nothing has arrived yet
    bool empty(int i) const;                   // nothing has arrived: who makes a whole tensor may give() it instead
    void give(int i, Tensor dx);               // the whole contribution at once, where it is a tensor already:
                                               // becomes the gradient, without a copy, if it is the first to arrive
    Tensor take_output();                      // dy to keep or to change in place; output() is gone then
    const Watcher* watcher(int i) const;       // whom to tell of stretches of input i's gradient; null: nobody

private:
    Node& node_;
};

using Backward = std::function<void(Gradients&)>;

struct Node {
    const char* op;                            // who made it, for messages
    std::uint64_t serial;                      // Note [Creation order is a topological order]
    Shape shape;
    std::vector<std::shared_ptr<Node>> inputs; // null where an input does not learn
    Backward backward;                         // empty for a leaf
    Tensor grad;                               // undefined until something arrives
    int awaited = 0;                           // contributions still to come, while backward runs
    Watcher watcher;                           // Note [Watching a gradient arrive]
    bool spent = false;                        // backward has run through here and released what it saved

    explicit Node(const char* op, Shape shape);
    ~Node();
    void add_gradient(Tensor dx);
    std::span<Real> gradient_buffer();
};

// Records `y` as made by `op` from `inputs`.  Returns y with its place in the graph; y as it is
// where no input learns or recording is off.
Tensor record(const char* op, Tensor y, std::vector<Tensor> inputs, Backward backward);

// While any of these lives, this thread records nothing: for evaluation, and for updating weights.
class NoGrad {
public:
    NoGrad();
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;
};

bool recording();

}  // namespace deepen
