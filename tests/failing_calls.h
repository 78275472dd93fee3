// How does a test come by a disk that fails?
#pragma once

#include <algorithm>
#include <cerrno>
#include <string>

#include "engine/io/files.h"

namespace deepen {

// The system's calls (engine/io/files.h), of which the n-th fails with a given reason, and write() takes at most
// `longest` bytes at a time.  They are put back at the end.
class FailingCalls {
public:
    FailingCalls(int n, int reason, std::size_t longest = 3) : left_(n), reason_(reason) {
        SystemCalls& calls = system_calls();
        calls.open = [this](const char* path, int flags, mode_t mode) {
            return fails("open") ? -1 : before_.open(path, flags, mode);
        };
        calls.write = [this, longest](int file, const void* bytes, std::size_t count) -> ssize_t {
            return fails("write") ? -1 : before_.write(file, bytes, std::min(count, longest));
        };
        calls.fsync = [this](int file) { return fails("fsync") ? -1 : before_.fsync(file); };
        calls.close = [this](int file) {
            const int closed = before_.close(file);      // a descriptor is gone even where close() fails
            return fails("close") ? -1 : closed;
        };
        calls.rename = [this](const char* from, const char* to) {
            return fails("rename") ? -1 : before_.rename(from, to);
        };
    }
    ~FailingCalls() { system_calls() = before_; }

    std::string failed() const { return failed_; }       // which call it was; empty if none

private:
    bool fails(const char* call) {
        if (left_-- != 0) return false;
        failed_ = call;
        errno = reason_;
        return true;
    }

    const SystemCalls before_ = system_calls();
    int left_, reason_;
    std::string failed_;
};

}  // namespace deepen
