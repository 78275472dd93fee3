// How does a person watch several nets at once?  See board.h.
#include "resnet/report/board.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "engine/printable.h"

namespace deepen {
namespace {

constexpr double board_seconds = 0.2;                     // from one drawing to the next, at least
constexpr int bar_cells = 20;

using State = RunStatus::State;

// As many of the parts as there is room for; of the first, which is ASCII, as much of it.
std::string fitting(const std::vector<std::string>& parts, int width) {
    std::string line = parts.front().substr(0, static_cast<std::size_t>(width));
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (const std::string longer = line + "  " + parts[i]; columns(longer) <= width) line = longer;
        else break;
    return line;
}

std::string error_words(const char* pattern, double error) {
    return std::isnan(error) ? "" : format(pattern, 100 * error);
}

// What is said of a run besides its name, the most important first.
std::vector<std::string> parts_of(const RunStatus& run, const Terminal& terminal) {
    std::vector<std::string> parts;
    const auto add = [&](const std::string& part) {
        if (!part.empty()) parts.push_back(part);
    };
    if (run.state == State::finished) {
        add("finished");
        add(error_words("training error %.2f %%", run.train_error));
        add(error_words("test error %.2f %%", run.test_error));
        if (!run.note.empty()) add("weights " + run.note);
    } else if (run.state == State::running) {
        add(format("%3.0f %%", std::floor(100 * run.share)));
        add(duration(run.seconds_remaining) + " remaining");
        add(text("epoch ", std::max<Index>(1, run.epoch), "/", run.epochs));
        add(run.note);
        add(error_words("error %.1f %%", run.train_error));
        add(bar(run.share, bar_cells, terminal));
    } else if (run.state == State::elsewhere) {
        add("elsewhere");
        if (run.epoch > 0) add(text("epoch ", run.epoch, "/", run.epochs));
        add(error_words("error %.1f %%", run.train_error));
    } else {
        add("waiting ");
        if (!std::isnan(run.seconds_remaining)) add(duration(run.seconds_remaining));
        if (run.epoch > 0) add(text("after epoch ", run.epoch, "/", run.epochs));
    }
    return parts;
}

}  // namespace

std::vector<std::string> board_lines(const Standing& standing, const Terminal& terminal) {
    const std::vector<RunStatus>& runs = standing.runs;
    // One column stays free: a character in the last one may move the cursor to the next line.
    const int width = std::max(1, terminal.width() - 1);
    int widest = 3;
    for (const RunStatus& run : runs) widest = std::max(widest, columns(run.name));
    const auto line = [&](std::string name, std::vector<std::string> parts) {
        name.resize(static_cast<std::size_t>(widest), ' ');
        parts.insert(parts.begin(), name);
        return fitting(parts, width);
    };

    // A low window shows some nets before the first that is not finished, and those after it.
    const auto count = static_cast<int>(runs.size());
    const int rows = std::max(1, terminal.height() - 2);         // besides that of all, and the cursor's
    int begin = 0, end = count;
    if (count > rows) {
        const int shown = std::max(1, rows - 1);
        const auto first = std::find_if(runs.begin(), runs.end(), [](const RunStatus& r) {
            return r.state != State::finished;
        });
        begin = std::clamp(static_cast<int>(first - runs.begin()) - shown / 3, 0, count - shown);
        end = begin + shown;
    }
    std::vector<std::string> lines;
    for (int i = begin; i < end; ++i) {
        const RunStatus& run = runs[static_cast<std::size_t>(i)];
        lines.push_back(line(run.name, parts_of(run, terminal)));
    }
    if (end - begin < count) lines.push_back(fitting({text("... and ", count - (end - begin), " more")}, width));
    lines.push_back(line("all", {text(standing.finished(), " of ", count, " finished"),
                                 duration(standing.seconds_remaining) + " remaining"}));
    return lines;
}

Board::Board(std::ostream& out, Terminal terminal, Clock clock)
    : out_(out), terminal_(std::move(terminal)), clock_(std::move(clock)) {}

void Board::show(const Standing& standing, bool now) {
    standing_ = standing;
    if (now || !(clock_() - last_draw_ < board_seconds)) draw();
}

void Board::print(std::string_view line) {
    wipe();
    out_ << printable_message(line) << '\n';
    draw();
}

void Board::draw() {
    last_draw_ = clock_();
    std::string all = lines_ ? text("\x1b[", lines_, "A\r") : "";
    const std::vector<std::string> lines = board_lines(standing_, terminal_);
    for (const std::string& line : lines) all += line + "\x1b[K\n";
    if (static_cast<int>(lines.size()) < lines_) all += "\x1b[J";        // the window has become lower
    out_ << all << std::flush;
    lines_ = static_cast<int>(lines.size());
}

// "\x1b[J" clears from the cursor to the end of the window.
void Board::wipe() {
    if (lines_) out_ << "\x1b[" << lines_ << "A\r\x1b[J";
    lines_ = 0;
}

}  // namespace deepen
