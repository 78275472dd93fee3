// Where may a test write?  Into a fresh folder that goes with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace deepen {

class Scratch {
public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "deepen-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    ~Scratch() { std::filesystem::remove_all(folder_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::filesystem::path& folder() const { return folder_; }

    std::filesystem::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(folder_ / name, std::ios::binary) << bytes;
        return folder_ / name;
    }

    static std::string read(const std::filesystem::path& path) {
        std::ostringstream bytes;
        bytes << std::ifstream(path, std::ios::binary).rdbuf();
        return bytes.str();
    }

private:
    std::filesystem::path folder_;
};

// The message of the Error that `act` throws; empty if it throws none.
template <class E, class Act>
std::string message_of(const Act& act) {
    try {
        act();
    } catch (const E& e) {
        return e.what();
    }
    return "";
}

}  // namespace deepen
