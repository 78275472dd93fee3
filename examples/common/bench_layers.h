// How near to the processor's limit does each convolution run?
#pragma once

namespace deepen {

// Prints, for every shape of the CIFAR nets and some 1x1, and each pass, GFLOP/s counted as direct convolution
// (Winograd's own arithmetic is less, so it can exceed the peak), beside two peaks of the same run: fused
// multiply-adds in registers, and a large sgemm.
void print_layer_speeds(int batch, int threads);

}  // namespace deepen
