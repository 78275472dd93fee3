#include "engine/plain/autograd.h"

#include <cmath>
#include <utility>

namespace deepen::plain {

double Scalar::value() const { return (*tape)[line].value; }
double Scalar::gradient() const { return (*tape)[line].gradient; }

Scalar Tape::write(double value, std::vector<Read> reads) {
    lines_.push_back({value, std::move(reads)});
    return {this, lines_.size() - 1};
}

void Tape::backward(Scalar end) {
    for (Line& line : lines_) line.gradient = 0;
    lines_[end.line].gradient = 1;                       // d(end)/d(end)
    for (std::size_t i = end.line + 1; i-- > 0;)
        for (const Read& read : lines_[i].reads) lines_[read.line].gradient += lines_[i].gradient * read.derivative;
}

// Each operation: its value, then its derivative with respect to each number that it reads.

Scalar operator+(Scalar a, Scalar b) { return a.tape->write(a.value() + b.value(), {{a.line, 1}, {b.line, 1}}); }
Scalar operator-(Scalar a, Scalar b) { return a.tape->write(a.value() - b.value(), {{a.line, 1}, {b.line, -1}}); }

Scalar operator*(Scalar a, Scalar b) {
    return a.tape->write(a.value() * b.value(), {{a.line, b.value()}, {b.line, a.value()}});
}

Scalar operator/(Scalar a, Scalar b) {
    const double y = a.value() / b.value();
    return a.tape->write(y, {{a.line, 1 / b.value()}, {b.line, -y / b.value()}});
}

Scalar exp(Scalar a) {
    const double y = std::exp(a.value());
    return a.tape->write(y, {{a.line, y}});
}

Scalar log(Scalar a) { return a.tape->write(std::log(a.value()), {{a.line, 1 / a.value()}}); }

Scalar relu(Scalar a) {
    const bool positive = a.value() > 0;
    return a.tape->write(positive ? a.value() : 0, {{a.line, positive ? 1.0 : 0.0}});
}

}  // namespace deepen::plain
