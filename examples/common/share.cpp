// How do several processes work on one experiment?  See share.h.
#include "examples/common/share.h"

#include <charconv>
#include <vector>

#include "engine/error.h"
#include "engine/printable.h"
#include "examples/common/what_was_run.h"

namespace deepen {

Share parse_share(const std::string& words) {
    Share share;
    const char *const begin = words.data(), *const end = begin + words.size();
    const auto number = std::from_chars(begin, end, share.number);
    const bool slash = number.ec == std::errc() && number.ptr < end && *number.ptr == '/';
    const auto of = slash ? std::from_chars(number.ptr + 1, end, share.of) : number;
    if (!slash || of.ec != std::errc() || of.ptr != end || share.number < 1 || share.number > share.of)
        throw UsageError(text("--only: ", printable_name(words),
                              " is no share of the runs.  Try 1/3, 2/3 and 3/3, each in a process of its own."));
    return share;
}

std::string command_for(const Share& share, const std::string& program, int argc, const char* const* argv) {
    std::vector<const char*> kept;
    for (int i = 0; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--only") ++i;  // and its share
        else if (const std::string flag = argument.substr(0, argument.find('='));
                 flag != "--plan" && flag != "--commands" && flag != "--only")
            kept.push_back(argv[i]);
    }
    const std::string only = text(share.number, "/", share.of);
    kept.insert(kept.end(), {"--only", only.c_str()});
    return command_line(program, static_cast<int>(kept.size()), kept.data());
}

}  // namespace deepen
