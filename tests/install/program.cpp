// Ten lines that somebody else might write: a net is made, asked, and taught once.
#include <deepen/deepen.h>

#include <iostream>

int main() {
    const auto net = deepen::make_model({.name = "resnet8", .width = 4});
    deepen::initialise(*net, 1);
    const deepen::Tensor pictures = deepen::random_tensor({2, 32, 32, 3}, 1);
    deepen::Tensor loss = deepen::cross_entropy((*net)(pictures), std::vector<int>{3, 4});
    loss.backward();
    std::cout << deepen::build_info().version << " " << deepen::parameter_count(*net) << " " << (loss.item() > 0)
              << "\n";
}
