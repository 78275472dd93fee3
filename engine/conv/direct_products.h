// How does a matrix product read a picture where it lies?
//
// im2col copies every patch into a row of a matrix, because BLAS wants one.  But with channels innermost the
// part of a patch that lies in one row of the picture already is contiguous: a *run* of kw*C numbers.  So a
// product of our own can walk through the patches in place, a run at a time, and nothing is copied:
//
//     y [positions, width] (+)= sum over runs of  x[position + run] [positions, length]  w[run] [length, width]
//
// As in winograd_products.h, the sums of a register block stay in registers while the runs are walked: here a
// few *groups* of neighbouring positions, `step` apart in x, by two vectors of output channels.  Each step
// multiplies as many scalars of x, copied into all lanes, with two vectors of w.  Places of a group need
// only one address between them, so that the addresses fit into registers as well.
//
// The same block computes the data gradient, which is a convolution of dy; `correlate_positions` the weight gradient.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "engine/memory.h"
#include "engine/parallel.h"
#include "engine/simd.h"

namespace deepen::direct {

using simd::lanes;
using simd::load;
using simd::load_first;
using simd::store_first;
using simd::Vector;

inline constexpr int block_groups = 3;
inline constexpr int group_positions = simd::registers == 32 ? 4 : 2;    // 24 sums in 32 registers, 12 in 16
inline constexpr Index panel_width = 2 * lanes;

// Where a run begins, seen from a position, and how long it is.
struct Run {
    Index offset, length;
};

// A group of positions: the first one's address in x and in y.  At the end of a line a group overlaps the one before;
// its first `skip` positions have been done, and their y is not touched.
struct Group {
    const Real* x;
    Real* y;
    int skip = 0;
};

// A product's second factor [depth,width] in panels of two vectors, whose columns beyond the width are zero.  Runs
// are cut into pieces of a bounded depth: the part of x that a range of positions has of a piece, and a panel of it,
// stay in cache together (Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication").
//
// Where many ranges read a panel, all are packed once, beforehand.  Where there is one range, as for a single
// picture, the weights are more than the maps, and packed they would go out to memory and come back: so whoever
// multiplies packs a panel just before, and the next is fetched meanwhile (Note [Prefetch], prefetch.h).
class Panels {
public:
    struct Piece {
        std::size_t first_run, end_run;
        Index first_row, depth;
    };
    // `depth` rows of a panel, from `row` on: `count` numbers of each, from `column` on, and zeros up to `wide`,
    // which is one vector or two.
    struct Part {
        Index row, depth, column, count, wide;
    };
    using Write = std::function<void(const Part& part, Real* to)>;

    Index width;
    std::vector<Run> runs;
    std::vector<Piece> pieces;

    // Packed beforehand by `write`.
    Panels(Index width, const std::vector<Run>& whole_runs, const Write& write);
    // Of a factor that lies at `rows` [depth,width], packed beforehand or not.
    Panels(Index width, const std::vector<Run>& whole_runs, const Real* rows, bool beforehand);

    Index panels() const { return (width + panel_width - 1) / panel_width; }

    // Where a panel lies; `room` has space for one that has to be packed first.
    const Real* panel(const Piece& piece, Index panel, Real* room) const {
        if (packed_) return address(piece, panel);
        copy_rows(part(piece, panel), room);
        return room;
    }
    Index room() const { return packed_ ? 0 : deepest * panel_width; }

    // Where a panel lies that has yet to be packed, row by row `width` apart; null if it need not be.
    const Real* unpacked(const Piece& piece, Index panel) const {
        return packed_ ? nullptr : rows_ + piece.first_row * width + panel * panel_width;
    }

private:
    static constexpr Index deepest = 512;

    Index whole_width() const { return simd::whole_vectors(width); }
    Real* address(const Piece& piece, Index panel) const {
        return packed_->data() + piece.first_row * whole_width() + panel * panel_width * piece.depth;
    }
    Part part(const Piece& piece, Index panel) const {
        const Index column = panel * panel_width, count = std::min(panel_width, width - column);
        return {piece.first_row, piece.depth, column, count, simd::whole_vectors(count)};
    }
    Index cut(const std::vector<Run>& whole_runs);                       // gives the depth
    void pack(Index depth, const Write& write);
    void copy_rows(const Part& part, Real* to) const {
        const Real* from = rows_ + part.row * width + part.column;
        for (Index k = 0; k < part.depth; ++k, from += width)
            for (Index c = 0; c < part.wide; c += lanes, to += lanes)
                simd::store(to, load_first(from + c, int(std::min<Index>(lanes, part.count - c))));
    }

    const Real* rows_ = nullptr;
    std::unique_ptr<Storage> packed_;
};

inline Panels::Panels(Index width, const std::vector<Run>& whole_runs, const Write& write) : width(width) {
    pack(cut(whole_runs), write);
}

inline Panels::Panels(Index width, const std::vector<Run>& whole_runs, const Real* rows, bool beforehand)
    : width(width), rows_(rows) {
    const Index depth = cut(whole_runs);
    if (beforehand) pack(depth, [this](const Part& part, Real* to) { copy_rows(part, to); });
}

inline Index Panels::cut(const std::vector<Run>& whole_runs) {
    Index rows = 0;
    for (Run run : whole_runs)
        for (Index left = run.length; left > 0; left -= deepest) {
            const Index length = std::min(left, deepest);
            if (pieces.empty() || pieces.back().depth + length > deepest)
                pieces.push_back({runs.size(), runs.size(), rows, 0});
            runs.push_back({run.offset + run.length - left, length});
            pieces.back().end_run = runs.size(), pieces.back().depth += length, rows += length;
        }
    return rows;
}

inline void Panels::pack(Index depth, const Write& write) {
    packed_ = std::make_unique<Storage>(depth * whole_width());
    parallel_for(Index(pieces.size()) * panels(), [&](Index number) {
        const Piece& piece = pieces[number / panels()];
        write(part(piece, number % panels()), address(piece, number % panels()));
    });
}

// Everything else that a block has to know.  `w` holds [length,columns] vectors for one run after the other.
struct Product {
    const Run *runs, *runs_end;
    const Real* w;
    Index x_step, y_step;                 // from one position of a group to the next
    bool add;                             // to y, rather than write it
    const Real* ahead = nullptr;          // a cache line to fetch with each step, `ahead_step` apart; who fetches
    Index ahead_step = 0;                 // beyond a matrix's end gets nothing, and does no harm
};

// One to three groups of positions by `columns` vectors of y from `column` on, the last with `count` channels.
template <int size, int columns, bool fetch>
void multiply_block(const Product& p, const Group* groups, Index column, int count) {
    constexpr int n = group_positions;
    Vector sum[size][n][columns];
    const auto for_sums = [&](auto work) DEEPEN_LAMBDA {
#pragma GCC unroll 16
        for (int g = 0; g < size; ++g)
#pragma GCC unroll 16
            for (int i = 0; i < n; ++i)
#pragma GCC unroll 16
                for (int j = 0; j < columns; ++j) work(g, i, j);
    };
    const auto address = [&](int g, int i, int j)
                             DEEPEN_LAMBDA { return groups[g].y + i * p.y_step + column + j * lanes; };
    const auto width = [&](int j) DEEPEN_LAMBDA { return j == columns - 1 ? count : lanes; };

    for_sums([&](int g, int i, int j) DEEPEN_LAMBDA {
        sum[g][i][j] = p.add && i >= groups[g].skip ? load_first(address(g, i, j), width(j)) : Vector{};
    });

    // Walk the runs.
    const Real* __restrict w = p.w;
    const Real* ahead = p.ahead;
    const Index step = p.x_step;
    for (const Run* run = p.runs; run != p.runs_end; ++run) {
        const Real *x0 = groups[0].x + run->offset, *x1 = groups[size > 1 ? 1 : 0].x + run->offset,
                   *x2 = groups[size - 1].x + run->offset;
        for (const Real* const end = x0 + run->length; x0 != end; ++x0, ++x1, ++x2, w += columns * lanes) {
            if constexpr (fetch) __builtin_prefetch(ahead), ahead += p.ahead_step;
            Vector right[columns];
#pragma GCC unroll 2
            for (int j = 0; j < columns; ++j) right[j] = load(w + j * lanes);
            for_sums([&](int g, int i, int j) DEEPEN_LAMBDA {
                sum[g][i][j] += (g == 0 ? x0 : g == 1 ? x1 : x2)[i * step] * right[j];
            });
        }
    }
    for_sums([&](int g, int i, int j) DEEPEN_LAMBDA {
        if (i >= groups[g].skip) store_first(address(g, i, j), sum[g][i][j], width(j));
    });
}

// s [rows,width] += the sum over positions of x[position] [rows] dy[position] [width]: an outer product for each
// position, for `columns` vectors, the last with `count` channels.  Lines are `x_line` and `dy_line` apart.
struct Correlation {
    Index lines, positions;
    const Real *x, *dy;
    Index x_line, x_step, dy_line, dy_step;
    Real* s;
    Index s_row;
};

template <int rows, int columns>
void correlate_positions(const Correlation& c, int count) {
    Vector sum[rows][columns];
    const auto for_sums = [&](auto work) DEEPEN_LAMBDA {
#pragma GCC unroll 16
        for (int r = 0; r < rows; ++r)
#pragma GCC unroll 2
            for (int j = 0; j < columns; ++j) work(r, j);
    };
    const auto width = [&](int j) DEEPEN_LAMBDA { return j == columns - 1 ? count : lanes; };
    for_sums([&](int r, int j) DEEPEN_LAMBDA { sum[r][j] = load_first(c.s + r * c.s_row + j * lanes, width(j)); });
    const Index x_step = c.x_step, dy_step = c.dy_step;
    for (Index line = 0; line < c.lines; ++line) {
        const Real *x = c.x + line * c.x_line, *dy = c.dy + line * c.dy_line;
        for (const Real* const end = dy + c.positions * dy_step; dy != end; dy += dy_step, x += x_step) {
            Vector right[columns];
#pragma GCC unroll 2
            for (int j = 0; j < columns; ++j) right[j] = load_first(dy + j * lanes, width(j));
            for_sums([&](int r, int j) DEEPEN_LAMBDA { sum[r][j] += x[r] * right[j]; });
        }
    }
    for_sums([&](int r, int j) DEEPEN_LAMBDA { store_first(c.s + r * c.s_row + j * lanes, sum[r][j], width(j)); });
}

inline constexpr int most_rows = block_groups * group_positions;         // of a block of correlate_positions

// correlate_positions for a number of rows that is known only when it runs.
template <int columns>
void correlate(int rows, const Correlation& c, int count) {
    static constexpr auto kernels = []<int... r>(std::integer_sequence<int, r...>) {
        return std::array{&correlate_positions<r + 1, columns>...};
    }(std::make_integer_sequence<int, most_rows>());
    kernels[rows - 1](c, count);
}

}  // namespace deepen::direct
