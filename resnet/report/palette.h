// Which colour does a net have?
//
// Depth is an order, so its colours are an order, too: from orange for the shallowest net to dark blue for the deepest,
// the deeper the darker.  The five that stand for five depths are taken from the palette "plasma" (Smith and van der
// Walt, 2015) at even steps of lightness, without its yellows, which are too pale for lines on white.  Lightness alone
// tells them apart: in a grey copy, on a black-and-white printer, and for readers who see few colours.
#pragma once

#include <string>
#include <vector>

namespace deepen {

// One for each of `count` depths, shallow to deep, as "#rrggbb".
std::vector<std::string> depth_colours(std::size_t count);

// CIE L* of "#rrggbb": 0 black, 50 a middle grey, 100 white.  Equal steps look equal.
double lightness(const std::string& colour);

// The colour for words in it: darkened as far as small letters on white need (4.5 : 1, WCAG 2.1).
std::string ink(const std::string& colour);

// Mixed with white: all of the colour at 1, white at 0.
std::string tint(const std::string& colour, double strength);

}  // namespace deepen
