#include "tests/golden/golden.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/files.h"
#include "layers/weights.h"

namespace deepen {
namespace fs = std::filesystem;
namespace {

// Where we stand, or above the program.
fs::path golden_folder() {
    const fs::path wanted = fs::path("tests") / "golden";
    if (fs::is_directory(wanted)) return wanted;
    std::error_code not_linux;
    const fs::path program = fs::read_symlink("/proc/self/exe", not_linux);
    for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path())
        if (fs::is_directory(folder / wanted)) return folder / wanted;
    throw Error("golden: no folder tests/golden, neither here nor above the test program.");
}

std::uint32_t fnv1a(const std::string& name) {
    std::uint32_t hash = 0x811C9DC5;
    for (const unsigned char byte : name) hash = (hash ^ byte) * 0x01000193;
    return hash;
}

// Uniform in [-1,1), 24 bits.
double uniform(std::uint32_t seed, std::uint64_t i) {
    std::uint64_t z = (std::uint64_t{seed} << 32) + i + 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    return static_cast<double>(z >> 40) * 0x1p-23 - 1;
}

// He et al. 2015b: uniform of the variance 2 / fan_in, for a filter [Cout,Cin,kh,kw].
double he_scale(const Shape& filter) { return std::sqrt(6.0 / static_cast<double>(filter.size() / filter[0])); }

Tensor plus_one(Tensor t) {
    for (Real& value : t.data()) value = static_cast<float>(1 + static_cast<double>(value));
    return t;
}

Tensor evaluation_weights(const std::string& name, const Shape& shape) {
    if (shape.rank() == 4) return golden_uniform(shape, name, he_scale(shape));
    if (shape.rank() == 2 || name.starts_with("fc.")) return golden_uniform(shape, name, 1.0 / 8);
    if (name.ends_with("running_var")) return plus_one(golden_uniform(shape, name, 1.0 / 2));
    if (name.ends_with(".weight")) return plus_one(golden_uniform(shape, name, 1.0 / 4));
    return golden_uniform(shape, name, 1.0 / 10);
}

Tensor ten_steps_weights(const std::string& name, const Shape& shape) {
    const bool second = name.find("bn2") != name.npos;
    if (shape.rank() == 4) return golden_uniform(shape, name, 2 * he_scale(shape));
    if (name.starts_with("fc.")) return golden_uniform(shape, name, 1.0 / 8);
    if (name.ends_with("running_mean")) return Tensor::zeros(shape);
    if (name.ends_with("running_var")) return Tensor::ones(shape);
    if (name.ends_with(".weight")) return Tensor::full(shape, second ? Real(0.25) : Real(1));
    return Tensor::full(shape, second ? Real(0) : Real(2));
}

}  // namespace

Golden::Golden(const std::string& file) : name_(file), file_(read_safetensors(golden_folder() / file)) {}

Tensor Golden::tensor(const std::string& name) const {
    const auto found = file_.tensors.find(name);
    require(found != file_.tensors.end(), "golden: ", name_, " has no tensor ", name, ".");
    return found->second;
}

std::map<std::string, Tensor> Golden::tensors(const std::string& prefix) const {
    std::map<std::string, Tensor> found;
    for (auto i = file_.tensors.lower_bound(prefix); i != file_.tensors.end() && i->first.starts_with(prefix); ++i)
        found.emplace(i->first.substr(prefix.size()), i->second);
    return found;
}

Tensor golden_uniform(Shape shape, const std::string& name, double scale) {
    Tensor t = Tensor::uninitialised(shape);
    const std::uint32_t seed = fnv1a(name);
    const std::span<Real> values = t.data();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(uniform(seed, i) * scale);
    return t;
}

std::map<std::string, Shape> golden_shapes(const std::string& net) {
    const auto nets = nlohmann::json::parse(read_text_file(golden_folder() / "nets.json"));
    std::map<std::string, Shape> shapes;
    for (const auto& [name, value] : nets.at(net).items()) {
        const auto lengths = value.get<std::vector<Index>>();
        shapes.emplace(name, Shape(std::span(lengths)));
    }
    return shapes;
}

std::map<std::string, Tensor> golden_weights(const std::string& net, GoldenWeights kind) {
    const auto draw = kind == GoldenWeights::evaluation ? evaluation_weights : ten_steps_weights;
    std::map<std::string, Tensor> weights;
    for (const auto& [name, shape] : golden_shapes(net)) weights.emplace(name, draw(name, shape));
    return weights;
}

void fill_golden(Module& net) {
    std::map<std::string, Tensor> weights;
    for (const auto& [name, value] : state_of(net)) weights.emplace(name, evaluation_weights(name, value.shape()));
    load_state(net, weights, "golden weights");
}

Tensor golden_pictures() { return golden_uniform({4, 32, 32, 3}, "pictures", std::sqrt(3.0)); }

std::vector<int> golden_labels(int step) {
    std::vector<int> labels(16);
    for (int n = 0; n < 16; ++n) labels[n] = (n + step) % 10;
    return labels;
}

Tensor golden_batch(int step) {
    const Tensor colours = golden_uniform({10, 3}, "colours");
    Tensor x = golden_uniform({16, 32, 32, 3}, text("batch", step), 0.5);
    const std::vector<int> labels = golden_labels(step);
    const std::span<Real> values = x.data();
    for (Index i = 0; i < x.size(); ++i)
        values[i] = static_cast<float>(values[i] + colours.at({labels[i / (32 * 32 * 3)], i % 3}));
    return x;
}

Tensor digest(const Tensor& t) {
    double sum = 0, squares = 0;
    for (const Real value : t.data()) sum += value, squares += static_cast<double>(value) * value;
    std::vector<Real> digest{static_cast<Real>(sum), static_cast<Real>(squares)};
    const std::span<const Real> first = t.data().first(std::min<Index>(t.size(), 8));
    digest.insert(digest.end(), first.begin(), first.end());
    return Tensor({static_cast<Index>(digest.size())}, digest);
}

testing::AssertionResult agree(const Tensor& actual, const Tensor& expected, double tolerance) {
    const std::string shape = expected.shape().str();
    if (!actual.defined()) return testing::AssertionFailure() << "nothing came; expected shape " << shape;
    if (actual.shape() != expected.shape())
        return testing::AssertionFailure() << "shape " << actual.shape().str() << ", expected " << shape;
    const std::span<const Real> a = actual.data(), e = expected.data();
    double largest = 0;
    for (const Real value : e) largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (std::size_t i = 0; i < e.size(); ++i)
        if (!(std::abs(static_cast<double>(a[i]) - e[i]) <= tolerance * largest))
            return testing::AssertionFailure() << "element " << i << " of " << shape << " is " << a[i]
                                               << ", expected " << e[i] << " to " << tolerance * largest;
    return testing::AssertionSuccess();
}

}  // namespace deepen
