// What can batch norm do while the convolution's output is still in cache?
//
// Shapes     x [N,H,W,Cin]   w [kh,kw,Cin,Cout]   scale, shift, running mean and variance [Cout]
// Forward    y = batch_norm(conv2d(x, w)), with whatever batch norm does on the way out: the same to rounding
// Backward   those of the two ops, which are recorded as such
// Choice     In training batch norm needs the moments of all rows before it can touch the first; so the
//            convolution's finished stretches are measured as they come, which saves one pass over memory.
//            In evaluation the moments are known, and where nothing is recorded each stretch is normalised in
//            place, added to the shortcut and cut off by relu before it leaves the cache: three passes less.
//            Note [While it is in cache], conv/algorithm.h
#include "engine/autograd.h"
#include "engine/conv/source.h"
#include "engine/ops.h"
#include "engine/ops/batch_norm.h"

namespace deepen {
namespace {

Shape output_shape(const ConvGeometry& g) { return {g.batch, g.out_height, g.out_width, g.out_channels}; }

}  // namespace

Tensor conv2d_batch_norm(const Tensor& x, const Tensor& w, const ConvOptions& conv, const Tensor& scale,
                         const Tensor& shift, Tensor running_mean, Tensor running_variance,
                         const BatchNormOptions& norm) {
    const Shape shape = output_shape(conv_geometry(x.shape(), w.shape(), conv));
    require_fitting(shape, {&scale, &shift, &running_mean, &running_variance}, norm);
    const Index channels = shape[3];

    if (norm.training) {
        MomentsOfStretches moments(channels);
        const Tensor y = conv2d_reporting(x, w, conv, [&](Real* y, Index begin, Index end) {
            moments.add(begin, y + begin * channels, end - begin);
        });
        return batch_norm_given(moments.merged(), y, scale, shift, running_mean, running_variance, norm);
    }
    if (recording()) {
        return batch_norm(conv2d(x, w, {}, conv), scale, shift, running_mean, running_variance, norm);
    }
    const ChannelLines lines(running_moments(running_mean, running_variance), scale, shift, norm.epsilon);
    const Tensor& s = norm.shortcut;
    const Source source = s.defined() ? Source(s) : Source(nullptr);
    return conv2d_reporting(x, w, conv, [&](Real* y, Index begin, Index end) {
        const Index from = begin * channels;
        Source::Reader read(source);
        const Real* shortcut = s.defined() ? read(from, end * channels) + from : nullptr;
        lines.apply(end - begin, y + from, shortcut, norm.relu, y + from);
    });
}

}  // namespace deepen
