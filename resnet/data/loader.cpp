#include "resnet/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>

#include "engine/error.h"
#include "engine/parallel.h"
#include "engine/random.h"

namespace deepen {
namespace {

constexpr std::uint64_t order_streams = 0x6F72646572;    // "order": apart from every other use of the seed
constexpr std::size_t prepared_ahead = 3;                // batches

}  // namespace

// The thread of one epoch, and the queue between it and the net.  It runs beside the net's threads and
// takes no part in parallel_for: a batch costs it less than a millisecond, the net a few hundred.
class Loader::Worker {
public:
    Worker(const PictureSet& pictures, const Preprocessing& preprocessing, LoaderOptions options)
        : pictures_(pictures),
          examples_(pictures, preprocessing, options.augment, options.seed),
          decoders_(pictures.in_files() ? threads() : 1),
          options_(options) {}

    ~Worker() { stop(); }

    Index batches() const {
        const Index n = pictures_.count(), b = options_.batch;
        return options_.drop_last ? n / b : steps_per_epoch(n, b);
    }

    void start(Index epoch, Index first_batch) {
        require(epoch >= 0 && first_batch >= 0 && first_batch <= batches(), "loader: epoch ", epoch, ", batch ",
                first_batch, " asked for; an epoch has batches 0 to ", batches() - 1, ".");
        stop();
        ready_.clear();
        failure_ = nullptr;
        stopping_ = done_ = false;
        try {
            thread_ = std::thread([=, this] { prepare(epoch, first_batch); });
        } catch (const std::system_error& e) {
            throw Error(text("loader: no thread could be started to prepare pictures: ", e.code().message(),
                             ".  This process may have no more threads, or no more memory, than it has."));
        }
    }

    bool next(Batch& batch) {
        require(thread_.joinable(), "loader: next() was called before start(epoch).");
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !ready_.empty() || done_; });
        if (!ready_.empty()) {
            batch = std::move(ready_.front());
            ready_.pop_front();
            changed_.notify_all();
            return true;
        }
        if (failure_) std::rethrow_exception(failure_);
        return false;
    }

private:
    void stop() {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
    }

    // The thread's work.
    void prepare(Index epoch, Index first_batch) {
        std::exception_ptr failure;
        try {
            const std::vector<Index> order = order_of(epoch);
            for (Index i = first_batch; i < batches() && hand_over(make_batch(order, epoch, i)); i += options_.step) {
            }
        } catch (...) {
            failure = std::current_exception();
        }
        std::lock_guard lock(mutex_);
        failure_ = failure;
        done_ = true;
        changed_.notify_all();
    }

    // Waits for a place in the queue; false when the epoch is to end early.
    bool hand_over(Batch batch) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ready_.size() < prepared_ahead || stopping_; });
        if (stopping_) return false;
        ready_.push_back(std::move(batch));
        changed_.notify_all();
        return true;
    }

    std::vector<Index> order_of(Index epoch) const {
        const Index n = pictures_.count();
        if (options_.shuffle) return Random(options_.seed, stream_of(order_streams, epoch)).permutation(n);
        std::vector<Index> order(n);
        std::iota(order.begin(), order.end(), Index{0});
        return order;
    }

    // Tensors of one size come out of the free list again and again (engine/memory.h).
    Batch make_batch(const std::vector<Index>& order, Index epoch, Index number) const {
        const Index from = number * options_.batch, all = std::min(options_.batch, pictures_.count() - from);
        const auto [first, last] = options_.part ? options_.part(all) : std::pair<Index, Index>(0, all);
        const Index begin = from + first, end = from + last;
        Batch batch{.x = Tensor::uninitialised({end - begin, pictures_.height, pictures_.width, 3}),
                    .labels = {},
                    .first = first,
                    .all = all};
        Real* out = batch.x.data().data();
        side_by_side(std::min(decoders_, threads()), end - begin, [&](Index i) {
            examples_.write(order[begin + i], epoch, out + i * pictures_.bytes_per_picture());
        });
        for (Index i = begin; i < end; ++i) batch.labels.push_back(pictures_.labels[order[i]]);
        return batch;
    }

    const PictureSet& pictures_;
    const ExampleWriter examples_;
    const int decoders_;                  // threads that make a batch's pictures
    const LoaderOptions options_;

    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable changed_;     // the queue, or one of the two flags
    std::deque<Batch> ready_;
    std::exception_ptr failure_;
    bool stopping_ = false;               // told to the thread
    bool done_ = false;                   // told by the thread
};

Index steps_per_epoch(Index pictures, Index batch) { return (pictures + batch - 1) / batch; }

Loader::Loader(const PictureSet& pictures, Preprocessing preprocessing, LoaderOptions options) {
    require(pictures.count() > 0, "loader: the set has no pictures.");
    require(options.batch >= 1, "loader: a batch of ", options.batch, " asked for; at least 1 was expected.");
    require(!options.drop_last || options.batch <= pictures.count(), "loader: ", pictures.count(),
            " pictures do not fill one batch of ", options.batch,
            ", and an incomplete one is to be left out.  Try a smaller batch.");
    if (!pictures.in_files()) pictures.picture(0);       // refuses a set whose bytes do not fit its count
    worker_ = std::make_unique<Worker>(pictures, preprocessing, options);
}

Loader::~Loader() = default;

Index Loader::batches() const { return worker_->batches(); }
void Loader::start(Index epoch, Index first_batch) { worker_->start(epoch, first_batch); }
bool Loader::next(Batch& batch) { return worker_->next(batch); }

}  // namespace deepen
