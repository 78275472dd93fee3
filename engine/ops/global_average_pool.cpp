// How does a feature map become one number per channel?  Global average pooling.
//
// Shapes     x [N,H,W,C]   y [N,C]
// Forward    y[n,c] = mean over i,j of x[n,i,j,c]
// Backward   dx[n,i,j,c] += dy[n,c] / (H W)
// Saved      nothing but sizes
// Source     Lin et al. 2013, "Network in network", section 3.2; the end of every ResNet
#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/parallel.h"

namespace deepen {

Tensor global_average_pool(const Tensor& x) {
    require(x.rank() == 4 && x.size() > 0, "global_average_pool: x has shape ", x.shape(),
            "; it takes pictures (N,H,W,C), not empty.");
    const Index batch = x.shape()[0], area = x.shape()[1] * x.shape()[2], channels = x.shape()[3];
    const Real share = Real(1) / static_cast<Real>(area);
    Tensor y = Tensor::zeros({batch, channels});
    const Real* px = x.data().data();
    Real* py = y.data().data();
    parallel_for(batch, [&](Index n) {
        for (Index i = 0; i < area; ++i)
            for (Index c = 0; c < channels; ++c) py[n * channels + c] += px[(n * area + i) * channels + c];
        for (Index c = 0; c < channels; ++c) py[n * channels + c] *= share;
    });

    return record("global_average_pool", y, {x}, [batch, area, channels, share](Gradients& d) {
        const Real* dy = d.output().data().data();
        Real* dx = d.input(0).data();
        parallel_for(batch, [&](Index n) {
            for (Index i = 0; i < area; ++i)
                for (Index c = 0; c < channels; ++c) dx[(n * area + i) * channels + c] += share * dy[n * channels + c];
        });
    });
}

}  // namespace deepen
