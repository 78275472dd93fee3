#include "examples/common/predictions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/printable.h"

namespace deepen {
namespace {

constexpr int cells = 20;

// `cells` wide, in eighths of a cell where there are characters for them.
std::string bar(double share, bool unicode) {
    constexpr std::array eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int full = static_cast<int>(std::lrint(std::clamp(share, 0.0, 1.0) * cells * 8));
    std::string s;
    for (int i = 0; i < full / 8; ++i) s += unicode ? "█" : "#";
    if (unicode) s += eighths[full % 8];
    return s + std::string(cells - columns(s), ' ');
}

}  // namespace

std::string name_of_class(const std::vector<std::string>& names, Index label) {
    return names.empty() ? text("class ", label) : names.at(label);
}

std::string as_text(const Prediction& prediction, const std::vector<std::string>& names, const Terminal& terminal) {
    constexpr std::string_view green = "\x1b[32m", normal = "\x1b[0m";
    std::string all = printable_name(prediction.picture) + "\n";
    for (const Guess& guess : prediction.guesses) {
        char percent[16];
        std::snprintf(percent, sizeof percent, "  %5.1f %%  ", 100 * guess.probability);
        const std::string drawn = bar(guess.probability, terminal.interactive && terminal.unicode);
        all += percent + (terminal.colour ? text(green, drawn, normal) : drawn) + "  " +
               printable_name(name_of_class(names, guess.label)) + "\n";
    }
    return all;
}

std::string as_json(const Prediction& prediction, const std::vector<std::string>& names) {
    using Json = nlohmann::ordered_json;
    Json entry{{"picture", prediction.picture}};
    if (!prediction.error.empty()) entry["error"] = prediction.error;
    else entry["guesses"] = Json::array();
    for (const Guess& g : prediction.guesses) {
        Json guess{{"class", g.label}};
        if (!names.empty()) guess["name"] = names.at(g.label);
        guess["probability"] = g.probability;
        entry["guesses"].push_back(guess);
    }
    return entry.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace deepen
