// Which colour does a net have?  See palette.h.
#include "resnet/report/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "engine/error.h"

namespace deepen {
namespace {

using Rgb = std::array<double, 3>;  // 0 .. 255

Rgb parsed(const std::string& colour) {
    unsigned r = 0, g = 0, b = 0;
    ensure(colour.size() == 7 && std::sscanf(colour.c_str(), "#%2x%2x%2x", &r, &g, &b) == 3, colour, " is no colour");
    return {double(r), double(g), double(b)};
}

std::string printed(const Rgb& rgb) {
    char name[8];
    const auto part = [](double value) { return static_cast<unsigned>(std::lround(std::clamp(value, 0.0, 255.0))); };
    std::snprintf(name, sizeof name, "#%02x%02x%02x", part(rgb[0]), part(rgb[1]), part(rgb[2]));
    return name;
}

Rgb mixed(const Rgb& a, const Rgb& b, double share_of_b) {
    Rgb m;
    for (std::size_t i = 0; i < 3; ++i) m[i] = a[i] + share_of_b * (b[i] - a[i]);
    return m;
}

constexpr std::array palette{"#e76f4c", "#cb4679", "#9c179e", "#5c01a6", "#0d0887"};  // lightness 61, 50, 38, 27, 16
constexpr double of_small_letters = 49;  // the lightness that has a contrast of 4.5 to white

}  // namespace

std::vector<std::string> depth_colours(std::size_t count) {
    // One net has no order to show, and two need no extremes.
    if (count == 1) return {palette[2]};
    std::vector<std::string> colours;
    for (std::size_t i = 0; i < count; ++i) {
        const double place = static_cast<double>(i * (palette.size() - 1)) / static_cast<double>(count - 1);
        const auto before = std::min(static_cast<std::size_t>(place), palette.size() - 2);
        colours.push_back(
            printed(mixed(parsed(palette[before]), parsed(palette[before + 1]), place - static_cast<double>(before))));
    }
    return colours;
}

double lightness(const std::string& colour) {
    const auto linear = [](double value) {  // from sRGB
        const double c = value / 255;
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    const Rgb rgb = parsed(colour);
    const double luminance = 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
    return luminance > 216.0 / 24389 ? 116 * std::cbrt(luminance) - 16 : luminance * 24389 / 27;
}

std::string ink(const std::string& colour) {
    std::string darker = colour;
    for (double share = 0; lightness(darker) > of_small_letters; share += 0.02)
        darker = printed(mixed(parsed(colour), {0, 0, 0}, share));
    return darker;
}

std::string tint(const std::string& colour, double strength) {
    return printed(mixed({255, 255, 255}, parsed(colour), strength));
}

}  // namespace deepen
