// Where does a convolution read its maps from?
//
// From memory, or from a maker that makes them stretch by stretch (Note [Made when needed], memory.h):
// then the stretch lies in a scratch buffer, small enough to stay in cache until it has been used.
#pragma once

#include <memory>

#include "engine/simd.h"
#include "engine/tensor.h"

namespace deepen {

class Source {
public:
    Source(const Real* data) : data_(data) {}                            // implicit: maps in memory
    Source(const Tensor& t) : maker_(t.maker()), data_(maker_ ? nullptr : t.data().data()) {}

    // What is read for an element lies in each of these at its index.
    std::vector<const Real*> reads() const {
        return data_ ? std::vector{data_} : maker_ ? maker_->reads : std::vector<const Real*>();
    }

    // A thread's own reader: what it made last stays valid until it makes the next.
    class Reader {
    public:
        explicit Reader(const Source& source) : source_(source) {}

        // Where element 0 lies, or would lie, so that elements begin .. end-1 are in their places.
        const Real* operator()(Index begin, Index end) {
            if (source_.data_ || begin == end) return source_.data_;
            if (!scratch_ || scratch_->size() < end - begin) scratch_ = std::make_unique<Storage>(end - begin);
            source_.maker_->make(begin, end, scratch_->data());
            return scratch_->data() - begin;
        }

    private:
        const Source& source_;
        std::unique_ptr<Storage> scratch_;
    };

private:
    std::shared_ptr<const Maker> maker_;
    const Real* data_;
};

// Note [Fetch ahead]
//   Memory is far away: whoever waits for each line in turn spends most of the time waiting, and convolutions
//   visit memory in an order that no processor foresees.  But what the next stretch will read and write is known,
//   and while this one is computed, memory is idle: so between the products of a stretch, a part at a time,
//   the processor is asked for the lines of the next.
class Ahead {
public:
    explicit Ahead(Index parts) : parts_(parts) {}       // calls of fetch_part() to come

    // Elements begin .. end-1 of each of these.
    void add(const std::vector<const Real*>& maps, Index begin, Index end) {
        for (const Real* map : maps)
            if (map && end > begin) ranges_.push_back({map + begin, (end - begin) / simd::cache_line + 1});
    }

    // Inlined, because gcc takes a function that only prefetches for one that does nothing, and drops the call.
    DEEPEN_INLINE void fetch_part() {
        for (const Range& r : ranges_)
            for (Index line = r.lines * part_ / parts_; line < r.lines * (part_ + 1) / parts_; ++line)
                __builtin_prefetch(r.begin + line * simd::cache_line, 0, second_cache);
        ++part_;
    }

private:
    static constexpr int second_cache = 2;               // the first has no room for it
    struct Range {
        const Real* begin;
        Index lines;
    };
    Index parts_, part_ = 0;
    std::vector<Range> ranges_;
};

}  // namespace deepen
