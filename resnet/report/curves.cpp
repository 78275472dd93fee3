// What does degradation look like?  See curves.h.
#include "resnet/report/curves.h"

#include <sstream>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/report/published.h"

namespace deepen {
namespace {

namespace fs = std::filesystem;

std::string why_not(FigureFormat format) {
    return text("no ", ending(format), " figures: this gnuplot was built without ",
                format == FigureFormat::svg ? "its terminal svg" : "cairo", ".  Debian's gnuplot-nox has it",
                format == FigureFormat::svg ? "." : "; any converter makes them of the SVG, such as rsvg-convert.");
}

}  // namespace

std::string curves_csv(const std::vector<Run>& runs) {
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
    return all.str();
}

std::vector<Run> Curves::ours() const {
    std::vector<Run> all = runs;
    all.insert(all.end(), unfinished.begin(), unfinished.end());
    return all;
}

std::string curves_figure(const Curves& curves, Look look, FigureFormat format) {
    const std::vector<Run> published = on_our_scale(curves.published, curves.ours());
    return figure(panels_of(curves.runs, curves.unfinished, published), look, format,
                  look == Look::paper ? "figure6" : "curves");
}

std::string same_depth_figure(const std::vector<Run>& runs, FigureFormat format) {
    const std::vector<Net> nets = nets_of(runs);
    for (auto residual = nets.rbegin(); residual != nets.rend() && residual->kind == "residual"; ++residual)
        for (const Net& plain : nets)
            if (plain.kind == "plain" && plain.depth == residual->depth)
                return figure({twins(plain, *residual)}, Look::ours, format, "same_depth");
    return "";
}

void write_figures(const fs::path& folder, const std::string& suffix, const Curves& curves,
                   const std::function<void(const std::string&)>& say) {
    write_file_atomically(folder / ("curves" + suffix + ".csv"), curves_csv(curves.ours()));
    for (FigureFormat format : {FigureFormat::svg, FigureFormat::pdf, FigureFormat::png}) {
        if (!can_draw(format)) {
            say(why_not(format));
            continue;
        }
        const auto write = [&](const std::string& name, const std::string& bytes) {
            if (!bytes.empty()) write_file_atomically(folder / (name + suffix + "." + ending(format)), bytes);
        };
        write("curves", curves_figure(curves, Look::ours, format));
        write("figure6", curves_figure(curves, Look::paper, format));
        write("same-depth", same_depth_figure(curves.runs, format));
    }
}

}  // namespace deepen
