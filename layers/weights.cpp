#include "layers/weights.h"

#include <algorithm>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"

namespace deepen {
namespace {

// Names, as many as a person wants to read.
std::string list(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 6;
    std::string s;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) s += (i ? ", " : "") + names[i];
    return names.size() > shown ? text(s, " and ", names.size() - shown, " more") : s;
}

std::vector<NamedTensor> parameters_and_buffers(Module& net) {
    std::vector<NamedTensor> all = named_parameters(net);
    for (NamedTensor& b : named_buffers(net)) all.push_back(std::move(b));
    return all;
}

bool ignored(const std::string& name) {
    return name.ends_with("num_batches_tracked") || name.starts_with("velocity.");
}

}  // namespace

Tensor to_file_layout(const Tensor& w) {
    if (w.rank() == 4) return transpose(w.detach(), {3, 2, 0, 1});
    if (w.rank() == 2) return transpose(w.detach());
    return w.clone();
}

Tensor from_file_layout(const Tensor& w) {
    if (w.rank() == 4) return transpose(w.detach(), {2, 3, 1, 0});
    if (w.rank() == 2) return transpose(w.detach());
    return w.detach();
}

std::map<std::string, Tensor> state_of(Module& net) {
    std::map<std::string, Tensor> state;
    for (const NamedTensor& t : parameters_and_buffers(net)) state[t.name] = to_file_layout(t.tensor);
    return state;
}

void load_state(Module& net, const std::map<std::string, Tensor>& state, const std::string& source) {
    std::vector<std::string> missing, unexpected, misshapen;
    std::map<std::string, Tensor> wanted;
    for (NamedTensor& t : parameters_and_buffers(net)) {
        wanted[t.name] = t.tensor;
        const auto found = state.find(t.name);
        if (found == state.end()) {
            missing.push_back(t.name);
        } else if (const Shape expected = to_file_layout(t.tensor).shape(); found->second.shape() != expected) {
            misshapen.push_back(text(t.name, " is ", found->second.shape(), " instead of ", expected));
        }
    }
    for (const auto& [name, tensor] : state)
        if (!wanted.contains(name) && !ignored(name)) unexpected.push_back(name);

    require(missing.empty() && unexpected.empty() && misshapen.empty(), source, ": these weights do not fit the net.",
            missing.empty() ? "" : "  Missing: " + list(missing) + ".",
            unexpected.empty() ? "" : "  Unexpected: " + list(unexpected) + ".",
            misshapen.empty() ? "" : "  Of another shape: " + list(misshapen) + ".",
            "  Check the model's name, depth, shortcut and number of classes.");
    for (auto& [name, tensor] : wanted) {
        const Tensor from = from_file_layout(state.at(name));
        std::copy(from.data().begin(), from.data().end(), tensor.data().begin());
    }
}

}  // namespace deepen
