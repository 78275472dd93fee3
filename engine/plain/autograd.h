// How does reverse-mode automatic differentiation work, in fifty lines?
//
// Every operation writes one line on a tape: its value, which earlier lines it read, and its derivative with respect
// to each of them.  For z = x y + e^x at x = 2, y = 3:
//
//     line   value    reads (derivative)
//     0  x    2
//     1  y    3
//     2  p    6        x (3), y (2)               p = x y     dp/dx = y, dp/dy = x
//     3  e    7.389    x (7.389)                  e = e^x     de/dx = e^x
//     4  z   13.389    p (1), e (1)               z = p + e   dz/dp = dz/de = 1
//
// The derivative of z with respect to a line is the sum, over all paths from that line to z, of the products of the
// derivatives along the path (the chain rule).  Reading the tape from its end to its start gets all of them in one
// pass: a line's gradient is complete when its turn comes, because only later lines can have read it.
//
// The engine (engine/autograd.h) does the same with two changes.  A line holds a tensor, so its derivative would be a
// huge matrix; the line keeps a function instead, which multiplies by its transpose.  And lines are freed when no
// tensor refers to them, so they are nodes that own their inputs, sorted by age, rather than one long list.
//
// Source: Baydin et al. 2018, "Automatic differentiation in machine learning: a survey", section 3.2.
#pragma once

#include <cstddef>
#include <vector>

namespace deepen::plain {

class Tape;

// A number on a tape.  Copies refer to the same line.
struct Scalar {
    Tape* tape;
    std::size_t line;

    double value() const;
    double gradient() const;              // d(the end)/d(this), after tape->backward(the end)
};

class Tape {
public:
    Scalar number(double value) { return write(value, {}); }    // an input: x, y, a weight

    // Fills in the gradient of every line that `end` depends on.
    void backward(Scalar end);

    struct Read {
        std::size_t line;
        double derivative;                // of the line that reads, with respect to the line that it reads
    };
    struct Line {
        double value;
        std::vector<Read> reads;
        double gradient = 0;
    };
    Scalar write(double value, std::vector<Read> reads);
    const Line& operator[](std::size_t line) const { return lines_[line]; }

private:
    std::vector<Line> lines_;
};

Scalar operator+(Scalar a, Scalar b);
Scalar operator-(Scalar a, Scalar b);
Scalar operator*(Scalar a, Scalar b);
Scalar operator/(Scalar a, Scalar b);
Scalar exp(Scalar a);
Scalar log(Scalar a);
Scalar relu(Scalar a);

}  // namespace deepen::plain
