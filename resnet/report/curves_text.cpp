// What do the curves look like on a terminal?  See curves_text.h.
#include "resnet/report/curves_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>
#include <string_view>

#include "engine/error.h"
#include "resnet/report/gnuplot.h"
#include "resnet/report/panels.h"

namespace deepen {
namespace {

// A figure's colours are meant for paper.
std::vector<Panel> for_terminals(std::vector<Panel> panels) {
    constexpr std::array palette{"#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#cc79a7"};
    std::set<int> depths;
    for (const Line& line : lines_in(panels)) depths.insert(line.net.depth);
    for (Panel& panel : panels)
        for (Line& line : panel.lines) {
            const auto place = static_cast<std::size_t>(std::distance(depths.begin(), depths.find(line.net.depth)));
            const std::size_t step = depths.size() == 2 ? 3 : 1;  // two are blue and vermillion
            line.colour = palette[step * place % palette.size()];
        }
    return panels;
}

// A net's errors as marks close enough together to make a line of characters, by linear interpolation.
std::string dense_block(const Line& line, Index marks) {
    const Index epochs = line.epochs();
    std::string rows = line.block + " << EOD\n";
    for (Index i = 0; i <= marks; ++i) {
        const double x = 1 + static_cast<double>((epochs - 1) * i) / static_cast<double>(marks);
        const Index before = static_cast<Index>(x), after = std::min(before + 1, epochs);
        const double share = x - static_cast<double>(before);
        rows += text((1 - share) * static_cast<double>(line.iteration(before)) +
                     share * static_cast<double>(line.iteration(after)));
        for (double EpochRecord::*what : {&EpochRecord::train_error, &EpochRecord::test_error}) {
            const double y = (1 - share) * line.percent(before, what) + share * line.percent(after, what);
            rows += std::isnan(y) ? " NaN" : text(" ", y);
        }
        rows += '\n';
    }
    return rows + "EOD\n";
}

constexpr int text_height = 18;
// One of each for every line of a panel; beyond 16 they begin anew.
constexpr std::string_view train_marks = "ox+*#@ABCDEFGHIJ", test_marks = ".:,'-~abcdefghij";
char mark_of(std::string_view marks, std::size_t line) { return marks[line % marks.size()]; }

std::string text_panel(const Panel& panel, const Axes& axes, int width, bool colour) {
    std::string s, plot;
    std::vector<double> ends;
    for (const Line& line : panel.lines) ends.push_back(line.end(&EpochRecord::train_error));
    const std::vector<double> heights = label_heights(ends, axes.top, axes.top / (text_height - 7));
    for (std::size_t i = 0; i < panel.lines.size(); ++i) {
        const Line& line = panel.lines[i];
        const std::string& block = line.block;
        s += dense_block(line, 2 * width);
        s += text("set label '", line.net.name(), "' at graph 1, first ", heights[i],
                  " left offset character 1,0 textcolor rgb '", line.colour, "'\n");
        // Training errors come last, and so on top.
        const auto points = [&](const char* columns, std::string_view marks) {
            return text(block, columns, " with points pointtype \"", mark_of(marks, i), "\" linecolor rgb '",
                        line.colour, "'");
        };
        const std::string train = points(" using 1:2", train_marks), test = points(" using 1:3", test_marks);
        plot = plot.empty() ? test + ", " + train : test + ", " + plot + ", " + train;
    }
    s += text("set terminal dumb size ", width, ",", text_height, colour ? " ansi256" : " mono", "\n");
    s += text("set title '", panel.title, ": error in %'\nset xlabel 'iterations'\nset xrange [0:", axes.iterations,
              "]\nset yrange [0:", axes.top, "]\nset xtics ", tics(axes.iterations)[1], "\n");
    s += "unset key\n"
         "set border 3\n"
         "set tics nomirror scale 0\n"
         "set rmargin 12\nset tmargin 1\nset bmargin 2\n";
    s += "plot " + plot + "\n";
    return run_gnuplot(s);
}

// "o x training error   . : test error", in one line or in two.
std::string text_legend(std::size_t lines, int width) {
    std::string train = "   ", test = "   ";
    for (std::size_t i = 0; i < std::min(lines, train_marks.size()); ++i) {
        train += text(train_marks[i], " ");
        test += text(test_marks[i], " ");
    }
    train += "training error", test += "test error   (by depth)";
    return text(train, columns(train + test) < width ? "" : "\n", test, "\n");
}

std::vector<std::string> lines_of(const std::string& drawing) {
    std::vector<std::string> lines;
    std::istringstream in(drawing);
    for (std::string line; std::getline(in, line);) {
        std::erase(line, '\f');
        lines.push_back(line);
    }
    return lines;
}

// Two drawings in columns of `width`, the second of which may be empty.
std::string beside(const std::string& left, const std::string& right, int width) {
    const std::vector<std::string> a = lines_of(left), b = lines_of(right);
    std::string all;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::string line = a[i];
        if (i < b.size()) line += std::string(static_cast<std::size_t>(std::max(0, width - columns(line))), ' ') + b[i];
        line.erase(line.find_last_not_of(' ') + 1);
        all += line + "\n";
    }
    return all;
}

}  // namespace

std::string curves_text(const std::vector<Run>& runs, const Terminal& terminal) {
    const std::vector<Panel> panels = for_terminals(panels_of(runs));
    const Axes axes = axes_of(panels);
    const int width = std::clamp(terminal.width() - 1, 48, 120);
    const bool side_by_side = panels.size() == 2 && width >= 96;

    std::vector<std::string> drawings;
    std::size_t most_lines = 0;
    for (const Panel& panel : panels) {
        drawings.push_back(text_panel(panel, axes, side_by_side ? width / 2 : std::min(width, 80), terminal.colour));
        most_lines = std::max(most_lines, panel.lines.size());
    }
    std::string all;
    if (side_by_side) all = beside(drawings[0], drawings[1], width / 2);
    else
        for (const std::string& drawing : drawings) all += beside(drawing, "", width);
    return all + text_legend(most_lines, width);
}

}  // namespace deepen
