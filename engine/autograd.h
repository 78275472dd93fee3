// How does a tensor learn where it came from, and how do gradients flow back?
//
// Every op that consumes a learning tensor records a Node: its inputs' nodes and a function that,
// given dL/dy, adds dL/dx into each input.  (d before a name means the derivative of the loss with
// respect to it: dy is dL/dy.)  Calling backward() on a scalar loss walks these nodes from the last made to
// the first and calls each function once: the chain rule, shared between all paths.
//
//     x ──┐
//         ├─ multiply ── z ── sum ── L         dL/dx += dz * y,  dL/dy += dz * x
//     y ──┘
//
// Note [Creation order is a topological order]
//   An op consumes only tensors that exist, so an input's serial number is smaller than its
//   output's.  Backward collects the reachable nodes in a list and takes them by descending
//   serial: every consumer of a node runs before the node itself, without recursion.
//       for (Node* n : by_descending_serial(reachable))
//           if (n->grad.defined()) n->backward(n's gradients);
//   A net of 1202 layers must not overflow the stack; neither must freeing a graph that never ran
//   backward, hence ~Node.
//
// Note [Gradients accumulate]
//   Where a tensor has several consumers, its gradient is the sum of what each sends.  The first
//   contribution may simply be stored, later ones are added to it.  Two gradients may share their numbers, as those of
//   both terms of a sum do: shared numbers are copied before anything is added to them.  The input of a residual
//   block is where two gradients meet.
//
// Note [What is saved for backward]
//   A node holds its gradient from its arrival until its backward has run; only variables keep theirs.  What a
//   backward function captures is kept alive until it has run: the capture list is the bill in memory.  Capture
//   `x.detach()`, never x itself, so that closures hold numbers and nodes hold the graph; an op that captured its own
//   output would otherwise keep itself alive for ever.  What is captured is not copied: numbers that are written to
//   between forward and backward (a weight, updated too early) give a wrong gradient.
//
// Note [All or nothing]
//   After backward, a variable's gradient is numbers of its own: it does not change with what it was computed
//   from.  If an op's backward throws, variables have the gradients that they had before.  Backwards that share
//   a node, such as a weight, must not run at the same time.
//
// Note [Gradient hooks]
//   Some backward functions can work on a range of dy as soon as it is there: relu masks it, batch norm takes its sums
//   over the batch.  Done later, each is another pass over memory.  So a node may have a hook.  A convolution that
//   computes the last contribution to the node's gradient, range by range (Gradients::destination), runs the hook on
//   each range while it is in cache.  A hook that turns dy into the gradient of its input is followed by the hook of
//   that input, and so on.  When the node's backward runs, hooked() says whether this has happened.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/ranges.h"
#include "engine/tensor.h"

namespace deepen {

// What a backward function works on: dL/d(output), and the gradients of the inputs to add into.
class Gradients {
public:
    explicit Gradients(Node& node) : node_(node) {}

    const Tensor& output() const;              // dy, of the output's shape
    bool wanted(int input) const;              // does this input learn?  If not, skip its share
    std::span<Real> input(int i);              // dx: add into it.  Zero-filled where nothing has arrived yet
    void give(int i, Tensor dx);               // the whole contribution at once, where it is a tensor already:
                                               // the first to arrive becomes the gradient without a copy
    Output destination(int i);                 // dx, to be written range by range: Note [Gradient hooks]
    Tensor take_output();                      // dy to keep or to change in place; output() is gone then
    bool hooked() const;                       // has this node's own hook been run on all of dy?

private:
    Node& node_;
};

using Backward = std::function<void(Gradients&)>;

// Note [Gradient hooks].
struct GradientHook {
    std::function<RangeFunction()> make = {};  // called just before ranges of dy arrive; null: nothing to do
    // The gradient of the first `passes_on_to` inputs is dy itself, or what the hook has made of it: 2 for add, 1 for
    // relu.
    int passes_on_to = 0;
};

struct Node {
    const char* op;                            // who made it, for messages
    std::uint64_t serial;                      // Note [Creation order is a topological order]
    Shape shape;
    std::vector<std::shared_ptr<Node>> inputs; // null where an input does not learn
    Backward backward;                         // empty for a leaf
    Tensor grad;                               // undefined until something arrives
    int awaited = 0;                           // contributions still to come: backward counts them first
    GradientHook hook;
    bool hooked = false;                       // the hook is run on the gradient as it arrives
    bool spent = false;                        // backward has run through here and released what it saved

    explicit Node(const char* op, Shape shape);
    ~Node();
    void add_gradient(Tensor dx);
    std::span<Real> gradient_buffer();
};

// Records `y` as made by `op` from `inputs`.  Returns y with its place in the graph; y as it is
// where no input learns or recording is off.
Tensor record(const char* op, Tensor y, std::vector<Tensor> inputs, Backward backward, GradientHook hook = {});

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
