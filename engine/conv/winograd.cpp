// How can a 3x3 convolution need only a quarter of its multiplications?  Winograd's algorithm.
//
// Two neighbouring outputs of a filter share most of their inputs, so computing each on its own
// repeats work.  Winograd's way shares it: F(4x4,3x3) makes a tile of 4x4 outputs at once from the 6x6
// inputs they see.  Done directly that takes 4*4 * 3*3 = 144 multiplications for each pair of an input
// and an output channel; in the right coordinates it is a product element by element of two 6x6
// squares: 36 (winograd_transforms.h says which coordinates).  The transforms cost additions, but they
// are done once for each channel, not for each pair of channels, and so fade as channels grow.
//
//     one axis of x, padded   0 1 2 3 4 5 6 7 8 9         one axis of y   0 1 2 3 4 5 6 7
//     seen by tile 0          * * * * * *                 made by tile 0  * * * *
//     seen by tile 1                  * * * * * *         made by tile 1          * * * *
//
//     +-------+---+-------+
//     |       |   |       |        windows on x overlap         +-------+-------+
//     |   0   |0 1|   1   |        by two pixels            ->  |   0   |   1   |   tiles of y do not
//     |       |   |       |                                     |       |       |
//     +-------+---+-------+                                     +-------+-------+
//
// For one of the 36 elements, all tiles and channels together are a matrix product (a "plane"):
//
//     M[p] = V[p] U[p]     V[p] [tiles,Cin] of transformed inputs, U[p] [Cin,Cout] of transformed filters
//
// Forward      V = B' x B;          M[p] = V[p] U[p];       y = A' M A
// Backward     M = A dy A';         dU[p] = V[p]' M[p];     dw += G' dU G
//                                   dV[p] = M[p] U[p]';     dx += B dV B'     (added: tiles overlap)
//              One transform of dy serves both gradients.
// Saved        nothing but x, which is transformed again: V would be 2.25 times as large, and not fit the cache
// Blocking     tiles go through all steps in blocks of 12 or 24, so that V and M do not leave the
//              cache in between; filters are transformed once per call.  Where U is larger than such
//              a block, several blocks make a round, which passes over U once.  Note [Prefetch]
// Threads      forward by rows of tiles; backward by leaves of pictures (batch_sum.h), so that no two threads add
//              to the same pixel of dx.  Each leaf sums a dU of its own.
// Error        in float 4e-6 of the largest y at 16 channels, 1.2e-5 at 256; by norm, 5 to 11 times
//              im2col's, and of the gradients 9 to 18 times (docs/performance.md)
// Source       Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks", section 4; the
//              backward pass follows from Y = A' [(G g G') . (B' d B)] A being linear in g and in d
#include <numeric>

#include "engine/conv/algorithm.h"
#include "engine/conv/winograd_tiles.h"
#include "engine/error.h"
#include "engine/memory.h"
#include "engine/parallel.h"
#include "engine/prefetch.h"

namespace deepen {
namespace winograd {
namespace {

using simd::load_first;
using simd::store_first;
using simd::whole_vectors;

// Everything that follows from the geometry.
struct Plan {
    Map x, y;
    Pictures batch;
    Index padding;
    Index tile_rows, tile_columns;
    Index in, out;                        // vectors of channels, the last one perhaps not full
    Index round = 0;                      // tiles of a round, a multiple of block_tiles

    Index tiles_per_image() const { return tile_rows * tile_columns; }
    Index tiles() const { return batch.all * tiles_per_image(); }    // of all ranks
    Index filters() const { return planes * filter_plane(in, out); }
};

// A round has as many tiles as make V and M together about as large as U, but leaves enough rounds for
// threads to share.
Index tiles_of_a_round(const Plan& p) {
    const Index balanced = p.in * p.out * lanes / (p.in + p.out), shared = p.tiles() / 8;
    return std::max<Index>(std::min(balanced, shared) / block_tiles, 1) * block_tiles;
}

Plan make_plan(const ConvGeometry& g) {
    ensure(g.kernel_height == 3 && g.kernel_width == 3 && g.stride == 1, "winograd: a kernel of ", g.kernel_height, "x",
           g.kernel_width, " and stride ", g.stride, " came; only 3x3 with stride 1 is ours");
    Plan p{.x = {g.height, g.width, g.in_channels}, .y = {g.out_height, g.out_width, g.out_channels},
           .batch = ranks::pictures_of(g.batch), .padding = g.padding,
           .tile_rows = (g.out_height + 3) / 4, .tile_columns = (g.out_width + 3) / 4,
           .in = whole_vectors(g.in_channels) / lanes, .out = whole_vectors(g.out_channels) / lanes};
    p.round = tiles_of_a_round(p);
    return p;
}

// --- filters -------------------------------------------------------------------------------------

// Where row `k` of a plane [depth,width] has its columns from `column` on (Note [Layout of transformed filters]).
Index in_panel(Index k, Index column, Index depth, Index width) {
    const Index panel = column / panel_width * panel_width, wide = std::min(panel_width, width - panel);
    return panel * depth + k * wide + (column - panel);
}

// U: 36 planes [in,out] in panels, from w [3,3,in,out].  Rows and columns beyond the channels are zero.
void transform_filters(const Real* w, Index in, Index out, Real* u) {
    const Index depth = whole_vectors(in), width = whole_vectors(out);
    const Index plane = filter_plane(depth / lanes, width / lanes);
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

// The same from w with its channel axes exchanged: 36 planes [out,in].
void transform_turned_filters(const Real* w, Index in, Index out, Real* u) {
    Storage turned(9 * in * out);
    Real* const t = turned.data();
    constexpr Index strip = 16;           // input channels at a time: short runs are written, few rows are read
    parallel_for(9, [=](Index tap) {
        for (Index k = 0; k < in; k += strip)
            for (Index o = 0; o < out; ++o)
                for (Index i = k; i < std::min(in, k + strip); ++i)
                    t[(tap * out + o) * in + i] = w[(tap * in + i) * out + o];
    });
    transform_filters(turned.data(), out, in, u);
}

// dw [3,3,in,out] += G' dU G
void add_weight_gradient(const Plan& p, const Real* du, Real* dw) {
    const Index in = p.x.channels, out = p.y.channels, plane = filter_plane(p.in, p.out);
    parallel_ranges(in, 4, [=, &p](Index begin, Index end) {
        for (Index k = begin; k < end; ++k)
            for (Index column = 0; column < out; column += lanes) {
                const int count = int(std::min<Index>(lanes, out - column));
                const Real* from = du + in_panel(k, column, p.in * lanes, p.out * lanes);
                Real* to = dw + k * out + column;
                transform_tile<FilterTransposed>(
                    [=](int i, int j) DEEPEN_LAMBDA { return load(from + (i * 6 + j) * plane); },
                    [=](int i, int j, Vector v) DEEPEN_LAMBDA {
                        Real* g = to + (i * 3 + j) * in * out;
                        store_first(g, load_first(g, count) + v, count);
                    });
            }
    });
}

// --- tiles, a round at a time ----------------------------------------------------------------------

struct Tile {
    Index image, row, column;
};

Tile tile_at(const Plan& p, Index number) {
    const Index image = number / p.tiles_per_image(), rest = number % p.tiles_per_image();
    return {image, rest / p.tile_columns, rest % p.tile_columns};
}

// The 6x6 pixels of x that a tile sees, and the 4x4 pixels of y that it makes.
template <class Pointer>
Window<Pointer> seen(const Plan& p, Pointer x, Pointer spare, Index tile) {
    const Tile t = tile_at(p, tile);
    return window<6>(x, p.x, spare, t.image, 4 * t.row - p.padding, 4 * t.column - p.padding);
}
template <class Pointer>
Window<Pointer> made(const Plan& p, Pointer y, Pointer spare, Index tile) {
    const Tile t = tile_at(p, tile);
    return window<4>(y, p.y, spare, t.image, 4 * t.row, 4 * t.column);
}

// The transformed tiles of a round, in blocks (Note [Layout of transformed tiles]).
struct Blocks {
    Index vectors;                        // of channels
    Real* data;

    static Index size(Index vectors, Index tiles) { return tiles / block_tiles * vectors * vector_stride; }
    Real* tile(Index t) const { return data + t / block_tiles * vectors * vector_stride + t % block_tiles * lanes; }
};

// What a thread needs while it works on rounds, in one block of memory: threads wait for each other to get one.
struct Workspace {
    Index v_size, m_size, row_size;
    Storage room;
    Blocks v, m;
    Real *zeros, *dump;                   // a window's row beyond the map, to read and to write

    explicit Workspace(const Plan& p)
        : v_size(Blocks::size(p.in, p.round)), m_size(Blocks::size(p.out, p.round)),
          row_size(6 * std::max(p.in, p.out) * lanes), room(v_size + m_size + 2 * row_size), v{p.in, room.data()},
          m{p.out, v.data + v_size}, zeros(m.data + m_size), dump(zeros + row_size) {
        std::fill_n(zeros, 2 * row_size, Real(0));
    }
};

// Calls work(plane, tile, count) for each block of each plane, the blocks of a plane one after the
// other: they share its filters.  Meanwhile fetches what lies ahead (Note [Prefetch], prefetch.h).
template <class Work>
void for_planes(Index tiles, Prefetch& ahead, Work work) {
    for (int plane = 0; plane < planes; ++plane) {
        ahead.fetch_part();
        for (Index t = 0; t < tiles; t += block_tiles) work(plane, t, std::min(block_tiles, tiles - t));
    }
}

void forward_round(const Plan& p, const Real* x, const Real* u, Real* y, Index begin, Index end, Prefetch& ahead,
                   Workspace& s) {
    for (Index t = begin; t < end; ++t)
        gather<InputTransform>(seen<const Real*>(p, x, s.zeros, t), p.x.channels, s.v.tile(t - begin));
    for_planes(end - begin, ahead, [&](int plane, Index t, Index count) {
        multiply_plane(s.v.tile(t) + plane * plane_stride, p.in, u + plane * filter_plane(p.in, p.out), p.out,
                       s.m.tile(t) + plane * plane_stride, count);
    });
    for (Index t = begin; t < end; ++t)
        scatter<OutputTransform, false>(s.m.tile(t - begin), made(p, y, s.dump, t), p.y.channels);
}

// What backward is given and gives; `turned` is U with its channel axes exchanged.
struct BackwardMaps {
    const Real *x, *turned, *dy;
    Real *dx, *du;
};

void backward_round(const Plan& p, const BackwardMaps& d, Index begin, Index end, bool first, Prefetch& ahead,
                    Workspace& s) {
    for (Index t = begin; t < end; ++t)
        gather<OutputTransposed>(made<const Real*>(p, d.dy, s.zeros, t), p.y.channels, s.m.tile(t - begin));
    if (d.du) {
        for (Index t = begin; t < end; ++t)
            gather<InputTransform>(seen<const Real*>(p, d.x, s.zeros, t), p.x.channels, s.v.tile(t - begin));
        for_planes(end - begin, ahead, [&](int plane, Index t, Index count) {
            correlate_plane(s.v.tile(t) + plane * plane_stride, p.in, s.m.tile(t) + plane * plane_stride, p.out, count,
                            d.du + plane * filter_plane(p.in, p.out), first && t == 0);
        });
    }
    if (d.dx) {
        for_planes(end - begin, ahead, [&](int plane, Index t, Index count) {
            multiply_plane(s.m.tile(t) + plane * plane_stride, p.out, d.turned + plane * filter_plane(p.out, p.in),
                           p.in, s.v.tile(t) + plane * plane_stride, count);
        });
        for (Index t = begin; t < end; ++t)
            scatter<InputTransposed, true>(s.v.tile(t - begin), seen(p, d.dx, s.dump, t), p.x.channels);
    }
}

// --- the whole -----------------------------------------------------------------------------------

// Worth it where at least a third of the multiplications is saved, which rules out maps that leave most
// of a tile empty, and where channels outnumber what each costs in transforms.
bool suits(const ConvGeometry& g) {
    if (g.kernel_height != 3 || g.kernel_width != 3 || g.stride != 1) return false;
    const Index tiles = make_plan(g).tiles_per_image();
    return 3 * 36 * tiles <= 2 * 9 * g.out_positions() && g.in_channels >= 8 && g.out_channels >= 8;
}

// Filters grow to four times their size when they are transformed: a few tiles, as deep layers have of one
// picture, do not pay for that.
bool pays(const ConvGeometry& g) {
    constexpr Index few = 32;
    return make_plan(g).tiles() >= few;
}

// A strip is a row of tiles: four lines of y, and the six of x that they see.  Strips of all pictures are
// numbered on, so the lines of several in a row lie in memory one after the other.
struct Strips {
    const ConvGeometry& g;
    const Plan& p;

    Index first_line(Index strip) const {
        return strip / p.tile_rows * g.out_height + std::min(4 * (strip % p.tile_rows), g.out_height);
    }
    Index first_seen(Index strip) const { return g.first_seen(first_line(strip)); }
    Index end_seen(Index strip) const { return g.end_seen(first_line(strip + 1) - 1); }

    // As many at a time as stay in a thread's second cache together with what is made of them and with the next;
    // preferably such that their tiles fill whole blocks.  But no fewer than a round has tiles: where channels are
    // many, the filters are what should be read seldom.
    Index at_a_time() const {
        constexpr Index bytes = 96 << 10;
        const Index fitting = bytes / (4 * g.y_line() * Index(sizeof(Real)));
        const Index most = std::max<Index>({1, fitting, p.round / p.tile_columns});
        const Index even = block_tiles / std::gcd(block_tiles, p.tile_columns);
        return most >= even ? most / even * even : most;
    }
    Index rounds(Index strips) const { return (strips * p.tile_columns + p.round - 1) / p.round; }
};

void forward(const ConvGeometry& g, const Input& x, const Real* w, const Output& y) {
    const Plan p = make_plan(g);
    const Strips strips{g, p};
    Storage u(p.filters());
    transform_filters(w, p.x.channels, p.y.channels, u.data());

    const Index at_a_time = strips.at_a_time();
    const Leaves leaves = cut_batch(g, p.tile_rows, at_a_time, 4 * at_a_time, 8);
    parallel_for(leaves.count(), [&](Index leaf) {
        Workspace workspace(p);
        Input::Reader read(x);
        const Index stop = leaves.end(leaf);
        for (Index begin = leaves.begin(leaf), end; begin < stop; begin = end) {
            end = std::min(stop, begin + at_a_time);
            const Real* seen = read(strips.first_seen(begin) * g.x_line(), strips.end_seen(end - 1) * g.x_line());
            Prefetch ahead(strips.rounds(end - begin) * planes);
            if (const Index next = std::min(stop, end + at_a_time); next > end) {
                ahead.add(x.reads(), strips.end_seen(end - 1) * g.x_line(), strips.end_seen(next - 1) * g.x_line());
                const Index y_begin = strips.first_line(end) * g.y_line(), y_end = strips.first_line(next) * g.y_line();
                ahead.add({y.data}, y_begin, y_end);
                ahead.add(y.epilogue.reads, y_begin, y_end);
            }
            const Index last = end * p.tile_columns;
            for (Index t = begin * p.tile_columns; t < last; t += p.round)
                forward_round(p, seen, u.data(), y.data, t, std::min(last, t + p.round), ahead, workspace);
            y.finished(strips.first_line(begin) * g.y_line(), strips.first_line(end) * g.y_line());
        }
    });
}

// The strips begin .. end-1, whole pictures, one range after the other.
void backward_strips(const Strips& strips, const Input& x, const Real* turned, const Input& dy, const Output& dx,
                     Real* du, Index begin, Index end) {
    const ConvGeometry& g = strips.g;
    const Plan& p = strips.p;
    Workspace workspace(p);
    Input::Reader read_x(x), read_dy(dy);
    const Index first = begin;
    Index cleared = strips.first_seen(begin), finished = cleared;
    for (; begin < end; begin += strips.at_a_time()) {
        const Index stop = std::min(end, begin + strips.at_a_time()), last = stop * p.tile_columns;
        const Index from = strips.first_seen(begin), to = strips.end_seen(stop - 1);
        const BackwardMaps maps{
            .x = du ? read_x(from * g.x_line(), to * g.x_line()) : nullptr,
            .turned = turned,
            .dy = read_dy(strips.first_line(begin) * g.y_line(), strips.first_line(stop) * g.y_line()),
            .dx = dx.data,
            .du = du};
        if (dx.data && !dx.add) std::fill(dx.data + cleared * g.x_line(), dx.data + to * g.x_line(), Real(0));
        cleared = to;
        Prefetch ahead(strips.rounds(stop - begin) * planes * (Index(du != nullptr) + Index(dx.data != nullptr)));
        if (const Index next = std::min(end, stop + strips.at_a_time()); next > stop) {
            const Index next_to = strips.end_seen(next - 1);
            if (du) ahead.add(x.reads(), to * g.x_line(), next_to * g.x_line());
            ahead.add(dy.reads(), strips.first_line(stop) * g.y_line(), strips.first_line(next) * g.y_line());
            if (dx.data) ahead.add({dx.data}, to * g.x_line(), next_to * g.x_line());
            if (dx.data) ahead.add(dx.epilogue.reads, to * g.x_line(), next_to * g.x_line());
        }
        for (Index t = begin * p.tile_columns; t < last; t += p.round)
            backward_round(p, maps, t, std::min(last, t + p.round), t == first * p.tile_columns, ahead, workspace);
        // What the next strips do not see is finished.
        const Index untouched = stop == end ? to : strips.first_seen(stop);
        dx.finished(finished * g.x_line(), untouched * g.x_line());
        finished = untouched;
    }
}

void backward(const ConvGeometry& g, const Input& x, const Real* w, const Input& dy, const Output& dx, Real* dw) {
    const Plan p = make_plan(g);
    Storage turned(dx.data ? p.filters() : 0);
    if (dx.data) transform_turned_filters(w, p.x.channels, p.y.channels, turned.data());

    // A leaf has a dU of its own, which is large: it should have enough tiles to pay for that.
    constexpr Index least = 64, enough = 512;
    const Index tiles = p.tiles_per_image();
    const Leaves leaves = cut_batch(g, 1, (least + tiles - 1) / tiles, enough / tiles);
    sum_over_leaves(leaves, 9 * g.in_channels * g.out_channels, dw, [&](Index first, Index last, Real* partial) {
        Storage du(dw ? p.filters() : 0);
        backward_strips({g, p}, x, turned.data(), dy, dx, dw ? du.data() : nullptr, first * p.tile_rows,
                        last * p.tile_rows);
        if (dw) add_weight_gradient(p, du.data(), partial);
    });
}

}  // namespace
}  // namespace winograd

const ConvolutionAlgorithm winograd_convolution = {ConvAlgorithm::winograd, "winograd", winograd::suits,
                                                   winograd::forward, winograd::backward, winograd::pays};

}  // namespace deepen
