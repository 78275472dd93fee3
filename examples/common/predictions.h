// How are predictions printed, for a person or as JSON?
//
// A person at a terminal sees bars; in a file they are made of '#':
//
//     pets/tom.jpg
//        87.3 %  █████████████████▍    tabby cat
//         6.1 %  █▏                    tiger cat
//
// A program reads JSON (RFC 8259), one list with an entry for each picture, in the order they were given:
//
//     {"pictures": [
//       {"picture": "pets/tom.jpg", "guesses": [{"class": 281, "name": "tabby cat", "probability": 0.873}]},
//       {"picture": "pets/torn.jpg", "error": "pets/torn.jpg: damaged: the JPEG is cut short."}
//     ]}
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "resnet/report/terminal.h"
#include "resnet/training/classifier.h"

namespace deepen {

// What became of one picture: guesses, or an error.
struct Prediction {
    std::string picture;
    std::vector<Guess> guesses;
    std::string error;
};

// The class's name; "class 7" where there are no names.
std::string name_of_class(const std::vector<std::string>& names, Index label);

// The lines for one picture that was classified.
std::string as_text(const Prediction& prediction, const std::vector<std::string>& names, const Terminal& terminal);

// An entry of the list; bytes that are not UTF-8 become U+FFFD.
std::string as_json(const Prediction& prediction, const std::vector<std::string>& names);

}  // namespace deepen
