#include "engine/autograd.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <unordered_set>
#include <utility>

#include "engine/anomaly.h"
#include "engine/error.h"
#include "engine/fusion.h"
#include "engine/parallel.h"
#include "engine/profile.h"
#include "engine/ranks/share.h"

namespace deepen {
namespace {

thread_local int no_grads = 0;              // those that live, of this thread
std::atomic<std::uint64_t> next_serial{0};

// The nodes that `root` depends on, itself included, last made first; each knows how many gradients to await.
std::vector<Node*> reachable(Node* root) {
    std::vector<Node*> found{root};
    std::unordered_set<Node*> seen{root};
    root->awaited = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const auto& input : found[i]->inputs) {
            if (!input) continue;
            if (seen.insert(input.get()).second) found.push_back(input.get()), input->awaited = 0;
            ++input->awaited;
        }
    std::sort(found.begin(), found.end(), [](const Node* a, const Node* b) { return a->serial > b->serial; });
    return found;
}

// If an op's backward throws, what has been handed on so far is of no use to anyone: inner gradients are
// dropped, the graph counts as spent, and variables have the gradients that they had (Note [All or nothing]).
// A handle to these is enough, as numbers that are shared are copied before anything is added to them.
struct Unwinding {
    const std::vector<Node*>& nodes;
    std::vector<std::pair<Node*, Tensor>> before = {};
    int exceptions = std::uncaught_exceptions();

    explicit Unwinding(const std::vector<Node*>& nodes) : nodes(nodes) {
        for (Node* n : nodes)
            if (!n->backward) before.emplace_back(n, n->grad);
    }

    ~Unwinding() {
        if (std::uncaught_exceptions() == exceptions) return;
        for (Node* n : nodes)
            if (n->backward || n->spent) n->grad = {}, n->spent = true;
        for (auto& [leaf, gradient] : before) leaf->grad = std::move(gradient);
    }
};

// Appends the hooks to run on n's gradient: its own, then those of the inputs that it is passed on to as it is.  Where
// several inputs share one gradient, none of their hooks may change it.
void append_hooks(std::vector<RangeFunction>& hooks, Node& n, bool may_change, int depth = 0) {
    constexpr int deepest = 8;                           // a chain of ops may be long
    const bool changes = n.hook.make && n.hook.passes_on_to == 1;
    if (depth == deepest || (changes && !may_change)) return;
    if (n.hook.make) {
        RangeFunction hook = n.hook.make();
        if (n.shape.row() % hook.unit != 0) return;      // gradients come in whole rows
        hooks.push_back(std::move(hook));
        profile::fused({n.op});
        n.hooked = true;
    }
    for (int i = 0; i < n.hook.passes_on_to; ++i) {
        Node* input = n.inputs[i].get();
        if (input && input->awaited == 1 && !input->grad.defined())
            append_hooks(hooks, *input, may_change && n.hook.passes_on_to == 1, depth + 1);
    }
}

RangeFunction hooks_of(Node& n) {
    std::vector<RangeFunction> hooks;
    if (fusion::enabled()) append_hooks(hooks, n, true);
    return in_turn(std::move(hooks));
}

// Until everything is in this gradient that goes there: Note [Gradients travel while backward runs], ranks/share.h.
void wait_for_sums(const Tensor& gradient) {
    if (ranks::under_way() && gradient.defined() && !gradient.storage()->lazy()) ranks::finish(gradient.data().data());
}

}  // namespace

bool recording() { return no_grads == 0; }

NoGrad::NoGrad() { ++no_grads; }
NoGrad::~NoGrad() { --no_grads; }

Node::Node(const char* op, Shape shape) : op(op), serial(next_serial++), shape(shape) {}

// Unlinks the graph behind this node one node at a time.  Left to the members' destructors, a chain
// of n nodes would be n nested calls deep.
Node::~Node() {
    std::vector<std::shared_ptr<Node>> orphans = std::move(inputs);
    while (!orphans.empty()) {
        const std::shared_ptr<Node> node = std::move(orphans.back());
        orphans.pop_back();
        if (node && node.use_count() == 1) {
            std::move(node->inputs.begin(), node->inputs.end(), std::back_inserter(orphans));
            node->inputs.clear();
        }
    }
}

// The first contribution is kept as it came, possibly sharing storage with another tensor; the
// buffer becomes our own before anything is added to it.
void Node::add_gradient(Tensor dx) {
    wait_for_sums(grad);
    ensure(dx.shape() == shape, op, ": a gradient of shape ", dx.shape(), " arrived for ", shape);
    if (!grad.defined()) {
        grad = dx.detach();
        return;
    }
    Real* __restrict sum = gradient_buffer().data();
    const Real* __restrict term = std::as_const(dx).data().data();
    parallel_ranges(shape.size(), elementwise_grain, [=](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) sum[i] += term[i];
    });
}

std::span<Real> Node::gradient_buffer() {
    wait_for_sums(grad);
    if (!grad.defined()) grad = Tensor::zeros(shape);
    if (grad.shares_storage()) grad = grad.clone();
    return grad.data();
}

const Tensor& Gradients::output() const { return node_.grad; }
bool Gradients::wanted(int input) const { return node_.inputs.at(input) != nullptr; }
std::span<Real> Gradients::input(int i) { return node_.inputs.at(i)->gradient_buffer(); }
void Gradients::give(int i, Tensor dx) { node_.inputs.at(i)->add_gradient(std::move(dx)); }

Tensor Gradients::take_output() {
    Tensor dy = std::move(node_.grad);
    node_.grad = {};
    return dy.shares_storage() ? dy.clone() : dy;
}

bool Gradients::hooked() const { return node_.hooked; }

Output Gradients::destination(int i) {
    Node& input = *node_.inputs.at(i);
    const bool add = input.grad.defined();
    if (!add) input.grad = Tensor::uninitialised(input.shape);
    Output dx{.data = input.gradient_buffer().data(), .add = add, .ranges = &input.grad.storage()->ranges()};
    dx.ranges->clear();
    if (input.awaited == 1) dx.epilogue = hooks_of(input);
    return dx;
}

struct Recorder {
    static void attach(Tensor& y, std::shared_ptr<Node> node) { y.node_ = std::move(node); }
};

Tensor record(const char* op, Tensor y, std::vector<Tensor> inputs, Backward backward, GradientHook hook) {
    profile::enter(recording() ? "forward" : "test");
    profile::lap(op);
    anomaly::after_forward(op, y, inputs);
    const bool learns = std::any_of(inputs.begin(), inputs.end(), [](const Tensor& x) { return x.requires_grad(); });
    if (!recording() || !learns) return y;
    auto node = std::make_shared<Node>(op, y.shape());
    for (const Tensor& x : inputs) node->inputs.push_back(x.node());
    node->backward = std::move(backward);
    node->hook = std::move(hook);
    Recorder::attach(y, std::move(node));
    return y;
}

Tensor variable(Tensor value) {
    require(value.defined(), "variable: the value holds nothing.");
    Tensor leaf = value.detach();
    leaf.node_ = std::make_shared<Node>("variable", leaf.shape());
    return leaf;
}

Tensor Tensor::grad() const {
    require(node_ != nullptr, "grad: this tensor does not learn.  Make it with variable(), or from one.");
    return node_->grad;
}

void Tensor::set_grad(Tensor gradient) {
    require(node_ != nullptr, "set_grad: this tensor does not learn.  Make it with variable().");
    require(!gradient.defined() || gradient.shape() == shape_, "set_grad: a gradient of shape ", gradient.shape(),
            " for a tensor of shape ", shape_, ".");
    node_->grad = gradient.detach();
}

void Tensor::zero_grad() { set_grad({}); }

void Tensor::backward() {
    require(size() == 1, "backward: the tensor has shape ", shape_, ".  Only a scalar has a gradient as such: take ",
            "sum() or mean() of it first, or pass the gradient to start from.");
    backward(ones(shape_));
}

void Tensor::backward(const Tensor& dy) {
    require(node_ != nullptr,
            "backward: nothing here learns.  Was the tensor made from a variable(), and outside NoGrad?");
    require(dy.defined() && dy.shape() == shape_, "backward: the gradient to start from has shape ", dy.shape(),
            ", the tensor ", shape_, ".");

    const std::vector<Node*> nodes = reachable(node_.get());
    for (const Node* n : nodes)
        require(!n->spent, "backward: it has run through op '", n->op, "' already, and what that op saved is gone.  ",
                "Compute the forward pass again, or add the losses up and run backward once.");

    // Nodes are unlinked as we pass them, so that what they saved is freed; they themselves live until
    // the end, because `nodes` points to them.
    std::vector<std::shared_ptr<Node>> released;
    const Unwinding unwinding(nodes);
    const ranks::DeferredSums deferred;
    profile::enter("backward");
    node_->add_gradient(dy);
    for (Node* n : nodes) {
        if (!n->backward) continue;
        if (n->grad.defined()) {
            wait_for_sums(n->grad);
            Gradients gradients(*n);
            n->backward(gradients);
            ranks::advance();
            anomaly::after_backward(*n);
            profile::lap(n->op);
        }
        for (const auto& input : n->inputs)
            if (input) --input->awaited;
        n->grad = {};
        n->backward = nullptr;
        n->hook = {};
        n->spent = true;
        std::move(n->inputs.begin(), n->inputs.end(), std::back_inserter(released));
        n->inputs.clear();
    }
    ranks::finish_all();
    // A gradient may have come to several variables as one storage, or not be made yet: Note [All or nothing].
    for (Node* n : nodes) {
        if (n->spent || !n->grad.defined()) continue;
        std::as_const(n->grad).data();
        if (n->grad.shares_storage()) n->grad = n->grad.clone();
    }
}

}  // namespace deepen
