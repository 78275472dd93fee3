// What does our net answer to the questions of compare_torchvision.py?
//
//     answer MODEL WEIGHTS QUESTION ANSWER BACK
//
// QUESTION holds x [N,H,W,3] and labels, [N], or [0] where no gradients are wanted.  ANSWER receives, of the net in
// evaluation mode, every stage's output and the logits, and, of one pass in training mode, the gradient of every
// parameter under "grad/".  BACK receives the weights, written again.
#include <iostream>

#include "engine/autograd.h"
#include "engine/error.h"
#include "resnet/training/model_file.h"
#include "tests/compare/stages.h"

using namespace deepen;

namespace {

using Tensors = std::map<std::string, Tensor>;

Tensors answers(Module& net, const Tensor& x, const Tensor& labels) {
    Tensors answer;
    {
        const NoGrad no_grad;
        const EvaluationMode evaluation(net);
        answer = stages_of(net, x);
    }
    if (labels.size() == 0) return answer;
    cross_entropy(net(x), std::vector<int>(labels.data().begin(), labels.data().end())).backward();
    for (const NamedTensor& p : named_parameters(net)) answer["grad/" + p.name] = to_file_layout(p.tensor.grad());
    return answer;
}

}  // namespace

int main(int argc, char** argv) try {
    require(argc == 6, "usage: answer MODEL WEIGHTS QUESTION ANSWER BACK");
    const TensorFile weights = read_model_file(argv[2]), question = read_safetensors(argv[3]);
    const ModelOptions model = model_for(weights, argv[2], {.name = argv[1]});
    const auto net = make_model(model);
    load_state(*net, weights.tensors, argv[2]);
    save_model(argv[5], *net, model, {.mean = {0, 0, 0}, .deviation = {1, 1, 1}}, picture_size(model));
    write_safetensors(argv[4], {.tensors = answers(*net, question.tensors.at("x"), question.tensors.at("labels"))});
} catch (const std::exception& e) {
    std::cerr << "answer: " << e.what() << "\n";
    return 1;
}
