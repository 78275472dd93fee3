// What does the page about the loss around trained weights say?  See landscape.h.
#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "resnet/why/landscape.h"

namespace deepen {
namespace {

constexpr const char* source =
    "<p><a href=\"https://arxiv.org/abs/1712.09913\">Li et al. 2018</a>: with depth the loss around the weights of a "
    "plain net turns from nearly convex to chaotic.  With shortcuts it stays as smooth and as wide as that of a "
    "shallow "
    "net.</p>\n";

constexpr const char* limits =
    "<p>Two random directions of hundreds of thousands: what looks convex there has a positive curvature on average, "
    "and saddles seldom come out as such (<a href=\"https://arxiv.org/abs/2208.13219\">B&ouml;ttcher and Wheeler "
    "2022</a>).  A wide valley around the end of training does not say how hard the way there was.  Nets that end at "
    "different losses are compared around different heights.  Batch norm's statistics are those of the net at the "
    "centre.</p>\n";

constexpr const char* further =
    "<p>Goodfellow, Vinyals and Saxe 2015 (<a href=\"https://arxiv.org/abs/1412.6544\">arXiv:1412.6544</a>) look along "
    "the line from the start to the end of training.  Dinh et al. 2017 (<a href=\"https://arxiv.org/abs/1703.04933\">"
    "arXiv:1703.04933</a>) show that how sharp a minimum is depends on how weights are scaled, which is why filters "
    "are "
    "normalised here.</p>\n";

// The nets that are drawn: of each kind the shallowest and the deepest, from their first seed.
std::vector<const Landscape*> shown(const std::vector<Landscape>& found) {
    std::vector<const Landscape*> all;
    for (const char* kind : {"plain", "residual"}) {
        const Landscape *shallow = nullptr, *deep = nullptr;
        for (const Landscape& l : found) {
            if (l.net->kind != kind) continue;
            if (!shallow || l.net->depth < shallow->net->depth) shallow = &l;
            if (!deep || l.net->depth > deep->net->depth) deep = &l;
        }
        if (shallow) all.push_back(shallow);
        if (deep && deep != shallow) all.push_back(deep);
    }
    return all;
}

std::vector<Surface> surfaces_of(const std::vector<const Landscape*>& nets) {
    std::vector<Surface> surfaces;
    for (const Landscape* l : nets)
        surfaces.push_back({.title = l->net->name(),
                            .reach = l->options.reach,
                            .z = l->loss,
                            .contour = l->centre() + threshold::contour});
    return surfaces;
}

// The loss along the first direction, above that at the centre.
Plot slice(const std::vector<const Landscape*>& nets) {
    Plot plot{.title = "along the first direction",
              .x = "steps, in sizes of the weights",
              .y = "loss above the centre",
              .bottom = -threshold::contour,
              .top = 20 * threshold::contour,
              .series = {}};
    const double reach = nets.front()->options.reach;
    plot.series.push_back({text(threshold::contour, " above"),
                           "#444444",
                           Series::Look::dashed,
                           {{-reach, threshold::contour}, {reach, threshold::contour}}});
    for (const Landscape* l : nets) {
        const bool deepest = std::none_of(nets.begin(), nets.end(), [&](const Landscape* other) {
            return other->net->kind == l->net->kind && other->net->depth > l->net->depth;
        });
        Series series{l->net->name(), colour_of(l->net->kind, deepest ? 0 : 2), Series::Look::line_and_points, {}};
        for (Index i = 0; i < l->options.points; ++i)
            series.points.emplace_back(l->place(i), l->at(i, l->options.points / 2) - l->centre());
        plot.series.push_back(std::move(series));
    }
    return plot;
}

std::string rows_of(const Landscape& l) {
    std::string rows;
    const std::string net = text(l.net->kind, ",", l.net->depth, ",", l.net->seed, ",");
    for (Index row = 0; row < l.options.points; ++row)
        for (Index column = 0; column < l.options.points; ++column)
            rows += text(net, format("%.4f,%.4f,%.6g\n", l.place(column), l.place(row), l.at(column, row)));
    return rows;
}

std::string table(const std::vector<Landscape>& found) {
    std::string s = text(
        "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">net</th><th scope=\"col\">seed</th><th "
        "scope=\"col\">loss at the centre</th><th scope=\"col\">width of the contour ",
        threshold::contour, " above</th><th scope=\"col\">local minima</th></tr></thead>\n<tbody>\n");
    for (const Landscape& l : found)
        s += text("<tr><th scope=\"row\">", l.net->name(), "</th><td>", l.net->seed, "</td><td>",
                  format("%.3f", l.centre()), "</td><td>", format("%.2f", l.width(threshold::contour)), "</td><td>",
                  l.minima(), "</td></tr>\n");
    return s + "</tbody>\n</table></div>\n";
}

std::vector<Batch> batches_of(const PictureSet& pictures, const Preprocessing& preprocessing) {
    Loader loader(pictures, preprocessing, {.batch = 250});
    loader.start(0);
    std::vector<Batch> all;
    for (Batch batch; loader.next(batch);) all.push_back(batch);
    return all;
}

}  // namespace

Study landscape_study(const std::vector<TrainedNet>& nets, const PictureSet& pictures, const LandscapeOptions& options,
                      Notebook& notebook, const std::function<void()>& measured) {
    std::vector<Landscape> found;
    for (const TrainedNet& net : nets)
        found.push_back(landscape(net, batches_of(pictures, net.preprocessing), options, notebook, measured));
    const std::vector<const Landscape*> drawn = shown(found);
    require(!drawn.empty(), "there is no net to look around.");
    Study study{.name = "landscape",
                .title = "What does the loss look like around trained weights?",
                .source = source,
                .method = text("<p>The mean loss of ", pictures.count(), " pictures of the training set, evaluation ",
                               "mode, on ", options.points, " &times; ", options.points, " points of a square around ",
                               "the trained weights.  Its sides are two random directions, the same for all nets, in ",
                               "which each filter's part is as large as the filter.  The width is that of a disk as ",
                               "large as what lies within the contour around the centre; a local minimum is a point ",
                               "of the grid lower than its eight neighbours.</p>\n", table(found)),
                .caption =
                    "Above, the loss as hills; below, as maps, the contour 0.1 above the centre in white.  One "
                    "logarithmic scale of heights and colours for all nets; what is higher is cut off.",
                .limits = limits,
                .further = further,
                .claims = judge_landscapes(found, std::log(nets.front().net->options().classes)),
                .surfaces = surfaces_of(drawn),
                .plots = {slice(drawn)},
                .csv = "kind,depth,seed,a,b,loss\n"};
    for (const Landscape& l : found) study.csv += rows_of(l);
    return study;
}

}  // namespace deepen
