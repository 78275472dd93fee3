// How does a convolution become a matrix product?
//
// Write the kh*kw*Cin inputs that one output place sees as a row, its *patch*.  All outputs are then
//
//     Y [places, Cout]  =  P [places, kh*kw*Cin]  x  W [kh*kw*Cin, Cout]
//
// and W is the filter as it lies in memory.  For a 3x3 filter on a 4x4 picture, padding 1:
//
//     picture        patch of place (0,0): rows -1..1, columns -1..1, outside = 0
//     a b c d        [ 0 0 0 | 0 a b | 0 e f ]
//     e f g h        patch of place (0,1)
//     i j k l        [ 0 0 0 | a b c | e f g ]
//     m n o p        ...
//
// P repeats every input up to kh*kw times, so it is never made whole: a block of places at a time,
// small enough to stay in cache between its making and its use.  Channels are innermost, so the
// part of a patch that lies in one row of the picture is one contiguous copy.
//
// Backward, by the product rule of matrices:
//
//     dW += P' dY                              ' is the transpose
//     dP  = dY W',  and each row of dP is added back to where it was copied from ("col2im")
//
// Source: Chellapilla, Puri and Simard 2006, "High performance convolutional neural networks for
// document processing", section 4.
#include <algorithm>

#include "engine/blas.h"
#include "engine/conv/algorithm.h"

namespace deepen {
namespace {

// As many lines of y (geometry.h) as have patches of about 256 KiB: half of a common L2 cache.
Index lines_per_block(const ConvGeometry& g) {
    const Index bytes_per_line = g.out_width * g.patch_size() * static_cast<Index>(sizeof(Real));
    return std::max<Index>(1, (256 << 10) / bytes_per_line);
}

// Walks the patches of lines begin .. end-1 of y, one row of the kernel after the other: a run.  The part of a run that
// is inside the picture is reported as inside(patch offset, x offset, length), and each part that is outside as
// outside(patch offset, length).
template <class Inside, class Outside>
void for_each_run(const ConvGeometry& g, Index begin, Index end, Inside inside, Outside outside) {
    const Index channels = g.in_channels, run = g.kernel_width * channels;
    Index patch = 0;
    for (Index line = begin; line < end; ++line) {
        const Index n = line / g.out_height, i = line % g.out_height;
        for (Index j = 0; j < g.out_width; ++j) {
            const Index left = j * g.stride - g.padding;
            const Index first = std::clamp<Index>(left, 0, g.width);
            const Index last = std::clamp<Index>(left + g.kernel_width, first, g.width);
            const Index skipped = std::min((first - left) * channels, run), length = (last - first) * channels;
            for (Index r = 0; r < g.kernel_height; ++r, patch += run) {
                const Index row = i * g.stride + r - g.padding;
                if (row < 0 || row >= g.height || length == 0) {
                    outside(patch, run);
                    continue;
                }
                if (skipped) outside(patch, skipped);
                inside(patch + skipped, ((n * g.height + row) * g.width + first) * channels, length);
                if (skipped + length < run) outside(patch + skipped + length, run - skipped - length);
            }
        }
    }
}

void gather(const ConvGeometry& g, Index begin, Index end, const Real* __restrict x, Real* __restrict patches) {
    for_each_run(
        g, begin, end, [=](Index p, Index from, Index length) { std::copy(x + from, x + from + length, patches + p); },
        [=](Index p, Index length) { std::fill(patches + p, patches + p + length, Real(0)); });
}

void scatter_add(const ConvGeometry& g, Index begin, Index end, const Real* __restrict dpatches, Real* __restrict dx) {
    for_each_run(
        g, begin, end,
        [=](Index p, Index to, Index length) {
            for (Index i = 0; i < length; ++i) dx[to + i] += dpatches[p + i];
        },
        [](Index, Index) {});
}

// The part of x that lines begin .. end-1 of y see.
const Real* read_seen(const ConvGeometry& g, Input::Reader& read, Index begin, Index end) {
    return read(g.first_seen(begin) * g.x_line(), g.end_seen(end - 1) * g.x_line());
}

void forward(const ConvGeometry& g, const Input& x, const Real* w, const Output& y) {
    const Index patch = g.patch_size(), channels = g.out_channels;
    const Leaves lines = cut_batch(g, g.out_height, (lines_per_block(g) + 1) / 2);
    parallel_for(lines.count(), [&](Index leaf) {
        const Index begin = lines.begin(leaf), end = lines.end(leaf);
        const Index places = (end - begin) * g.out_width;
        Storage patches(places * patch);
        Input::Reader read(x);
        gather(g, begin, end, read_seen(g, read, begin, end), patches.data());
        gemm(false, false, places, channels, patch, 1, patches.data(), patch, w, channels, 0,
             y.data + begin * g.y_line(), channels);
        y.finished(begin * g.y_line(), end * g.y_line());
    });
}

// Leaves of whole pictures, because the patches of neighbouring lines overlap in dx.
void backward(const ConvGeometry& g, const Input& x, const Real* w, const Input& dy, const Output& dx, Real* dw) {
    const Index patch = g.patch_size(), channels = g.out_channels, block = lines_per_block(g);
    sum_over_leaves(weight_leaves(g), patch * channels, dw, [&](Index first, Index last, Real* partial) {
        Storage patches(block * g.out_width * patch);
        Input::Reader read_x(x), read_dy(dy);
        const Index dx_begin = first * g.picture_size(), dx_end = last * g.picture_size();
        if (dx.data && !dx.add) std::fill(dx.data + dx_begin, dx.data + dx_end, Real(0));
        for (Index begin = first * g.out_height; begin < last * g.out_height; begin += block) {
            const Index end = std::min(begin + block, last * g.out_height);
            const Index places = (end - begin) * g.out_width;
            const Real* dy_block = read_dy(begin * g.y_line(), end * g.y_line()) + begin * g.y_line();
            if (dw) {
                gather(g, begin, end, read_seen(g, read_x, begin, end), patches.data());
                gemm(true, false, patch, channels, places, 1, patches.data(), patch, dy_block, channels, 1, partial,
                     channels);
            }
            if (dx.data) {
                gemm(false, true, places, patch, channels, 1, dy_block, channels, w, channels, 0, patches.data(),
                     patch);
                scatter_add(g, begin, end, patches.data(), dx.data);
            }
        }
        dx.finished(dx_begin, dx_end);
    });
}

}  // namespace

const ConvolutionAlgorithm im2col_convolution{ConvAlgorithm::im2col, "im2col", [](const ConvGeometry&) { return true; },
                                              forward, backward};

}  // namespace deepen
