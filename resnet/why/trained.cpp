// Which nets does an experiment look into?  See trained.h.
#include "resnet/why/trained.h"

#include <algorithm>
#include <set>

#include "engine/autograd.h"
#include "engine/error.h"
#include "resnet/report/progress.h"
#include "resnet/report/runs.h"
#include "resnet/training/class_names.h"
#include "resnet/training/model_file.h"
#include "resnet/training/run_folder.h"

namespace deepen {
namespace {

TrainedNet read_net(const FoundRun& found) {
    const std::filesystem::path folder = found.folder, path = folder / "weights.safetensors";
    require(found.run.finished(), folder.string(), " holds ", found.run.history.size(), " of ", found.run.epochs,
            " epochs.  Finish the run (the same command goes on with it), or leave it out.");
    const TensorFile file = read_model_file(path);
    const ModelOptions model = model_for(file, path.string(), found.model);
    std::unique_ptr<Module> net = load_model(file, path.string(), model);
    auto* cifar = dynamic_cast<CifarNet*>(net.get());
    require(cifar, folder.string(), " holds ", describe(model),
            ".  These experiments look into the nets of CIFAR-10: ", "resnet20, plain20, resnet56, ...");
    static_cast<void>(net.release());                    // cifar has it
    const auto preprocessing = preprocessing_of(file, path.string());
    require(preprocessing.has_value(), path.string(), " does not say how its pictures were prepared.");
    return {.kind = found.run.kind,
            .depth = found.run.depth,
            .seed = found.run.seed,
            .net = std::unique_ptr<CifarNet>(cifar),
            .preprocessing = *preprocessing,
            .folder = folder.string(),
            .commit = found.commit,
            .hash = weights_hash(folder),
            .classes = class_names_of(file, path.string()).value_or(std::vector<std::string>())};
}

}  // namespace

std::string TrainedNet::name() const { return net_name(kind, depth); }

std::vector<TrainedNet> read_nets(const std::vector<FoundRun>& runs,
                                  const std::function<void(const std::string&)>& say) {
    std::vector<TrainedNet> nets;
    for (const FoundRun& run : runs) {
        if (std::filesystem::exists(run.folder / "weights.safetensors")) nets.push_back(read_net(run));
        else say(run.folder.string() + " has no weights.safetensors: left out.");
    }
    require(!nets.empty() || runs.empty(), "none of these runs has its weights.safetensors, and without weights there ",
            "is no net to look into.");
    const auto place = [](const TrainedNet& net) { return std::tuple(net.kind, net.depth, net.seed); };
    std::sort(nets.begin(), nets.end(),
              [&](const TrainedNet& a, const TrainedNet& b) { return place(a) < place(b); });
    return nets;
}

double seconds_a_pass(const TrainedNet& net, const PictureSet& pictures) {
    constexpr Index some = 100;
    const NoGrad no_grad;
    const EvaluationMode evaluation(*net.net);
    double began = 0;
    for (int time = 0; time < 2; ++time) {               // the first is not counted
        began = steady_seconds();
        const Tensor logits = (*net.net)(Tensor::zeros({some, pictures.height, pictures.width, 3}));
        logits.data();                                   // a tensor may be lazy
    }
    return (steady_seconds() - began) * static_cast<double>(pictures.count()) / some;
}

std::vector<const TrainedNet*> nets_of(const std::vector<TrainedNet>& nets, const std::string& kind, int depth) {
    std::vector<const TrainedNet*> found;
    for (const TrainedNet& net : nets)
        if (net.kind == kind && net.depth == depth) found.push_back(&net);
    return found;
}

std::vector<int> depths_of(const std::vector<TrainedNet>& nets, const std::string& kind) {
    std::set<int> depths;
    for (const TrainedNet& net : nets)
        if (net.kind == kind) depths.insert(net.depth);
    return {depths.begin(), depths.end()};
}

std::vector<int> twin_depths(const std::vector<TrainedNet>& nets) {
    std::vector<int> both;
    for (int depth : depths_of(nets, "plain"))
        if (!nets_of(nets, "residual", depth).empty()) both.push_back(depth);
    return both;
}

}  // namespace deepen
