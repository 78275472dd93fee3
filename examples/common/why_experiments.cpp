// Which experiments on why depth hurts are there, what do they look into, and how long do they take?  See
// why_experiments.h.
#include "examples/common/why_experiments.h"

#include "resnet/why/landscape.h"
#include "resnet/why/lesion.h"
#include "resnet/why/remedies.h"
#include "resnet/why/responses.h"
#include "resnet/why/shattered.h"
#include "resnet/why/signal.h"

namespace deepen {
namespace {

using Measured = std::function<void()>;

// So many passes through each net.
template <class Passes>
Task passes_through(const Material& m, const PictureSet& pictures, const char* unit, Passes passes_of) {
    Task task{.unit = unit};
    for (const TrainedNet& net : m.nets) {
        const Index passes = passes_of(net);
        task.seconds += seconds_a_pass(net, pictures) * static_cast<double>(passes);
        task.count += passes;
    }
    return task;
}

PictureSet test_pictures(const Material& m) { return first_of(m.data.test, m.pictures ? m.pictures : 1000); }

Task signal_task(const Material&) { return {signal_seconds({}), signal_measurements({}), "measurements"}; }
Study run_signal(const Material& m, Notebook& notebook, const Measured& measured) {
    return signal_study({}, m.data.train, notebook, measured);
}

Task shattered_task(const Material&) { return {shattered_seconds({}), shattered_measurements({}), "chains"}; }
Study run_shattered(const Material& m, Notebook& notebook, const Measured& measured) {
    return shattered_study({}, m.data.train, notebook, measured);
}

Task responses_task(const Material& m) {
    return passes_through(m, test_pictures(m), "passes", [](const TrainedNet&) { return Index{1}; });
}
Study run_responses(const Material& m, Notebook&, const Measured& measured) {
    return responses_study(m.nets, test_pictures(m), measured);
}

Task lesion_task(const Material& m) { return passes_through(m, test_pictures(m), "passes", lesions_passes); }
Study run_lesion(const Material& m, Notebook& notebook, const Measured& measured) {
    return lesion_study(m.nets, test_pictures(m), notebook, measured);
}

// Twelve small nets in half a minute.
LandscapeOptions grid_of(const Material& m) { return {.points = m.points ? m.points : m.small ? 13 : 25}; }
PictureSet training_pictures(const Material& m) {
    return first_of(m.data.train, m.pictures ? m.pictures : m.small ? 200 : 1000);
}
Task landscape_task(const Material& m) {
    const Index points = grid_of(m).points;
    return passes_through(m, training_pictures(m), "points", [&](const TrainedNet&) { return points * points; });
}
Study run_landscape(const Material& m, Notebook& notebook, const Measured& measured) {
    return landscape_study(m.nets, training_pictures(m), grid_of(m), notebook, measured);
}

// It compares what was logged.
Task remedies_task(const Material&) { return {}; }
Study run_remedies(const Material& m, Notebook&, const Measured&) { return remedies_study(m.runs); }

constexpr Experiment all[] = {
    {"signal", "what becomes of signals and gradients in untrained nets (Yang et al. 2019)", Needs::nothing,
     signal_task, run_signal},
    {"shattered", "whether gradients at different inputs agree, in untrained nets (Balduzzi et al. 2017)",
     Needs::nothing, shattered_task, run_shattered},
    {"responses", "how much the layers of plain and residual nets respond (He et al. 2015, Figure 7)", Needs::nets,
     responses_task, run_responses},
    {"lesion", "what is left of a net without one of its blocks (Veit et al. 2016)", Needs::nets, lesion_task,
     run_lesion},
    {"landscape", "what the loss looks like around trained weights (Li et al. 2018)", Needs::nets, landscape_task,
     run_landscape},
    {"remedies", "whether other beginnings mend plain nets as shortcuts do (five papers)", Needs::remedies,
     remedies_task, run_remedies},
};

}  // namespace

std::span<const Experiment> experiments() { return all; }

}  // namespace deepen
