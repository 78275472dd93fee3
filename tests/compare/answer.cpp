// What does our net answer to the questions of compare_torchvision.py?
//
//     answer MODEL WEIGHTS QUESTION ANSWER BACK
//
// QUESTION holds x [N,H,W,3] and labels [N].  ANSWER receives, of the net in evaluation mode, every stage's output and
// the logits, and, of one pass in training mode, the gradient of every parameter under "grad/".  BACK receives the
// weights, written again.
#include <iostream>

#include "engine/autograd.h"
#include "engine/error.h"
#include "resnet/imagenet.h"
#include "resnet/training/model_file.h"
#include "resnet/vgg.h"

using namespace deepen;

namespace {

using Tensors = std::map<std::string, Tensor>;

Tensor stages(ImagenetNet& net, const Tensor& x, Tensors& answer) {
    Tensor y = answer["maxpool"] = net.maxpool(conv_norm_relu(net.conv1, net.bn1, x));
    const std::pair<const char*, Sequential*> layers[] = {
        {"layer1", &net.layer1}, {"layer2", &net.layer2}, {"layer3", &net.layer3}, {"layer4", &net.layer4}};
    for (const auto& [name, layer] : layers) y = answer[name] = (*layer)(y);
    return net.fc(global_average_pool(y));
}

Tensor stages(Vgg& net, const Tensor& x, Tensors& answer) {
    Tensor y = x;
    for (Index i = 0; i < net.features.size(); ++i) {
        y = net.features[i](y);
        if (net.features[i].type() == "MaxPool2d") answer[text("features.", i)] = y;
    }
    return net(x);
}

Tensors answers(Module& net, const Tensor& x, const Tensor& labels) {
    Tensors answer;
    {
        const NoGrad no_grad;
        const EvaluationMode evaluation(net);
        if (auto* imagenet = dynamic_cast<ImagenetNet*>(&net)) answer["logits"] = stages(*imagenet, x, answer);
        else answer["logits"] = stages(dynamic_cast<Vgg&>(net), x, answer);
        answer["whole"] = net(x);
    }
    if (labels.size() == 0) return answer;               // no gradients asked for
    Tensor loss = cross_entropy(net(x), std::vector<int>(labels.data().begin(), labels.data().end()));
    loss.backward();
    answer["loss"] = loss.detach();
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
