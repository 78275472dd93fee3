// How is a weight gradient summed so that operands come from the nearest cache?
//
//     dw[r, run] += sum over positions of  x[line i*stride + r, run of kw*C from column j*stride]'  dy[i,j]
//
// A block of numbers of the run times a panel of dy's channels is a small matrix that is summed in registers over
// many positions (correlate, direct_products.h).  Positions are taken some lines at a time, so few that dy's panel
// stays in the first cache.
//
// Note [Neighbours in one set]
//   Neighbouring positions lie as many numbers apart as there are channels.  Where that is a power of two, their cache
//   lines fall into a few sets and push each other out.  So dy is copied into panels first, unless a single panel
//   holds all its channels; and what a block sees of x is copied where many panels read it and the range is too
//   large for the first cache.
#include "engine/conv/direct.h"

namespace deepen::direct {
namespace {

constexpr Index first_cache = 24 << 10, second_cache = 256 << 10;        // bytes of each to fill

// The first `positions` rows of dy [positions,width], in panels of two vectors, one panel after the other.  Columns
// beyond the width are zero.
void pack_panels(const Real* dy, Index positions, Index width, Real* to) {
    for (Index column = 0; column < width; column += panel_width)
        for (Index row = 0; row < positions; ++row)
            for (Index c = column; c < column + panel_width; c += lanes, to += lanes)
                simd::store(to, c < width ? load_first(dy + row * width + c, int(std::min<Index>(lanes, width - c)))
                                          : Vector{});
}

}  // namespace

WeightGradient::WeightGradient(const ConvGeometry& g)
    : g_(g), panels_((g.out_channels + panel_width - 1) / panel_width), lines_(lines_at_a_time()),
      canvas_room_((g.height + 2 * g.padding) * border_of_x(g).line()),
      dy_room_(panels_ > 1 ? panels_ * panel_width * lines_ * g.out_width : 0),
      x_room_(copies_x() ? most_rows * lines_ * g.out_width : 0) {}

void WeightGradient::add(const Real* x, const Real* dy, Real* dw) {
    Real* room = canvas_room_.data();
    const Canvas canvas = make_canvas(border_of_x(g_), x, -g_.padding, g_.height + g_.padding, room);
    for (Index line = 0; line < g_.out_height; line += lines_)
        add_lines(canvas, dy + line * g_.y_line(), line, std::min(lines_, g_.out_height - line), dw);
}

bool WeightGradient::copies_x() const {
    const Index seen = lines_ * g_.out_width * g_.stride * g_.in_channels * Index(sizeof(Real));
    return panels_ >= 8 && seen > first_cache;
}

// A panel of dy should stay in the first cache, all of them in the second.
Index WeightGradient::lines_at_a_time() const {
    const Index panel_line = g_.out_width * panel_width * Index(sizeof(Real));
    const Index fitting = std::min(first_cache / panel_line, second_cache / (panel_line * panels_));
    return std::max<Index>(1, std::min(fitting, g_.out_height));
}

void WeightGradient::add_lines(const Canvas& x, const Real* dy, Index line, Index lines, Real* dw) {
    const Index K = g_.out_channels, run = g_.kernel_width * g_.in_channels, positions = lines * g_.out_width;
    const Index blocks = (run + most_rows - 1) / most_rows;
    if (panels_ > 1) pack_panels(dy, positions, K, dy_room_.data());
    for (Index r = 0; r < g_.kernel_height; ++r)
        for (Index block = 0; block < blocks; ++block) {
            const Index k = block * run / blocks, rows = (block + 1) * run / blocks - k;
            Correlation c{.lines = lines, .positions = g_.out_width,
                          .x = x.at(line * g_.stride + r - g_.padding, -g_.padding) + k, .dy = dy,
                          .x_line = g_.stride * x.line, .x_step = g_.stride * g_.in_channels,
                          .dy_line = g_.y_line(), .dy_step = K,
                          .s = dw + (r * run + k) * K, .s_row = K};
            if (copies_x()) copy_x(c, rows);
            if (panels_ > 1)
                c.dy = dy_room_.data(), c.dy_step = panel_width, c.dy_line = g_.out_width * panel_width;
            for (Index left = K; left > 0; left -= panel_width, c.dy += positions * panel_width, c.s += panel_width)
                if (left > lanes) correlate<2>(int(rows), c, int(std::min<Index>(left - lanes, lanes)));
                else correlate<1>(int(rows), c, int(left));
        }
}

// Replaces what the block sees of x by a copy without gaps.
void WeightGradient::copy_x(Correlation& c, Index rows) {
    Real* to = x_room_.data();
    for (Index line = 0; line < c.lines; ++line)
        for (Index position = 0; position < c.positions; ++position)
            for (Index i = 0; i < rows; ++i) *to++ = c.x[line * c.x_line + position * c.x_step + i];
    c.x = x_room_.data(), c.x_step = rows, c.x_line = c.positions * rows;
}

}  // namespace deepen::direct
