#include "resnet/training/confusion.h"

#include <algorithm>

#include "engine/error.h"

namespace deepen {

void Confusion::add(const Tensor& logits, std::span<const int> labels) {
    require(logits.rank() == 2 && logits.shape()[1] == classes() && logits.shape()[0] == std::ssize(labels),
            "confusion: logits ", logits.shape(), " for ", labels.size(), " pictures of ", classes(), " classes.");
    const Real* row = logits.data().data();
    for (int label : labels) {
        ++answers_.at(label)[std::max_element(row, row + classes()) - row];
        Index before = 0;  // classes that rank before the truth
        for (Index k = 0; k < classes(); ++k) before += row[k] > row[label] || (row[k] == row[label] && k < label);
        top5_errors_ += before >= 5;
        row += classes();
    }
}

Index Confusion::pictures(Index truth) const {
    Index sum = 0;
    for (const auto& [answer, count] : answers(truth)) sum += count;
    return sum;
}

Index Confusion::errors(Index truth) const {
    const auto right = answers(truth).find(truth);
    return pictures(truth) - (right == answers(truth).end() ? 0 : right->second);
}

}  // namespace deepen
