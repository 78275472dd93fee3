// How do our pages look?
//
// One file without scripts, with its figures inside it, that opens anywhere and follows the reader's light or dark
// setting: report.h, and why/study.h.
#pragma once

#include <string>
#include <vector>

#include "resnet/report/verdict.h"

namespace deepen {

std::string html_head(const std::string& title);         // up to and with the <h1>
constexpr const char* html_end = "</body>\n</html>\n";

std::string escaped(const std::string& words);           // "a < b" -> "a &lt; b"

// A claim and what became of it, in a frame of the outcome's colour.
std::string html_claim(int number, const Claim& claim);

// An SVG of gnuplot's, with a heading that a screen reader reads and a caption, both HTML.  Empty where `svg` is.
std::string html_figure(const std::string& svg, const std::string& heading, const std::string& caption, bool narrow);

struct Fact {
    std::string name, value;                             // not shown where the value is empty
    bool code = false;
};
std::string html_list(const std::vector<Fact>& facts);

}  // namespace deepen
