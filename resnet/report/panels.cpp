// What is in a figure of error against iterations?  See panels.h.
#include "resnet/report/panels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "engine/error.h"
#include "resnet/report/palette.h"

namespace deepen {
namespace {

constexpr std::array both_errors{&EpochRecord::train_error, &EpochRecord::test_error};

std::map<int, std::string> colours_by_depth(const std::vector<Net>& nets) {
    std::map<int, std::string> colours;
    for (const Net& net : nets) colours[net.depth];
    const std::vector<std::string> palette = depth_colours(colours.size());
    std::size_t next = 0;
    for (auto& [depth, colour] : colours) colour = palette[next++];
    return colours;
}

Line line_of(const Net& net, const std::string& colour) {
    const bool alone = !net.finished;
    return {net, colour, text("$", net.kind, net.depth, alone ? text("_seed", net.runs.front()->seed) : "")};
}

// The larger of a net's errors at its end; 0 if it has none.
double highest_end(const Line& line) {
    double highest = 0;
    for (double EpochRecord::*what : both_errors)
        if (const double end = line.end(what); !std::isnan(end)) highest = std::max(highest, end);
    return highest;
}

// The least end of an axis that holds `error`.
double zoom_for(double error) {
    for (double top : {20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0})
        if (error <= top) return top;
    return 100;
}

}  // namespace

std::string Line::label() const { return net.name() + (net.finished ? "" : "*"); }

Index Line::epochs() const { return last_shared_epoch({net}); }

Index Line::iteration(Index epoch) const {
    return net.runs.front()->history[static_cast<std::size_t>(epoch) - 1].iteration;
}

double Line::percent(Index epoch, double EpochRecord::*what) const { return 100 * at(net, epoch, what).mean; }

std::vector<Panel> panels_of(const std::vector<Run>& runs, const std::vector<Run>& unfinished,
                             const std::vector<Run>& published) {
    std::vector<Net> nets = nets_of(runs);
    for (const Run& run : unfinished)
        if (!run.history.empty()) nets.push_back({run.kind, run.depth, {&run}, false});
    require(!nets.empty(), "no curves to draw: none of the ", runs.size() + unfinished.size(),
            " runs has finished an epoch.");
    const std::map<int, std::string> colours = colours_by_depth(nets);
    std::vector<Panel> panels;
    for (const auto& [kind, title] : {std::pair("plain", "plain nets"), std::pair("residual", "residual nets")}) {
        Panel panel{.title = title, .lines = {}};
        for (const Net& net : nets)
            if (net.kind == kind) panel.lines.push_back(line_of(net, colours.at(net.depth)));
        if (panel.lines.empty()) continue;
        std::vector<Line> behind;
        for (std::size_t i = 0; i < published.size(); ++i)
            if (const Run& run = published[i]; run.kind == kind && !run.history.empty())
                behind.push_back({{run.kind, run.depth, {&run}}, "#b4b4b4", text("$published", i), true});
        panel.lines.insert(panel.lines.begin(), behind.begin(), behind.end());
        panels.push_back(panel);
    }
    return panels;
}

Panel twins(const Net& plain, const Net& residual) {
    return {.title = text(plain.depth, " layers, with and without shortcuts"),
            .lines = {line_of(plain, "#222222"), line_of(residual, "#009e73")}};
}

std::vector<Line> lines_in(const std::vector<Panel>& panels) {
    std::vector<Line> lines;
    for (const Panel& panel : panels) lines.insert(lines.end(), panel.lines.begin(), panel.lines.end());
    return lines;
}

Axes axes_of(const std::vector<Panel>& panels) {
    Axes axes;
    double most = 0, most_at_end = 0;
    for (const Line& line : lines_in(panels)) {
        if (line.published) continue;
        const Index epochs = line.epochs();
        axes.epochs = std::max(axes.epochs, epochs);
        axes.iterations = std::max(axes.iterations, line.iteration(epochs));
        axes.several_seeds = axes.several_seeds || line.net.runs.size() > 1;
        for (Index epoch = 1; epoch <= epochs; ++epoch)
            for (double EpochRecord::*what : both_errors) {
                const double high = 100 * at(line.net, epoch, what).high;
                if (std::isnan(high)) continue;
                most = std::max(most, high);
                if (epoch == epochs && line.net.finished) most_at_end = std::max(most_at_end, high);
            }
    }
    const double wanted = std::min(most, most_at_end > 0 ? 2.5 * most_at_end : most);
    const double step = wanted > 40 ? 10 : wanted > 10 ? 5 : 1;
    axes.top = std::clamp(std::ceil(wanted / step) * step, 1.0, 100.0);
    return axes;
}

Axes zoomed_axes_of(const std::vector<Panel>& panels) {
    Axes axes = axes_of(panels);
    std::vector<double> ends;
    for (const bool finished : {true, false})  // unfinished ones count where there are no others
        for (const Line& line : lines_in(panels))
            if (!line.published && line.net.finished == finished && (finished || ends.empty()))
                ends.push_back(highest_end(line));
    std::sort(ends.begin(), ends.end(), std::greater<>());
    axes.top = zoom_for(ends.front());
    for (std::size_t above = 1; above <= ends.size() / 5; ++above)
        if (2 * zoom_for(ends[above]) <= zoom_for(ends.front())) {
            axes.top = zoom_for(ends[above]);
            break;
        }
    return axes;
}

std::vector<Index> tics(Index last) {
    Index step = 1;
    for (Index power = 1; last / step > 6; power *= 10)
        for (Index digit : {1, 2, 5})
            if (last / step > 6) step = digit * power;
    std::vector<Index> all;
    for (Index value = 0; value <= last; value += step) all.push_back(value);
    return all;
}

std::vector<double> label_heights(const std::vector<double>& ends, double top, double apart) {
    const std::size_t count = ends.size();
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    const auto wanted = [&](std::size_t i) { return std::isnan(ends[i]) ? 0 : std::min(ends[i], top); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted(a) < wanted(b); });

    // Labels that touch are a stack, which stands where its labels want to be on average.
    struct Stack {
        double lowest;  // where its first label wants to be, all told
        std::size_t size;
    };
    std::vector<Stack> stacks;
    for (std::size_t i : order) {
        stacks.push_back({wanted(i), 1});
        while (stacks.size() > 1) {
            Stack &below = stacks[stacks.size() - 2], above = stacks.back();
            const double reach = apart * static_cast<double>(below.size);
            if (above.lowest >= below.lowest + reach) break;
            const auto n = static_cast<double>(below.size), m = static_cast<double>(above.size);
            below = {(n * below.lowest + m * (above.lowest - reach)) / (n + m), below.size + above.size};
            stacks.pop_back();
        }
    }
    std::vector<double> heights(count);
    std::size_t next = 0;
    for (const Stack& stack : stacks)
        for (std::size_t i = 0; i < stack.size; ++i, ++next) {
            const double below = apart * static_cast<double>(next);
            const double above = apart * static_cast<double>(count - 1 - next);
            const double height = stack.lowest + apart * static_cast<double>(i);
            heights[order[next]] = std::max(below, std::min(height, top - above));
        }
    return heights;
}

}  // namespace deepen
