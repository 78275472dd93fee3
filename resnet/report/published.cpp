// How do curves that others published get into our figures?  See published.h.
#include "resnet/report/published.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <regex>

#include "engine/error.h"
#include "engine/io/files.h"
#include "resnet/training/csv_line.h"

namespace deepen {
namespace {

constexpr std::size_t longest_file = 64 << 20;

// Where the columns are that are read.
struct Columns {
    std::optional<std::size_t> epoch, iteration, train_error, test_error, kind, depth, seed;
    std::size_t count = 0;

    explicit Columns(const std::vector<std::string_view>& names) : count(names.size()) {
        for (std::size_t i = 0; i < count; ++i) {
            if (names[i] == "epoch") epoch = i;
            if (names[i] == "iteration") iteration = i;
            if (names[i] == "train_error" || names[i] == "train_err") train_error = i;
            if (names[i] == "test_error" || names[i] == "test_err") test_error = i;
            if (names[i] == "kind") kind = i;
            if (names[i] == "depth") depth = i;
            if (names[i] == "seed") seed = i;
        }
    }
};

double fraction(const CsvLine& row, std::optional<std::size_t> column, const char* name) {
    if (!column) return std::nan("");
    const std::string expected = text(name, " as a fraction within 0 .. 1, not in percent, or nan");
    const double value = row.number(*column, expected);
    row.check(std::isnan(value) || (value >= 0 && value <= 1), expected, row.fields()[*column]);
    return value;
}

// The net that a file is named after, or else its folder.
std::optional<std::pair<std::string, int>> net_in_name(const std::filesystem::path& path) {
    static const std::regex net("(plain|resnet|residual)-?([0-9]{1,5})");
    for (const std::string& name : {path.filename().string(), path.parent_path().filename().string()})
        if (std::smatch part; std::regex_search(name, part, net))
            return std::pair(part[1] == "plain" ? "plain" : "residual", std::stoi(part[2]));
    return {};
}

Columns columns_of(const CsvLine& header) {
    const Columns columns(header.fields());
    header.check((columns.epoch || columns.iteration) && (columns.train_error || columns.test_error),
                 "the names of the columns, among them epoch or iteration, and train_error or test_error",
                 header.line());
    header.check(columns.kind.has_value() == columns.depth.has_value(), "both kind and depth, or neither",
                 header.line());
    require(columns.kind || net_in_name(header.path()), header.path().string(),
            ": which net is this?  Name the file after it, such as plain20.csv or resnet56.csv, or add columns kind "
            "and depth.");
    return columns;
}

struct Key {
    std::string kind;
    int depth;
    std::uint64_t seed;

    auto parts() const { return std::tie(kind, depth, seed); }
    bool operator<(const Key& other) const { return parts() < other.parts(); }
};

Key key_of(const CsvLine& row, const Columns& columns) {
    Key key{"", 0, 0};
    if (columns.seed) key.seed = static_cast<std::uint64_t>(row.whole(*columns.seed, "seed as a whole number", 0));
    if (!columns.kind) {
        std::tie(key.kind, key.depth) = *net_in_name(row.path());
        return key;
    }
    key.kind = row.fields()[*columns.kind];
    row.check(key.kind == "plain" || key.kind == "residual", "kind as plain or residual", key.kind);
    const Index depth = row.whole(*columns.depth, "depth as a whole number of layers", 1);
    row.check(depth < 100'000, "depth as a number of layers below 100,000", row.fields()[*columns.depth]);
    key.depth = static_cast<int>(depth);
    return key;
}

// `first` is the number of the curve's first epoch.
EpochRecord record_of(const CsvLine& row, const Columns& columns, const History& before, Index first) {
    EpochRecord r{.epoch = std::ssize(before) + 1};
    if (columns.epoch) {
        const Index due = first + std::ssize(before);
        const std::string expected = before.empty() ? "epoch 0 or 1" : text("epoch ", due);
        row.check(row.whole(*columns.epoch, expected, 0) == due && first <= 1, expected, row.fields()[*columns.epoch]);
    }
    if (columns.iteration) {
        const Index last = before.empty() ? 0 : before.back().iteration;
        r.iteration = row.whole(*columns.iteration, text("iteration as a whole number above ", last), last + 1);
    }
    r.train_error = fraction(row, columns.train_error, "train_error");
    r.test_error = fraction(row, columns.test_error, "test_error");
    return r;
}

}  // namespace

std::vector<Run> read_published(const std::filesystem::path& path) {
    return parse_published(read_text_file(path, longest_file), path);
}

std::vector<Run> parse_published(std::string_view rest, const std::filesystem::path& path) {
    std::optional<Columns> columns;
    std::map<Key, Run> runs;
    std::map<Key, Index> first_epoch;
    for (Index number = 1; number == 1 || !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const CsvLine row(path, number, line);
        if (!columns) {
            columns = columns_of(row);
            continue;
        }
        row.check(row.fields().size() == columns->count, text(columns->count, " fields, as the first line has"), line);
        const Key key = key_of(row, *columns);
        Run& run = runs[key];
        run.kind = key.kind, run.depth = key.depth, run.seed = key.seed;
        if (run.history.empty() && columns->epoch) first_epoch[key] = row.whole(*columns->epoch, "epoch 0 or 1", 0);
        run.history.push_back(record_of(row, *columns, run.history, first_epoch[key]));
    }
    require(!runs.empty(), path.string(), ", line 2: expected a row of numbers, but the file ends.");
    std::vector<Run> all;
    for (auto& [key, run] : runs) all.push_back(std::move(run));
    return all;
}

std::vector<Run> on_our_scale(std::vector<Run> published, const std::vector<Run>& ours) {
    Index each = 0;
    for (const Run& run : ours)
        if (each == 0 && !run.history.empty()) each = run.history.front().iteration;
    for (Run& run : published)
        for (EpochRecord& e : run.history)
            if (e.iteration == 0) e.iteration = e.epoch * each;
    return published;
}

}  // namespace deepen
