// What does a flag accept?
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace deepen {

// What a flag accepts, checked without cluttering --help: numbers from low to high (a "nan" is in no
// range), whole numbers, or one of some words, whatever their case; the flag then holds the word as written here.
CLI::Validator within(double low, double high);
CLI::Validator whole(double low, double high);
CLI::Validator one_of(std::vector<std::string> words);

// The words that one_of lets an option have; none if it has no such check.
std::vector<std::string> words_of(const CLI::Option& option);

}  // namespace deepen
