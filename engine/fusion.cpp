#include "engine/fusion.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <utility>

#include "engine/batch_sum.h"
#include "engine/parallel.h"
#include "engine/profile.h"

namespace deepen {
namespace {

std::atomic<bool> on = true;

// So many steps are noted down at most: a loop of a thousand additions must not become one list.
constexpr std::size_t most_steps = 8;

std::shared_ptr<const Lazy> lazy_of(const Tensor& x) { return x.storage()->lazy(); }

// Everything that x's numbers come from, x itself included.
void append_sources(std::vector<std::weak_ptr<Storage>>& sources, const Tensor& x) {
    sources.push_back(x.storage());
    if (const auto lazy = lazy_of(x)) sources.insert(sources.end(), lazy->sources.begin(), lazy->sources.end());
}

// What x is before another step that works on multiples of `unit`: its own steps, or a base in memory.
Lazy continued(const Tensor& x, Index unit) {
    const auto lazy = lazy_of(x);
    const Index both = lazy ? std::lcm(lazy->unit, unit) : unit;
    if (lazy && lazy->steps.size() < most_steps && both == std::max(lazy->unit, unit)) {
        Lazy more = lazy->whole ? Lazy{.base = x.storage(), .keep = true} : *lazy;
        more.unit = both;
        more.sources.clear();
        append_sources(more.sources, x);
        return more;
    }
    std::as_const(x).data();
    return {.ops = {}, .unit = unit, .base = x.storage(), .sources = {x.storage()}};
}

// A lazy tensor, or, where fusion is off, the same computed at once.
Tensor later(Shape shape, Lazy lazy) {
    Tensor y = Tensor::lazy(shape, std::make_shared<const Lazy>(std::move(lazy)));
    if (!on) std::as_const(y).data();
    return y;
}

// The steps, and then the visitor if there is one, as the epilogue of the one who writes the base.
RangeFunction epilogue_of(const Lazy& lazy, const RangeFunction* visitor) {
    std::vector<RangeFunction> all;
    if (!lazy.steps.empty())
        all.push_back({[&lazy](Index begin, Index end, const Real* from, Real* to) { lazy.run(begin, end, from, to); },
                       in_turn(lazy.steps).reads, lazy.unit});
    if (visitor) all.push_back(*visitor);
    return in_turn(std::move(all));
}

Index grain_for(Index unit) { return std::max<Index>(1, elementwise_grain / unit) * unit; }

// The visitor sees numbers that are there, by the ranges in which they were written if these are known.
void visit_memory(const RangeFunction& visitor, Index pictures, Storage& numbers, const RangeList& written) {
    Real* const at = numbers.data();
    const auto ranges = written.sorted();
    Index end = 0;
    bool fit = true;
    for (const auto& range : ranges) {
        fit = fit && range.first == end && range.second % visitor.unit == 0;
        end = range.second;
    }
    if (fit && end == numbers.size()) {
        parallel_for(static_cast<Index>(ranges.size()), [&](Index i) {
            const auto [b, e] = ranges[static_cast<std::size_t>(i)];
            visitor.run(b, e, at + b, at + b);
        });
    } else {
        const Index unit = visitor.unit, grain = grain_for(unit) / unit;
        const Leaves units = cut_batch(pictures, numbers.size() / pictures / unit, grain);
        parallel_for(units.count(), [&](Index leaf) {
            const Index b = units.begin(leaf) * unit, e = units.end(leaf) * unit;
            visitor.run(b, e, at + b, at + b);
        });
    }
}

// One pass over memory.  What is computed element by element has the ranges of its base.
void compute_steps(const Lazy& lazy, Storage& numbers, RangeList& written) {
    if (lazy.base) lazy.base->data(), written = lazy.base->ranges();
    parallel_ranges(numbers.size(), grain_for(lazy.unit), [&, to = numbers.data()](Index begin, Index end) {
        lazy.compute(begin, end, to + begin);
    });
}

}  // namespace

void Lazy::compute(Index begin, Index end, Real* to) const {
    run(begin, end, base ? base->data() + begin : nullptr, to);
}

void Lazy::run(Index begin, Index end, const Real* from, Real* to) const {
    const auto run_steps = [&](Index b, Index e) {
        const Real* in = from ? from + (b - begin) : nullptr;
        for (const RangeFunction& step : steps) step.run(b, e, in, to + (b - begin)), in = to + (b - begin);
    };
    if (steps.size() == 1) run_steps(begin, end);
    else fusion::for_pieces(begin, end, unit, run_steps);
}

std::vector<const Real*> Lazy::reads() const {
    std::vector<const Real*> all;
    if (base) all.push_back(base->data());
    for (const RangeFunction& step : steps) all.insert(all.end(), step.reads.begin(), step.reads.end());
    return all;
}

Real* Storage::compute(const RangeFunction* visitor, Index pictures) {
    std::shared_ptr<const Lazy> lazy = this->lazy();
    if (!lazy) {                                         // the numbers are there
        if (visitor) visit_memory(*visitor, pictures, *this, ranges_);
        return data_;
    }
    Storage numbers(size_);
    RangeList written;
    const auto base = lazy->base ? lazy->base->lazy() : nullptr;
    const bool base_is_ours = base && base->whole && lazy->base.use_count() == 1;  // nobody else will ask for it
    const Index unit = std::lcm(lazy->unit, visitor ? visitor->unit : 1);
    const Lazy* writer = lazy->whole ? lazy.get() : base_is_ours ? base.get() : nullptr;
    if (writer && writer->unit % unit != 0) writer = nullptr;
    const bool base_writes = writer && writer == base.get();
    const profile::Part part(base_writes ? base->ops : lazy->ops);
    if (base_writes) profile::fused(lazy->ops);
    if (writer) {
        writer->whole({.data = numbers.data_, .epilogue = epilogue_of(*lazy, visitor), .ranges = &written});
    } else {
        if (lazy->whole) lazy->whole({.data = numbers.data_, .ranges = &written});
        else compute_steps(*lazy, numbers, written);
        if (visitor) visit_memory(*visitor, pictures, numbers, written);
    }
    ranges_ = written;                                   // the same whoever computes
    Real* nothing = nullptr;
    if (data_.compare_exchange_strong(nothing, numbers.data_)) {
        capacity_ = numbers.capacity_;
        numbers.data_ = nullptr;
        const std::lock_guard lock(mutex_);
        lazy.swap(lazy_), lazy_.reset();
    }
    return data_;
}

Input::Input(const Tensor& x) : tensor_(x.detach()), lazy_(nullptr), data_(nullptr) {
    fusion::settle(x);
    lazy_ = lazy_of(x);
    if (lazy_) profile::fused(lazy_->ops);
    else data_ = std::as_const(x).data().data();
}

namespace fusion {

bool cheap(const Tensor& x) {
    const auto lazy = lazy_of(x);
    return lazy && !lazy->whole && !lazy->keep && x.shape().row() % lazy->unit == 0;
}

void settle(const Tensor& x) {
    if (!cheap(x)) std::as_const(x).data();
}

void visit(const Tensor& x, const RangeFunction& f) {
    x.storage()->compute(&f, x.rank() > 0 && x.size() > 0 ? x.shape()[0] : 1);
}

bool enabled() { return on; }
bool enabled(bool value) { return on.exchange(value); }

Tensor map(const char* op, const Tensor& x, RangeFunction f, MapOptions options) {
    Lazy lazy = continued(x, f.unit);
    for (const Tensor& read : options.reads) append_sources(lazy.sources, read);
    lazy.ops.push_back(op);
    lazy.steps.push_back(std::move(f));
    lazy.keep |= options.keep;
    return later(x.shape(), std::move(lazy));
}

Tensor map(const char* op, const Tensor& a, const Tensor& b, PairFunction f, MapOptions options) {
    const auto other = std::make_shared<const Input>(b);
    const auto step = [f = f.run, other](Index begin, Index end, const Real* from, Real* to) {
        Input::Reader read(*other);
        f(begin, end, from, read(begin, end) + begin, to);
    };
    Lazy lazy = continued(a, std::lcm(f.unit, other->unit()));
    append_sources(lazy.sources, b);
    for (const Tensor& read : options.reads) append_sources(lazy.sources, read);
    lazy.ops.push_back(op);
    lazy.steps.push_back({step, other->reads()});
    lazy.keep |= options.keep;
    return later(a.shape(), std::move(lazy));
}

Tensor whole(const char* op, Shape shape, std::function<void(const Output&)> compute,
             const std::vector<Tensor>& reads) {
    Lazy lazy{.ops = {op}, .unit = shape.row(), .whole = std::move(compute)};
    for (const Tensor& x : reads) append_sources(lazy.sources, x);
    return later(shape, std::move(lazy));
}

Tensor made(const char* op, Shape shape, RangeFunction f, const std::vector<Tensor>& reads) {
    Lazy lazy{.ops = {op}, .unit = f.unit, .steps = {std::move(f)}};
    for (const Tensor& x : reads) append_sources(lazy.sources, x);
    return later(shape, std::move(lazy));
}

}  // namespace fusion
}  // namespace deepen
