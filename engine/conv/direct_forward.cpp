// How is the forward pass of the direct algorithm shared among threads?
//
// A range of lines of y, of a picture or of several, is a thread's work: small enough that what it reads of x and
// writes of y stays in cache while the weights pass by, panel by panel.
#include "engine/conv/direct.h"

namespace deepen::direct {
namespace {

// Lines of y in leaves that stay in cache (batch_sum.h); where that makes few, each is shared out by channels, too.
struct Work {
    Leaves lines;
    Index ranges, panels, parts;

    explicit Work(const ConvGeometry& g)
        : lines(leaves_of_lines(g)), ranges(lines.count()), panels((g.out_channels + panel_width - 1) / panel_width) {
        constexpr Index least_pieces = 8;
        parts = std::min(panels, (least_pieces + lines.all() - 1) / std::max<Index>(lines.all(), 1));
    }

    static Leaves leaves_of_lines(const ConvGeometry& g) {
        constexpr Index bytes = 192 << 10, least_positions = 192;
        const Index line_bytes = (g.stride * g.x_line() + g.y_line()) * Index(sizeof(Real));
        const Index range = std::max<Index>({1, bytes / line_bytes, least_positions / g.out_width});
        return cut_batch(g, g.out_height, (3 * range + 3) / 4);
    }
};

// The runs that a position sees: the rows of a kernel on a canvas.
std::vector<Run> kernel_runs(const ConvGeometry& g, Index line) {
    std::vector<Run> runs;
    for (Index r = 0; r < g.kernel_height; ++r) runs.push_back({r * line, g.kernel_width * g.in_channels});
    return runs;
}

}  // namespace

void forward(const ConvGeometry& given, const Input& x, const Real* w, const Output& y) {
    const ConvGeometry g = unrolled(given);
    const Index C = g.in_channels, K = g.out_channels, s = g.stride;
    const Border border = border_of_x(g);
    const Work work(g);
    const Panels panels(K, kernel_runs(g, border.line()), w, work.lines.all() > 1);

    parallel_for(work.ranges * work.parts, [&](Index number) {
        const Index begin = work.lines.begin(number / work.parts), end = work.lines.end(number / work.parts);
        const Index part = number % work.parts;
        Input::Reader read(x);
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
                add_line(groups, c.at(row + (l - line) * s, -g.padding), s * C, y.data + l * g.y_line(), K,
                         g.out_width);
        }
        multiply(panels, groups, s * C, K, false, part * work.panels / work.parts,
                 (part + 1) * work.panels / work.parts);
        if (work.parts == 1) y.finished(begin * g.y_line(), end * g.y_line());
    });
    if (work.parts > 1) {
        const Leaves places = cut_batch(g, g.out_positions(), std::max<Index>(1, elementwise_grain / K));
        parallel_for(places.count(),
                     [&](Index leaf) { y.finished(places.begin(leaf) * K, places.end(leaf) * K); });
    }
}

}  // namespace deepen::direct
