// How do several runs become one experiment?  See runs.h.
#include "resnet/report/runs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/error.h"

namespace deepen {
namespace {

void check(const Run& run) {
    require(run.kind == "plain" || run.kind == "residual",
            "run of a ", run.kind, "-", run.depth, ": expected the kind plain or residual.");
    for (std::size_t i = 0; i < run.history.size(); ++i)
        require(run.history[i].epoch == static_cast<Index>(i) + 1, "run ", run.kind, "-", run.depth, ", seed ",
                run.seed, ": expected epoch ", i + 1, " in row ", i + 1, " of its history, found ",
                run.history[i].epoch, ".");
}

}  // namespace

std::string net_name(const std::string& kind, int depth) {
    return text(kind == "residual" ? "resnet" : kind, "-", depth);
}

std::vector<Net> nets_of(const std::vector<Run>& runs) {
    std::vector<Net> nets;
    for (const Run& run : runs) {
        check(run);
        if (run.history.empty()) continue;
        auto net = std::find_if(nets.begin(), nets.end(),
                                [&](const Net& n) { return n.kind == run.kind && n.depth == run.depth; });
        if (net == nets.end()) net = nets.insert(net, {run.kind, run.depth, {}});
        for (const Run* other : net->runs)
            require(other->seed != run.seed, "two runs of ", net->name(), " have the seed ", run.seed,
                    ": they are the same run.  Try another seed for one of them.");
        net->runs.push_back(&run);
    }
    std::sort(nets.begin(), nets.end(), [](const Net& a, const Net& b) {
        return a.kind != b.kind ? a.kind < b.kind : a.depth < b.depth;
    });
    for (Net& net : nets)
        std::sort(net.runs.begin(), net.runs.end(), [](const Run* a, const Run* b) { return a->seed < b->seed; });
    return nets;
}

Index last_shared_epoch(const std::vector<Net>& nets) {
    Index shared = nets.empty() ? 0 : std::numeric_limits<Index>::max();
    for (const Net& net : nets)
        for (const Run* run : net.runs) shared = std::min(shared, run->history.back().epoch);
    return shared;
}

Spread spread(const std::vector<double>& values) {
    if (values.empty() || std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) return {};
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    return {sum / static_cast<double>(values.size()), *low, *high};
}

Spread at(const Net& net, Index epoch, double EpochRecord::* what) {
    std::vector<double> values;
    for (const Run* run : net.runs) {
        ensure(epoch >= 1 && epoch <= run->history.back().epoch, net.name(), " has no epoch ", epoch);
        values.push_back(run->history[static_cast<std::size_t>(epoch) - 1].*what);
    }
    return spread(values);
}

}  // namespace deepen
