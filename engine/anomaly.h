// Which op was the first to produce NaN or infinity?
//
// A NaN or an infinity spreads: when the loss shows it, it has been through a hundred ops; or a relu has made a zero
// of -inf, and the loss shows nothing.  While an AnomalyDetection lives, the results of every op are searched as soon
// as the op ends: its output forward, the gradients of its inputs backward.  The first NaN or infinity throws:
//
//     conv2d in layer1.0.conv1 made inf: element 17 of its output [8,32,32,16].
//
// record() and backward() check (autograd.cpp).  Off, that costs a comparison.  On, it costs a pass over memory per op,
// and lazy results are computed at once, so nothing is fused.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/tensor.h"

namespace deepen {

struct Anomaly : Error {
    using Error::Error;
};

// The index of the first NaN or infinity; numbers.size() if there is none.
std::size_t first_not_finite(std::span<const Real> numbers);

// Of this thread: the one that records and calls backward().
class AnomalyDetection {
public:
    using Names = std::map<const Node*, std::string>;    // of leaves, to say where in a net: "layer1.0.conv1.weight"

    explicit AnomalyDetection(const Names& names, bool on = true);
    ~AnomalyDetection();
    AnomalyDetection(const AnomalyDetection&) = delete;
    AnomalyDetection& operator=(const AnomalyDetection&) = delete;

private:
    const Names* before_;
};

namespace anomaly {                                      // for autograd.cpp

void after_forward(const char* op, const Tensor& y, const std::vector<Tensor>& inputs);
void after_backward(const Node& node);

}  // namespace anomaly
}  // namespace deepen
