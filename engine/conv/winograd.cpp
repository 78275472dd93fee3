// Can a 3x3 convolution be had for a quarter of its multiplications?
//
// Yes: Winograd's F(4x4,3x3) makes 4x4 outputs from 6x6 inputs with 36 multiplications instead of
// 4*4 * 3*3 = 144 (winograd_transforms.h).  What is left per plane is a small matrix product over channels
// (winograd_products.h); this file cuts maps into tiles and tiles into blocks that stay in the cache.
#include "engine/conv/algorithm.h"
#include "engine/conv/winograd_products.h"
#include "engine/conv/winograd_transforms.h"
#include "engine/error.h"
#include "engine/memory.h"
#include "engine/parallel.h"

namespace deepen {
namespace winograd {
namespace {

using simd::load_first;
using simd::store_first;
using simd::whole_vectors;

// Reals from one plane of transformed filters to the next; `in` and `out` count groups of channels.
Index filter_plane(Index in, Index out) { return in * out * lanes * lanes + cache_line; }

struct Map {
    Index height, width, channels;
};

// Everything that follows from the geometry.
struct Plan {
    Map x, y;
    Index batch, padding;
    Index tile_rows, tile_columns;
    Index in, out;                        // groups of channels, the last one perhaps not full

    Index tiles_per_image() const { return tile_rows * tile_columns; }
};

Plan make_plan(const ConvGeometry& g) {
    ensure(g.kernel_height == 3 && g.kernel_width == 3 && g.stride == 1, "winograd: a kernel of ", g.kernel_height, "x",
           g.kernel_width, " and stride ", g.stride, " came; only 3x3 with stride 1 is ours");
    return {.x = {g.height, g.width, g.in_channels}, .y = {g.out_height, g.out_width, g.out_channels},
            .batch = g.batch, .padding = g.padding,
            .tile_rows = (g.out_height + 3) / 4, .tile_columns = (g.out_width + 3) / 4,
            .in = whole_vectors(g.in_channels) / lanes, .out = whole_vectors(g.out_channels) / lanes};
}

// --- tiles on maps -------------------------------------------------------------------------------

// A square of pixels, part of which may lie beyond the map's borders.  A template over the pointer,
// because maps are read and written.
template <class Pointer>
struct Window {
    Pointer rows[6];                      // at column 0 of the window; rows beyond the map share one spare row
    int left, right;                      // columns left .. right-1 are on the map
};

template <int side, class Pointer>
DEEPEN_INLINE Window<Pointer> window(Pointer map, const Map& size, Pointer spare, Index image, Index row, Index column) {
    Window<Pointer> at;
    for (int i = 0; i < side; ++i) {
        const bool inside = row + i >= 0 && row + i < size.height;
        at.rows[i] = inside ? map + ((image * size.height + row + i) * size.width + column) * size.channels : spare;
    }
    at.left = int(std::max<Index>(0, -column)), at.right = int(std::min<Index>(side, size.width - column));
    return at;
}

struct Tile {
    Index image, row, column;
};

Tile tile_at(const Plan& p, Index number) {
    const Index image = number / p.tiles_per_image(), rest = number % p.tiles_per_image();
    return {image, rest / p.tile_columns, rest % p.tile_columns};
}

// The 6x6 pixels of x that a tile sees, and the 4x4 pixels of y that it makes.
template <class Pointer>
Window<Pointer> seen(const Plan& p, Pointer x, Pointer spare, Index number) {
    const Tile t = tile_at(p, number);
    return window<6>(x, p.x, spare, t.image, 4 * t.row - p.padding, 4 * t.column - p.padding);
}
template <class Pointer>
Window<Pointer> made(const Plan& p, Pointer y, Pointer spare, Index number) {
    const Tile t = tile_at(p, number);
    return window<4>(y, p.y, spare, t.image, 4 * t.row, 4 * t.column);
}

// Pixels of a map -> one vector in each of the 36 planes.  Columns beyond the map are zero.
template <class T>
void gather(const Window<const Real*>& at, Index channels, Real* __restrict planes) {
    for (Index c = 0; c < channels; c += lanes, planes += group_stride) {
        const int count = int(std::min<Index>(lanes, channels - c));
        const auto write = [=](int i, int j, Vector v) DEEPEN_LAMBDA { store(planes + (i * 6 + j) * plane_stride, v); };
        if (at.left == 0 && at.right == T::from && count == lanes)
            transform_tile<T>([=, &at](int i, int j) DEEPEN_LAMBDA { return load(at.rows[i] + (c + j * channels)); }, write);
        else
            transform_tile<T>([=, &at](int i, int j) DEEPEN_LAMBDA {
                if (j < at.left || j >= at.right) return Vector{};
                return load_first(at.rows[i] + (c + j * channels), count);
            }, write);
    }
}

// One vector of each of the 36 planes -> pixels of a map, written or, if `add`, added.  Columns beyond the map are dropped.
template <class T, bool add>
void scatter(const Real* __restrict planes, const Window<Real*>& at, Index channels) {
    for (Index c = 0; c < channels; c += lanes, planes += group_stride) {
        const int count = int(std::min<Index>(lanes, channels - c));
        const auto read = [=](int i, int j) DEEPEN_LAMBDA { return load(planes + (i * 6 + j) * plane_stride); };
        if (at.left == 0 && at.right == T::to && count == lanes)
            transform_tile<T>(read, [=, &at](int i, int j, Vector v) DEEPEN_LAMBDA {
                Real* pixel = at.rows[i] + (c + j * channels);
                store(pixel, add ? load(pixel) + v : v);
            });
        else
            transform_tile<T>(read, [=, &at](int i, int j, Vector v) DEEPEN_LAMBDA {
                if (j < at.left || j >= at.right) return;
                Real* pixel = at.rows[i] + (c + j * channels);
                store_first(pixel, add ? load_first(pixel, count) + v : v, count);
            });
    }
}

// --- filters -------------------------------------------------------------------------------------

// Where row `k` of a filter plane [depth,width] has its columns from `column` on (panels, see winograd_products.h).
Index in_panel(Index k, Index column, Index depth, Index width) {
    const Index panel = column / panel_width * panel_width, wide = std::min(panel_width, width - panel);
    return panel * depth + k * wide + (column - panel);
}

// U: 36 planes [in,out] in panels, from w [3,3,in,out].  Rows and columns beyond the channels are zero.
void transform_filters(const Real* w, Index in, Index out, Real* u) {
    const Index depth = whole_vectors(in), width = whole_vectors(out), plane = filter_plane(depth / lanes, width / lanes);
    parallel_ranges(depth, 16, [=](Index begin, Index end) {
        for (Index k = begin; k < end; ++k)
            for (Index column = 0; column < width; column += lanes) {
                const int count = k < in ? int(std::min<Index>(lanes, out - column)) : 0;
                const Real* from = w + std::min(k, in - 1) * out + column;
                Real* to = u + in_panel(k, column, depth, width);
                transform_tile<FilterTransform>(
                    [=](int i, int j) DEEPEN_LAMBDA { return load_first(from + (i * 3 + j) * in * out, count); },
                    [=](int i, int j, Vector v) DEEPEN_LAMBDA { store(to + (i * 6 + j) * plane, v); });
            }
    });
}

// dw [3,3,in,out] += G' dU G, dU being the sum of `groups` partial ones.
void add_filter_gradient(const Plan& p, const Real* du, Index groups, Real* dw) {
    const Index in = p.x.channels, out = p.y.channels, plane = filter_plane(p.in, p.out);
    parallel_ranges(in, 4, [=, &p](Index begin, Index end) {
        for (Index k = begin; k < end; ++k)
            for (Index column = 0; column < out; column += lanes) {
                const int count = int(std::min<Index>(lanes, out - column));
                const Real* from = du + in_panel(k, column, p.in * lanes, p.out * lanes);
                Real* to = dw + k * out + column;
                transform_tile<FilterGradient>(
                    [=](int i, int j) DEEPEN_LAMBDA {
                        Vector sum{};
                        for (Index group = 0; group < groups; ++group)
                            sum += load(from + (group * planes + i * 6 + j) * plane);
                        return sum;
                    },
                    [=](int i, int j, Vector v) DEEPEN_LAMBDA {
                        Real* g = to + (i * 3 + j) * in * out;
                        store_first(g, load_first(g, count) + v, count);
                    });
            }
    });
}

// --- the whole -----------------------------------------------------------------------------------

bool suits(const ConvGeometry& g) {
    return g.kernel_height == 3 && g.kernel_width == 3 && g.stride == 1 && g.in_channels >= 8 && g.out_channels >= 8;
}

// What one thread works on at a time.
struct Block {
    Storage v, m;                         // transformed inputs, transformed outputs
    Storage zeros, dump;                  // a window's row beyond the map, to read and to write

    explicit Block(const Plan& p)
        : v(p.in * group_stride), m(p.out * group_stride), zeros(6 * std::max(p.x.channels, p.y.channels)),
          dump(zeros.size()) {
        std::fill_n(zeros.data(), zeros.size(), Real(0));
        std::fill_n(dump.data(), dump.size(), Real(0));
    }
};

void forward_block(const Plan& p, const Real* x, const Real* u, Real* y, Index begin, Index end, Block& b) {
    Real *v = b.v.data(), *m = b.m.data();
    for (Index t = begin; t < end; ++t)
        gather<InputTransform>(seen<const Real*>(p, x, b.zeros.data(), t), p.x.channels, v + (t - begin) * lanes);
    for (int plane = 0; plane < planes; ++plane)
        multiply_plane(v + plane * plane_stride, p.in, u + plane * filter_plane(p.in, p.out), p.out, m + plane * plane_stride,
                       end - begin);
    for (Index t = begin; t < end; ++t)
        scatter<OutputTransform, false>(m + (t - begin) * lanes, made(p, y, b.dump.data(), t), p.y.channels);
}

void forward(const ConvGeometry& g, const Real* x, const Real* w, Real* y) {
    const Plan p = make_plan(g);
    Storage u(planes * filter_plane(p.in, p.out));
    transform_filters(w, p.x.channels, p.y.channels, u.data());

    const Index tiles = p.batch * p.tiles_per_image(), blocks = (tiles + block_tiles - 1) / block_tiles;
    parallel_ranges(blocks, blocks / 64 + 1, [&](Index begin, Index end) {
        Block scratch(p);
        for (Index block = begin; block < end; ++block)
            forward_block(p, x, u.data(), y, block * block_tiles, std::min(tiles, (block + 1) * block_tiles), scratch);
    });
}

struct Gradients {
    const Real *x, *dy, *u_transposed;
    Real *dx, *du;
};

void backward_block(const Plan& p, const Gradients& d, Index begin, Index end, bool fresh, Block& b) {
    Real *v = b.v.data(), *m = b.m.data();
    for (Index t = begin; t < end; ++t)
        gather<OutputGradient>(made<const Real*>(p, d.dy, b.zeros.data(), t), p.y.channels, m + (t - begin) * lanes);
    if (d.du) {
        for (Index t = begin; t < end; ++t)
            gather<InputTransform>(seen<const Real*>(p, d.x, b.zeros.data(), t), p.x.channels, v + (t - begin) * lanes);
        for (int plane = 0; plane < planes; ++plane)
            correlate_plane(v + plane * plane_stride, p.in, m + plane * plane_stride, p.out, end - begin,
                            d.du + plane * filter_plane(p.in, p.out), fresh);
    }
    if (d.dx) {
        for (int plane = 0; plane < planes; ++plane)
            multiply_plane(m + plane * plane_stride, p.out, d.u_transposed + plane * filter_plane(p.in, p.out), p.in,
                           v + plane * plane_stride, end - begin);
        for (Index t = begin; t < end; ++t)
            scatter<InputGradient, true>(v + (t - begin) * lanes, seen(p, d.dx, b.dump.data(), t), p.x.channels);
    }
}

// w [3,3,in,out] with its channel axes exchanged.
void exchange_channels(const Real* w, Index in, Index out, Real* exchanged) {
    for (Index tap = 0; tap < 9; ++tap)
        for (Index k = 0; k < in; ++k)
            for (Index o = 0; o < out; ++o) exchanged[(tap * out + o) * in + k] = w[(tap * in + k) * out + o];
}

void backward(const ConvGeometry& g, const Real* x, const Real* w, const Real* dy, Real* dx, Real* dw) {
    const Plan p = make_plan(g);
    const Index tiles = p.batch * p.tiles_per_image();
    const Index groups = std::min({std::max<Index>(tiles / 64, 1), p.batch, Index(16)});

    Storage u(dx ? planes * filter_plane(p.in, p.out) : 0), turned(dx ? 9 * p.x.channels * p.y.channels : 0);
    if (dx) {
        exchange_channels(w, p.x.channels, p.y.channels, turned.data());
        transform_filters(turned.data(), p.y.channels, p.x.channels, u.data());
    }
    Storage du(dw ? groups * planes * filter_plane(p.in, p.out) : 0);

    parallel_for(groups, [&](Index group) {
        Block scratch(p);
        const Gradients d{x, dy, u.data(), dx, dw ? du.data() + group * planes * filter_plane(p.in, p.out) : nullptr};
        const Index first = group * p.batch / groups * p.tiles_per_image();
        const Index last = (group + 1) * p.batch / groups * p.tiles_per_image();
        for (Index t = first; t < last; t += block_tiles)
            backward_block(p, d, t, std::min(last, t + block_tiles), t == first, scratch);
    });
    if (dw) add_filter_gradient(p, du.data(), groups, dw);
}

}  // namespace
}  // namespace winograd

const ConvolutionAlgorithm winograd_convolution = {ConvAlgorithm::winograd, "winograd", winograd::suits, winograd::forward,
                                                   winograd::backward};

}  // namespace deepen
