// Where does a convolution read its maps from?
//
// From memory, or from a maker that makes them stretch by stretch (Note [Made when needed], memory.h):
// then the stretch lies in a scratch buffer, small enough to stay in cache until it has been used.
#pragma once

#include <memory>

#include "engine/tensor.h"

namespace deepen {

class Source {
public:
    Source(const Real* data) : data_(data) {}                            // implicit: maps in memory
    Source(const Tensor& t) : maker_(t.maker()), data_(maker_ ? nullptr : t.data().data()) {}

    const Real* data() const { return data_; }                           // null where there is a maker only

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
    const Maker* maker_ = nullptr;
    const Real* data_;
};

}  // namespace deepen
