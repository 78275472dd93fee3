// Whole nets whose batch several ranks share: the numbers and gradients of one process, to the bit.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/gradcheck.h"
#include "engine/ops.h"
#include "engine/ranks/share.h"
#include "layers/initialise.h"
#include "layers/weights.h"
#include "resnet/models.h"
#include "tests/engine/rank_threads.h"

namespace deepen {
namespace {

struct Results {
    std::vector<std::pair<std::string, std::vector<double>>> numbers;
};

std::vector<double> numbers_of(const Tensor& t) { return {t.data().begin(), t.data().end()}; }

Tensor rows(const Tensor& x, Index begin, Index end) {
    Tensor y = Tensor::uninitialised({end - begin, x.shape()[1], x.shape()[2], x.shape()[3]});
    std::copy_n(std::as_const(x).data().begin() + begin * (x.size() / x.shape()[0]),
                y.size(), y.data().begin());
    return y;
}

// Loss, gradients and running statistics after a step on pictures begin .. end-1 of x.
Results step(const ModelOptions& model, const Tensor& x, Index begin, Index end) {
    const std::unique_ptr<Module> net = make_model(model);
    initialise(*net, 1);
    net->train(true);
    std::vector<int> labels(static_cast<std::size_t>(end - begin));
    for (Index n = begin; n < end; ++n) labels[static_cast<std::size_t>(n - begin)] = static_cast<int>(n * 7 % 10);
    Tensor loss = cross_entropy((*net)(rows(x, begin, end)), labels);
    loss.backward();
    Results results{{{"loss", numbers_of(loss)}}};
    for (const NamedTensor& p : named_parameters(*net))
        results.numbers.emplace_back(p.name, numbers_of(p.tensor.grad()));
    for (const NamedTensor& b : named_buffers(*net)) results.numbers.emplace_back(b.name, numbers_of(b.tensor));
    return results;
}

// The same on several ranks.  Those that have no pictures have no results.
Results shared_step(const ModelOptions& model, const Tensor& x) {
    for (Index width = 1;;) try {
            const std::vector<Index> bounds = ranks::share_out(x.shape()[0], width, ranks::count());
            const auto me = static_cast<std::size_t>(ranks::rank());
            if (bounds[me] == bounds[me + 1]) return {};
            const ranks::Share share(bounds);
            return step(model, x, bounds[me], bounds[me + 1]);
        } catch (const ranks::Misaligned& m) {
            width = std::max(width, m.pictures);
        }
}

struct Case {
    const char* model;
    Index batch, side, width;
    int most;                                            // ranks that the batch feeds
    bool batch_norm = true;
};

// Few leaves where maps are small, a batch that is no power of two, batch norm or the sums of its scales and shifts.
const std::vector<Case> cases = {{"plain8", 128, 32, 16, 8},         {"resnet8", 80, 32, 8, 5},
                                 {"cifar-resnet50", 64, 32, 8, 4},   {"resnet18", 32, 224, 4, 2},
                                 {"preact-resnet20", 40, 32, 8, 3},  {"resnet8", 64, 32, 8, 4, false}};

TEST(SharedNets, HaveTheBitsOfOneProcessOnAnyNumberOfRanks) {
    for (const Case& c : cases) {
        const ModelOptions model{.name = c.model, .width = c.width, .classes = 10, .batch_norm = c.batch_norm};
        const Tensor x = random_tensor({c.batch, c.side, c.side, 3}, 2);
        const Results alone = step(model, x, 0, c.batch);
        for (int count : {2, 3, 8}) {
            if (count > c.most + 1) continue;
            SCOPED_TRACE(testing::Message() << c.model << " on " << count << " ranks");
            RankThreads threads(count);
            threads.late = count % 3;
            std::vector<Results> results(static_cast<std::size_t>(count));
            threads.run([&](int rank) { results[static_cast<std::size_t>(rank)] = shared_step(model, x); });
            int shares = 0;
            for (const Results& r : results) {
                shares += !r.numbers.empty();
                for (std::size_t i = 0; i < r.numbers.size(); ++i)
                    EXPECT_EQ(r.numbers[i].second, alone.numbers[i].second) << r.numbers[i].first;
            }
            EXPECT_EQ(shares, std::min(count, c.most));
        }
    }
}

// The gate's sum is under way when the convolution's backward finds its leaves, of 16 pictures, cut by a share of 8.
TEST(SharedNets, LeaveNoMessageBehindWhereAShareIsTooNarrowForBackwardAlone) {
    const Tensor x = random_tensor({32, 8, 8, 256}, 1);
    const auto step = [&](Index begin, Index end) {
        Tensor w = variable(random_tensor({3, 3, 256, 256}, 2)), gate = variable(random_tensor({256}, 3));
        Tensor loss = sum(conv2d(rows(x, begin, end), w, {}, {.padding = 1}) * gate);
        loss.backward();
        return std::vector{numbers_of(loss), numbers_of(w.grad()), numbers_of(gate.grad())};
    };
    const auto alone = step(0, 32);
    RankThreads threads(2);
    threads.late = 500;
    threads.run([&](int rank) {
        try {
            const ranks::Share share({0, 8, 32});
            step(rank == 0 ? 0 : 8, rank == 0 ? 8 : 32);
            ADD_FAILURE() << "a share of 8 pictures is wide enough";
        } catch (const ranks::Misaligned& m) {
            EXPECT_EQ(m.pictures, 16);
        }
        const ranks::Share share({0, 16, 32});
        EXPECT_EQ(step(16 * rank, 16 * rank + 16), alone);
    });
}

TEST(SharedNets, RefuseWhatIsNotTheBatch) {
    RankThreads threads(2);
    threads.run([](int) {
        const ranks::Share share({0, 4, 8});
        Tensor weights = variable(random_tensor({3, 5}, 1));
        EXPECT_NO_THROW(sum(random_tensor({4, 5}, 1)));
        try {
            sum(weights * weights);
            ADD_FAILURE() << "a sum over weights was taken for one over the batch";
        } catch (const Error& e) {
            EXPECT_NE(std::string(e.what()).find("a batch of 8 pictures is shared among ranks, and 4 of them are here; "
                                                 "but an op works on something whose first axis has 3"),
                      std::string::npos)
                << e.what();
        }
    });
}

}  // namespace
}  // namespace deepen
