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

constexpr int planes = 36;

struct Map {
    Index height, width, channels;
};

// Everything that follows from the geometry.
struct Plan {
    Map x, y;
    Index batch, padding;
    Index tile_rows, tile_columns;
    Index in, out;                        // channels, rounded up to whole vectors
    Index block;                          // tiles that are worked on together
    Index in_plane, out_plane;            // Reals from one plane of V or M to the next

    Index tiles_per_image() const { return tile_rows * tile_columns; }
    Index filter_plane() const { return in * out; }
};

// Planes start an odd number of cache lines apart: 36 stores at a distance of a power of two would all
// fall into a few sets of the cache.
Index plane_stride(Index tiles, Index channels) {
    const Index line = 64 / Index(sizeof(Real));
    return ((tiles * channels + line - 1) / line | 1) * line;
}

Plan make_plan(const ConvGeometry& g) {
    ensure(g.kernel_height == 3 && g.kernel_width == 3 && g.stride == 1, "winograd: a kernel of ", g.kernel_height, "x",
           g.kernel_width, " and stride ", g.stride, " came; only 3x3 with stride 1 is ours");
    Plan p{.x = {g.height, g.width, g.in_channels}, .y = {g.out_height, g.out_width, g.out_channels},
           .batch = g.batch, .padding = g.padding,
           .tile_rows = (g.out_height + 3) / 4, .tile_columns = (g.out_width + 3) / 4,
           .in = whole_vectors(g.in_channels), .out = whole_vectors(g.out_channels), .block = 24};
    p.in_plane = plane_stride(p.block, p.in);
    p.out_plane = plane_stride(p.block, p.out);
    return p;
}

// --- tiles on maps -------------------------------------------------------------------------------

// A square of pixels, part of which may lie beyond the map's borders.
struct Window {
    Index offset;                         // of its first pixel; negative, perhaps, if that is no pixel of the map
    int top, bottom, left, right;         // rows top .. bottom-1 and columns left .. right-1 are on the map
    bool whole;
};

Window window(const Map& map, Index image, Index row, Index column, int side) {
    Window at;
    at.offset = ((image * map.height + row) * map.width + column) * map.channels;
    at.top = int(std::max<Index>(0, -row)), at.bottom = int(std::min<Index>(side, map.height - row));
    at.left = int(std::max<Index>(0, -column)), at.right = int(std::min<Index>(side, map.width - column));
    at.whole = at.top == 0 && at.left == 0 && at.bottom == side && at.right == side;
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
Window seen(const Plan& p, const Tile& t) {
    return window(p.x, t.image, 4 * t.row - p.padding, 4 * t.column - p.padding, 6);
}
Window made(const Plan& p, const Tile& t) { return window(p.y, t.image, 4 * t.row, 4 * t.column, 4); }

// Pixels of a map -> one row of each of the 36 planes, `stride` apart.  What is not on the map is zero.
template <class T>
void gather(const Real* __restrict map, const Map& size, const Window& at, Real* __restrict plane, Index stride) {
    const Index pixel = size.channels, row = size.width * size.channels;
    for (Index c = 0; c < size.channels; c += lanes) {
        const int count = int(std::min<Index>(lanes, size.channels - c));
        const Real* from = map + c;
        Real* to = plane + c;
        const auto write = [=](int i, int j, Vector v) DEEPEN_LAMBDA { store(to + (i * 6 + j) * stride, v); };
        if (at.whole && count == lanes) {
            from += at.offset;
            transform_tile<T>([=](int i, int j) DEEPEN_LAMBDA { return load(from + i * row + j * pixel); }, write);
        } else {
            transform_tile<T>([=](int i, int j) DEEPEN_LAMBDA {
                if (i < at.top || i >= at.bottom || j < at.left || j >= at.right) return Vector{};
                return load_first(from + (at.offset + i * row + j * pixel), count);
            }, write);
        }
    }
}

// One row of each of the 36 planes -> pixels of a map, written or, if `add`, added.  What is not on the map is dropped.
template <class T, bool add>
void scatter(const Real* __restrict plane, Index stride, Real* __restrict map, const Map& size, const Window& at) {
    const Index pixel = size.channels, row = size.width * size.channels;
    for (Index c = 0; c < size.channels; c += lanes) {
        const int count = int(std::min<Index>(lanes, size.channels - c));
        const Real* from = plane + c;
        Real* to = map + c;
        const auto read = [=](int i, int j) DEEPEN_LAMBDA { return load(from + (i * 6 + j) * stride); };
        if (at.whole && count == lanes) {
            to += at.offset;
            transform_tile<T>(read, [=](int i, int j, Vector v) DEEPEN_LAMBDA {
                Real* y = to + (i * row + j * pixel);
                store(y, add ? load(y) + v : v);
            });
        } else {
            transform_tile<T>(read, [=](int i, int j, Vector v) DEEPEN_LAMBDA {
                if (i < at.top || i >= at.bottom || j < at.left || j >= at.right) return;
                Real* y = to + (at.offset + i * row + j * pixel);
                store_first(y, add ? load_first(y, count) + v : v, count);
            });
        }
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
    const Index depth = whole_vectors(in), width = whole_vectors(out), plane = depth * width;
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
    const Index in = p.x.channels, out = p.y.channels, plane = p.filter_plane();
    parallel_ranges(in, 4, [=, &p](Index begin, Index end) {
        for (Index k = begin; k < end; ++k)
            for (Index column = 0; column < out; column += lanes) {
                const int count = int(std::min<Index>(lanes, out - column));
                const Real* from = du + in_panel(k, column, p.in, p.out);
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

void forward_block(const Plan& p, const Real* x, const Real* u, Real* y, Index begin, Index end, Real* v, Real* m) {
    for (Index t = begin; t < end; ++t)
        gather<InputTransform>(x, p.x, seen(p, tile_at(p, t)), v + (t - begin) * p.in, p.in_plane);
    for (int plane = 0; plane < planes; ++plane)
        multiply_plane(v + plane * p.in_plane, p.in, u + plane * p.filter_plane(), p.in, m + plane * p.out_plane, p.out,
                       end - begin);
    for (Index t = begin; t < end; ++t)
        scatter<OutputTransform, false>(m + (t - begin) * p.out, p.out_plane, y, p.y, made(p, tile_at(p, t)));
}

void forward(const ConvGeometry& g, const Real* x, const Real* w, Real* y) {
    const Plan p = make_plan(g);
    Storage u(planes * p.filter_plane());
    transform_filters(w, p.x.channels, p.y.channels, u.data());

    const Index tiles = p.batch * p.tiles_per_image(), blocks = (tiles + p.block - 1) / p.block;
    parallel_ranges(blocks, blocks / 64 + 1, [&](Index begin, Index end) {
        Storage v(planes * p.in_plane), m(planes * p.out_plane);
        for (Index block = begin; block < end; ++block)
            forward_block(p, x, u.data(), y, block * p.block, std::min(tiles, (block + 1) * p.block), v.data(), m.data());
    });
}

struct Gradients {
    const Real *x, *dy, *u_transposed;
    Real *dx, *du;
};

void backward_block(const Plan& p, const Gradients& d, Index begin, Index end, bool fresh, Real* v, Real* m) {
    for (Index t = begin; t < end; ++t)
        gather<OutputGradient>(d.dy, p.y, made(p, tile_at(p, t)), m + (t - begin) * p.out, p.out_plane);
    if (d.du) {
        for (Index t = begin; t < end; ++t)
            gather<InputTransform>(d.x, p.x, seen(p, tile_at(p, t)), v + (t - begin) * p.in, p.in_plane);
        for (int plane = 0; plane < planes; ++plane)
            correlate_plane(v + plane * p.in_plane, p.in, m + plane * p.out_plane, p.out, end - begin,
                            d.du + plane * p.filter_plane(), fresh);
    }
    if (d.dx) {
        for (int plane = 0; plane < planes; ++plane)
            multiply_plane(m + plane * p.out_plane, p.out, d.u_transposed + plane * p.filter_plane(), p.out,
                           v + plane * p.in_plane, p.in, end - begin);
        for (Index t = begin; t < end; ++t)
            scatter<InputGradient, true>(v + (t - begin) * p.in, p.in_plane, d.dx, p.x, seen(p, tile_at(p, t)));
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

    Storage u(dx ? planes * p.filter_plane() : 0), turned(dx ? 9 * p.x.channels * p.y.channels : 0);
    if (dx) {
        exchange_channels(w, p.x.channels, p.y.channels, turned.data());
        transform_filters(turned.data(), p.y.channels, p.x.channels, u.data());
    }
    Storage du(dw ? groups * planes * p.filter_plane() : 0);

    parallel_for(groups, [&](Index group) {
        Storage v(planes * p.in_plane), m(planes * p.out_plane);
        const Gradients d{x, dy, u.data(), dx, dw ? du.data() + group * planes * p.filter_plane() : nullptr};
        const Index first = group * p.batch / groups * p.tiles_per_image();
        const Index last = (group + 1) * p.batch / groups * p.tiles_per_image();
        for (Index t = first; t < last; t += p.block)
            backward_block(p, d, t, std::min(last, t + p.block), t == first, v.data(), m.data());
    });
    if (dw) add_filter_gradient(p, du.data(), groups, dw);
}

}  // namespace
}  // namespace winograd

const ConvolutionAlgorithm winograd_convolution = {ConvAlgorithm::winograd, "winograd", winograd::suits, winograd::forward,
                                                   winograd::backward};

}  // namespace deepen
