// What does a shortcut do to its input?
//
// The shortcut carries a block's input x past its layers, so that they learn only a correction:
//
//     y = relu(F(x) + shortcut(x))       the sum: He et al. 2015, equations (1) and (2); the relu: section 3.2
//
// Where F keeps the shape, the shortcut can be x itself.  Where F halves the maps and doubles the
// channels, x has to be made to fit, and the paper compares ways to do so (section 4.1):
//
//            where F keeps the shape      where F changes it
//     none    no shortcut                  no shortcut: the plain net
//     A       x                            every second pixel, new channels zero: no parameters
//     B       x                            a 1x1 convolution with F's stride, batch norm
//     C       1x1 convolution, batch norm  the same as B
#pragma once

#include <optional>

#include "layers/layers.h"

namespace deepen {

enum class Shortcut { none, A, B, C };

Shortcut parse_shortcut(const std::string& name);        // "none", "A", "B", "C"; refuses others
std::string_view name_of(Shortcut shortcut);

struct ShortcutOptions {
    Shortcut kind;
    Index in_channels, out_channels, stride;
    bool norm = true;                                    // false: a projection without batch norm (preactivation.h)
    bool normalise = true;                               // false: with its scale and shift alone (layers.h)
};

// x [N,H,W,in] -> [N,ceil(H/stride),ceil(W/stride),out].  Not to be asked for where kind is none.
class ShortcutPath : public Module {
public:
    explicit ShortcutPath(ShortcutOptions options);

    Tensor forward(const Tensor& x) override;
    void visit(Visitor& v) override;
    std::string_view type() const override { return "Shortcut"; }
    bool has_parameters() const { return convolution_.has_value(); }

private:
    ShortcutOptions options_;
    std::optional<Conv2d> convolution_;   // torchvision's "downsample.0" and "downsample.1"
    std::optional<BatchNorm2d> norm_;     // where options_.norm
};

}  // namespace deepen
