// How are shapes drawn?  With signed distances.
//
// A signed distance says, for any point, how far the nearest edge is: negative inside, positive
// outside.  It makes drawing simple: a shape turned, moved or scaled is the same function asked at
// another point, and its edge is smooth when coverage falls from 1 to 0 over one pixel around distance 0.
//
// Shapes are about 1 in radius around the origin.  Unions take the smaller distance, intersections the
// larger: exact at edges, a little short far from them, which does not show.
//
// Source: Quilez, "2D distance functions", iquilezles.org/articles/distfunctions2d.
#pragma once

#include <string>
#include <vector>

namespace deepen {

inline constexpr int shape_count = 10;
inline constexpr float shape_reach = 1.05f;              // no shape goes further from the origin

std::vector<std::string> shape_names();  // disc, ring, crescent, square, triangle, star, cross, heart, arrow, bars

float signed_distance(int shape, float x, float y);

// To a line from (0,0) to (dx,dy), `radius` thick on each side, its ends round.
float distance_to_stroke(float x, float y, float dx, float dy, float radius);

}  // namespace deepen
