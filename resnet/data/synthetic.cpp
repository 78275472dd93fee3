#include "resnet/data/synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/error.h"
#include "engine/parallel.h"
#include "engine/random.h"
#include "resnet/data/shapes.h"

namespace deepen {
namespace {

constexpr Index side = 32;
constexpr Index most_pictures = 10'000'000;

// --- colours, directions, clouds ------------------------------------------------------------------------

struct Colour {
    float r, g, b;
};

Colour mix(Colour a, Colour b, float t) {
    return {a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b)};
}

float distance(Colour a, Colour b) {
    const float r = a.r - b.r, g = a.g - b.g, bl = a.b - b.b;
    return std::sqrt(r * r + g * g + bl * bl);
}

float brightness(Colour colour) { return (colour.r + colour.g + colour.b) / 3; }

float uniform(Random& random, float low, float high) { return static_cast<float>(random.uniform(low, high)); }

Colour any_colour(Random& random) { return {uniform(random, 0, 1), uniform(random, 0, 1), uniform(random, 0, 1)}; }

// As most of the world is: less colourful than what stands in it.
Colour muted_colour(Random& random) {
    const Colour colour = any_colour(random);
    const float grey = brightness(colour);
    return mix(colour, {grey, grey, grey}, 0.45f);
}

struct Direction {
    float x, y;
};

// A direction without a sine: a point of the square that falls into the ring between two circles,
// brought to length 1.
Direction any_direction(Random& random) {
    for (;;) {
        const float x = uniform(random, -1, 1), y = uniform(random, -1, 1), square = x * x + y * y;
        if (square > 0.01f && square <= 1) return {x / std::sqrt(square), y / std::sqrt(square)};
    }
}

// Smooth random hills in 0 .. 1: values on a coarse grid, blended in between (value noise).
class Clouds {
public:
    Clouds(Random& random, float cells) : step_(cells / side) {
        for (float& value : grid_) value = uniform(random, 0, 1);
    }

    float at(float x, float y) const {
        const float u = x * step_, v = y * step_;
        const int i = static_cast<int>(u), j = static_cast<int>(v);
        const float s = smooth(u - i), t = smooth(v - j);
        const float* corner = &grid_[j * width + i];
        const float top = corner[0] + s * (corner[1] - corner[0]);
        const float bottom = corner[width] + s * (corner[width + 1] - corner[width]);
        return top + t * (bottom - top);
    }

    static constexpr int width = 10;      // so that up to 8 cells a side fit

private:
    static float smooth(float t) { return t * t * (3 - 2 * t); }

    std::array<float, width * width> grid_;
    float step_;
};

// --- a picture --------------------------------------------------------------------------------------------

class Canvas {
public:
    // A colour for every pixel, asked at its centre.
    template <class Paint>
    void fill(Paint paint) {
        for (Index y = 0; y < side; ++y) {
            for (Index x = 0; x < side; ++x) pixels_[y * side + x] = paint(x + 0.5f, y + 0.5f);
        }
    }

    // A colour where `distance`, in pixels, is negative; the edge is one pixel soft.
    template <class Distance, class Paint>
    void draw(Distance distance, Paint paint) {
        for (Index y = 0; y < side; ++y) {
            for (Index x = 0; x < side; ++x) {
                const float cover = std::clamp(0.5f - distance(x + 0.5f, y + 0.5f), 0.0f, 1.0f);
                if (cover > 0) pixels_[y * side + x] = mix(pixels_[y * side + x], paint(x + 0.5f, y + 0.5f), cover);
            }
        }
    }

    // Bytes, with noise of the given deviation.  The sum of four random bytes is close enough to a
    // normal distribution (mean 510, deviation 147.8), and each costs a fifth of a true one.
    void develop(Random& random, float deviation, std::uint8_t* out) const {
        const auto grain = [&] {
            const std::uint32_t bits = random.bits();
            const std::uint32_t sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24);
            return (static_cast<float>(sum) - 510) * (deviation / 147.8f);
        };
        const auto byte = [&](float v) {
            return static_cast<std::uint8_t>(std::clamp((v + grain()) * 255 + 0.5f, 0.0f, 255.0f));
        };
        for (const Colour& pixel : pixels_) {
            *out++ = byte(pixel.r);
            *out++ = byte(pixel.g);
            *out++ = byte(pixel.b);
        }
    }

private:
    std::array<Colour, side * side> pixels_;
};

void draw_stroke(Canvas& canvas, Random& random) {
    const float x0 = uniform(random, 0, side), y0 = uniform(random, 0, side);
    const Direction along = any_direction(random);
    const float reach = uniform(random, 10, 28), radius = uniform(random, 0.4f, 1.1f);
    const Colour colour = any_colour(random);
    const float dx = reach * along.x, dy = reach * along.y;
    canvas.draw([&](float x, float y) { return distance_to_stroke(x - x0, y - y0, dx, dy, radius); },
                [&](float, float) { return colour; });
}

void draw_blob(Canvas& canvas, Random& random) {
    const float x0 = uniform(random, 0, side), y0 = uniform(random, 0, side), radius = uniform(random, 1.5f, 3);
    const Colour colour = any_colour(random);
    canvas.draw([&](float x, float y) { return std::sqrt((x - x0) * (x - x0) + (y - y0) * (y - y0)) - radius; },
                [&](float, float) { return colour; });
}

// Turned, scaled and moved; lit from one side, with clouds of its own.
void draw_shape(Canvas& canvas, Random& random, int shape, Colour colour) {
    const float radius = uniform(random, 6.5f, 12);
    const float x0 = uniform(random, radius, side - radius), y0 = uniform(random, radius, side - radius);
    const Direction turn = any_direction(random), sun = any_direction(random);
    const Clouds clouds(random, uniform(random, 3, 8));
    const Colour dark = mix(colour, {0, 0, 0}, 0.35f), bright = mix(colour, {1, 1, 1}, 0.25f);
    canvas.draw(
        [&](float x, float y) {
            const float u = (x - x0) / radius, v = (y - y0) / radius;
            if (u * u + v * v > 1.5f * shape_reach * shape_reach) return 1.0f;
            return radius * signed_distance(shape, turn.x * u + turn.y * v, turn.x * v - turn.y * u);
        },
        [&](float x, float y) {
            const float light =
                0.5f + 0.3f * ((x - x0) * sun.x + (y - y0) * sun.y) / radius + 0.5f * (clouds.at(x, y) - 0.5f);
            return mix(dark, bright, std::clamp(light, 0.0f, 1.0f));
        });
}

void draw_picture(Random random, int shape, std::uint8_t* out) {
    Canvas canvas;

    // Choose colours: the shape must stand out from both of the background's, and three in four are
    // brighter than it, as things in the light are.
    const bool bright = random.chance(0.75);
    Colour near, far, colour;
    do {
        near = muted_colour(random), far = muted_colour(random), colour = any_colour(random);
    } while (std::min(distance(colour, near), distance(colour, far)) < 0.45f ||
             (brightness(colour) > brightness(mix(near, far, 0.5f))) != bright);

    // Paint the background: large hills, small ones on them.
    const Clouds large(random, uniform(random, 1, 4)), small(random, uniform(random, 4, 8));
    canvas.fill([&](float x, float y) { return mix(near, far, 0.65f * large.at(x, y) + 0.35f * small.at(x, y)); });

    // Draw, with a stroke behind the shape or before it.
    draw_blob(canvas, random);
    const bool before = random.chance(0.5);
    if (!before) draw_stroke(canvas, random);
    draw_shape(canvas, random, shape, colour);
    if (before) draw_stroke(canvas, random);
    canvas.develop(random, uniform(random, 0.02f, 0.08f), out);
}

// Splits have streams of their own.
enum class Split : std::uint64_t { train = 0x7261, test = 0x7365 };

PictureSet draw_set(Split split, Index count, std::uint64_t seed) {
    PictureSet set;
    set.height = set.width = side;
    set.classes = shape_names();
    set.labels.resize(count);
    set.pixels.resize(count * set.bytes_per_picture());
    parallel_ranges(count, 64, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            set.labels[i] = static_cast<int>(i % shape_count);
            const Random random(seed, stream_of(static_cast<std::uint64_t>(split), i));
            draw_picture(random, set.labels[i], &set.pixels[i * set.bytes_per_picture()]);
        }
    });
    return set;
}

}  // namespace

DataSplits synthetic_data(const DataOptions& options) {
    require(options.train_count >= 1 && options.train_count <= most_pictures && options.test_count >= 0 &&
                options.test_count <= most_pictures,
            "synthetic: ", options.train_count, " training and ", options.test_count, " test pictures asked for; 1 to ",
            most_pictures, " and 0 to ", most_pictures, " can be made.");
    return {draw_set(Split::train, options.train_count, options.seed),
            draw_set(Split::test, options.test_count, options.seed)};
}

}  // namespace deepen
