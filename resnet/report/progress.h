// How long will it take?
//
// A person at a terminal sees one line, redrawn in place at most ten times a second:
//
//     epoch 3/20 ━━━━━━━━╸           41 %  1240 images/s  0:24 this epoch  12:30 remaining  loss 1.2345  error 38.1 %
//
// A log file gets plain lines instead, one every ten seconds at most.  The line leaves out what a
// narrow window has no room for, and is wiped when the work ends, by whatever way.  It moves no
// cursor off its line, hides nothing and changes no setting, so there is nothing to restore.
//
// The rate is a moving one: an average over time that forgets with a time constant of ten seconds.
#pragma once

#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>

#include "engine/real.h"
#include "resnet/report/terminal.h"
#include "resnet/training/history.h"

namespace deepen {

// Seconds since some fixed moment, never running backwards.
using Clock = std::function<double()>;
double steady_seconds();

struct Work {
    std::string name = "epoch";                          // what one round is called
    Index rounds = 1;                                    // their number
    Index items = 0;                                     // per round; 0 if unknown
    std::string unit = "images";                         // what the items are
    std::function<std::string()> aside = {};             // shown at the end, if not empty
};

class Progress {
public:
    // Draws on `out`, which lies at `terminal` and outlives this.  Not for several threads at once.
    Progress(Work work, std::ostream& out, Terminal terminal, Clock clock = steady_seconds);
    ~Progress();                                         // as finish()
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Begins round 1, 2, ...; `done` items of it were done in an earlier life of this run.
    void start(Index round, Index done = 0);

    // `items` more are done.  Loss and error are the round's so far (NaN: not shown).
    void advance(Index items, double loss = nan, double error = nan);

    // What the round is busy with besides its items ("testing"): shown in place of rate and time.
    void note(std::string what);

    // A line that stays, above the bar: a round's result, a warning.
    void print(std::string_view line);

    // Wipes the bar.  Drawing goes on with the next start().
    void finish();

private:
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();

    void draw(bool now);
    void wipe();
    std::string line(int width) const;
    double share() const;                                // of the round that is done, 0 .. 1
    double seconds_left() const;                         // of the round
    double seconds_remaining() const;  // of all rounds

    Work work_;
    std::ostream& out_;
    Terminal terminal_;
    Clock clock_;

    Index round_ = 0, done_ = 0;
    double loss_ = nan, error_ = nan;
    std::string note_;
    double round_began_ = nan, round_seconds_ = nan;     // the latter: of the last whole round
    bool round_is_whole_ = false;                        // it was begun at its beginning
    double last_advance_ = 0, last_draw_ = nan;
    double recent_items_ = 0, recent_seconds_ = 0;       // both decay, their ratio is the rate
    bool drawn_ = false;                                 // the bar stands on the terminal's last line
};

// A bar of so many columns, full to `share`, 0 .. 1.
std::string bar(double share, int cells, const Terminal& terminal);

// The line that stays of an epoch:
//     epoch  3/20  loss 1.2345  error 38.1 %  test error 36.0 %  lr 0.1  1:43
// What was not measured (NaN) is left out.
std::string epoch_line(const EpochRecord& epoch, Index epochs);

}  // namespace deepen
