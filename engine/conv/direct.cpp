#include "engine/conv/direct.h"

#include <optional>

namespace deepen {
namespace direct {

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

// Lines that would not fill their groups are joined to one line per picture, and small pictures in pairs to larger
// ones, so that a sum of the weight gradient is loaded and stored less often.  At least eight pictures remain, for
// threads to share; and what remains are 2^k pictures each, as leaves are (batch_sum.h).
ConvGeometry unrolled(ConvGeometry g) {
    const bool pointwise = g.kernel_height == 1 && g.kernel_width == 1 && g.stride == 1 && g.padding == 0;
    if (!pointwise) return g;
    constexpr Index enough_positions = 64, least_pictures = 8;
    for (Index all = ranks::pictures_of(g.batch).all;
         all % 2 == 0 && all / 2 >= least_pictures && g.out_positions() < enough_positions; all /= 2)
        g.joined *= 2, g.height *= 2, g.out_height *= 2;
    g.batch = ranks::pictures_of(g.batch, g.joined);
    if (g.out_width % group_positions != 0) {
        g.width = g.out_width = g.out_positions();
        g.height = g.out_height = 1;
    }
    return g;
}

// --- products ------------------------------------------------------------------------------------

void add_line(std::vector<Group>& groups, const Real* x, Index x_step, Real* y, Index y_step, Index positions) {
    for (Index at = 0; at < positions; at += group_positions) {
        const Index j = std::min<Index>(at, positions - group_positions);
        groups.push_back({x + j * x_step, y + j * y_step, int(at - j)});
    }
}

namespace {

// The products of one panel.  If `ahead` is not null, the next panel's rows lie there, a cache line or two each: the
// first blocks fetch them meanwhile, a cache line with each step.
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

}  // namespace

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

// --- the whole -----------------------------------------------------------------------------------

namespace {

void backward(const ConvGeometry& given, const Input& x, const Real* w, const Input& dy, const Output& dx, Real* dw) {
    const ConvGeometry g = unrolled(given);
    std::optional<DataGradient> data_gradient;
    if (dx.data) data_gradient.emplace(g, w);

    sum_over_leaves(weight_leaves(g), g.patch_size() * g.out_channels, dw, [&](Index first, Index last, Real* partial) {
        Input::Reader read_x(x), read_dy(dy);
        std::optional<WeightGradient> weight_gradient;
        if (dw) weight_gradient.emplace(g);
        Storage room(dx.data ? data_gradient->room() : 0);
        for (Index n = first; n < last; ++n) {
            const Index x_size = g.picture_size(), y_size = g.out_height * g.y_line();
            const Real* dy_map = read_dy(n * y_size, (n + 1) * y_size) + n * y_size;
            if (dw) weight_gradient->add(read_x(n * x_size, (n + 1) * x_size) + n * x_size, dy_map, partial);
            if (!dx.data) continue;
            data_gradient->of_picture(dy_map, dx.data + n * x_size, dx.add, room.data());
            dx.finished(n * x_size, (n + 1) * x_size);
        }
    });
}

// Lines have to fill a group, of y and of each phase of x.
bool suits(const ConvGeometry& given) {
    const ConvGeometry g = unrolled(given);
    return g.out_width >= group_positions && g.width / g.stride >= group_positions;
}

}  // namespace
}  // namespace direct

const ConvolutionAlgorithm direct_convolution{ConvAlgorithm::direct, "direct", direct::suits, direct::forward,
                                              direct::backward};

}  // namespace deepen
