// What does CIFAR-10 look like on disk?
//
// Six files of records, in a folder or an archive named cifar-10-batches-bin:
//
//     data_batch_1.bin ... data_batch_5.bin    the training set, 10,000 pictures each
//     test_batch.bin                           the test set, 10,000 pictures
//     batches.meta.txt                         the ten classes' names, a line each
//
//     record: [ label 0..9 ][ 1024 bytes of red, row by row ][ 1024 of green ][ 1024 of blue ] = 3073 bytes
//
// In memory a pixel's three colours stand together (NHWC), so planes are interleaved on reading.
//
// A file may hold fewer records: small subsets are useful.  Refused, naming the file: more than 10,000
// records or none; a size that is not a multiple of 3073; a label over 9; a missing file.  Where
// batches.meta.txt is missing, the official names are taken.
//
// Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images";
// www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
#pragma once

#include <filesystem>

#include "resnet/data/pictures.h"

namespace deepen {

// Whether the folder, or cifar-10-batches-bin/ inside it, holds at least one of the six files.
bool holds_cifar10(const std::filesystem::path& folder);

DataSplits cifar10_from_folder(const std::filesystem::path& folder);
DataSplits cifar10_from_archive(const std::filesystem::path& tar_gz);
DataSplits cifar10_from_file(const std::filesystem::path& bin);      // all of it the test set

// Where `make data` (download.sh) puts the archive: deepen/cifar-10-binary.tar.gz in the user's cache
// folder, $XDG_CACHE_HOME or else $HOME/.cache.  Refuses when neither is set.
std::filesystem::path default_cifar10_archive();

}  // namespace deepen
