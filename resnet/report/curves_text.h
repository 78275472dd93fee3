// What do the curves look like on a terminal?
#pragma once

#include <string>
#include <vector>

#include "resnet/report/runs.h"
#include "resnet/report/terminal.h"

namespace deepen {

// The panels of panels.h as characters, in the terminal's width (80 to 100 columns): training error as "o", test error
// as "." for the shallowest net, and so on; coloured where the terminal is, in the colours of Okabe and Ito (2008),
// which can be read on black and on white.
std::string curves_text(const std::vector<Run>& runs, const Terminal& terminal);

}  // namespace deepen
