// How do our pages look?  See html.h.
#include "resnet/report/html.h"

#include "engine/error.h"

namespace deepen {
namespace {

constexpr const char* style = R"(
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5c6570; --paper: #fbfbfa; --card: #ffffff; --rule: #dfe1e4;
        --holds: #00704f; --part: #8a5a00; --fails: #b03a00; --untested: #5c6570; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e7e9; --soft: #a2a9b2; --paper: #16181b; --card: #1f2226; --rule: #373b41;
          --holds: #4fc79f; --part: #e2ab45; --fails: #f08a54; --untested: #a2a9b2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
       font: 16px/1.6 system-ui, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .7rem; }
p { max-width: 46rem; margin: .6rem 0; }
a { color: inherit; }
.soft, figcaption { color: var(--soft); font-size: .93rem; }
.claim { margin: .9rem 0; padding: .9rem 1.2rem; background: var(--card); border: 1px solid var(--rule);
         border-left: .35rem solid var(--mark); border-radius: .4rem; }
.claim h3 { margin: 0; font-size: 1.05rem; }
.claim p { margin: .25rem 0 0; max-width: none; }
.claim strong { color: var(--mark); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .7rem; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child { text-align: left; }
tbody th { white-space: normal; }
thead th { font-size: .9rem; color: var(--soft); font-weight: 600; vertical-align: bottom; }
td small { color: var(--soft); display: block; line-height: 1.2; }
figure { margin: 1.2rem 0 2rem; }
figure .drawing { padding: .8rem; background: #ffffff; border: 1px solid var(--rule); border-radius: .4rem;
                  overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 44rem; height: auto; margin: 0 auto; }
figure.narrow svg { max-width: 40rem; min-width: 28rem; }
figcaption { margin-top: .6rem; max-width: 46rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
code { font: .92em ui-monospace, monospace; }
)";

// The <svg> element alone, with a title of ours, which a screen reader reads.
std::string inlined(const std::string& svg, const std::string& heading) {
    const std::size_t element = svg.find("<svg"), old_title = svg.find("<title>"), end = svg.find("</desc>");
    ensure(element < old_title && old_title < end && end != std::string::npos,
           "gnuplot's SVG has no <title> and <desc>");
    return text("<svg role=\"img\"", svg.substr(element + 4, old_title - element - 4), "<title>", escaped(heading),
                "</title>", svg.substr(end + 7));
}

}  // namespace

std::string html_head(const std::string& title) {
    return text(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>)",
                title, "</title>\n<style>", style, "</style>\n</head>\n<body>\n<h1>", title, "</h1>\n");
}

std::string escaped(const std::string& words) {
    std::string out;
    for (char c : words) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

std::string html_claim(int number, const Claim& claim) {
    const char* mark = claim.outcome == Outcome::holds     ? "holds"
                       : claim.outcome == Outcome::unclear ? "part"
                       : claim.outcome == Outcome::fails   ? "fails"
                                                           : "untested";
    const std::string said = escaped(answer(claim));
    const std::size_t outcome = said.find(':') + 1;
    return text("<section class=\"claim\" style=\"--mark: var(--", mark, ")\">\n<h3>", escaped(heading(number, claim)),
                "</h3>\n<p><strong>", said.substr(0, outcome), "</strong>", said.substr(outcome), "</p>\n</section>\n");
}

std::string html_figure(const std::string& svg, const std::string& heading, const std::string& caption, bool narrow) {
    if (svg.empty()) return "";
    return text("<figure", narrow ? " class=\"narrow\"" : "", ">\n<div class=\"drawing\">\n", inlined(svg, heading),
                "</div>\n<figcaption>", caption, "</figcaption>\n</figure>\n");
}

std::string html_list(const std::vector<Fact>& facts) {
    std::string s = "<dl>\n";
    for (const auto& [name, value, code] : facts)
        if (!value.empty())
            s += text("<dt>", escaped(name), "</dt><dd>", code ? "<code>" : "", escaped(value), code ? "</code>" : "",
                      "</dd>\n");
    return s + "</dl>\n";
}

}  // namespace deepen
