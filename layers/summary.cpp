#include "layers/summary.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/autograd.h"
#include "engine/error.h"
#include "layers/layers.h"

namespace deepen {
namespace {

// A module by name, and what it owns itself, its parts apart.
struct Part {
    std::string name;
    Module* module = nullptr;
    std::vector<Tensor> parameters;
    Index buffers = 0;
    bool has_parts = false;
};

struct OwnTensors : Visitor {
    Part& part;
    explicit OwnTensors(Part& part) : part(part) {}
    void parameter(std::string_view, Tensor& value) override { part.parameters.push_back(value); }
    void buffer(std::string_view, Tensor& value) override { part.buffers += value.size(); }
    void module(std::string_view, Module&) override { part.has_parts = true; }
};

std::string detail_of(Module& module) {
    const auto* conv = dynamic_cast<Conv2d*>(&module);
    if (!conv) return "";
    const Conv2dOptions& o = conv->options();
    return text(o.kernel, "x", o.kernel, ", ", o.out_channels, o.stride > 1 ? text(", /", o.stride) : "");
}

// Reads the graph of one forward pass.
class Reader {
public:
    explicit Reader(Module& net) {
        for (const auto& [name, module] : named_modules(net)) {
            Part& part = parts_[module];
            part.name = name, part.module = module;
            OwnTensors own(part);
            module->visit(own);
            for (const Tensor& parameter : part.parameters) owners_[parameter.node().get()] = {&part, parameter};
        }
    }

    // What lies between x and y is the module's, unless one of its parts has claimed it before.
    void claim(Module& module, const Tensor& x, const Tensor& y) {
        for (Node* node : reachable(y.node().get(), x.node().get())) claims_.try_emplace(node, &parts_.at(&module));
    }

    std::vector<SummaryRow> rows(const Tensor& x, const Tensor& y) {
        std::vector<Node*> nodes = reachable(y.node().get(), x.node().get());
        // The order in which they were made.
        std::sort(nodes.begin(), nodes.end(), [](Node* a, Node* b) { return a->serial < b->serial; });
        row_of_[x.node().get()] = -1;
        for (Node* node : nodes) add(node);
        return std::move(rows_);
    }

private:
    struct Owned {
        Part* part;
        Tensor parameter;
    };

    // Ops from `from` back to `until`, which is left out; weights are no ops.
    std::vector<Node*> reachable(Node* from, Node* until) const {
        std::set<Node*> seen{until, nullptr};
        std::vector<Node*> found, open{from};
        while (!open.empty()) {
            Node* node = open.back();
            open.pop_back();
            if (!seen.insert(node).second || owners_.contains(node)) continue;
            found.push_back(node);
            for (const auto& input : node->inputs) open.push_back(input.get());
        }
        return found;
    }

    // An op belongs to the layers whose weights it reads, else to the module that ran it.
    void add(Node* node) {
        std::vector<Part*> layers;
        std::vector<int> inputs;
        for (const auto& input : node->inputs) {
            if (!input) continue;
            if (const auto owner = owners_.find(input.get()); owner == owners_.end())
                inputs.push_back(row_of_.at(input.get()));
            else if (std::find(layers.begin(), layers.end(), owner->second.part) == layers.end())
                layers.push_back(owner->second.part);
        }
        const auto claim = claims_.find(node);
        if (layers.empty() && claim != claims_.end() && !claim->second->has_parts) layers.push_back(claim->second);
        if (layers.empty() && node->op == std::string_view("relu") && inputs.size() == 1) {
            row_of_[node] = inputs[0];                   // told together with what it follows
            return;
        }
        if (layers.empty()) {
            const std::string outside =
                claim == claims_.end() || claim->second->name.empty() ? "" : claim->second->name + ".";
            rows_.push_back({.name = outside + node->op, .type = "op", .output = node->shape, .inputs = inputs});
        }
        for (Part* layer : layers) {
            add_layer(*layer, *node, inputs);
            inputs = {static_cast<int>(rows_.size()) - 1};
        }
        row_of_[node] = static_cast<int>(rows_.size()) - 1;
    }

    // The ops of one layer, such as a product and the bias added to it, are one row.
    void add_layer(Part& layer, const Node& node, const std::vector<int>& inputs) {
        if (rows_.empty() || rows_.back().name != layer.name) {
            rows_.push_back({.name = layer.name,
                             .type = std::string(layer.module->type()),
                             .detail = detail_of(*layer.module),
                             .inputs = inputs});
            for (const Tensor& p : layer.parameters) rows_.back().parameters += p.size();
            rows_.back().buffers = layer.buffers;
        }
        rows_.back().output = node.shape;
        for (const auto& input : node.inputs)
            if (const auto owner = owners_.find(input.get()); owner != owners_.end() && owner->second.part == &layer)
                if (const Shape& w = owner->second.parameter.shape();
                    w.rank() >= 2)  // each weight once for every place
                    rows_.back().multiply_adds += node.shape.size() / w[-1] * w.size();
    }

    std::map<Module*, Part> parts_;
    std::unordered_map<Node*, Owned> owners_;            // by the weight's node
    std::unordered_map<Node*, Part*> claims_;
    std::unordered_map<Node*, int> row_of_;
    std::vector<SummaryRow> rows_;
};

}  // namespace

std::string grouped(Index n) {
    std::string s = std::to_string(n);
    for (auto at = static_cast<Index>(s.size()) - 3; at > 0; at -= 3) s.insert(at, ",");
    return s;
}

Summary summarise(Module& net, Index height, Index width, Index batch) {
    const EvaluationMode evaluation(net);
    const Tensor x = variable(Tensor::zeros({1, height, width, 3}));
    Reader reader(net);
    Tensor y;
    {
        const ForwardWatch watch([&](Module& module, const Tensor& x, const Tensor& y) { reader.claim(module, x, y); });
        y = net(x);
    }
    Summary s{.input = {batch, height, width, 3}, .rows = reader.rows(x, y)};
    for (SummaryRow& row : s.rows) {
        row.output.set(0, batch);
        row.multiply_adds *= batch;
        s.multiply_adds += row.multiply_adds;
        s.activation_bytes += row.bytes();
    }
    s.parameters = parameter_count(net);
    for (const NamedTensor& b : named_buffers(net)) s.buffers += b.tensor.size();
    return s;
}

}  // namespace deepen
