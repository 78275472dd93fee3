// What is left of a net without one of its blocks?  See operated.h.
#include "resnet/why/operated.h"

#include "engine/error.h"

namespace deepen {

OperatedNet::OperatedNet(CifarNet& net) : net_(net) {
    int number = 0;
    for (Sequential* stage : {&net.layer1, &net.layer2, &net.layer3}) {
        for (Index i = 0; i < stage->size(); ++i) add((*stage)[i], number);
        ++number;
    }
    restore();
}

void OperatedNet::add(Module& module, int stage) {
    Block b{.module = &module, .stage = stage, .in = 0, .out = 0, .stride = 1, .shortcut = nullptr};
    const auto layers = [&](auto& block, const Conv2d& last) {
        b.in = block.conv1.options().in_channels, b.out = last.options().out_channels;
        b.stride = block.conv1.options().stride * block.conv2.options().stride;
        if (block.shortcut) b.shortcut = &*block.shortcut;
    };
    if (auto* basic = dynamic_cast<BasicBlock*>(&module)) layers(*basic, basic->conv2);
    if (auto* bottleneck = dynamic_cast<Bottleneck*>(&module)) layers(*bottleneck, bottleneck->conv3);
    ensure(b.out > 0, "a block of an unknown type: ", module.type());
    if (!b.shortcut) {
        const ShortcutOptions a{.kind = Shortcut::A, .in_channels = b.in, .out_channels = b.out, .stride = b.stride};
        shortcuts_.push_back(std::make_unique<ShortcutPath>(a));
        b.shortcut = shortcuts_.back().get();
    }
    blocks_.push_back(b);
}

bool OperatedNet::keeps_shape(Index place) const {
    const Block& b = blocks_.at(static_cast<std::size_t>(place));
    return b.in == b.out && b.stride == 1;
}

bool OperatedNet::exchangeable(Index a, Index b) const {
    return keeps_shape(a) && keeps_shape(b) &&
           blocks_[static_cast<std::size_t>(a)].stage == blocks_[static_cast<std::size_t>(b)].stage;
}

void OperatedNet::restore() {
    order_.resize(blocks_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<Index>(i);
}

void OperatedNet::exchange(Index a, Index b) {
    require(exchangeable(a, b), "blocks ", a, " and ", b, " cannot be exchanged: their shapes differ.");
    std::swap(order_[static_cast<std::size_t>(a)], order_[static_cast<std::size_t>(b)]);
}

Tensor OperatedNet::forward(const Tensor& x) {
    Tensor y = relu(net_.bn1(net_.conv1(x)));
    for (std::size_t place = 0; place < order_.size(); ++place)
        y = order_[place] == none ? relu((*blocks_[place].shortcut)(y))
                                  : (*blocks_[static_cast<std::size_t>(order_[place])].module)(y);
    return net_.fc(global_average_pool(y));
}

}  // namespace deepen
