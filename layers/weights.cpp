#include "layers/weights.h"

#include <algorithm>
#include <set>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/printable.h"

namespace deepen {
namespace {

// Names, as many as a person wants to read.
std::string list(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 6;
    std::string s;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i) s += (i ? ", " : "") + printable_name(names[i]);
    return names.size() > shown ? text(s, " and ", names.size() - shown, " more") : s;
}

std::vector<NamedTensor> parameters_and_buffers(Module& net) {
    std::vector<NamedTensor> all = named_parameters(net);
    for (NamedTensor& b : named_buffers(net)) all.push_back(std::move(b));
    return all;
}

Shape shape_in_file(const Shape& s) {
    return s.rank() == 4 ? Shape{s[3], s[2], s[0], s[1]} : s.rank() == 2 ? Shape{s[1], s[0]} : s;
}

bool ignored(const std::string& name) {
    return name.ends_with("num_batches_tracked") || name.starts_with("velocity.");
}

using State = std::map<std::string, Tensor>;

Misfits compare(Module& net, const State& state) {
    Misfits misfits;
    std::set<std::string> ours;
    for (const NamedTensor& t : parameters_and_buffers(net)) {
        ours.insert(t.name);
        const auto found = state.find(t.name);
        const Shape wanted = shape_in_file(t.tensor.shape());
        if (found == state.end()) misfits.missing.push_back(t.name);
        else if (const Shape& given = found->second.shape(); given != wanted)
            misfits.misshapen.push_back(text(t.name, " is ", given, " instead of ", wanted));
    }
    for (const auto& [name, tensor] : state)
        if (!ours.contains(name) && !ignored(name)) misfits.unexpected.push_back(name);
    return misfits;
}

// How many tensors fitted.
Index copy_fitting(Module& net, const State& state) {
    Index copied = 0;
    for (NamedTensor& t : parameters_and_buffers(net)) {
        const auto found = state.find(t.name);
        if (found == state.end() || found->second.shape() != shape_in_file(t.tensor.shape())) continue;
        const Tensor from = from_file_layout(found->second);
        std::copy(from.data().begin(), from.data().end(), t.tensor.data().begin());
        ++copied;
    }
    return copied;
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

std::string Misfits::str() const {
    const auto part = [](const char* what, const std::vector<std::string>& names) {
        return names.empty() ? "" : text("  ", what, list(names), ".");
    };
    return part("Missing: ", missing) + part("Unexpected: ", unexpected) + part("Of another shape: ", misshapen);
}

void load_state(Module& net, const std::map<std::string, Tensor>& state, const std::string& source) {
    const Misfits misfits = compare(net, state);
    require(misfits.none(), source, ": these weights do not fit the net.", misfits.str(),
            "  Check the model's name, depth, shortcut and number of classes.");
    copy_fitting(net, state);
}

Misfits load_fitting(Module& net, const std::map<std::string, Tensor>& state, const std::string& source) {
    Misfits misfits = compare(net, state);
    require(copy_fitting(net, state) > 0, source, ": nothing in it fits the net.", misfits.str(),
            "  Check the model's name.");
    return misfits;
}

}  // namespace deepen
