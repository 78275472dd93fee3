// What if a convolution is neither 3x3 with stride 1 nor wide enough for BLAS?
//
// The stem of a net (three channels in), the convolutions with stride 2 and the 1x1 are products of matrices
// that are narrow: 16 to 64 columns; the deep layers of a single picture, 3x3 too, are short: 49 or 196 rows.
// BLAS spends much of its time there on packing operands, and im2col on copying patches.  This algorithm reads
// patches where they lie (direct_products.h), and packs only what many blocks read again: weights, and for the
// gradient by w dy and sometimes x (Note [Neighbours in one set]).
//
//     forward     y[i,j] = sum over kernel rows r of  x[line i*stride + r, run of kw*C from column j*stride]  w[r]
//     by w        dw[r, run] += sum over places of  x[...the same run]'  dy[i,j]
//
// The gradient by x is a convolution of dy, once for each of the stride*stride *phases* a pixel can have.  With
// u + padding = stride * A + rho, pixel row u is met by the kernel rows rho, rho + stride, ..., and by the k-th
// of them from line A - k of y; columns likewise.  So all pixels of one phase use the same few weights:
//
//     by x        dx[u,v] += sum over k, l of  dy[A - k, B - l]  w[rho + stride k, sigma + stride l]'
//
//     stride 2, 3x3, one axis      rho = 0: kernel rows 0 and 2        rho = 1: kernel row 1
//
// What lies outside a map is read as zero: its lines are copied onto a *canvas* with a border of zeros, a stretch
// at a time, so that it stays in cache.  Where no border is needed, the map itself is the canvas.
#include <functional>
#include <optional>
#include <vector>

#include "engine/conv/algorithm.h"
#include "engine/conv/direct_products.h"
#include "engine/conv/partial_sums.h"

namespace deepen {
namespace direct {
namespace {

// --- canvas --------------------------------------------------------------------------------------

// One picture's map [lines, width, channels], with `before` and `after` columns of zeros beside it.
struct Border {
    Index lines, width, channels, before, after;

    Index line() const { return (before + width + after) * channels; }
    bool none() const { return before == 0 && after == 0; }
};

// Where line 0, column 0 of a map lies, or would lie.
struct Canvas {
    const Real* origin;
    Index line, channels;

    const Real* at(Index row, Index column) const { return origin + row * line + column * channels; }
};

// Lines first .. last-1, some perhaps outside the map, whose line 0 lies at `map`.  Takes its room from `room`.
Canvas make_canvas(const Border& b, const Real* map, Index first, Index last, Real*& room) {
    const Index line = b.line(), side = b.before * b.channels, middle = b.width * b.channels;
    if (b.none() && first >= 0 && last <= b.lines) return {map, line, b.channels};
    const Canvas canvas{room + side - first * line, line, b.channels};
    for (Index l = first; l < last; ++l, room += line) {
        const bool inside = l >= 0 && l < b.lines;
        std::fill(room, room + (inside ? side : line), Real(0));
        if (!inside) continue;
        std::copy(map + l * middle, map + (l + 1) * middle, room + side);
        std::fill(room + side + middle, room + line, Real(0));
    }
    return canvas;
}

Border border_of_x(const ConvGeometry& g) { return {g.height, g.width, g.in_channels, g.padding, g.padding}; }

// --- products ------------------------------------------------------------------------------------

// Adds the groups of one line of places, the first of which sees x and makes y.
void add_line(std::vector<Group>& groups, const Real* x, Index x_step, Real* y, Index y_step, Index places) {
    for (Index at = 0; at < places; at += group_places) {
        const Index j = std::min<Index>(at, places - group_places);
        groups.push_back({x + j * x_step, y + j * y_step, int(at - j)});
    }
}

// The products of one panel.  If `ahead` is not null, the next panel's rows lie there, a line or two each: the first
// blocks fetch them meanwhile, a line with each step.
template <int columns>
void multiply_panel(Product p, const std::vector<Group>& groups, Index column, int count, const Real* ahead) {
    constexpr Index lines = columns * lanes / simd::cache_line;
    const Index whole_blocks = Index(groups.size()) / block_groups, left = Index(groups.size()) % block_groups;
    const Group* g = groups.data();
    for (Index block = 0; block < whole_blocks; ++block, g += block_groups)
        if (ahead && block < lines) {
            p.ahead = ahead + block * simd::cache_line;
            multiply_block<block_groups, columns, true>(p, g, column, count);
        } else {
            multiply_block<block_groups, columns, false>(p, g, column, count);
        }
    if (left == 2) multiply_block<2, columns, false>(p, g, column, count);
    if (left == 1) multiply_block<1, columns, false>(p, g, column, count);
}

// y (+)= x w for those groups and the panels first .. last-1 of w.
void multiply(const Panels& w, const std::vector<Group>& groups, Index x_step, Index y_step, bool add, Index first,
              Index last) {
    Storage room(w.room());
    for (std::size_t i = 0; i < w.pieces.size(); ++i)
        for (Index panel = first; panel < last; ++panel) {
            const Panels::Piece& piece = w.pieces[i];
            const Real* ahead = panel + 1 < last           ? w.unpacked(piece, panel + 1)
                                : i + 1 < w.pieces.size() ? w.unpacked(w.pieces[i + 1], first)
                                                           : nullptr;
            const Product p{.runs = w.runs.data() + piece.first_run,
                            .runs_end = w.runs.data() + piece.end_run,
                            .w = w.panel(piece, panel, room.data()),
                            .x_step = x_step,
                            .y_step = y_step,
                            .add = add || i > 0,
                            .ahead_step = w.width};
            const Index column = panel * panel_width, left = w.width - column;
            if (left > lanes) multiply_panel<2>(p, groups, column, int(std::min<Index>(left - lanes, lanes)), ahead);
            else multiply_panel<1>(p, groups, column, int(left), ahead);
        }
}

// --- forward -------------------------------------------------------------------------------------

// Of a 1x1 convolution with stride 1, places need no neighbours: lines that would not fill their groups are
// joined to one a picture, and small pictures two by two to larger ones, so that a sum by filter is loaded and stored
// less often.  At least eight pictures stay, for threads to share.
ConvGeometry unrolled(ConvGeometry g) {
    const bool pointwise = g.kernel_height == 1 && g.kernel_width == 1 && g.stride == 1 && g.padding == 0;
    if (!pointwise) return g;
    constexpr Index enough_places = 64, least_pictures = 8;
    while (g.batch % 2 == 0 && g.batch / 2 >= least_pictures && g.out_positions() < enough_places)
        g.batch /= 2, g.height *= 2, g.out_height *= 2;
    if (g.out_width % group_places != 0) {
        g.width = g.out_width = g.out_positions();
        g.height = g.out_height = 1;
    }
    return g;
}

// Lines of y in stretches that stay in cache, about equally long; where that makes few, each is shared out by
// channels, too.
struct Work {
    Index lines, stretches, panels, parts;

    explicit Work(const ConvGeometry& g)
        : lines(g.batch * g.out_height), panels((g.out_channels + panel_width - 1) / panel_width) {
        constexpr Index bytes = 192 << 10, least_places = 192, least_pieces = 8;
        const Index line_bytes = (g.stride * g.x_line() + g.y_line()) * Index(sizeof(Real));
        const Index stretch = std::max<Index>({1, bytes / line_bytes, least_places / g.out_width});
        stretches = std::max<Index>(std::min<Index>(lines, 1), (lines + stretch / 2) / stretch);
        parts = std::min(panels, (least_pieces + stretches - 1) / std::max<Index>(stretches, 1));
    }
    Index first_line(Index stretch) const { return stretch * lines / stretches; }
};

// The runs that a place sees: the rows of a kernel on a canvas.
std::vector<Run> kernel_runs(const ConvGeometry& g, Index line) {
    std::vector<Run> runs;
    for (Index r = 0; r < g.kernel_height; ++r) runs.push_back({r * line, g.kernel_width * g.in_channels});
    return runs;
}

void forward(const ConvGeometry& given, const Source& x, const Real* w, Real* y, const PlacesDone& done) {
    const ConvGeometry g = unrolled(given);
    const Index C = g.in_channels, K = g.out_channels, s = g.stride;
    const Border border = border_of_x(g);
    const Work work(g);
    const Panels panels(K, kernel_runs(g, border.line()), w, work.stretches > 1);

    parallel_for(work.stretches * work.parts, [&](Index number) {
        const Index begin = work.first_line(number / work.parts), end = work.first_line(number / work.parts + 1);
        const Index part = number % work.parts;
        Source::Reader read(x);
        const Real* seen = read(g.first_seen(begin) * g.x_line(), g.end_seen(end - 1) * g.x_line());
        const Index pictures = (end - begin) / g.out_height + 2;
        Storage room(border.none() ? 0 : ((end - begin) * s + pictures * g.kernel_height) * border.line());
        Real* free = room.data();
        std::vector<Group> groups;
        for (Index line = begin, stop; line < end; line = stop) {
            const Index n = line / g.out_height, i = line % g.out_height;
            stop = std::min(end, (n + 1) * g.out_height);
            const Index row = i * s - g.padding, rows = (stop - line - 1) * s + g.kernel_height;
            const Canvas c = make_canvas(border, seen + n * g.picture_size(), row, row + rows, free);
            for (Index l = line; l < stop; ++l)
                add_line(groups, c.at(row + (l - line) * s, -g.padding), s * C, y + l * g.y_line(), K, g.out_width);
        }
        multiply(panels, groups, s * C, K, false, part * work.panels / work.parts,
                 (part + 1) * work.panels / work.parts);
        if (done && work.parts == 1) done(begin * g.out_width, end * g.out_width);
    });
    if (done && work.parts > 1)
        parallel_ranges(g.batch * g.out_positions(), std::max<Index>(1, elementwise_grain / K), done);
}

// --- backward ------------------------------------------------------------------------------------

// One axis of the pixels of a phase: `first`, first + stride, ..., `count` of them, met by `taps` rows of the kernel.
struct PhaseAxis {
    Index phase, taps, first, count, line;               // line of y that meets `first` by the first tap

    PhaseAxis(Index phase, Index kernel, Index stride, Index padding, Index size)
        : phase(phase), taps(phase < kernel ? (kernel - phase + stride - 1) / stride : 0),
          first((phase + stride - padding % stride) % stride), count((size - first + stride - 1) / stride),
          line((first + padding) / stride) {}
};

struct Phase {
    PhaseAxis rows, columns;
    Panels w;
};

Border border_of_dy(const ConvGeometry& g) {
    const Index taps = (g.kernel_width + g.stride - 1) / g.stride;
    return {g.out_height, g.out_width, g.out_channels, taps - 1,
            std::max<Index>(0, (g.width - 1 + g.padding) / g.stride + 1 - g.out_width)};
}

Phase make_phase(const ConvGeometry& g, const Real* w, Index rho, Index sigma, Index line) {
    const PhaseAxis rows(rho, g.kernel_height, g.stride, g.padding, g.height);
    const PhaseAxis columns(sigma, g.kernel_width, g.stride, g.padding, g.width);
    const Index C = g.in_channels, K = g.out_channels, run = columns.taps * K;
    std::vector<Run> runs;
    for (Index k = 0; k < rows.taps && run > 0; ++k) runs.push_back({-k * line - (columns.taps - 1) * K, run});
    return {rows, columns,
            Panels(C, runs, [=, s = g.stride, width = g.kernel_width](const Panels::Part& part, Real* to) {
                for (Index at = part.row; at < part.row + part.depth; ++at, to += part.wide) {
                    const Index k = at / run, l = columns.taps - 1 - at % run / K, out = at % K;
                    const Real* from = w + (((rho + s * k) * width + sigma + s * l) * C + part.column) * K + out;
                    for (Index c = 0; c < part.wide; ++c) to[c] = c < part.count ? from[c * K] : 0;
                }
            })};
}

// dx of one picture from the canvas of its dy.
void add_input_gradient(const ConvGeometry& g, const std::vector<Phase>& phases, const Canvas& dy, Real* dx,
                        bool fresh) {
    const Index C = g.in_channels, s = g.stride;
    if (fresh && (s > g.kernel_height || s > g.kernel_width))
        std::fill(dx, dx + g.picture_size(), Real(0));  // pixels unseen
    for (const Phase& p : phases) {
        if (p.w.runs.empty() || p.rows.count == 0) continue;
        std::vector<Group> groups;
        for (Index a = 0; a < p.rows.count; ++a)
            add_line(groups, dy.at(p.rows.line + a, p.columns.line), g.out_channels,
                     dx + (p.rows.first + a * s) * g.x_line() + p.columns.first * C, s * C, p.columns.count);
        multiply(p.w, groups, g.out_channels, s * C, !fresh, 0, p.w.panels());
    }
}

// The first `places` places of dy [places,width], in panels of two vectors, one panel after the other.  Columns beyond
// the width are zero.
void pack_panels(const Real* dy, Index places, Index width, Real* to) {
    for (Index column = 0; column < width; column += panel_width)
        for (Index place = 0; place < places; ++place)
            for (Index c = column; c < column + panel_width; c += lanes, to += lanes)
                simd::store(to, c < width ? load_first(dy + place * width + c, int(std::min<Index>(lanes, width - c)))
                                          : Vector{});
}

// dw += what a picture gives, some lines at a time.  Note [Neighbours in one set]
//   Neighbouring places lie as many numbers apart as there are channels.  Where that is a power of two, their cache
//   lines fall into a few sets and push each other out.  So dy is copied into panels first, unless a single panel
//   holds all its channels; and what a block sees of x is copied where many panels read it and the stretch is too
//   large for the first cache.
class FilterGradient {
public:
    explicit FilterGradient(const ConvGeometry& g)
        : g_(g), panels_((g.out_channels + panel_width - 1) / panel_width), lines_(lines_at_a_time()),
          dy_room_(panels_ > 1 ? panels_ * panel_width * lines_ * g.out_width : 0),
          x_room_(copies_x() ? most_rows * lines_ * g.out_width : 0) {}

    void add(const Canvas& x, const Real* dy, Real* dw) {
        for (Index line = 0; line < g_.out_height; line += lines_)
            add_lines(x, dy + line * g_.y_line(), line, std::min(lines_, g_.out_height - line), dw);
    }

private:
    bool copies_x() const {
        const Index seen = lines_ * g_.out_width * g_.stride * g_.in_channels * Index(sizeof(Real));
        return panels_ >= 8 && seen > first_cache;
    }

    // A panel of dy should stay in the first cache, all of them in the second.
    static constexpr Index first_cache = 24 << 10, second_cache = 256 << 10;             // bytes to fill of them
    Index lines_at_a_time() const {
        const Index panel_line = g_.out_width * panel_width * Index(sizeof(Real));
        const Index fitting = std::min(first_cache / panel_line, second_cache / (panel_line * panels_));
        return std::max<Index>(1, std::min(fitting, g_.out_height));
    }

    void add_lines(const Canvas& x, const Real* dy, Index line, Index lines, Real* dw) {
        const Index K = g_.out_channels, run = g_.kernel_width * g_.in_channels, places = lines * g_.out_width;
        const Index blocks = (run + most_rows - 1) / most_rows;
        if (panels_ > 1) pack_panels(dy, places, K, dy_room_.data());
        for (Index r = 0; r < g_.kernel_height; ++r)
            for (Index block = 0; block < blocks; ++block) {
                const Index k = block * run / blocks, rows = (block + 1) * run / blocks - k;
                Correlation c{.lines = lines, .places = g_.out_width,
                              .x = x.at(line * g_.stride + r - g_.padding, -g_.padding) + k, .dy = dy,
                              .x_line = g_.stride * x.line, .x_step = g_.stride * g_.in_channels,
                              .dy_line = g_.y_line(), .dy_step = K,
                              .s = dw + (r * run + k) * K, .s_row = K};
                if (copies_x()) copy_x(c, rows);
                if (panels_ > 1)
                    c.dy = dy_room_.data(), c.dy_step = panel_width, c.dy_line = g_.out_width * panel_width;
                for (Index left = K; left > 0; left -= panel_width, c.dy += places * panel_width, c.s += panel_width)
                    if (left > lanes) correlate<2>(int(rows), c, int(std::min<Index>(left - lanes, lanes)));
                    else correlate<1>(int(rows), c, int(left));
            }
    }

    // Replaces what the block sees of x by a copy without gaps.
    void copy_x(Correlation& c, Index rows) {
        Real* to = x_room_.data();
        for (Index line = 0; line < c.lines; ++line)
            for (Index place = 0; place < c.places; ++place)
                for (Index i = 0; i < rows; ++i) *to++ = c.x[line * c.x_line + place * c.x_step + i];
        c.x = x_room_.data(), c.x_step = rows, c.x_line = c.places * rows;
    }

    const ConvGeometry& g_;
    Index panels_, lines_;
    Storage dy_room_, x_room_;
};

void backward(const ConvGeometry& given, const Source& x, const Real* w, const Source& dy, const GradientByInput& d,
              Real* dw) {
    const ConvGeometry g = unrolled(given);
    const Border x_border = border_of_x(g), dy_border = border_of_dy(g);
    const Index taps = (g.kernel_height + g.stride - 1) / g.stride;
    const Index dy_first = 1 - taps, dy_last = std::max(g.out_height, (g.height - 1 + g.padding) / g.stride + 1);
    std::vector<Phase> phases;
    for (Index rho = 0; rho < g.stride && d.dx; ++rho)
        for (Index sigma = 0; sigma < g.stride; ++sigma)
            phases.push_back(make_phase(g, w, rho, sigma, dy_border.line()));

    sum_over_groups(g.batch, g.patch_size() * g.out_channels, dw, [&](Index first, Index last, Real* partial) {
        Source::Reader read_x(x), read_dy(dy);
        std::optional<FilterGradient> filter_gradient;
        if (dw) filter_gradient.emplace(g);
        const Index x_lines = g.height + 2 * g.padding, dy_lines = dy_last - dy_first;
        Storage x_room(dw ? x_lines * x_border.line() : 0), dy_room(d.dx ? dy_lines * dy_border.line() : 0);
        for (Index n = first; n < last; ++n) {
            const Index y_size = g.out_height * g.y_line();
            const Real* dy_map = read_dy(n * y_size, (n + 1) * y_size) + n * y_size;
            if (dw) {
                Real* room = x_room.data();
                const Real* map = read_x(n * g.picture_size(), (n + 1) * g.picture_size()) + n * g.picture_size();
                filter_gradient->add(make_canvas(x_border, map, -g.padding, g.height + g.padding, room), dy_map,
                                     partial);
            }
            if (!d.dx) continue;
            Real* room = dy_room.data();
            const Canvas canvas = make_canvas(dy_border, dy_map, dy_first, dy_last, room);
            add_input_gradient(g, phases, canvas, d.dx + n * g.picture_size(), d.fresh);
            if (d.done) d.done(n * g.height * g.width, (n + 1) * g.height * g.width);
        }
    });
}

// Lines have to fill a group, of y and of each phase of x.
bool suits(const ConvGeometry& given) {
    const ConvGeometry g = unrolled(given);
    return g.out_width >= group_places && g.width / g.stride >= group_places;
}

}  // namespace
}  // namespace direct

const ConvolutionAlgorithm direct_convolution{ConvAlgorithm::direct, "direct", direct::suits, direct::forward,
                                              direct::backward};

}  // namespace deepen
