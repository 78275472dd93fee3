// How does a run get into TensorBoard?  See tensorboard.h.
#include "examples/common/tensorboard.h"

#include <cmath>

#include "engine/error.h"
#include "layers/module.h"
#include "resnet/training/run_folder.h"

namespace deepen {

void TensorBoard::add_to(CLI::App& app) {
    CLI::Option* folder =
        app.add_option("--tensorboard", folder_,
                       "after each epoch, add losses, errors, learning rate and speed to an event file in this folder, "
                       "for TensorBoard")
            ->group("Output")
            ->type_name("DIR");
    app.add_flag("--tensorboard-histograms", histograms_, "the distributions of weights and gradients, too")
        ->needs(folder)
        ->group("Output");
}

void TensorBoard::begin(const std::string& name, Index pictures) {
    make_output_folder(folder_, "--tensorboard");
    path_ = std::filesystem::path(folder_) / ("events.out.tfevents.0." + name);
    pictures_ = pictures;
}

void TensorBoard::keep(Module& net) {
    kept_.clear();
    for (const NamedTensor& parameter : named_parameters(net)) {
        kept_.emplace_back("weights/" + parameter.name, parameter.tensor.values());
        if (parameter.tensor.grad().defined())
            kept_.emplace_back("gradients/" + parameter.name, parameter.tensor.grad().values());
    }
}

Observer TensorBoard::watching(Observer observer) {
    if (histograms_)
        observer.inside = [this, before = observer.inside](Module& net, const Preprocessing& preprocessing,
                                                           Index epoch) {
            before(net, preprocessing, epoch);
            keep(net);
        };
    observer.epoch = [this, before = observer.epoch](const EpochRecord& record, const History& history) {
        before(record, history);
        // A file from before an interruption may hold this epoch already, and more.
        write(history, history.size() < 2 ? 0 : history[history.size() - 2].iteration);
    };
    return observer;
}

void TensorBoard::write(const History& finished) { write(finished, finished.back().iteration); }

void TensorBoard::write(const History& history, Index step) {
    if (!file_) file_.emplace(path_, step);
    for (const EpochRecord& record : history) {
        if (record.iteration <= file_->last_step()) continue;
        std::vector<std::pair<std::string, double>> numbers = {{"loss/training", record.train_loss},
                                                               {"error/training", record.train_error}};
        if (!std::isnan(record.test_error))
            numbers.insert(numbers.end(), {{"loss/test", record.test_loss}, {"error/test", record.test_error}});
        numbers.insert(numbers.end(), {{"learning rate", record.lr},
                                       {"pictures per second", static_cast<double>(pictures_) / record.seconds}});
        file_->add(record.iteration, numbers);
    }
    for (const auto& [name, numbers] : kept_) file_->add_histogram(history.back().iteration, name, numbers);
    kept_.clear();
}

}  // namespace deepen
