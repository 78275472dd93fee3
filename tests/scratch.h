// Where do tests of files put their files, and how do they read a page or a refusal?
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/io/files.h"
#include "tests/engine/refusal.h"

namespace deepen {

// A fresh folder, gone with the object.
class Scratch {
public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "deepen-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no scratch folder can be made");
        folder_ = name;
    }
    ~Scratch() { std::filesystem::remove_all(folder_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    const std::filesystem::path& folder() const { return folder_; }

    // Writes a file, making the folders above it.
    std::filesystem::path write(const std::string& name, const Bytes& bytes) const {
        const std::filesystem::path path = folder_ / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return path;
    }
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        return write(name, Bytes(text.begin(), text.end()));
    }

private:
    std::filesystem::path folder_;
};

// An environment variable, put back as it was at the end.
class Environment {
public:
    Environment(const char* name, const char* value) : name_(name), had_(std::getenv(name) != nullptr) {
        if (had_) before_ = std::getenv(name);
        value ? setenv(name, value, 1) : unsetenv(name);
    }
    ~Environment() { had_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }

private:
    const char* name_;
    bool had_;
    std::string before_;
};

inline bool has(const std::string& page, const std::string& words) { return page.find(words) != std::string::npos; }

inline void expect_mentions(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << "expected: " << part << "\nmessage:  " << message;
}

}  // namespace deepen
