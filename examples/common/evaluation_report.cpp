#include "examples/common/evaluation_report.h"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "engine/error.h"
#include "engine/printable.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

constexpr Index most_rows = 20, largest_table = 12;  // classes
constexpr int longest_name = 24;

std::string percent(Index part, Index whole, int digits) {
    std::ostringstream s;
    s << std::fixed << std::setprecision(digits)
      << (whole ? 100 * static_cast<double>(part) / static_cast<double>(whole) : 0) << " %";
    return s.str();
}

std::string padded(const std::string& s, int width) {
    return s + std::string(static_cast<std::size_t>(std::max(0, width - columns(s))), ' ');
}

// "ship (40)": the mistake made most often.
std::string taken_for(const EvaluationReport& r, Index truth) {
    Index most = 0, answer = 0;
    for (const auto& [k, count] : r.confusion.answers(truth))
        if (k != truth && count > most) most = count, answer = k;
    return most ? text(printable_name(r.classes.at(answer)), " (", most, ")") : "";
}

// The classes to list: all in their order, or the worst of many.
std::vector<Index> rows(const EvaluationReport& r) {
    std::vector<Index> all(r.classes.size());
    std::iota(all.begin(), all.end(), Index{0});
    if (std::ssize(all) <= most_rows) return all;
    const auto share = [&](Index k) {
        return static_cast<double>(r.confusion.errors(k)) /
               static_cast<double>(std::max<Index>(1, r.confusion.pictures(k)));
    };
    std::stable_sort(all.begin(), all.end(), [&](Index a, Index b) { return share(a) > share(b); });
    all.resize(most_rows);
    return all;
}

}  // namespace

std::string as_text(const EvaluationReport& r) {
    const Confusion& c = r.confusion;
    std::ostringstream out;
    out << r.net << ", from " << printable_name(r.weights) << "\n"
        << printable_name(r.data) << ", " << r.split << " split: " << r.totals.count << " pictures of "
        << r.classes.size() << " classes\n"
        << "errors " << r.totals.errors << " of " << r.totals.count << " ("
        << percent(r.totals.errors, r.totals.count, 2) << "), ";
    if (r.has_top5())
        out << "top-5 errors " << c.top5_errors() << " (" << percent(c.top5_errors(), r.totals.count, 2) << "), ";
    out << "mean loss " << std::fixed << std::setprecision(5) << r.totals.mean_loss() << "\n";

    // --- a line for each class
    int width = 5;
    for (const std::string& name : r.classes) width = std::max(width, columns(printable_name(name)));
    width = std::min(width, longest_name);
    out << "\n" << padded("class", width) << "   pictures     wrong   most often taken for\n";
    for (Index k : rows(r))
        out << padded(printable_name(r.classes[k]), width) << std::setw(11) << c.pictures(k) << std::setw(10)
            << percent(c.errors(k), c.pictures(k), 1) << "   " << taken_for(r, k) << "\n";
    const Index classes = std::ssize(r.classes);
    if (classes > most_rows)
        out << "These are the worst " << most_rows << " of " << classes << " classes; --json lists them all.\n";
    if (classes > largest_table) return out.str();

    // --- the table
    const int cell = std::max(3, columns(text(r.totals.count))) + 1;
    out << "\n" << padded("truth \\ answer", width + 3);
    for (Index k = 0; k < classes; ++k) out << std::setw(cell) << k;
    for (Index k = 0; k < classes; ++k) {
        out << "\n" << std::setw(2) << k << " " << padded(printable_name(r.classes[k]), std::max(width, 11));
        for (Index answer = 0; answer < classes; ++answer) {
            const auto found = c.answers(k).find(answer);
            out << std::setw(cell) << (found == c.answers(k).end() ? 0 : found->second);
        }
    }
    out << "\n";
    return out.str();
}

std::string as_json(const EvaluationReport& r) {
    using Json = nlohmann::ordered_json;
    const double count = static_cast<double>(r.totals.count);
    Json j{{"weights", r.weights},       {"model", r.model},          {"data", r.data},           {"split", r.split},
           {"pictures", r.totals.count}, {"errors", r.totals.errors}, {"error", r.totals.error()}};
    if (r.has_top5()) {
        j["top5_errors"] = r.confusion.top5_errors();
        j["top5_error"] = static_cast<double>(r.confusion.top5_errors()) / count;
    }
    j["mean_loss"] = r.totals.mean_loss();
    j["classes"] = Json::array();
    for (Index k = 0; k < std::ssize(r.classes); ++k) {
        Json answers = Json::array();
        for (const auto& [answer, n] : r.confusion.answers(k))
            answers.push_back({{"class", answer}, {"name", r.classes.at(answer)}, {"count", n}});
        j["classes"].push_back({{"class", k},
                                {"name", r.classes[k]},
                                {"pictures", r.confusion.pictures(k)},
                                {"errors", r.confusion.errors(k)},
                                {"answers", answers}});
    }
    return j.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace deepen
