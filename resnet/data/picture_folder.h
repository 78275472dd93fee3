// How are pictures read from folders, one per class?
//
//     pets/cat/0001.jpg            a folder per class, named like it; PNG or JPEG, of any size
//     pets/dog/....png
//
//     pets/train/cat/0001.jpg      or these folders once to train on and once to test on (test/ or val/; where
//     pets/test/cat/...            neither is there, the test set is empty)
//
// Without train/, every fifth picture is for testing: those whose name's hash is divisible by five.  So a
// picture stays on its side when others come or go, and everyone who has the same names has the same split.
//
// Each picture is scaled until its shorter side is `shorter_side` pixels, and size x size are cut from its
// centre (resize.h).  Classes and pictures are taken in the order of their names, byte by byte, so that
// labels are the same on every machine.  Names that begin with a dot are
// skipped, and so are Thumbs.db and desktop.ini.  Where the pictures are to
// stay in their files, these are read once and looked over, but not decoded.
//
// Refused, each naming the place: no classes, a class without pictures or, after splitting, without any to train on;
// classes that differ between train/ and test/, a folder inside a class, a class whose name is not UTF-8, and what
// cannot be decoded (decode.h).
#pragma once

#include <filesystem>

#include "resnet/data/pictures.h"

namespace deepen {

// Uses options.size, shorter_side, in_files and most_in_memory.
DataSplits folder_of_pictures(const std::filesystem::path& root, const DataOptions& options);

// Whether there is train/ in the folder, or a folder with at least one file that is called like a picture.
bool holds_picture_folders(const std::filesystem::path& root);

}  // namespace deepen
