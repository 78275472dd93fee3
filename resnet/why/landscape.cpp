// What does the loss look like around a trained net's weights?  See landscape.h.
#include "resnet/why/landscape.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "resnet/report/statistics.h"
#include "resnet/why/walk.h"

namespace deepen {

// --- measuring ------------------------------------------------------------------------------------------

namespace {

double mean_loss(Module& net, const std::vector<Batch>& batches) {
    double sum = 0, count = 0;
    for (const Batch& batch : batches) {
        const auto pictures = static_cast<double>(batch.labels.size());
        sum += pictures * cross_entropy(net(batch.x), batch.labels).item();
        count += pictures;
    }
    return sum / count;
}

Index count_of(const std::vector<Batch>& batches) {
    Index count = 0;
    for (const Batch& batch : batches) count += std::ssize(batch.labels);
    return count;
}

}  // namespace

double Landscape::place(Index point) const {
    return options.reach * (2 * static_cast<double>(point) / static_cast<double>(options.points - 1) - 1);
}

Landscape landscape(const TrainedNet& net, const std::vector<Batch>& batches, const LandscapeOptions& options,
                    Notebook& notebook, const std::function<void()>& measured) {
    require(options.points >= 3 && options.points % 2 == 1, "a landscape has the net itself at its centre, so an odd ",
            "number of points a side, at least 3; ", options.points, " were asked for.");
    Landscape result{.net = &net, .options = options, .loss = {}};
    const std::string what = text(net.hash, " ", count_of(batches), " pictures; directions ", options.seed, "; at ");
    const NoGrad no_grad;
    const EvaluationMode evaluation(*net.net);
    WeightWalk walk(*net.net, options.seed);
    for (Index row = 0; row < options.points; ++row)
        for (Index column = 0; column < options.points; ++column) {
            const double a = result.place(column), b = result.place(row);
            result.loss.push_back(notebook.number(what + format("%.6f %.6f", a, b), [&] {
                walk.go(a, b);
                return mean_loss(*net.net, batches);
            }));
            measured();
        }
    return result;
}

// --- numbers that tell surfaces apart -------------------------------------------------------------------

double Landscape::width(double level) const {
    constexpr Index parts = 8;  // each cell of the grid is cut into 8 x 8
    const Index side = (options.points - 1) * parts + 1;
    // The root of what the loss is above the centre; where it is below, 0; where it is no number, no number.
    const auto root = [&](Index column, Index row) {
        const double above = at(column, row) - centre();
        return above < 0 ? 0 : std::sqrt(above);
    };
    const auto inside = [&](Index x, Index y) {
        const Index column = std::min(x / parts, options.points - 2), row = std::min(y / parts, options.points - 2);
        const double u = static_cast<double>(x - column * parts) / parts,
                     v = static_cast<double>(y - row * parts) / parts;
        const double between = (1 - v) * ((1 - u) * root(column, row) + u * root(column + 1, row)) +
                               v * ((1 - u) * root(column, row + 1) + u * root(column + 1, row + 1));
        return between * between < level;  // false where a loss is no number
    };
    // From the centre to all that is inside and touches what was reached.
    std::vector<bool> reached(static_cast<std::size_t>(side * side), false);
    std::vector<std::pair<Index, Index>> next{{side / 2, side / 2}};
    double area = 0;
    while (!next.empty()) {
        const auto [x, y] = next.back();
        next.pop_back();
        if (x < 0 || y < 0 || x >= side || y >= side) continue;
        auto seen = reached[static_cast<std::size_t>(y * side + x)];
        if (seen || !inside(x, y)) continue;
        seen = true, ++area;
        next.insert(next.end(), {{x + 1, y}, {x - 1, y}, {x, y + 1}, {x, y - 1}});
    }
    const double step = 2 * options.reach / static_cast<double>(side - 1);
    return 2 * step * std::sqrt(area / std::numbers::pi);
}

Index Landscape::minima() const {
    Index count = 0;
    for (Index row = 1; row + 1 < options.points; ++row)
        for (Index column = 1; column + 1 < options.points; ++column) {
            bool lowest = true;
            for (Index dy = -1; dy <= 1; ++dy)
                for (Index dx = -1; dx <= 1; ++dx)
                    if (dx != 0 || dy != 0) lowest = lowest && at(column, row) < at(column + dx, row + dy);
            count += lowest;
        }
    return count;
}

// --- judging --------------------------------------------------------------------------------------------

namespace {

// The shallowest and the deepest net of one kind, from each seed that both are there from.
struct Pair {
    const Landscape *shallow, *deep;
};
std::vector<Pair> pairs_of(const std::vector<Landscape>& found, const std::string& kind) {
    int least = 0, most = 0;
    for (const Landscape& l : found)
        if (l.net->kind == kind)
            least = least ? std::min(least, l.net->depth) : l.net->depth, most = std::max(most, l.net->depth);
    std::vector<Pair> pairs;
    if (least == most) return pairs;
    for (const Landscape& shallow : found)
        for (const Landscape& deep : found)
            if (shallow.net->kind == kind && deep.net->kind == kind && shallow.net->depth == least &&
                deep.net->depth == most && shallow.net->seed == deep.net->seed)
                pairs.push_back({&shallow, &deep});
    return pairs;
}

// A loss that a guess has is no valley that training has found.
bool learned(const std::vector<Pair>& pairs, double guessing_loss) {
    return std::all_of(pairs.begin(), pairs.end(), [&](const Pair& p) {
        return p.shallow->centre() < 0.95 * guessing_loss && p.deep->centre() < 0.95 * guessing_loss;
    });
}

double left(const Pair& p) { return p.deep->width(threshold::contour) / p.shallow->width(threshold::contour); }
double more(const Pair& p) { return static_cast<double>(p.deep->minima() - p.shallow->minima()); }

// "1.00 in plain-20 and 1.20 in plain-56 (means of 3 seeds)"
std::string both(const std::vector<Pair>& pairs, const char* pattern, double (*number)(const Landscape&)) {
    const auto mean_in = [&](const Landscape* Pair::*which) {
        return text(format(pattern, mean_of(each(pairs, [&](const Pair& p) { return number(*(p.*which)); }))), " in ",
                    (pairs.front().*which)->net->name());
    };
    return text(mean_in(&Pair::shallow), " and ", mean_in(&Pair::deep),
                pairs.size() > 1 ? text(" (means of ", pairs.size(), " seeds)") : "");
}

double minima_of(const Landscape& l) { return static_cast<double>(l.minima()); }
double width_of(const Landscape& l) { return l.width(threshold::contour); }

std::string widths(const std::vector<Pair>& pairs) {
    return text("the contour ", threshold::contour, " above the centre has a width of ", both(pairs, "%.2f", width_of),
                format(": %.0f %% of it is left (threshold: %.0f %%).", 100 * mean_of(each(pairs, left)),
                       100 * threshold::width_left));
}

}  // namespace

std::vector<Claim> judge_landscapes(const std::vector<Landscape>& found, double guessing_loss) {
    const std::vector<Pair> plain = pairs_of(found, "plain"), residual = pairs_of(found, "residual");
    Claim chaos{"plain nets' surfaces turn from nearly convex to chaotic with depth", Outcome::untested,
                "this needs plain nets of two depths."};
    Claim same{"residual nets' surfaces keep their width", Outcome::untested,
               "this needs residual nets of two depths."};
    Claim narrow{"plain nets' surfaces do not: the deeper, the narrower", Outcome::untested,
                 "this needs plain nets of two depths."};
    if (!plain.empty()) {
        const bool any = learned(plain, guessing_loss);
        chaos.outcome = any ? opposite(below(each(plain, more), threshold::more_minima, threshold::minima_noise))
                            : Outcome::nothing_learned;
        chaos.finding =
            text("local minima on a grid of ", plain.front().deep->loss.size(),
                 " points: ", both(plain, "%.3g", minima_of), format(" (threshold: %g more).", threshold::more_minima));
        narrow.outcome =
            any ? below(each(plain, left), threshold::width_left, threshold::width_noise) : Outcome::nothing_learned;
        narrow.finding = widths(plain);
    }
    if (!residual.empty()) {
        same.outcome = learned(residual, guessing_loss)
                           ? opposite(below(each(residual, left), threshold::width_left, threshold::width_noise))
                           : Outcome::nothing_learned;
        same.finding = widths(residual);
    }
    return {chaos, same, narrow};
}

}  // namespace deepen
