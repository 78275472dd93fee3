// How long will it take?  See progress.h.
#include "resnet/report/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/printable.h"

namespace deepen {
namespace {

constexpr double redraw_seconds = 0.1;
constexpr double log_seconds = 10;
constexpr double memory_seconds = 10;                    // time constant of the moving rate
constexpr int widest_bar = 40, narrowest_bar = 8;

constexpr std::string_view bold = "\x1b[1m", green = "\x1b[32m", faint = "\x1b[2m", normal = "\x1b[0m";

std::string times(int count, std::string_view piece) {
    std::string all;
    for (int i = 0; i < count; ++i) all += piece;
    return all;
}

// Three digits say enough of a rate: 0.85, 12.3, 1240.
std::string rate_text(double rate, const std::string& unit) {
    return format(rate < 1 ? "%.2f " : rate < 100 ? "%.1f " : "%.0f ", rate) + unit + "/s";
}

// A part of the line, and how early it goes when room is short: the highest goes first.
struct Part {
    int expendable;
    std::string words;
};

}  // namespace

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Progress::Progress(Work work, std::ostream& out, Terminal terminal, Clock clock)
    : work_(std::move(work)), out_(out), terminal_(std::move(terminal)), clock_(std::move(clock)) {}

Progress::~Progress() { finish(); }

void Progress::start(Index round, Index done) {
    const double now = clock_();
    if (round_is_whole_ && round == round_ + 1) round_seconds_ = now - round_began_;
    round_ = round;
    done_ = done;
    round_began_ = last_advance_ = now;
    round_is_whole_ = done == 0;
    loss_ = error_ = nan;
    note_.clear();
    if (!terminal_.interactive && std::isnan(last_draw_)) last_draw_ = now;
    draw(false);
}

void Progress::advance(Index items, double loss, double error) {
    const double now = clock_(), passed = now - last_advance_;
    const double kept = std::exp(-passed / memory_seconds);
    recent_items_ = recent_items_ * kept + static_cast<double>(items);
    recent_seconds_ = recent_seconds_ * kept + passed;
    last_advance_ = now;
    done_ += items;
    loss_ = loss;
    error_ = error;
    draw(false);
}

void Progress::note(std::string what) {
    note_ = std::move(what);
    draw(terminal_.interactive);
}

void Progress::print(std::string_view line) {
    const bool was_drawn = drawn_;
    wipe();
    out_ << printable_message(line) << '\n' << std::flush;
    if (was_drawn) draw(true);
    else last_draw_ = clock_();                          // a log has just heard of us
}

void Progress::finish() { wipe(); }

void Progress::draw(bool now) {
    const double time = clock_();
    if (!now && time - last_draw_ < (terminal_.interactive ? redraw_seconds : log_seconds)) return;
    last_draw_ = time;
    if (terminal_.interactive) {
        // One column stays free: a character in the last one may move the cursor to the next line.
        // "\x1b[K" clears what a longer line has left to the right.
        out_ << '\r' << line(terminal_.width() - 1) << "\x1b[K" << std::flush;
        drawn_ = true;
    } else {
        out_ << line(0) << '\n' << std::flush;
    }
}

void Progress::wipe() {
    if (drawn_) out_ << "\r\x1b[K" << std::flush;
    drawn_ = false;
}

std::string Progress::line(int width) const {
    const std::string title = work_.rounds > 1 ? text(work_.name, " ", round_, "/", work_.rounds) : work_.name;
    const double rate = recent_items_ / recent_seconds_;

    std::vector<Part> parts{{0, title}};
    if (work_.items > 0) parts.push_back({1, format("%3.0f %%", std::floor(100 * share()))});
    if (!note_.empty()) {
        parts.push_back({4, note_});
    } else if (std::isfinite(rate)) {
        parts.push_back({5, rate_text(rate, work_.unit)});
        if (work_.items > 0 && work_.rounds > 1)
            parts.push_back({6, text(duration(seconds_left()), " this ", work_.name)});
        if (work_.items > 0) parts.push_back({2, duration(seconds_remaining()) + " remaining"});
    }
    if (!std::isnan(loss_)) parts.push_back({3, format("loss %.4f", loss_)});
    if (!std::isnan(error_)) parts.push_back({4, format("error %.1f %%", 100 * error_)});
    if (const std::string aside = work_.aside ? work_.aside() : ""; !aside.empty()) parts.push_back({5, aside});

    const auto room = [&] {                              // that the words leave for a bar and its space
        int used = 0;
        for (const Part& part : parts) used += columns(part.words) + 2;
        return width - used;
    };
    while (terminal_.interactive && parts.size() > 1 && room() < narrowest_bar)
        parts.erase(std::max_element(parts.begin(), parts.end(),
                                     [](const Part& a, const Part& b) { return a.expendable < b.expendable; }));

    std::string all;
    for (const Part& part : parts) {
        if (!all.empty()) all += "  ";
        all += terminal_.colour && &part == &parts.front() ? text(bold, part.words, normal) : part.words;
        if (&part == &parts.front() && terminal_.interactive && work_.items > 0 && room() >= narrowest_bar)
            all += " " + bar(share(), std::min(room(), widest_bar), terminal_);
    }
    return all;
}

double Progress::share() const {
    return std::clamp(static_cast<double>(done_) / static_cast<double>(work_.items), 0.0, 1.0);
}

double Progress::seconds_left() const {
    return static_cast<double>(std::max<Index>(0, work_.items - done_)) * recent_seconds_ / recent_items_;
}

// A round takes as long as the last one did, tests and all; before there was one, as its items take.
double Progress::seconds_remaining() const {
    const double by_items = static_cast<double>(work_.items) * recent_seconds_ / recent_items_;
    const double a_round = std::isnan(round_seconds_) ? by_items : round_seconds_;
    return seconds_left() + static_cast<double>(work_.rounds - round_) * a_round;
}

std::string bar(double share, int cells, const Terminal& terminal) {
    const int halves = static_cast<int>(share * 2 * cells);
    std::string full, empty;
    if (terminal.unicode) {
        full = times(halves / 2, "━") + (halves % 2 ? "╸" : "");
        empty = times(cells - (halves + 1) / 2, terminal.colour ? "━" : " ");
    } else {
        full = times(halves / 2, "#");
        empty = times(cells - halves / 2, "-");
    }
    return terminal.colour ? text(green, full, normal, faint, empty, normal) : full + empty;
}

std::string epoch_line(const EpochRecord& e, Index epochs) {
    const int digits = columns(text(epochs));
    std::string line =
        format("epoch %*lld/%lld", digits, static_cast<long long>(e.epoch), static_cast<long long>(epochs));
    if (!std::isnan(e.train_loss)) line += format("  loss %.4f", e.train_loss);
    if (!std::isnan(e.train_error)) line += format("  error %4.1f %%", 100 * e.train_error);
    if (!std::isnan(e.test_error)) line += format("  test error %4.1f %%", 100 * e.test_error);
    return line + format("  lr %g  ", e.lr) + duration(e.seconds);
}

}  // namespace deepen
