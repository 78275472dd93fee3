#include "resnet/data/shapes.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "engine/error.h"

namespace deepen {
namespace {

struct Point {
    float x, y;
};

constexpr Point square[] = {{-0.74f, -0.74f}, {0.74f, -0.74f}, {0.74f, 0.74f}, {-0.74f, 0.74f}};
constexpr Point triangle[] = {{0, 1.05f}, {-0.909f, -0.525f}, {0.909f, -0.525f}};
constexpr Point star[] = {{0, 1.05f},  {-0.259f, 0.356f}, {-0.999f, 0.324f}, {-0.418f, -0.136f}, {-0.617f, -0.849f},
                          {0, -0.44f}, {0.617f, -0.849f}, {0.418f, -0.136f}, {0.999f, 0.324f},   {0.259f, 0.356f}};
constexpr Point cross[] = {{-0.28f, 1}, {-0.28f, 0.28f}, {-1, 0.28f}, {-1, -0.28f}, {-0.28f, -0.28f}, {-0.28f, -1},
                           {0.28f, -1}, {0.28f, -0.28f}, {1, -0.28f}, {1, 0.28f},   {0.28f, 0.28f},   {0.28f, 1}};
constexpr Point arrow[] = {{1.05f, 0},      {0.2f, 0.8f},     {0.2f, 0.25f}, {-0.95f, 0.25f},
                           {-0.95f, -0.25f}, {0.2f, -0.25f}, {0.2f, -0.8f}};

float length(float x, float y) { return std::sqrt(x * x + y * y); }

float to_disc(float x, float y, float radius) { return length(x, y) - radius; }

float to_box(float x, float y, float half_width, float half_height) {
    const float dx = std::abs(x) - half_width, dy = std::abs(y) - half_height;
    return length(std::max(dx, 0.0f), std::max(dy, 0.0f)) + std::min(std::max(dx, dy), 0.0f);
}

// The nearest point of all sides gives the distance; whether a ray to the right crosses the sides an
// odd number of times gives the sign.
float to_polygon(std::span<const Point> corners, float x, float y) {
    float nearest = 1e30f;
    bool inside = false;
    Point a = corners.back();
    for (const Point b : corners) {
        const float ex = b.x - a.x, ey = b.y - a.y, wx = x - a.x, wy = y - a.y;
        const float along = std::clamp((wx * ex + wy * ey) / (ex * ex + ey * ey), 0.0f, 1.0f);
        const float dx = wx - along * ex, dy = wy - along * ey;
        nearest = std::min(nearest, dx * dx + dy * dy);
        if ((a.y > y) != (b.y > y) && (ex * wy > ey * wx) == (ey < 0)) inside = !inside;
        a = b;
    }
    return inside ? -std::sqrt(nearest) : std::sqrt(nearest);
}

float to_crescent(float x, float y) { return std::max(to_disc(x, y, 1), -to_disc(x - 0.5f, y, 0.75f)); }

// A square on its corner and a disc on each of its two upper sides.
float to_heart(float x, float y) {
    constexpr float half = 0.56f, turn = 0.70710678f, drop = 0.18f;
    const float u = (x + y + drop) * turn, v = (y + drop - x) * turn;
    return std::min({to_box(u, v, half, half), to_disc(u - half, v, half), to_disc(u, v - half, half)});
}

float to_bars(float x, float y) {
    return std::min(to_box(x, y, 0.18f, 0.95f), to_box(std::abs(x) - 0.66f, y, 0.18f, 0.62f));
}

}  // namespace

std::vector<std::string> shape_names() {
    return {"disc", "ring", "crescent", "square", "triangle", "star", "cross", "heart", "arrow", "bars"};
}

float signed_distance(int shape, float x, float y) {
    switch (shape) {
        case 0: return to_disc(x, y, 0.92f);
        case 1: return std::abs(length(x, y) - 0.76f) - 0.23f;
        case 2: return to_crescent(x, y);
        case 3: return to_polygon(square, x, y);
        case 4: return to_polygon(triangle, x, y);
        case 5: return to_polygon(star, x, y);
        case 6: return to_polygon(cross, x, y);
        case 7: return to_heart(x, y);
        case 8: return to_polygon(arrow, x, y);
        case 9: return to_bars(x, y);
    }
    throw InternalError(text("shapes: number ", shape, " of ", shape_count));
}

float distance_to_stroke(float x, float y, float dx, float dy, float radius) {
    const float along = std::clamp((x * dx + y * dy) / (dx * dx + dy * dy), 0.0f, 1.0f);
    return length(x - along * dx, y - along * dy) - radius;
}

}  // namespace deepen
