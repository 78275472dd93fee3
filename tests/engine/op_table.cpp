#include "tests/engine/op_table.h"

#include "engine/ops.h"
#include "engine/random.h"

namespace deepen {
namespace {

using Inputs = std::vector<Tensor>;

Tensor random(Shape shape, std::uint64_t seed = 1) { return random_tensor(shape, seed, -2, 2); }
Tensor positive(Shape shape, std::uint64_t seed = 2) { return random_tensor(shape, seed, 0.5, 2); }

// Different values 0.1 apart in random order, none closer than 0.05 to zero.
Tensor apart(Shape shape) {
    Tensor t = Tensor::uninitialised(shape);
    const std::vector<Index> order = Random(3).permutation(shape.size());
    for (Index i = 0; i < shape.size(); ++i) {
        const Real v = Real(0.1) * order[i] - Real(0.05) * (shape.size() - 1);
        t.data()[i] = v + (v >= 0 ? Real(0.05) : Real(-0.05));
    }
    return t;
}

struct ShapePair {
    const char* name;
    Shape a, b;
};

const ShapePair shape_pairs[] = {
    {"equal", {2, 3}, {2, 3}},
    {"scalars", {}, {}},
    {"scalar_right", {2, 3}, {}},
    {"scalar_left", {}, {2, 3}},
    {"bias", {2, 3, 4}, {4}},
    {"bias_left", {4}, {2, 3, 4}},
    {"column", {3, 4}, {3, 1}},
    {"first_axis", {1, 3, 4}, {2, 3, 4}},
    {"middle_axis", {2, 1, 4}, {2, 3, 4}},
    {"outer", {2, 1, 4}, {3, 1}},
    {"ones", {1, 1}, {1}},
};

using Binary = Tensor (*)(const Tensor&, const Tensor&);
using Unary = Tensor (*)(const Tensor&);

void append_binary(std::vector<OpCall>& table, const std::string& name, Binary op) {
    for (const auto& [pair, a, b] : shape_pairs)
        table.push_back({name + "_" + pair, {random(a), positive(b)}, [op](Inputs& x) { return op(x[0], x[1]); }});
}

void append_unary(std::vector<OpCall>& table, const std::string& name, Unary op, const Tensor& input) {
    table.push_back({name, {input}, [op](Inputs& x) { return op(x[0]); }});
}

void append_functions(std::vector<OpCall>& table) {
    append_unary(table, "negate", negate, random({2, 3}));
    append_unary(table, "exp", exp, random({2, 3}));
    append_unary(table, "log", log, positive({2, 3}));
    append_unary(table, "sqrt", sqrt, positive({2, 3}));
    append_unary(table, "tanh", tanh, random({2, 3}));
    append_unary(table, "sigmoid", sigmoid, random({2, 3}));
    append_unary(table, "relu", relu, apart({3, 5}));
    for (const auto& [name, p, x] : {std::tuple{"cube", 3.0, random({2, 3})}, {"square_root", 0.5, positive({2, 3})},
                                     {"inverse", -1.5, positive({2, 3})}, {"zeroth", 0.0, random({2, 3})}})
        table.push_back({std::string("power_") + name, {x}, [p = p](Inputs& x) { return power(x[0], Real(p)); }});
}

void append_reductions(std::vector<OpCall>& table) {
    using Reduce = Tensor (*)(const Tensor&, std::vector<int>, bool);
    const std::pair<const char*, std::vector<int>> axes[] = {
        {"all", {}}, {"first", {0}}, {"middle", {1}}, {"last", {-1}}, {"outer", {0, 2}}, {"inner", {1, 2}}};
    for (const auto& [op_name, op] : {std::pair<const char*, Reduce>{"sum", sum}, {"mean", mean}, {"max", max}})
        for (const auto& [name, over] : axes)
            for (const bool keep : {false, true})
                table.push_back({std::string(op_name) + "_" + name + (keep ? "_kept" : ""), {apart({2, 3, 4})},
                                 [op = op, over = over, keep](Inputs& x) { return op(x[0], over, keep); }});
}

void append_shapes(std::vector<OpCall>& table) {
    table.push_back({"reshape", {random({2, 6})}, [](Inputs& x) { return reshape(x[0], {3, 4}); }});
    table.push_back({"flatten", {random({2, 3, 4})}, [](Inputs& x) { return flatten(x[0]); }});
    table.push_back({"transpose", {random({2, 3})}, [](Inputs& x) { return transpose(x[0]); }});
    table.push_back({"transpose_cycle", {random({2, 3, 4})}, [](Inputs& x) { return transpose(x[0], {2, 0, 1}); }});
    table.push_back({"transpose_swap", {random({2, 3, 4})}, [](Inputs& x) { return transpose(x[0], {0, -1, 1}); }});
    table.push_back({"slice", {random({5, 4})}, [](Inputs& x) { return slice(x[0], {{1, 4}, {.begin = 2}}); }});
    table.push_back({"slice_steps", {random({2, 5, 6})}, [](Inputs& x) {
        return slice(x[0], {{}, {0, 5, 2}, {1, 6, 3}});
    }});
    table.push_back({"slice_nothing", {random({2, 3})}, [](Inputs& x) { return slice(x[0], {{1, 1}}); }});
    table.push_back({"pad", {random({2, 3})}, [](Inputs& x) { return pad(x[0], {{1, 2}, {0, 3}}, 7); }});
    table.push_back({"pad_middle", {random({2, 3, 2})}, [](Inputs& x) { return pad(x[0], {{}, {2, 1}}); }});
    table.push_back({"subsample", {random({2, 5, 4, 3})}, [](Inputs& x) { return subsample(x[0], 2, 5); }});
    for (const int axis : {0, 1, -1}) {
        Inputs parts;
        for (const Index length : {2, 1, 3}) {
            Shape shape{2, 3, 4};
            shape.set(axis, length);
            parts.push_back(random(shape, length));
        }
        table.push_back({"concatenate_axis_" + std::to_string(axis + 1), parts,
                         [axis](Inputs& x) { return concatenate(x, axis); }});
    }
}

void append_images(std::vector<OpCall>& table) {
    const Inputs layer{random({2, 4, 5, 2}), random({3, 3, 2, 3}, 5)}, norm{positive({3}), random({3}, 6)};
    table.push_back({"conv2d", {layer[0], layer[1], norm[1]}, [](Inputs& x) { return conv2d(x[0], x[1], x[2]); }});
    for (const bool training : {true, false}) {
        const BatchNormOptions o{.training = training};
        const std::string mode = training ? "_training" : "_evaluation";
        table.push_back({"batch_norm" + mode, {random({2, 2, 3, 3}), norm[0], norm[1]}, [o](Inputs& x) {
            return batch_norm(x[0], x[1], x[2], random({3}, 7), positive({3}, 8), o);
        }});
        // A residual block's end: chains of lazy ops on a convolution.
        table.push_back({"batch_norm_add_relu" + mode,
                         {layer[0], layer[1], norm[0], norm[1], random({2, 4, 5, 3}, 9)}, [o](Inputs& x) {
            const Tensor y = conv2d(x[0], x[1], {}, {.padding = 1});
            return relu(batch_norm(y, x[2], x[3], random({3}, 7), positive({3}, 8), o) + x[4]);
        }});
    }
    table.push_back({"max_pool2d", {apart({2, 4, 5, 2})}, [](Inputs& x) { return max_pool2d(x[0], {.kernel = 2}); }});
    table.push_back({"average_pool2d", {random({2, 4, 5, 2})}, [](Inputs& x) {
        return average_pool2d(x[0], {.kernel = 3, .stride = 2, .padding = 1});
    }});
    append_unary(table, "global_average_pool", global_average_pool, random({2, 4, 5, 2}));
}

void append_classification(std::vector<OpCall>& table) {
    append_unary(table, "softmax", softmax, random({3, 4}));
    append_unary(table, "softmax_deep", softmax, random({2, 3, 4}));
    append_unary(table, "log_softmax", log_softmax, random({3, 4}));
    table.push_back({"cross_entropy", {random({3, 4})}, [](Inputs& x) {
        return cross_entropy(x[0], std::vector<int>{3, 0, 0});
    }});
}

}  // namespace

std::vector<OpCall> op_table() {
    std::vector<OpCall> table;
    append_binary(table, "add", add);
    append_binary(table, "subtract", subtract);
    append_binary(table, "multiply", multiply);
    append_binary(table, "divide", divide);
    append_functions(table);
    const TensorFunction product = [](Inputs& x) { return matmul(x[0], x[1]); };
    table.push_back({"matmul", {random({3, 4}), random({4, 2}, 5)}, product});
    table.push_back({"matmul_wide", {random({1, 3}), random({3, 70}, 5)}, product});
    append_reductions(table);
    append_shapes(table);
    append_images(table);
    append_classification(table);
    table.push_back({"all_together", {random({2, 3}), positive({3})}, [](Inputs& x) {
        const Tensor shared = x[0] * x[1];
        return sum(tanh(shared) + shared / x[1] - exp(-shared), {0}) * 2;
    }});
    return table;
}

}  // namespace deepen
