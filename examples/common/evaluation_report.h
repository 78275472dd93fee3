// How are a net's errors printed, for a person or as JSON?
//
//     resnet20, shortcut A, from runs/cifar10/weights.safetensors
//     cifar10, test split: 10000 pictures of 10 classes
//     errors 1863 of 10000 (18.63 %), top-5 errors 93 (0.93 %), mean loss 0.83964
//
//     class         pictures    wrong   most often taken for
//     airplane          1000   12.0 %   ship (40)
//     ...
//
//     truth \ answer     0    1    2 ...
//     0 airplane       880    7   20 ...
//
// A set of many classes has only its worst listed; JSON has them all:
//
//     {"weights": "...", "model": "resnet20", "data": "cifar10", "split": "test", "pictures": 10000, "errors": 1863,
//      "error": 0.1863, "top5_errors": 93, "top5_error": 0.0093, "mean_loss": 0.83964,
//      "classes": [{"class": 0, "name": "airplane", "pictures": 1000, "errors": 120,
//                   "answers": [{"class": 0, "name": "airplane", "count": 880}, ...]}, ...]}
#pragma once

#include <string>
#include <vector>

#include "resnet/training/confusion.h"
#include "resnet/training/evaluation.h"

namespace deepen {

struct EvaluationReport {
    std::string weights, model, net;  // `net` describes the model for a person
    std::string data, split;
    std::vector<std::string> classes;  // their names
    Evaluation totals;
    Confusion confusion;

    // Five guesses are worth counting where they are not nearly all there are.
    bool has_top5() const { return classes.size() > 5; }
};

std::string as_text(const EvaluationReport& report);
std::string as_json(const EvaluationReport& report);  // bytes that are not UTF-8 become U+FFFD

}  // namespace deepen
