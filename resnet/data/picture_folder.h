// How does one bring pictures of one's own?
//
//     pets/train/cat/0001.jpg      a folder a class, named as the class; PNG or JPEG, of any size
//     pets/train/dog/....png
//     pets/test/cat/...            the same classes; test/ may be left out, the test set is empty then
//
// Each picture is scaled so that its shorter side has `size` pixels, and size x size are cut from its
// centre (resize.h).  Classes and pictures are taken in the order of their names, byte by byte, so that
// labels are the same on every machine.  Names that begin with a dot are skipped.
//
// Refused, each naming the place: no classes, a class without pictures, classes that differ between
// train/ and test/, a folder inside a class, and what cannot be decoded (decode.h).
#pragma once

#include <filesystem>

#include "resnet/data/pictures.h"

namespace deepen {

DataSplits folder_of_pictures(const std::filesystem::path& root, Index size);

}  // namespace deepen
