// What happens inside a net while it trains?  See watched.h.
#include "resnet/why/watched.h"

#include <algorithm>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/io/files.h"
#include "engine/ops.h"
#include "resnet/data/loader.h"
#include "resnet/report/html.h"
#include "resnet/training/csv_line.h"
#include "resnet/why/watch.h"

namespace deepen {
namespace {

constexpr std::string_view first_line = "epoch,what,layer,name,number";
constexpr std::size_t longest_file = 256 << 20;

// Training mode moves the running statistics: they are put back.  Gradients are cleared.
std::vector<Watched> gradients_in(Module& net, const Batch& batch, Index epoch) {
    std::vector<std::pair<Tensor, std::vector<Real>>> before;
    for (const NamedTensor& buffer : named_buffers(net)) before.emplace_back(buffer.tensor, buffer.tensor.values());
    std::vector<Watched> rows;
    {
        const SignalWatch watch;
        cross_entropy(net(batch.x), batch.labels).backward();
        for (const LayerSignal& layer : watch.layers())
            rows.push_back({epoch, "gradients", std::ssize(rows) + 1, layer.layer, layer.gradient});
    }
    for (NamedTensor& parameter : named_parameters(net))
        if (parameter.tensor.requires_grad()) parameter.tensor.zero_grad();     // frozen ones have none
    for (auto& [buffer, values] : before) std::copy(values.begin(), values.end(), buffer.data().begin());
    return rows;
}

}  // namespace

std::vector<Watched> look_into(Module& net, const Preprocessing& preprocessing, const PictureSet& pictures,
                               const std::vector<std::string>& what, Index epoch) {
    std::vector<Watched> rows;
    if (std::find(what.begin(), what.end(), "responses") != what.end())
        for (const Response& r : responses(net, pictures, preprocessing))
            rows.push_back({epoch, "responses", std::ssize(rows) + 1, r.layer, r.deviation});
    if (std::find(what.begin(), what.end(), "gradients") != what.end()) {
        Loader loader(pictures, preprocessing, {.batch = pictures.count()});
        loader.start(0);
        Batch batch;
        loader.next(batch);
        for (auto& row : gradients_in(net, batch, epoch)) rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<Watched> read_watched(const std::filesystem::path& path) {
    std::vector<Watched> rows;
    for_csv_lines(read_text_file(path, longest_file), path, first_line, [&](Index, const CsvLine& line) {
        line.check(line.fields().size() == 5, std::string(first_line), line.line());
        const std::string what(line.fields()[1]);
        line.check(std::find(std::begin(watchable), std::end(watchable), what) != watchable.end(),
                   "responses or gradients", what);
        rows.push_back({line.whole(0, "an epoch", 1), what, line.whole(2, "the number of a layer", 1),
                        std::string(line.fields()[3]), line.number(4, "a number")});
    });
    return rows;
}

void write_watched(const std::filesystem::path& path, const std::vector<Watched>& rows) {
    if (rows.empty()) return;
    std::vector<Watched> all = std::filesystem::exists(path) ? read_watched(path) : std::vector<Watched>();
    std::erase_if(all, [&](const Watched& row) { return row.epoch >= rows.front().epoch; });
    all.insert(all.end(), rows.begin(), rows.end());
    std::string file = std::string(first_line) + "\n";
    for (const Watched& row : all)
        file += text(row.epoch, ",", row.what, ",", row.layer, ",", row.name, ",", format("%.6g\n", row.number));
    write_file_atomically(path, file);
}

// --- figures --------------------------------------------------------------------------------------------

namespace {

struct WatchedRun {
    std::string net, kind;
    int depth = 0;
    std::vector<Watched> rows;
};

// By epoch, of one thing.
Series series_of(const WatchedRun& run, const std::string& what, bool last, const std::string& colour) {
    Index epoch = 0;
    for (const Watched& row : run.rows)
        if (row.what == what && (epoch == 0 || (last ? row.epoch > epoch : row.epoch < epoch))) epoch = row.epoch;
    Series series{last ? run.net : "", colour, last ? Series::Look::line_and_points : Series::Look::dashed, {}};
    for (const Watched& row : run.rows)
        if (row.what == what && row.epoch == epoch) series.points.emplace_back(row.layer, row.number);
    return series;
}

}  // namespace

std::string watched_html(const std::vector<FoundRun>& found) {
    std::vector<WatchedRun> runs;  // of each net the first that was watched
    for (const FoundRun& f : found) {
        const std::string net = Net{f.run.kind, f.run.depth, {}}.name();
        if (!std::filesystem::exists(f.folder / "watch.csv") ||
            std::any_of(runs.begin(), runs.end(), [&](const WatchedRun& run) { return run.net == net; }))
            continue;
        runs.push_back({net, f.run.kind, f.run.depth, read_watched(f.folder / "watch.csv")});
    }
    std::vector<Plot> plots;
    for (const std::string& what : watchable) {
        Plot plot{.title = what == "responses" ? "responses" : "norm of the gradient",
                  .x = "layer, from the input",
                  .y = what == "responses" ? "standard deviation" : "norm",
                  .log_y = true,
                  .series = {}};
        for (const WatchedRun& run : runs) {
            const auto deeper =
                static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), [&](const WatchedRun& other) {
                    return other.kind == run.kind && other.depth > run.depth;
                }));
            for (bool last : {false, true}) {
                Series series = series_of(run, what, last, colour_of(run.kind, deeper));
                if (!series.points.empty()) plot.series.push_back(std::move(series));
            }
        }
        if (!plot.series.empty()) plots.push_back(plot);
    }
    if (plots.empty()) return "";
    return "<h2>Inside the nets</h2>\n" +
           html_figure(drawn(plots, "watched", FigureFormat::svg), "Responses and gradients by layer",
                       "What <code>train --watch</code> noted, after the first epoch (dashed) and after the last: the "
                       "deviation of each 3x3 layer's output after batch norm, and the norm of the loss's gradient at "
                       "each convolution's output, on the first training pictures.",
                       false);
}

}  // namespace deepen
