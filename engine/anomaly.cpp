#include "engine/anomaly.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "engine/autograd.h"

namespace deepen {
namespace {

using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
constexpr Bits infinity_bits = std::bit_cast<Bits>(std::numeric_limits<Real>::infinity());

thread_local const AnomalyDetection::Names* watched = nullptr;

// "layer1.0.conv1" of "layer1.0.conv1.weight": what owns the leaf.
std::string owner(const std::string& leaf) {
    const std::size_t dot = leaf.rfind('.');
    return dot == leaf.npos ? leaf : leaf.substr(0, dot);
}

// " in layer1.0.conv1" where one of the inputs is a leaf of that name, else " after" the nearest one that has such.
std::string place(std::vector<const Node*> inputs) {
    for (const char* relation = " in "; !inputs.empty(); relation = " after ") {
        for (const Node* n : inputs)
            if (const auto leaf = watched->find(n); leaf != watched->end()) return relation + owner(leaf->second);
        const auto learns = std::find_if(inputs.begin(), inputs.end(), [](const Node* n) { return n != nullptr; });
        if (learns == inputs.end()) break;
        std::vector<const Node*> further;
        for (const auto& n : (*learns)->inputs) further.push_back(n.get());
        inputs = std::move(further);
    }
    return "";
}

// A NaN's sign means nothing, and would be printed.
Real unsigned_nan(Real value) { return std::isnan(value) ? std::abs(value) : value; }

}  // namespace

// Infinities and NaNs are the numbers whose exponent is all ones.  A block at a time, so that the inner loop has no
// way out and the compiler makes it a few vector instructions.
std::size_t first_not_finite(std::span<const Real> numbers) {
    constexpr std::size_t block = 1024;
    const auto wrong = [&](std::size_t i) {
        return (std::bit_cast<Bits>(numbers[i]) & infinity_bits) == infinity_bits;
    };
    for (std::size_t begin = 0; begin < numbers.size(); begin += block) {
        const std::size_t end = std::min(begin + block, numbers.size());
        Bits any = 0;
        for (std::size_t i = begin; i < end; ++i) any |= wrong(i);
        for (std::size_t i = begin; any && i < end; ++i)
            if (wrong(i)) return i;
    }
    return numbers.size();
}

AnomalyDetection::AnomalyDetection(const Names& names, bool on) : before_(watched) {
    if (on) watched = &names;
}
AnomalyDetection::~AnomalyDetection() { watched = before_; }

namespace anomaly {

void after_forward(const char* op, const Tensor& y, const std::vector<Tensor>& inputs) {
    if (!watched) return;
    const std::span<const Real> numbers = y.data();
    const std::size_t at = first_not_finite(numbers);
    if (at == numbers.size()) return;
    std::vector<const Node*> nodes;
    for (const Tensor& x : inputs) nodes.push_back(x.node().get());
    throw Anomaly(text(op, place(nodes), " made ", unsigned_nan(numbers[at]), ": element ", at, " of its output ",
                       y.shape(), "."));
}

void after_backward(const Node& node) {
    if (!watched) return;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (!node.inputs[i] || !node.inputs[i]->grad.defined()) continue;
        const Tensor& dx = node.inputs[i]->grad;
        const std::span<const Real> numbers = dx.data();
        const std::size_t at = first_not_finite(numbers);
        if (at == numbers.size()) continue;
        std::vector<const Node*> nodes;
        for (const auto& n : node.inputs) nodes.push_back(n.get());
        throw Anomaly(text("the backward of ", node.op, place(nodes), " made ", unsigned_nan(numbers[at]), ": element ",
                           at, " of the gradient ", dx.shape(), " of its input ", i, "."));
    }
}

}  // namespace anomaly
}  // namespace deepen
