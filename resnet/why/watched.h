// What happens inside a net while it trains?
//
// `build/train --watch responses,gradients` looks into the net after each epoch, at the first 128 training pictures,
// and writes down
//
//     responses       the deviation of each 3x3 layer's output after batch norm, in evaluation mode     responses.h
//     gradients       the norm of the loss's gradient at each convolution's output, in training mode    watch.h
//
// into DIR/watch.csv:  epoch,what,layer,name,number.  The net is left as it was, to the bit: what it is trained to does
// not depend on whether it is watched.  The report of such runs draws both.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "resnet/report/merge.h"
#include "resnet/why/responses.h"

namespace deepen {

inline const std::vector<std::string> watchable{"responses", "gradients"};

struct Watched {
    Index epoch = 0;
    std::string what;                                    // of watchable
    Index layer = 0;                                     // 1, 2, ... from the input
    std::string name;                                    // "layer1.0.bn1"
    double number = 0;
};

// What is in the net now, on these pictures.
std::vector<Watched> look_into(Module& net, const Preprocessing& preprocessing, const PictureSet& pictures,
                               const std::vector<std::string>& what, Index epoch);

// Refuses a file that is none, naming the line.
std::vector<Watched> read_watched(const std::filesystem::path& path);
// Adds rows; those of this epoch and later ones that are there are of a run that was interrupted, and go.
void write_watched(const std::filesystem::path& path, const std::vector<Watched>& rows);

// As HTML, the figures of all runs that were watched: after the first epoch and after the last.  Empty where none was.
std::string watched_html(const std::vector<FoundRun>& runs);

}  // namespace deepen
