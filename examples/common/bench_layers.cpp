#include "examples/common/bench_layers.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "engine/blas.h"
#include "engine/conv/algorithm.h"
#include "engine/gradcheck.h"
#include "engine/parallel.h"
#include "engine/peak.h"

namespace deepen {
namespace {

// The least of several times, in seconds: what the work takes when nothing disturbs it.
double best_seconds(const std::function<void()>& work) {
    double best = 1e9;
    for (int i = 0; i < 15; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

double fma_peak() {
    double operations = 0;
    const double seconds = best_seconds([&] { operations = multiply_adds(1 << 20); });
    return operations / seconds * 1e-9;
}

double sgemm_peak(int threads) {
    const Index n = 512;
    const Tensor a = random_tensor({n, n}, 1), b = random_tensor({n, n}, 2);
    std::vector<Tensor> c(threads, Tensor());
    for (Tensor& t : c) t = Tensor::zeros({n, n});
    const double seconds = best_seconds([&] {
        parallel_for(threads, [&](Index i) {
            gemm(false, false, n, n, n, 1, a.data().data(), n, b.data().data(), n, 0, c[i].data().data(), n);
        });
    });
    return 2.0 * n * n * n * threads / seconds * 1e-9;
}

void print_layer(const char* name, const ConvGeometry& g, ConvAlgorithm id) {
    const ConvolutionAlgorithm& algorithm = choose_convolution(g, id);
    const Shape x_shape{g.batch, g.height, g.width, g.in_channels},
        y_shape{g.batch, g.out_height, g.out_width, g.out_channels};
    const Tensor x = random_tensor(x_shape, 1),
                 w = random_tensor({g.kernel_height, g.kernel_width, g.in_channels, g.out_channels}, 2);
    Tensor y = random_tensor(y_shape, 3), dx = Tensor::zeros(x_shape), dw = Tensor::zeros(w.shape());
    const Real *px = x.data().data(), *pw = w.data().data();
    const double flops = 2e-9 * static_cast<double>(g.multiply_adds());
    const double forward = best_seconds([&] { algorithm.forward(g, px, pw, {.data = y.data().data()}); });
    const double by_x = best_seconds(
        [&] { algorithm.backward(g, px, pw, y.data().data(), {.data = dx.data().data()}, nullptr); });
    const double by_w =
        best_seconds([&] { algorithm.backward(g, px, pw, y.data().data(), {}, dw.data().data()); });
    const double both = best_seconds([&] {
        algorithm.backward(g, px, pw, y.data().data(), {.data = dx.data().data()}, dw.data().data());
    });
    std::printf("%-28s %-10s %9.0f %9.0f %9.0f %9.0f\n", name, algorithm.name, flops / forward, flops / by_x,
                flops / by_w, 2 * flops / both);
    std::fflush(stdout);
}

}  // namespace

void print_layer_speeds(int batch, int threads) {
    set_threads(threads);
    std::printf("%d thread(s), batch %d; GFLOP/s counted as direct convolution\n", threads, batch);
    std::printf("FMA peak of one thread %.0f, sgemm 512x512x512 on %d thread(s) %.0f\n\n", fma_peak(), threads,
                sgemm_peak(threads));
    std::printf("%-28s %-10s %9s %9s %9s %9s\n", "layer", "algorithm", "forward", "dx", "dw", "dx + dw");
    struct Layer {
        const char* name;
        Index size, in, out, kernel, stride;
    };
    for (const Layer& l :
         {Layer{"stem 3x3, 3->16, 32x32", 32, 3, 16, 3, 1}, Layer{"3x3, 16->16, 32x32", 32, 16, 16, 3, 1},
          Layer{"3x3 /2, 16->32, 32x32", 32, 16, 32, 3, 2}, Layer{"3x3, 32->32, 16x16", 16, 32, 32, 3, 1},
          Layer{"3x3 /2, 32->64, 16x16", 16, 32, 64, 3, 2}, Layer{"3x3, 64->64, 8x8", 8, 64, 64, 3, 1},
          Layer{"1x1 /2, 16->32, 32x32", 32, 16, 32, 1, 2}, Layer{"1x1, 64->256, 8x8", 8, 64, 256, 1, 1}}) {
        const ConvGeometry g = conv_geometry({batch, l.size, l.size, l.in}, {l.kernel, l.kernel, l.in, l.out},
                                             {.stride = l.stride, .padding = l.kernel / 2});
        print_layer(l.name, g, ConvAlgorithm::automatic);
        if (choose_convolution(g, ConvAlgorithm::automatic).id != ConvAlgorithm::im2col)
            print_layer(l.name, g, ConvAlgorithm::im2col);
    }
}

}  // namespace deepen
