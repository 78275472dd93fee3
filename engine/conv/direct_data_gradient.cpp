// Which outputs saw a pixel, and through which weights, when the window moves by more than one?
//
// The gradient with respect to x is a convolution of dy, once for each of the stride*stride *phases* that a pixel
// can have.  With u + padding = stride * A + rho, pixel row u is met by the kernel rows rho, rho + stride, ..., and by
// the k-th of them from line A - k of y; columns likewise.  So all pixels of one phase use the same few weights:
//
//     dx[u,v] += sum over k, l of  dy[A - k, B - l]  w[rho + stride k, sigma + stride l]'
//
//     stride 2, 3x3, one axis      rho = 0: kernel rows 0 and 2        rho = 1: kernel row 1
#include "engine/conv/direct.h"

namespace deepen::direct {
namespace {

// One axis of the pixels of a phase: `first`, first + stride, ..., `count` of them, met by `taps` rows of the kernel.
struct PhaseAxis {
    Index phase, taps, first, count, line;               // line of y that meets `first` by the first tap

    PhaseAxis(Index phase, Index kernel, Index stride, Index padding, Index size)
        : phase(phase), taps(phase < kernel ? (kernel - phase + stride - 1) / stride : 0),
          first((phase + stride - padding % stride) % stride), count((size - first + stride - 1) / stride),
          line((first + padding) / stride) {}
};

Border border_of_dy(const ConvGeometry& g) {
    const Index taps = (g.kernel_width + g.stride - 1) / g.stride;
    return {g.out_height, g.out_width, g.out_channels, taps - 1,
            std::max<Index>(0, (g.width - 1 + g.padding) / g.stride + 1 - g.out_width)};
}

}  // namespace

struct DataGradient::Phase {
    PhaseAxis rows, columns;
    Panels w;
};

DataGradient::DataGradient(const ConvGeometry& g, const Real* w)
    : g_(g), border_(border_of_dy(g)), first_(1 - (g.kernel_height + g.stride - 1) / g.stride),
      last_(std::max(g.out_height, (g.height - 1 + g.padding) / g.stride + 1)) {
    for (Index rho = 0; rho < g.stride; ++rho)
        for (Index sigma = 0; sigma < g.stride; ++sigma) phases_.push_back(phase(w, rho, sigma));
}

DataGradient::~DataGradient() = default;

DataGradient::Phase DataGradient::phase(const Real* w, Index rho, Index sigma) const {
    const PhaseAxis rows(rho, g_.kernel_height, g_.stride, g_.padding, g_.height);
    const PhaseAxis columns(sigma, g_.kernel_width, g_.stride, g_.padding, g_.width);
    const Index C = g_.in_channels, K = g_.out_channels, run = columns.taps * K;
    std::vector<Run> runs;
    for (Index k = 0; k < rows.taps && run > 0; ++k)
        runs.push_back({-k * border_.line() - (columns.taps - 1) * K, run});
    return {rows, columns,
            Panels(C, runs, [=, s = g_.stride, width = g_.kernel_width](const Panels::Part& part, Real* to) {
                for (Index at = part.row; at < part.row + part.depth; ++at, to += part.wide) {
                    const Index k = at / run, l = columns.taps - 1 - at % run / K, out = at % K;
                    const Real* from = w + (((rho + s * k) * width + sigma + s * l) * C + part.column) * K + out;
                    for (Index c = 0; c < part.wide; ++c) to[c] = c < part.count ? from[c * K] : 0;
                }
            })};
}

Index DataGradient::room() const { return (last_ - first_) * border_.line(); }

void DataGradient::of_picture(const Real* dy, Real* dx, bool add, Real* room) const {
    const Index C = g_.in_channels, s = g_.stride;
    const Canvas canvas = make_canvas(border_, dy, first_, last_, room);
    if (!add && (s > g_.kernel_height || s > g_.kernel_width))
        std::fill(dx, dx + g_.picture_size(), Real(0));  // pixels that no output saw
    for (const Phase& p : phases_) {
        if (p.w.runs.empty() || p.rows.count == 0) continue;
        std::vector<Group> groups;
        for (Index a = 0; a < p.rows.count; ++a)
            add_line(groups, canvas.at(p.rows.line + a, p.columns.line), g_.out_channels,
                     dx + (p.rows.first + a * s) * g_.x_line() + p.columns.first * C, s * C, p.columns.count);
        multiply(p.w, groups, g_.out_channels, s * C, add, 0, p.w.panels());
    }
}

}  // namespace deepen::direct
