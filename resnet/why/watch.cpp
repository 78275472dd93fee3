// What passes through a net, forward and backward?  See watch.h.
#include "resnet/why/watch.h"

#include <cmath>

#include "engine/autograd.h"
#include "resnet/block.h"
#include "resnet/preactivation.h"
#include "resnet/why/moments.h"

namespace deepen {
namespace {

double norm_of(std::span<const Real> values) {
    double squares = 0;
    for (const Real value : values) squares += static_cast<double>(value) * value;
    return std::sqrt(squares);
}

void note_gradient(const Tensor& y, const std::shared_ptr<std::vector<LayerSignal>>& layers) {
    if (!y.node()) return;  // nothing is recorded
    y.node()->backward = [place = layers->size() - 1, layers, backward = y.node()->backward](Gradients& g) {
        (*layers)[place].gradient = norm_of(g.output().data());
        backward(g);
    };
}

}  // namespace

SignalWatch::SignalWatch()
    : layers_(std::make_shared<std::vector<LayerSignal>>()),
      watch_([this](Module& module, const Tensor&, const Tensor& y) {
          if (dynamic_cast<Conv2d*>(&module)) {
              layers_->push_back({module.name()});
              note_gradient(y, layers_);
          }
          if (dynamic_cast<BasicBlock*>(&module) || dynamic_cast<Bottleneck*>(&module) ||
              dynamic_cast<Preactivation*>(&module)) {
              RunningVariance moments;
              moments.add(y.data());
              blocks_.push_back({module.name(), moments.variance()});
          }
      }) {}

}  // namespace deepen
