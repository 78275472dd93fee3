// What is left of a net without one of its blocks?
//
// Veit, Wilber and Belongie 2016, "Residual networks behave like ensembles of relatively shallow networks"
// (arXiv:1605.06431), take blocks out of trained nets and exchange them.  Where block i is taken out,
//
//     y = relu(shortcut(x))              instead of relu(F(x) + shortcut(x))
//
// which is x itself where the block keeps the shape (x is what a relu has made, so it is not negative).  A plain block
// has no shortcut.  In its place we put that of option A: x itself or, where the block changes the shape, every second
// pixel and channels of zeros.  So plain and residual nets lose the same thing, F.
#pragma once

#include <memory>
#include <vector>

#include "resnet/cifar.h"

namespace deepen {

// Computes as the net does, with its weights, in a changed order.  Refers to the net.
class OperatedNet : public Module {
public:
    explicit OperatedNet(CifarNet& net);

    Index blocks() const { return static_cast<Index>(blocks_.size()); }
    bool keeps_shape(Index place) const;                 // input and output have one shape
    // Blocks that can stand in each other's place: of one stage, and none that changes the shape.
    bool exchangeable(Index a, Index b) const;

    void restore();                                      // all blocks in their places
    void take_out(Index place) { order_.at(static_cast<std::size_t>(place)) = none; }
    void exchange(Index a, Index b);                     // refuses those that are not exchangeable
    const std::vector<Index>& order() const { return order_; }    // which block stands in each place; -1: none

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override { net_.visit(v); }
    std::string_view type() const override { return "OperatedNet"; }

private:
    struct Block {
        Module* module;
        int stage;
        Index in, out, stride;
        ShortcutPath* shortcut;                          // the block's own; of a plain block, option A
    };
    static constexpr Index none = -1;

    void add(Module& block, int stage);

    CifarNet& net_;
    std::vector<Block> blocks_;
    std::vector<std::unique_ptr<ShortcutPath>> shortcuts_;   // of plain blocks
    std::vector<Index> order_;
};

}  // namespace deepen
