// How are lines and points drawn, on paper and on a terminal?  See plot.h.
#include "resnet/report/plot.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

#include "engine/error.h"
#include "resnet/report/palette.h"

namespace deepen {
namespace {

// gnuplot's strings in single quotes know no escapes but a doubled quote.
std::string quoted(const std::string& words) {
    std::string s = "'";
    for (char c : words) s += c == '\'' ? "''" : std::string(1, c);
    return s + "'";
}

std::string numbers(const Series& series, const std::string& block) {
    std::string s = block + " << EOD\n";
    for (const auto& [x, y] : series.points)
        if (std::isfinite(x) && std::isfinite(y)) s += text(format("%.10g %.10g", x, y), "\n");
    return s + "EOD\n";
}

bool empty(const Series& series) {
    return std::none_of(series.points.begin(), series.points.end(),
                                [](const auto& p) { return std::isfinite(p.first) && std::isfinite(p.second); });
}

std::string bound(double value) { return std::isnan(value) ? "*" : text(value); }

// Names slanted below the axis, or numbers.
std::string places(const Plot& plot, bool slanted) {
    if (plot.places.empty()) return "set xtics autofreq norotate\n";
    std::string names;
    for (std::size_t i = 0; i < plot.places.size(); ++i)
        names += text(i ? ", " : "", quoted(plot.places[i]), " ", i + 1);
    return text("set xtics ", slanted ? "rotate by 30 right " : "norotate ", "(", names, ")\nset xrange [0.5:",
                plot.places.size(), ".5]\n");
}

std::string axes(const Plot& plot, bool slanted) {
    return text("set title ", quoted(plot.title), "\nset xlabel ", quoted(plot.x), "\nset ylabel ", quoted(plot.y),
                plot.log_y ? "\nset logscale y\n" : "\nunset logscale y\n", "set autoscale\nset yrange [",
                bound(plot.bottom), ":", bound(plot.top), "]\n", places(plot, slanted));
}

std::string pen(Series::Look look) {
    switch (look) {
        case Series::Look::line:
            return "lines linewidth 1.8";
        case Series::Look::dashed:
            return "lines linewidth 1.4 dashtype (6,4)";
        case Series::Look::points:
            return "points pointtype 7 pointsize 0.7";
        case Series::Look::rings:
            return "points pointtype 6 pointsize 1.2 linewidth 1.2";
        case Series::Look::line_and_points:
            return "linespoints pointtype 7 pointsize 0.5 linewidth 1.4";
    }
    return "";
}

// `look` says how a series looks, by its place.
template <class LookOf>
std::string plotted(const Plot& plot, const std::string& prefix, LookOf look) {
    std::string blocks, command;
    for (std::size_t i = 0; i < plot.series.size(); ++i) {
        const Series& series = plot.series[i];
        if (empty(series)) continue;
        const std::string block = text("$", prefix, i);
        blocks += numbers(series, block);
        command +=
            text(command.empty() ? "plot " : ", ", block, " using 1:2 with ", look(series, i), " linecolor rgb '",
                 series.colour, "' ", series.name.empty() ? "notitle" : "title " + quoted(series.name));
    }
    require(!command.empty(), "there is nothing to draw in \"", plot.title, "\": no number is finite.");
    return blocks + command + "\n";
}

// What each series is drawn with on a terminal: one mark for each that is named, and the same for those without a name
// that share its colour.  Beyond 25 marks, or 6 of theory, they begin anew.
std::vector<char> marks_of(const Plot& plot) {
    constexpr std::string_view marks = "ox+*#ABCDEFGHIJKLMNPQRSTU", theory = ".:,'-~";
    std::vector<char> all;
    std::map<std::string, char> known;                   // by colour
    std::size_t used = 0, of_theory = 0;
    for (const Series& series : plot.series) {
        char mark = '@';
        if (series.look == Series::Look::dashed) {
            mark = series.name.empty() ? '.' : theory[of_theory++ % theory.size()];
        } else if (series.look != Series::Look::rings) {
            const auto same = known.find(series.colour);
            const bool shared = series.name.empty() && same != known.end();
            mark = shared ? same->second : marks[used++ % marks.size()];
            known[series.colour] = mark;
        }
        all.push_back(mark);
    }
    return all;
}

}  // namespace

std::string drawn(const std::vector<Plot>& plots, const std::string& name, FigureFormat format) {
    // Up to three in a row.
    const int count = static_cast<int>(plots.size()), rows = count > 3 ? 2 : 1, columns = (count + rows - 1) / rows;
    const int panel = columns == 1 ? 640 : columns == 2 ? 480 : 380;
    std::string s = text("set multiplot layout ", rows, ",", columns, "\n",
                         "set key outside top center horizontal samplen 2 textcolor rgb '#444444'\n"
                         "set border 3 linecolor rgb '#888888'\n"
                         "set tics nomirror out scale 0.5 textcolor rgb '#444444'\n"
                         "set grid ytics linecolor rgb '#e4e4e4' linetype 1 linewidth 0.8\n");
    for (std::size_t i = 0; i < plots.size(); ++i)
        s += axes(plots[i], true) +
             plotted(plots[i], text("p", i, "s"), [](const Series& line, std::size_t) { return pen(line.look); });
    return draw(s + "unset multiplot\n", {columns * panel, rows * 400, 13, name}, format);
}

std::string drawn_as_text(const std::vector<Plot>& plots, const Terminal& terminal) {
    const int width = std::clamp(terminal.width(), 60, 100);
    std::string all;
    for (const Plot& plot : plots) {
        const std::vector<char> marks = marks_of(plot);
        const auto points = [&](const Series&, std::size_t i) { return text("points pointtype \"", marks[i], "\""); };
        all += run_gnuplot(text("set terminal dumb size ", width, ",20", terminal.colour ? " ansi256" : " mono", "\n",
                                "set border 3\nset tics nomirror scale 0\nset key top right\n", axes(plot, false),
                                plotted(plot, "s", points)));
    }
    return all;
}

std::string colour_of(const std::string& kind, std::size_t place) {
    const char* colour = kind == "plain" ? "#d55e00" : kind == "preactivation" ? "#009e73" : "#0072b2";
    return tint(colour, std::max(0.25, 1 - 0.2 * static_cast<double>(place)));
}

}  // namespace deepen
