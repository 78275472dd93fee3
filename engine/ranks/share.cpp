#include "engine/ranks/share.h"

#include <algorithm>
#include <list>

#include "engine/error.h"

namespace deepen::ranks {
namespace {

// A sum on its way, and what is to be done with it.
struct UnderWay {
    std::unique_ptr<Nodes> nodes;
    Exchange exchange;
    const void* target;
    std::function<void(Nodes&, TreeNode)> done;

    bool complete() {
        if (!exchange.advance()) return false;
        done(*nodes, exchange.root());
        return true;
    }
};

struct State {
    std::vector<Index> bounds = {};                      // of pictures; empty: there is no Share
    int sums = 0;                                        // since the Share began
    std::list<UnderWay> under_way = {};
};
thread_local State state;
thread_local bool in_backward = false;

// Is there a Share in which several ranks have pictures?
bool sharing() { return !state.bounds.empty() && state.bounds[1] != state.bounds.back(); }

// Ranks number a Share's sums alike.  So many are never under way at once, and every MPI library knows these tags.
int next_tag() { return state.sums++ % 16000 * 2; }

// Do shares begin at multiples of so many pictures?  If not, all ranks give up the Share: what is under way is waited
// for, as its messages must not be taken for those of the next one.
void require_aligned(Index pictures) {
    for (const Index bound : state.bounds)
        if (bound != state.bounds.back() && bound % pictures != 0) {
            finish_all();
            throw Misaligned{pictures};
        }
}

}  // namespace

Share::Share(std::vector<Index> bounds) {
    ensure(state.bounds.empty(), "a share within a share");
    ensure(std::ssize(bounds) == count() + 1, bounds.size() - 1, " shares for ", count(), " ranks");
    state = {.bounds = std::move(bounds)};
}

Share::~Share() { state = {}; }

std::vector<Index> share_out(Index pictures, Index width, int ranks) {
    std::vector<Index> bounds{0};
    const Index blocks = (pictures + width - 1) / width, active = std::min<Index>(ranks, blocks);
    for (Index r = 1; r <= ranks; ++r) {
        const Index before = std::min(r, active) * blocks / active;      // blocks of the ranks before r
        bounds.push_back(std::min(pictures, before * width));
    }
    return bounds;
}

Pictures pictures_of(Index here, Index joined) {
    if (!sharing()) return {here / joined};
    const auto me = static_cast<std::size_t>(rank());
    const Index first = state.bounds[me], end = state.bounds[me + 1];
    require(here == end - first, "a batch of ", state.bounds.back(), " pictures is shared among ranks, and ",
            end - first, " of them are here; but an op works on something whose first axis has ", here,
            ".  It is taken for the batch: make the batch the first axis of every map, or train this net in one "
            "process.");
    require_aligned(joined);
    return {here / joined, first / joined, state.bounds.back() / joined};
}

std::vector<Index> leaf_bounds(Index width, Index pieces, Index joined) {
    if (!sharing()) return {};
    require_aligned(width * joined);
    std::vector<Index> bounds;
    for (const Index bound : state.bounds) bounds.push_back((bound / joined * pieces + width - 1) / width);
    return bounds;
}

TreeNode complete(Nodes& nodes, std::vector<Index> leaf_bounds) {
    Exchange exchange(*transport(), std::move(leaf_bounds), nodes, next_tag());
    wait_until([&] { return exchange.advance(); }, [&] { return exchange.awaited(); }, advance);
    return exchange.root();
}

void complete_later(std::unique_ptr<Nodes> nodes, std::vector<Index> leaf_bounds, const void* target,
                    std::function<void(Nodes&, TreeNode)> done) {
    Nodes& ours = *nodes;
    state.under_way.push_back({std::move(nodes), {*transport(), std::move(leaf_bounds), ours, next_tag()}, target,
                               std::move(done)});
    if (in_backward) advance();
    else finish_all();
}

DeferredSums::DeferredSums() { in_backward = true; }
DeferredSums::~DeferredSums() { in_backward = false; }

bool under_way() { return !state.under_way.empty(); }

void advance() {
    for (auto it = state.under_way.begin(); it != state.under_way.end();)
        it = it->complete() ? state.under_way.erase(it) : std::next(it);
}

void finish(const void* target) {
    const auto left = [&] {
        return std::find_if(state.under_way.begin(), state.under_way.end(),
                            [&](const UnderWay& u) { return !target || u.target == target; });
    };
    if (left() == state.under_way.end()) return;
    const auto none_left = [&] { return advance(), left() == state.under_way.end(); };
    wait_until(none_left, [&] { return left()->exchange.awaited(); });
}

void finish_all() { finish(nullptr); }

}  // namespace deepen::ranks
