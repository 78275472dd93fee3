// How wrong is a classification?  Cross-entropy of the softmax.
//
// Shapes     x [N,K]: logits, scores of N pictures for K classes; labels: N numbers 0 .. K-1; L: a scalar
// Forward    L = mean over n of -log p_n[label_n],   p = softmax(x) along each row
//              = mean over n of log sum_j e^(x_nj - m_n) - (x_n[label_n] - m_n),   m_n = max_j x_nj
// Backward   dx_nk += dL / N * (p_nk - [k = label_n])
//            the predicted probabilities minus the true ones: each row sums to zero
// Saved      p and the labels
// Choice     one op rather than log_softmax and a choice of entries: its backward is the simplest in
//            this folder, and exact where p underflows.  Note [Exponentials below the maximum].
//            A net that knows nothing has L = log K: 2.303 for ten classes
#include "engine/autograd.h"
#include "engine/batch_sum.h"
#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ops/logits.h"

namespace deepen {
namespace {

void check(const Shape& x, std::span<const int> labels) {
    require(x.rank() == 2, "cross_entropy: logits need two axes, (N,classes); they have shape ", x, ".");
    require(x[0] > 0, "cross_entropy: the batch is empty, logits ", x, " (N,classes); its mean would be 0 / 0.");
    require(static_cast<Index>(labels.size()) == x[0], "cross_entropy: ", labels.size(), " labels for logits ", x,
            " (N,classes); there must be one per row, ", x[0], ".");
    for (std::size_t n = 0; n < labels.size(); ++n)
        require(labels[n] >= 0 && labels[n] < x[1], "cross_entropy: label ", labels[n], " of row ", n,
                " is not a class of logits ", x, " (N,classes).  Labels run from 0 to ", x[1] - 1, ".");
}

// Writes the loss of each row and its probabilities.
void forward(const Shape& shape, const Real* x, const int* labels, Real* losses, Real* p) {
    for_rows(shape, [=, classes = shape[1]](Index row, Index at) {
        const auto [max, sum] = row_scale(x + at, classes);
        losses[row] = std::log(sum) - (x[at + labels[row]] - max);
        for (Index i = at; i < at + classes; ++i) p[i] = std::exp(x[i] - max) / sum;
    });
}

// `N` of the whole batch.
void backward(const Shape& shape, Index N, const Real* p, const int* labels, Real dL, Real* dx) {
    const Real share = dL / static_cast<Real>(N);
    for_rows(shape, [=, classes = shape[1]](Index row, Index at) {
        for (Index i = at; i < at + classes; ++i) dx[i] += share * p[i];
        dx[at + labels[row]] -= share;
    });
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, std::span<const int> labels) {
    const Shape& shape = logits.shape();
    check(shape, labels);
    Tensor losses = Tensor::uninitialised({shape[0]});
    Tensor p = Tensor::uninitialised(shape);
    forward(shape, logits.data().data(), labels.data(), losses.data().data(), p.data().data());

    const Leaves rows = cut_batch(shape[0], 1, 1);
    TreeSum<double> sum(rows);
    for (Index n = 0; n < shape[0]; ++n) sum.add(n, losses.data()[static_cast<std::size_t>(n)]);
    const Index N = rows.pictures.all;
    const Tensor mean_loss = static_cast<Real>(sum.total() / static_cast<double>(N));
    return record("cross_entropy", mean_loss, {logits},
                  [p, N, truth = std::vector<int>(labels.begin(), labels.end())](Gradients& d) {
        backward(p.shape(), N, p.data().data(), truth.data(), d.output().item(), d.input(0).data());
    });
}

}  // namespace deepen
