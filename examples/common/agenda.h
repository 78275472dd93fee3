// How long will several experiments take together, and how much of it is left?
//
// Said before the first of them, a line per part in the order in which they come:
//
//     plan, timed just now on 2 threads; what an earlier command has measured is not measured again:
//       signal             0:41
//       12 small nets      2:03  for responses, lesion, landscape
//       ...
//       total              5:53
//
// From then on a Forecast (report/plan.h) keeps the time remaining true.  Figures are not counted: they take seconds.
#pragma once

#include <string>
#include <vector>

#include "resnet/report/plan.h"

namespace deepen {

class Agenda {
public:
    struct Part {
        std::string name;
        double seconds = 0;                              // planned
        std::string note = {};                           // after the seconds
    };
    explicit Agenda(std::vector<Part> parts);

    std::string plan(int threads) const;                 // for a person; empty for fewer than two parts

    // Of the part, work is done that was planned for `planned` seconds, and it took `took`.
    void advance(const std::string& part, double planned, double took);
    void finish(const std::string& part);                // whatever was left of it

    double seconds_remaining() const { return forecast_.seconds_remaining(); }
    double seconds_remaining(const std::string& part) const { return forecast_.seconds_remaining(place(part)); }
    std::string remaining() const;                       // "in all: 3:10 remaining"; empty for fewer than two parts

private:
    std::size_t place(const std::string& part) const;

    std::vector<Part> parts_;
    Forecast forecast_;
};

}  // namespace deepen
