// What does degradation look like?  See curves.h.
//
// A figure is a gnuplot script: first each net's numbers as a named block of data, then one `plot`
// for each panel.  Colours are those of Okabe and Ito (2008), told apart by colour-blind readers too.
#include "resnet/training/curves.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/training/gnuplot.h"

namespace deepen {
namespace {

struct Line {
    Net net;
    std::string colour;                                  // "#0072b2"
    double end;                                          // its last training error in percent, where the label goes
};

struct Panel {
    std::string title;
    std::vector<Line> lines;
    double left, right;                                  // of its axes, as shares of the figure's width
};

// What all panels of a figure share.
struct Axes {
    Index epochs = 0;                                    // of the longest line
    double top = 0;                                      // error in percent
    bool several_seeds = false;
};

constexpr int figure_height = 420;
constexpr double plot_bottom = 0.15, plot_top = 0.83;    // shares of the figure's height

std::string block_name(const Net& net) {
    return text("$", net.kind, net.depth, net.finished ? "" : text("_seed", net.runs.front()->seed));
}

std::string label_of(const Net& net) { return net.name() + (net.finished ? "" : "*"); }

Index epochs_of(const Net& net) { return last_shared_epoch({net}); }

// One row per epoch: epoch, then mean, least and most of training error and of test error, in percent.
std::string data_block(const Net& net) {
    std::string rows = block_name(net) + " << EOD\n";
    for (Index epoch = 1; epoch <= epochs_of(net); ++epoch) {
        rows += std::to_string(epoch);
        for (double EpochRecord::* what : {&EpochRecord::train_error, &EpochRecord::test_error}) {
            const Spread s = at(net, epoch, what);
            for (double value : {s.mean, s.low, s.high}) rows += std::isnan(value) ? " NaN" : text(" ", 100 * value);
        }
        rows += '\n';
    }
    return rows + "EOD\n";
}

// The error axis ends at the largest error or, for long runs, at 2.5 times the largest final error:
// as in the paper's figure, the first epochs may leave at the top, so that the ends can be told apart.
Axes axes_of(const std::vector<Net>& nets) {
    Axes axes;
    double most = 0, most_at_end = 0;
    for (const Net& net : nets) {
        const Index epochs = epochs_of(net);
        axes.epochs = std::max(axes.epochs, epochs);
        axes.several_seeds = axes.several_seeds || net.runs.size() > 1;
        for (Index epoch = 1; epoch <= epochs; ++epoch)
            for (double EpochRecord::* what : {&EpochRecord::train_error, &EpochRecord::test_error}) {
                const double high = 100 * at(net, epoch, what).high;
                if (std::isnan(high)) continue;
                most = std::max(most, high);
                if (epoch == epochs && net.finished) most_at_end = std::max(most_at_end, high);
            }
    }
    const double wanted = std::min(most, most_at_end > 0 ? 2.5 * most_at_end : most);
    const double step = wanted > 40 ? 10 : wanted > 10 ? 5 : 1;
    axes.top = std::clamp(std::ceil(wanted / step) * step, 1.0, 100.0);
    return axes;
}

// A colour a depth, cool for shallow to warm for deep.
std::map<int, std::string> colours_by_depth(const std::vector<Net>& nets) {
    const std::string blue = "#0072b2", sky = "#56b4e9", amber = "#e69f00", vermillion = "#d55e00", purple = "#cc79a7";
    std::map<int, std::string> colours;
    for (const Net& net : nets) colours[net.depth];
    std::vector<std::string> palette{blue, sky, amber, vermillion, purple};
    if (colours.size() <= 2) palette = {blue, vermillion};
    else if (colours.size() == 3) palette = {blue, amber, vermillion};
    std::size_t next = 0;
    for (auto& [depth, colour] : colours) colour = palette[next++ % palette.size()];
    return colours;
}

Line line_of(const Net& net, const std::string& colour) {
    return {net, colour, 100 * at(net, epochs_of(net), &EpochRecord::train_error).mean};
}

// Labels stand where their lines end, moved apart just as far as they would else overlap.
std::vector<double> label_heights(const std::vector<Line>& lines, double top, double apart) {
    std::vector<std::size_t> order(lines.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto wanted = [&](std::size_t i) { return std::isnan(lines[i].end) ? 0 : std::min(lines[i].end, top); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted(a) < wanted(b); });

    std::vector<double> heights(lines.size());
    double lowest = 0;
    for (std::size_t i : order) {
        heights[i] = std::max(wanted(i), lowest);
        lowest = heights[i] + apart;
    }
    double highest = top;
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
        heights[*i] = std::min(heights[*i], highest);
        highest = heights[*i] - apart;
    }
    return heights;
}

// Where the learning rate was divided: {epoch, new rate}.
std::vector<std::pair<Index, double>> rate_drops(const History& history) {
    std::vector<std::pair<Index, double>> drops;
    for (std::size_t i = 1; i < history.size(); ++i)
        if (history[i].lr < 0.5 * history[i - 1].lr) drops.emplace_back(history[i - 1].epoch, history[i].lr);
    return drops.size() <= 3 ? drops : std::vector<std::pair<Index, double>>();
}

std::string iterations_remark(const std::vector<Panel>& panels) {
    const EpochRecord& first = panels.front().lines.front().net.runs.front()->history.front();
    for (const Panel& panel : panels)
        for (const Line& line : panel.lines)
            for (const Run* run : line.net.runs)
                if (run->history.front().iteration != first.iteration) return "";
    return text(" (", first.iteration, " iterations each)");
}

std::string unfinished_remark(const std::vector<Net>& nets) {
    return std::ranges::all_of(nets, &Net::finished) ? "" : "   * not finished";
}

std::string ranges(const Axes& axes) {
    // Few epochs have marks, which must not lie on the axis.
    const double first = axes.epochs == 1 ? 0.5 : axes.epochs < 30 ? 1 - 0.02 * static_cast<double>(axes.epochs) : 0;
    const double last = axes.epochs == 1 ? 1.5 : static_cast<double>(axes.epochs);
    return text("set xrange [", first, ":", last, "]\nset yrange [0:", axes.top, "]\n",
                axes.epochs < 12 ? "set xtics 1\n" : "");
}

// Looks of a net's lines: fewer epochs, more ink; test errors stand back behind training errors.
struct Pen {
    std::string solid, dashed;
};
Pen pen_for(Index epochs) {
    const bool dots = epochs < 30;
    const std::string width = epochs < 60 ? "2.2" : "1.7";
    return {text(dots ? "linespoints pointtype 7 pointsize 0.35" : "lines", " linewidth ", width),
            text(dots ? "linespoints pointtype 6 pointsize 0.35" : "lines", " linewidth 1.4 dashtype (6,4)")};
}

// One line above all panels that says what is solid, dashed and shaded.
std::string legend(double left, int width, const Axes& axes) {
    const double y = 0.95, sample = 34.0 / width, character = 8.3 / width;
    std::string s;
    double x = left;
    const auto name = [&](const std::string& words) {
        s += text("set label '", words, "' at screen ", x + sample, ", screen ", y, " left offset character 1,0 "
                  "textcolor rgb '#444444'\n");
        x += 1.9 * sample + character * static_cast<double>(words.size());
    };
    const std::string from = "set arrow from screen ", look = " nohead linecolor rgb '#444444' linewidth ";
    s += text(from, x, ", screen ", y, " to screen ", x + sample, ", screen ", y, look, "2.2\n");
    name("training error");
    s += text(from, x, ", screen ", y, " to screen ", x + sample, ", screen ", y, look, "1.4 dashtype (6,4)\n");
    name("test error");
    if (!axes.several_seeds) return s;
    s += text("set object rectangle from screen ", x, ", screen ", y - 0.018, " to screen ", x + sample, ", screen ",
              y + 0.018, " fillstyle solid 0.2 noborder fillcolor rgb '#444444'\n");
    name("range over seeds");
    return s;
}

std::string plot_panel(const Panel& panel, const Axes& axes) {
    std::string s = text("set lmargin at screen ", panel.left, "\nset rmargin at screen ", panel.right, "\n",
                         "set label '{/:Bold ", panel.title,
                         "}{/=13   error, %}' at graph 0, graph 1.07 left textcolor rgb '#222222' font ',15'\n");

    for (const auto& [epoch, rate] : rate_drops(panel.lines.front().net.runs.front()->history))
        s += text("set arrow from ", epoch, ", graph 0 to ", epoch, ", graph 1 nohead ",
                  "linecolor rgb '#aaaaaa' dashtype (2,4)\n",
                  "set label 'lr ", rate, "' at ", epoch, ", graph 0.97 left offset character 0.5,0 ",
                  "textcolor rgb '#777777' font ',11'\n");

    const double apart = axes.top * 17 / (figure_height * (plot_top - plot_bottom));
    const std::vector<double> heights = label_heights(panel.lines, axes.top, apart);
    for (std::size_t i = 0; i < heights.size(); ++i)
        s += text("set label '", label_of(panel.lines[i].net), "' at graph 1, first ", heights[i],
                  " left offset character 0.7,0 textcolor rgb '", panel.lines[i].colour, "'\n");
    for (const Line& line : panel.lines)
        if (!line.net.finished && line.end <= axes.top)
            s += text("set label '' at ", epochs_of(line.net), ", ", line.end,
                      " point pointtype 6 pointsize 1.2 linewidth 1.5 linecolor rgb '", line.colour, "'\n");

    std::string separator = "plot ";
    const auto draw = [&](const Line& line, const std::string& what) {
        s += text(separator, block_name(line.net), " ", what, " linecolor rgb '", line.colour, "'");
        separator = ", \\\n     ";
    };
    const Pen pen = pen_for(axes.epochs);
    for (const Line& line : panel.lines)
        if (line.net.runs.size() > 1)
            for (const char* range : {"1:3:4", "1:6:7"})
                draw(line, text("using ", range, " with filledcurves fillstyle transparent solid 0.15 noborder"));
    for (const Line& line : panel.lines) draw(line, "using 1:5 with " + pen.dashed);
    for (const Line& line : panel.lines) draw(line, "using 1:2 with " + pen.solid);
    // What belongs to this panel must not reach the next, which also shares its numbers at the axis.
    return s + "\nunset label\nunset arrow\nunset object\nset format y ''\n";
}

std::vector<Net> nets_in(const std::vector<Panel>& panels) {
    std::vector<Net> nets;
    for (const Panel& panel : panels)
        for (const Line& line : panel.lines) nets.push_back(line.net);
    return nets;
}

std::string figure(const std::vector<Panel>& panels, int width, const std::string& name) {
    const Axes axes = axes_of(nets_in(panels));
    std::string script;
    for (const Net& net : nets_in(panels)) script += data_block(net);
    script += text("set terminal svg size ", width, ",", figure_height, " dynamic enhanced font 'sans-serif,13' ",
                   "background '#ffffff' name '", name, "'\n");
    script += text("set multiplot\nset tmargin at screen ", plot_top, "\nset bmargin at screen ", plot_bottom, "\n");
    script += "unset key\n"
              "set border 3 linecolor rgb '#888888'\n"
              "set tics nomirror out scale 0.5 textcolor rgb '#444444'\n"
              "set grid ytics linecolor rgb '#e4e4e4' linetype 1 linewidth 0.8\n";
    script += text("set xlabel 'epoch", iterations_remark(panels), unfinished_remark(nets_in(panels)),
                   "' textcolor rgb '#444444'\n");
    script += ranges(axes) + legend(panels.front().left, width, axes);
    for (const Panel& panel : panels) script += plot_panel(panel, axes);
    const std::string drawing = run_gnuplot(script + "unset multiplot\n");
    require(drawing.find("<svg") < drawing.find("<title>") && drawing.find("</desc>") != drawing.npos,
            "gnuplot ended well, but what it printed is no drawing: \"", drawing.substr(0, 60),
            "\".  Is the program that is called gnuplot in PATH the real one?");
    return drawing;
}

// A net's errors as marks close enough together to make a line of characters, by linear interpolation.
std::string dense_block(const Net& net, Index marks) {
    const Index epochs = epochs_of(net);
    std::string rows = block_name(net) + " << EOD\n";
    for (Index i = 0; i <= marks; ++i) {
        const double x = 1 + static_cast<double>((epochs - 1) * i) / static_cast<double>(marks);
        const Index before = static_cast<Index>(x), after = std::min(before + 1, epochs);
        const double share = x - static_cast<double>(before);
        rows += text(x);
        for (double EpochRecord::* what : {&EpochRecord::train_error, &EpochRecord::test_error}) {
            const double y = (1 - share) * at(net, before, what).mean + share * at(net, after, what).mean;
            rows += std::isnan(y) ? " NaN" : text(" ", 100 * y);
        }
        rows += '\n';
    }
    return rows + "EOD\n";
}

constexpr int text_height = 18;
constexpr const char *train_marks = "ox+*#@", *test_marks = ".:,'-~";

std::string text_panel(const Panel& panel, const Axes& axes, int width, bool colour) {
    std::string s, plot;
    const std::vector<double> heights = label_heights(panel.lines, axes.top, axes.top / (text_height - 7));
    for (std::size_t i = 0; i < panel.lines.size(); ++i) {
        const Line& line = panel.lines[i];
        const std::string block = block_name(line.net), look = text(" linecolor rgb '", line.colour, "'");
        s += dense_block(line.net, 2 * width);
        s += text("set label '", line.net.name(), "' at graph 1, first ", heights[i],
                  " left offset character 1,0 textcolor rgb '", line.colour, "'\n");
        // Training errors come last, and so on top.
        const std::string train = text(block, " using 1:2 with points pointtype \"", train_marks[i % 6], "\"", look);
        const std::string test = text(block, " using 1:3 with points pointtype \"", test_marks[i % 6], "\"", look);
        plot = plot.empty() ? test + ", " + train : test + ", " + plot + ", " + train;
    }
    s += text("set terminal dumb size ", width, ",", text_height, colour ? " ansi256" : " mono", "\n");
    s += text("set title '", panel.title, ": error in %'\nset xlabel 'epoch'\n", ranges(axes));
    s += "unset key\n"
         "set border 3\n"
         "set tics nomirror scale 0\n"
         "set rmargin 12\nset tmargin 1\nset bmargin 2\n";
    s += "plot " + plot + "\n";
    return run_gnuplot(s);
}

// "o x training error, . : test error"
std::string text_legend(std::size_t lines) {
    std::string train, test;
    for (std::size_t i = 0; i < std::min<std::size_t>(lines, 6); ++i) {
        train += text(train_marks[i], " ");
        test += text(test_marks[i], " ");
    }
    return text("   ", train, "training error   ", test, "test error   (by depth)\n");
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

// Plain left, residual right.
std::vector<Panel> panels_of(const std::vector<Run>& runs, const std::vector<Run>& unfinished = {}) {
    std::vector<Net> nets = nets_of(runs);
    for (const Run& run : unfinished)
        if (!run.history.empty()) nets.push_back({run.kind, run.depth, {&run}, false});
    require(!nets.empty(), "no curves to draw: none of the ", runs.size() + unfinished.size(),
            " runs has finished an epoch.");
    const std::map<int, std::string> colours = colours_by_depth(nets);
    std::vector<Panel> panels;
    for (const auto& [kind, title] : {std::pair("plain", "plain nets"), std::pair("residual", "residual nets")}) {
        Panel panel{title, {}, 0.09, 0.86};
        for (const Net& net : nets)
            if (net.kind == kind) panel.lines.push_back(line_of(net, colours.at(net.depth)));
        if (!panel.lines.empty()) panels.push_back(panel);
    }
    return panels;
}

}  // namespace

void write_curves_csv(const std::filesystem::path& path, const std::vector<Run>& runs) {
    std::ostringstream all;
    all.precision(10);
    all << "kind,depth,seed,epoch,iteration,lr,train_loss,train_error,test_loss,test_error,seconds\n";
    for (const Run& run : runs)
        for (const EpochRecord& e : run.history) {
            all << run.kind << ',' << run.depth << ',' << run.seed << ',' << e.epoch << ',' << e.iteration;
            for (double value : {e.lr, e.train_loss, e.train_error, e.test_loss, e.test_error, e.seconds})
                all << ',' << value;
            all << '\n';
        }
    write_file_atomically(path, all.str());
}

std::string curves_svg(const std::vector<Run>& runs, const std::vector<Run>& unfinished) {
    std::vector<Panel> panels = panels_of(runs, unfinished);
    if (panels.size() == 1) return figure(panels, 640, "curves");
    panels[0].left = 0.06, panels[0].right = 0.445;
    panels[1].left = 0.535, panels[1].right = 0.92;
    return figure(panels, 980, "curves");
}

std::string same_depth_svg(const std::vector<Run>& runs) {
    const std::vector<Net> nets = nets_of(runs);
    for (auto residual = nets.rbegin(); residual != nets.rend() && residual->kind == "residual"; ++residual)
        for (const Net& plain : nets)
            if (plain.kind == "plain" && plain.depth == residual->depth)
                return figure({{text(plain.depth, " layers, with and without shortcuts"),
                                {line_of(plain, "#222222"), line_of(*residual, "#009e73")}, 0.09, 0.86}},
                              640, "same_depth");
    return "";
}

std::string curves_text(const std::vector<Run>& runs, const Terminal& terminal) {
    const std::vector<Panel> panels = panels_of(runs);
    const Axes axes = axes_of(nets_in(panels));
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
    else for (const std::string& drawing : drawings) all += beside(drawing, "", width);
    return all + text_legend(most_lines);
}

}  // namespace deepen
