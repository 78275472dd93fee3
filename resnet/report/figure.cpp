// How does a figure of curves look?  See figure.h.
#include "resnet/report/figure.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "resnet/report/gnuplot.h"
#include "resnet/report/palette.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

constexpr auto training = &EpochRecord::train_error, test = &EpochRecord::test_error;

// What distinguishes the looks.
struct Drawing {
    Look look;
    Axes axes;
    int width, height;   // in the units of an SVG, 96 an inch
    double bottom, top;  // of the axes, as shares of the height
    int font;
    bool one;  // one panel

    bool paper() const { return look == Look::paper; }
    double EpochRecord::*foremost() const { return paper() ? test : training; }
    double EpochRecord::*behind() const { return paper() ? training : test; }
    // Of a panel's axes, in units: on the left are numbers, on the right names.
    double left(std::size_t panel) const { return paper() ? 60 + 372.0 * panel : 58 + 462.0 * panel; }
    double right(std::size_t panel) const { return left(panel) + panel_width(); }
    double panel_width() const { return paper() ? 282 : one ? 490 : 372; }
    // In percent of error, so many units.
    double height_of(double units) const { return axes.top * units / (height * (top - bottom)); }
};

Drawing drawing_of(const std::vector<Panel>& panels, Look look) {
    const bool one = panels.size() == 1;
    if (look == Look::paper) return {look, zoomed_axes_of(panels), one ? 450 : 800, 340, 0.175, 0.8, 12, one};
    return {look, axes_of(panels), one ? 640 : 980, 420, 0.15, 0.83, 13, one};
}

// --- numbers -------------------------------------------------------------------------------------------

std::string percents(double fraction) { return std::isnan(fraction) ? " NaN" : text(" ", 100 * fraction); }

// One row per epoch, errors in percent: iteration; mean of training error, of test error; both of each seed.
std::string data_block(const Line& line) {
    std::string rows = line.block + " << EOD\n";
    for (Index epoch = 1; epoch <= line.epochs(); ++epoch) {
        rows += std::to_string(line.iteration(epoch));
        for (auto what : {training, test}) rows += percents(at(line.net, epoch, what).mean);
        const auto row = static_cast<std::size_t>(epoch) - 1;
        for (const Run* run : line.net.runs)
            for (auto what : {training, test}) rows += percents(run->history[row].*what);
        rows += '\n';
    }
    return rows + "EOD\n";
}

int column(double EpochRecord::*what) { return what == training ? 2 : 3; }

// Where the learning rate was divided: {iteration, new rate}.
std::vector<std::pair<Index, double>> rate_drops(const History& history) {
    std::vector<std::pair<Index, double>> drops;
    for (std::size_t i = 1; i < history.size(); ++i)
        if (history[i].lr < 0.5 * history[i - 1].lr) drops.emplace_back(history[i - 1].iteration, history[i].lr);
    return drops.size() <= 3 ? drops : std::vector<std::pair<Index, double>>();
}

// --- axes ----------------------------------------------------------------------------------------------

// "iteration (391 per epoch)"; the paper counts in ten thousands.
std::string iteration_axis(const std::vector<Panel>& panels, const Drawing& drawing) {
    const Index last = drawing.axes.iterations, unit = !drawing.paper() ? 1000 : 10'000;
    const bool in_units = last >= 2 * unit;
    std::string places, words = "iterations";
    for (Index value : tics(last)) {
        const double shown = static_cast<double>(value) / static_cast<double>(in_units ? unit : 1);
        const std::string number = format("%g", shown) + (in_units && !drawing.paper() && value > 0 ? "k" : "");
        places += text(places.empty() ? "" : ", ", "'", number, "' ", value);
    }
    if (drawing.paper() && in_units) words += " (10⁴)";
    Index each = -1;
    bool unfinished = false;
    for (const Line& line : lines_in(panels)) {
        if (line.published) continue;
        unfinished = unfinished || !line.net.finished;
        for (const Run* run : line.net.runs) {
            if (run->history.size() < 2) continue;           // its only epoch may have been cut short
            const Index first = run->history.front().iteration;
            each = each == -1 || each == first ? first : 0;
        }
    }
    if (!drawing.paper() && each > 0) words += text(" (", each, " per epoch)");
    if (unfinished) words += "   * not finished";
    return text("set xrange [0:", last, "]\nset yrange [0:", drawing.axes.top, "]\nset xtics (", places,
                ")\nset xlabel '", words, "' textcolor rgb '#444444'\n");
}

// --- words ---------------------------------------------------------------------------------------------

struct Pens {
    std::string training, test, seed_training, seed_test;
};
// Fewer epochs, more ink.
Pens pens_for(const Drawing& drawing) {
    const std::string few = drawing.axes.epochs < 30 ? "points pointtype 7 pointsize 0.35" : "";
    const auto pen = [&](double width, bool dashed) {
        return text("lines", few, " linewidth ", width, dashed ? " dashtype (6,4)" : "");
    };
    const double wide = drawing.axes.epochs < 60 ? 2.2 : 1.7;
    if (drawing.paper())
        return {pen(1.1, true), pen(wide, false), "lines linewidth 0.5 dashtype (6,4)", "lines linewidth 0.6"};
    return {pen(wide, false), pen(1.4, true), "lines linewidth 0.6", "lines linewidth 0.6 dashtype (6,4)"};
}

// One line above all panels that says what the lines are.
std::string legend(const std::vector<Panel>& panels, const Drawing& drawing) {
    const double y = drawing.paper() ? 0.945 : 0.95, sample = 34.0 / drawing.width, character = 7.4 / drawing.width;
    std::string s;
    double x = drawing.left(0) / drawing.width;
    const auto entry = [&](const std::string& words, const std::string& pen, const char* colour) {
        s += text("set arrow from screen ", x, ", screen ", y, " to screen ", x + sample, ", screen ", y,
                  " nohead linecolor rgb '", colour, "' ", pen, "\nset label '", words, "' at screen ", x + sample,
                  ", screen ", y, " left offset character 0.8,0 textcolor rgb '#444444'\n");
        x += 1.7 * sample + character * static_cast<double>(words.size());
    };
    const bool paper = drawing.paper();
    entry("training error", paper ? "linewidth 1.1 dashtype (6,4)" : "linewidth 2.2", "#444444");
    entry("test error", paper ? "linewidth 2.2" : "linewidth 1.4 dashtype (6,4)", "#444444");
    if (drawing.axes.several_seeds) entry("each seed", "linewidth 0.6", "#444444");
    Index published = 0;  // iterations of the longest published curve
    for (const Line& line : lines_in(panels))
        if (line.published) published = std::max(published, line.iteration(line.epochs()));
    const bool goes_on = 100 * published > 102 * drawing.axes.iterations;  // by more than the rest of an epoch
    if (published > 0)
        entry(text("published", goes_on ? text(", to iteration ", published) : ""), "linewidth 0.9", "#999999");
    return s;
}

// "↑ plain-110: 65.9 %, test 66.2 %", above the axes: what would else be out of sight.
std::string notes_on_what_is_above(const Panel& panel, const Drawing& drawing) {
    std::string s;
    double y = 1.08;
    for (const Line& line : panel.lines) {
        const double train = line.end(training), of_test = line.end(test), top = drawing.axes.top;
        const bool diverged = std::isnan(train);
        if (line.published || !(diverged || train > top || of_test > top)) continue;
        const std::string ends = text("↑ ", line.label(), format(": %.1f %%", train),
                                      std::isnan(of_test) ? "" : format(", test %.1f %%", of_test));
        s += text("set label '", diverged ? line.label() + " diverged" : ends, "' at graph 1, graph ", y,
                  " right textcolor rgb '", ink(line.colour), "' font ',11'\n");
        y += 15 / (drawing.height * (drawing.top - drawing.bottom));
    }
    return s;
}

// The height at which a line ends or leaves the panel on the right; NaN if it does neither.
double height_at_end(const Line& line, const Drawing& drawing) {
    Index last = line.epochs();
    while (last > 1 && line.iteration(last) > drawing.axes.iterations) --last;
    const double foremost = line.percent(last, drawing.foremost());
    const double end = std::isnan(foremost) ? line.percent(last, drawing.behind()) : foremost;
    return end <= drawing.axes.top ? end : std::nan("");
}

std::string names_at_ends(const Panel& panel, const Drawing& drawing) {
    std::vector<const Line*> lines;
    std::vector<double> ends;
    for (const Line& line : panel.lines) {
        const double end = height_at_end(line, drawing);
        if (std::isnan(end)) continue;
        lines.push_back(&line), ends.push_back(end);
    }
    const std::vector<double> heights = label_heights(ends, drawing.axes.top, drawing.height_of(16));
    std::string s;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Line& line = *lines[i];
        const std::string colour = line.published ? "#767676" : ink(line.colour);
        s += text("set label '", line.label(), "' at graph 1, first ", heights[i],
                  " left offset character 1.3,0 textcolor rgb '", colour, "'\n");
        if (line.iteration(line.epochs()) >= drawing.axes.iterations)
            s += text("set arrow from graph 1, first ", ends[i], " to graph ", 1 + 9 / drawing.panel_width(),
                      ", first ", heights[i], " nohead linewidth 0.8 linecolor rgb '", line.colour, "'\n");
        if (!line.net.finished)
            s += text("set label '' at ", line.iteration(line.epochs()), ", ", ends[i],
                      " point pointtype 6 pointsize 1.2 linewidth 1.5 linecolor rgb '", line.colour, "'\n");
    }
    return s;
}

// --- the learning rate ---------------------------------------------------------------------------------

struct Box {
    double left, right, bottom, top;                     // in iterations and percent
};

// Of the label of a drop, at this share of the axes' height.
Box label_box(const std::pair<Index, double>& drop, double height, const Drawing& drawing) {
    const double unit = static_cast<double>(drawing.axes.iterations) / drawing.panel_width();
    const double left = static_cast<double>(drop.first) + 4 * unit, middle = height * drawing.axes.top;
    const double width = (8 + 6.0 * static_cast<double>(text("lr ", drop.second).size())) * unit;
    return {left, left + width, middle - drawing.height_of(11), middle + drawing.height_of(11)};
}

// Whether some seed's curve passes through.
bool passes(const Line& line, double EpochRecord::*what, const Box& box) {
    for (const Run* run : line.net.runs)
        for (std::size_t i = 1; i < run->history.size(); ++i) {
            const EpochRecord &a = run->history[i - 1], &b = run->history[i];
            const double from = std::max<double>(box.left, a.iteration), to = std::min<double>(box.right, b.iteration);
            if (from > to) continue;
            const auto at = [&](double x) {
                const double share = (x - a.iteration) / static_cast<double>(b.iteration - a.iteration);
                return 100 * ((1 - share) * a.*what + share * b.*what);
            };
            if (std::min(at(from), at(to)) <= box.top && std::max(at(from), at(to)) >= box.bottom) return true;
        }
    return false;
}

const History& rates_of(const Panel& panel) { return panel.lines.back().net.runs.front()->history; }

// Where the labels can be read, as a share of the axes' height: the highest place with the fewest curves through them.
double rate_height(const std::vector<Panel>& panels, const Drawing& drawing) {
    const auto crossings = [&](double height) {
        Index count = 0;
        for (const Panel& panel : panels)
            for (const auto& drop : rate_drops(rates_of(panel)))
                for (const Line& line : panel.lines)
                    for (auto what : {training, test}) count += passes(line, what, label_box(drop, height, drawing));
        return count;
    };
    constexpr double highest = 0.96, apart = 0.04;
    double best = highest;
    for (int step = 1; step < 24 && crossings(best) > 0; ++step)
        if (const double height = highest - apart * step; crossings(height) < crossings(best)) best = height;
    return best;
}

// --- panels --------------------------------------------------------------------------------------------

std::string heading(const Panel& panel, const Drawing& drawing) {
    return text("set label '{/:Bold ", panel.title, "}", drawing.paper() ? "" : "{/=13   error, %}",
                "' at graph 0, graph ", drawing.paper() ? 1.08 : 1.07, " left textcolor rgb '#222222' font ',",
                drawing.paper() ? 13 : 15, "'\n");
}

// What lies behind comes first.
std::string lines_of(const Panel& panel, const Drawing& drawing) {
    std::string separator = "plot ", s;
    const auto draw = [&](const Line& line, int column, const std::string& pen, const std::string& colour) {
        s += text(separator, line.block, " using 1:", column, " with ", pen, " linecolor rgb '", colour, "'");
        separator = ", \\\n     ";
    };
    const Pens pens = pens_for(drawing);
    for (const Line& line : panel.lines)
        if (line.published) {
            draw(line, column(training), drawing.paper() ? "lines linewidth 0.8 dashtype (6,4)" : "lines linewidth 0.8",
                 line.colour);
            draw(line, column(test), drawing.paper() ? "lines linewidth 0.8" : "lines linewidth 0.8 dashtype (6,4)",
                 line.colour);
        }
    for (const Line& line : panel.lines)
        for (std::size_t seed = 0; line.net.runs.size() > 1 && seed < line.net.runs.size(); ++seed) {
            const std::string pale = tint(line.colour, 0.55);
            draw(line, 5 + 2 * static_cast<int>(seed), pens.seed_test, pale);
            draw(line, 4 + 2 * static_cast<int>(seed), pens.seed_training, pale);
        }
    for (auto what : {drawing.behind(), drawing.foremost()})
        for (const Line& line : panel.lines)
            if (!line.published) draw(line, column(what), what == training ? pens.training : pens.test, line.colour);
    return s;
}

std::string plot_panel(const Panel& panel, std::size_t place, double labels, const Drawing& drawing) {
    std::string s = text("set lmargin at screen ", drawing.left(place) / drawing.width, "\nset rmargin at screen ",
                         drawing.right(place) / drawing.width, "\n", heading(panel, drawing));
    for (const auto& [iteration, rate] : rate_drops(rates_of(panel)))
        s += text("set arrow from ", iteration, ", graph 0 to ", iteration, ", graph 1 nohead back ",
                  "linecolor rgb '#aaaaaa' dashtype (2,4)\n", "set label 'lr ", rate, "' at ", iteration,
                  ", graph ", labels, " left offset character 0.7,0 ", "textcolor rgb '#777777' font ',11'\n");
    s += notes_on_what_is_above(panel, drawing) + names_at_ends(panel, drawing) + lines_of(panel, drawing);
    // What belongs to this panel must not reach the next, which also shares its numbers at the axis.
    return s + "\nunset label\nunset arrow\nunset object\nunset ylabel\nset format y ''\n";
}

}  // namespace

std::string figure(const std::vector<Panel>& panels, Look look, FigureFormat format, const std::string& name) {
    const Drawing drawing = drawing_of(panels, look);
    std::string script;
    for (const Line& line : lines_in(panels)) script += data_block(line);
    script +=
        text("set multiplot\nset tmargin at screen ", drawing.top, "\nset bmargin at screen ", drawing.bottom, "\n");
    script +=
        "unset key\n"
        "set border 3 linecolor rgb '#888888'\n"
        "set tics nomirror out scale 0.5 textcolor rgb '#444444'\n"
        "set grid ytics linecolor rgb '#e4e4e4' linetype 1 linewidth 0.8\n";
    if (drawing.paper()) script += "set ylabel 'error (%)' offset character 1.2,0 textcolor rgb '#444444'\n";
    script += iteration_axis(panels, drawing) + legend(panels, drawing);
    const double labels = rate_height(panels, drawing);
    for (std::size_t i = 0; i < panels.size(); ++i) script += plot_panel(panels[i], i, labels, drawing);
    return draw(script + "unset multiplot\n", {drawing.width, drawing.height, drawing.font, name}, format);
}

}  // namespace deepen
