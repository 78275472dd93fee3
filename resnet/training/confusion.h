// Which class was taken for which?
//
// Counts of (truth, answer), where the answer is the class of the largest logit, the first of equal ones; and how often
// the truth was not even among the five largest, which is how ImageNet is scored (Russakovsky et al. 2015).
#pragma once

#include <map>
#include <span>
#include <vector>

#include "engine/tensor.h"

namespace deepen {

class Confusion {
public:
    explicit Confusion(Index classes) : answers_(static_cast<std::size_t>(classes)) {}

    void add(const Tensor& logits, std::span<const int> labels);  // logits: [N,classes]

    Index classes() const { return static_cast<Index>(answers_.size()); }
    const std::map<Index, Index>& answers(Index truth) const { return answers_.at(truth); }  // how often, by answer
    Index pictures(Index truth) const;
    Index errors(Index truth) const;
    Index top5_errors() const { return top5_errors_; }

private:
    std::vector<std::map<Index, Index>> answers_;  // not a table: of 1000 classes most pairs never occur
    Index top5_errors_ = 0;
};

}  // namespace deepen
