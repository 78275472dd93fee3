// How are curves drawn?  See gnuplot.h.
#include "resnet/report/gnuplot.h"

#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "engine/error.h"
#include "engine/subprocess.h"

namespace deepen {
namespace {

std::string terminal_name(FigureFormat format) {
    return format == FigureFormat::svg ? "svg" : format == FigureFormat::pdf ? "pdfcairo" : "pngcairo";
}

std::string terminal(FigureFormat format, const Sheet& sheet) {
    const auto [width, height, size, name] = sheet;
    const std::string font = text(" enhanced font 'sans-serif,", size, "' background '#ffffff'");
    if (format == FigureFormat::svg)
        return text("set terminal svg size ", width, ",", height, " dynamic", font, " name '", name, "'\n");
    constexpr double point = 0.75;  // cairo's fonts are in points, 72 an inch
    if (format == FigureFormat::png)
        return text("set terminal pngcairo size ", 3 * width, ",", 3 * height, font, " fontscale ", 3 * point,
                    " linewidth 3 dashlength 1.5 pointscale 3\n");
    constexpr double inch = 1.0 / 112;  // 800 units are the width of two columns, 7.1 inches
    return text("set terminal pdfcairo size ", inch * width, "in,", inch * height, "in color", font, " fontscale ",
                point * inch * 72, " linewidth ", inch * 128, " pointscale ", inch * 96, "\n");
}

// Whether the bytes are what the format begins with.
bool is_drawing(FigureFormat format, const std::string& bytes) {
    if (format == FigureFormat::pdf) return bytes.starts_with("%PDF");
    if (format == FigureFormat::png) return bytes.starts_with("\x89PNG");
    return bytes.find("<svg") < bytes.find("<title>") && bytes.find("</desc>") != bytes.npos;
}

}  // namespace

std::string run_gnuplot(const std::string& script, const std::string& program) {
    const Ended gnuplot = run_program({program, "-d", "-"}, script);
    require(gnuplot.refusal != ENOENT, "the program ", program, " is missing, and it draws the curves.  "
            "Install it (the Debian package is gnuplot-nox), then try again.");
    require(gnuplot.refusal == 0, "cannot run ", program, ": ", std::strerror(gnuplot.refusal), ".");
    require(!WIFSIGNALED(gnuplot.status), program, " was killed by signal ", WTERMSIG(gnuplot.status),
            " while it drew the curves.");
    require(WEXITSTATUS(gnuplot.status) == 0, program, " failed with exit status ", WEXITSTATUS(gnuplot.status), ": ",
            gnuplot.complaints.substr(0, 1000));
    return gnuplot.output;
}

std::string ending(FigureFormat format) {
    return format == FigureFormat::svg ? "svg" : format == FigureFormat::pdf ? "pdf" : "png";
}

bool can_draw(FigureFormat format) {
    const std::string all = run_gnuplot("set print '-'\nprint ' ', GPVAL_TERMINALS, ' '\n");
    return all.find(" " + terminal_name(format) + " ") != all.npos;
}

std::string draw(const std::string& script, const Sheet& sheet, FigureFormat format) {
    std::string bytes = run_gnuplot("set encoding utf8\n" + terminal(format, sheet) + script);
    require(is_drawing(format, bytes), "gnuplot ended well, but what it printed is no drawing: \"", bytes.substr(0, 60),
            "\".  Is the program that is called gnuplot in PATH the real one?");
    return bytes;
}

}  // namespace deepen
