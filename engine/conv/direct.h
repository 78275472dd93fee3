// How is a convolution computed where Winograd's algorithm does not apply, or does not pay?
//
// The first layer of a net (three channels), strides of 2 and 1x1 filters are for this file, and so are the deep
// 3x3 layers of a single picture.  As products of matrices many of them are narrow, with 16 to 64 columns, or short,
// with 49 or 196 rows: BLAS then spends much of its time on packing operands, and im2col on copying patches.  This
// algorithm reads patches where they lie (direct_products.h), and packs only what many blocks read again: weights,
// and for the weight gradient dy and sometimes x.  It suits all but the smallest maps, at any width.
//
//     forward           y[i,j] = sum over kernel rows r of  x[line i*stride + r, run of kw*C from column j*stride] w[r]
//     weight gradient   dw[r, run] += sum over positions of  x[...the same run]'  dy[i,j]
//     data gradient     a convolution of dy, once for each *phase* of a pixel (direct_data_gradient.cpp)
//
// What lies outside a map is read as zero: its lines are copied onto a *canvas* with a border of zeros, a range
// at a time, so that it stays in cache.  Where no border is needed, the map itself is the canvas.
#pragma once

#include <vector>

#include "engine/conv/algorithm.h"
#include "engine/conv/direct_products.h"

namespace deepen::direct {

// One picture's map [lines, width, channels], with `before` and `after` columns of zeros beside it.
struct Border {
    Index lines, width, channels, before, after;

    Index line() const { return (before + width + after) * channels; }
    bool none() const { return before == 0 && after == 0; }
};

inline Border border_of_x(const ConvGeometry& g) { return {g.height, g.width, g.in_channels, g.padding, g.padding}; }

// Where line 0, column 0 of a map lies, or would lie.
struct Canvas {
    const Real* origin;
    Index line, channels;

    const Real* at(Index row, Index column) const { return origin + row * line + column * channels; }
};

// Lines first .. last-1, some perhaps outside the map, whose line 0 lies at `map`.  Takes its room from `room`.
Canvas make_canvas(const Border& b, const Real* map, Index first, Index last, Real*& room);

// The same convolution with longer lines, where positions need no neighbours: 1x1 with stride 1.
ConvGeometry unrolled(ConvGeometry g);

// Adds the groups of one line of positions, the first of which sees x and makes y.
void add_line(std::vector<Group>& groups, const Real* x, Index x_step, Real* y, Index y_step, Index positions);

// y (+)= x w for those groups and the panels first .. last-1 of w.
void multiply(const Panels& w, const std::vector<Group>& groups, Index x_step, Index y_step, bool add, Index first,
              Index last);

void forward(const ConvGeometry& g, const Input& x, const Real* w, const Output& y);

// Made once for a batch, used by all threads.
class DataGradient {
public:
    DataGradient(const ConvGeometry& g, const Real* w);
    ~DataGradient();

    // dx = what a picture's dy gives, or, if `add`, dx += it.  `room` is a thread's own, of this many Reals.
    void of_picture(const Real* dy, Real* dx, bool add, Real* room) const;
    Index room() const;

private:
    struct Phase;
    Phase phase(const Real* w, Index rho, Index sigma) const;

    const ConvGeometry& g_;
    Border border_;
    Index first_, last_;                                 // lines of dy's canvas
    std::vector<Phase> phases_;
};

// Each thread's own.
class WeightGradient {
public:
    explicit WeightGradient(const ConvGeometry& g);

    // dw += what a picture gives.
    void add(const Real* x, const Real* dy, Real* dw);

private:
    bool copies_x() const;
    Index lines_at_a_time() const;
    void add_lines(const Canvas& x, const Real* dy, Index line, Index lines, Real* dw);
    void copy_x(Correlation& c, Index rows);

    const ConvGeometry& g_;
    Index panels_, lines_;
    Storage canvas_room_, dy_room_, x_room_;
};

}  // namespace deepen::direct
