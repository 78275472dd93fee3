// How is a surface drawn?  See surface.h.
#include "resnet/why/surface.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

// "viridis" (Smith and van der Walt 2015): dark is low.  Even steps of lightness, so it is read in grey as well.
constexpr const char* colours =
    "set palette defined (0 '#440154', 1 '#482878', 2 '#3e4989', 3 '#31688e', 4 '#26828e', 5 '#1f9e89', 6 '#35b779', "
    "7 '#6ece58', 8 '#b5de2b', 9 '#fde725')\n";

// From the lowest height to the 90th percentile (but at least half a decade); what is higher is cut off, as one high
// corner would otherwise use up the colours.
struct Scale {
    double low, high;  // log10
};
Scale scale_of(const std::vector<Surface>& surfaces) {
    std::vector<double> all;
    for (const Surface& s : surfaces)
        for (double z : s.z)
            if (std::isfinite(z) && z > 0) all.push_back(std::log10(z));
    require(!all.empty(), "there is no surface to draw: no height is a positive number.");
    std::sort(all.begin(), all.end());
    const double low = all.front(), high = all[(all.size() - 1) * 9 / 10];
    return {low, std::max(high, low + 0.5)};
}

std::string rows_of(const Surface& surface, const std::string& block, Scale scale) {
    const auto side = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(surface.z.size()))));
    ensure(side >= 2 && side * side == std::ssize(surface.z), "a surface of ", surface.z.size(),
           " points is no square");
    std::string rows = block + " << EOD\n";
    for (Index i = 0; i < std::ssize(surface.z); ++i) {
        const double z = surface.z[static_cast<std::size_t>(i)];
        const double height = std::isfinite(z) && z > 0 ? std::clamp(std::log10(z), scale.low, scale.high) : scale.high;
        const auto place = [&](Index point) {
            return surface.reach * (2 * static_cast<double>(point) / static_cast<double>(side - 1) - 1);
        };
        rows += text(i > 0 && i % side == 0 ? "\n" : "", format("%.6g %.6g ", place(i % side), place(i / side)),
                     format("%.6g\n", height));
    }
    return rows + "EOD\n";
}

// 0.1, 0.2, 0.5, 1, 2, ... as far as the scale goes.
std::string marks(Scale scale) {
    std::string all;
    for (int decade = -6; decade <= 6; ++decade)
        for (double digit : {1.0, 2.0, 5.0}) {
            const double z = digit * std::pow(10, decade), height = std::log10(z);
            if (height >= scale.low && height <= scale.high)
                all += text(all.empty() ? "" : ", ", format("'%g' %.6g", z, height));
        }
    return "(" + all + ")";
}

// Contours of the map: ten over the scale.
std::string levels(Scale scale) {
    return text("set cntrparam levels incremental ",
                format("%.6g,%.6g,%.6g\n", scale.low, (scale.high - scale.low) / 10, scale.high));
}

}  // namespace

std::string drawn(const std::vector<Surface>& surfaces, const std::string& z, const std::string& name,
                  FigureFormat file) {
    constexpr int panel = 290, bar = 90, height = 570;  // of a hill and its map, and of the colours' key beside them
    const Scale scale = scale_of(surfaces);
    const int sheet = panel * static_cast<int>(surfaces.size()) + bar;
    const auto across = [&](double units) { return units / sheet; };
    std::string blocks, hills, maps;
    for (std::size_t i = 0; i < surfaces.size(); ++i) {
        const std::string block = text("$s", i);
        const double left = panel * static_cast<double>(i);
        blocks += rows_of(surfaces[i], block, scale);
        hills += format("set origin %.4f,0.43\n", across(left)) + format("set size %.4f,0.54\n", across(panel)) +
                 text("set label 1 '", surfaces[i].title, "' at screen ", format("%.4f", across(left + panel / 2.0)),
                      ",0.97 center\nsplot ", block, " using 1:2:3 with pm3d notitle\n");
        const std::string margins = format("set lmargin at screen %.4f\nset rmargin at screen %.4f\n",
                                           across(left + 40), across(left + 40 + 235));
        if (i + 1 == surfaces.size())
            maps += format("set colorbox user origin screen %.4f,0.07 size screen %.4f,0.41\n",
                           across(sheet - bar + 15), across(14));
        maps += margins + levels(scale) +
                text("splot ", block, " using 1:2:3 with pm3d notitle, ", block,
                     " using 1:2:3 with lines nosurface linecolor rgb '#80000000' linewidth 0.6 notitle\n");
        if (surfaces[i].contour > 0)
            maps += text("set cntrparam levels discrete ", format("%.6g", std::log10(surfaces[i].contour)), "\nsplot ",
                         block, " using 1:2:3 with lines nosurface linecolor rgb '#ffffff' linewidth 2 notitle\n");
    }
    const std::string range = format("[%.6g:%.6g]\n", scale.low, scale.high);
    const std::string script =
        text(blocks, colours, "set multiplot\nset cbrange ", range, "set zrange ", range,
             "unset key\nunset colorbox\nset border 0\nunset tics\n"
             "set pm3d depthorder border linecolor rgb '#30000000' linewidth 0.2\nset view 55,35,1.35,0.75\n",
             "set xyplane at ", format("%.6g\n", scale.low), hills,
             "unset label 1\nset view map\nset pm3d map noborder\nset contour base\nset cntrlabel onecolor\n"
             "set border 15 linecolor rgb '#888888'\nset xtics 0.5 scale 0.3 textcolor rgb '#444444'\n"
             "set ytics 0.5 scale 0.3 textcolor rgb '#444444'\nset tmargin at screen 0.48\nset bmargin at screen 0.07\n"
             "set cblabel '",
             z, "' textcolor rgb '#444444'\nset cbtics ", marks(scale), " scale 0.3\n", maps, "unset multiplot\n");
    return draw(script, {sheet, height, 12, name}, file);
}

}  // namespace deepen
