#include "resnet/drawing.h"

#include <algorithm>
#include <map>
#include <vector>

#include "engine/error.h"

namespace deepen {
namespace {

// --- what is drawn -----------------------------------------------------------------------------------

struct Item {
    enum class Kind { box, plus, beside } kind = Kind::box;   // beside: on a shortcut
    std::string label, name, title;                      // title: what a browser shows under the pointer
    int from = -1;                                       // of a plus: the item whose output the shortcut carries
    int through = -1;                                    // of a plus: the item beside the line, if there is one
    int times = 1;                                       // of a block's first item: how often the block is there
    bool dashed = false;                                 // of a plus: the shortcut changes the shape
    int column = 0;
    double y = 0;                                        // its middle
};

std::string first_parts(const std::string& name, int count) {
    std::size_t end = 0;
    for (int i = 0; i < count && end != name.npos; ++i) end = name.find('.', end ? end + 1 : 0);
    return name.substr(0, end);
}

std::string label_of(const SummaryRow& row) {
    if (row.type == "Conv2d") return row.detail;
    if (row.type == "Linear") return text("linear, ", row.output[-1]);
    if (row.type == "MaxPool2d") return "max pool, /2";
    if (row.type == "Shortcut") return "pad";
    return row.name == "global_average_pool" ? "average pool" : first_parts(row.name, 1);
}

// The rows as items: one each for what stands on its own, none for what goes with the item before it.
class Items {
public:
    explicit Items(const Summary& summary) {
        for (const SummaryRow& row : summary.rows) item_of_.push_back(add(row));
    }
    std::vector<Item> take() { return std::move(items_); }

private:
    int item(int row) const { return row < 0 ? -1 : item_of_[row]; }

    int add(const SummaryRow& row) {
        const int first = row.inputs.empty() ? -1 : item(row.inputs[0]);
        if (row.inputs.size() == 2) return add_plus(row, item(row.inputs[1]));
        const bool goes_along = row.type == "BatchNorm2d" || row.type == "ScaleAndShift" || row.type == "Gate" ||
                                row.type == "Relu" || row.name.ends_with("relu") ||
                                row.name.ends_with("transpose") || row.name.ends_with("reshape");
        if (goes_along && first >= 0) return first;
        items_.push_back({.kind = row.name.find("downsample") == row.name.npos ? Item::Kind::box : Item::Kind::beside,
                          .label = label_of(row),
                          .name = row.name,
                          .title = text(row.name, "  ", row.output, "  ", row.parameters, " parameters"),
                          .from = first});
        return static_cast<int>(items_.size()) - 1;
    }

    int add_plus(const SummaryRow& row, int shortcut) {
        const bool changed = shortcut >= 0 && items_[shortcut].kind == Item::Kind::beside;
        items_.push_back({.kind = Item::Kind::plus,
                          .label = "+",
                          .name = row.name,
                          .title = text("sum  ", row.output),
                          .from = changed ? items_[shortcut].from : shortcut,
                          .through = changed ? shortcut : -1,
                          .dashed = changed});
        return static_cast<int>(items_.size()) - 1;
    }

    std::vector<Item> items_;
    std::vector<int> item_of_;                           // by row
};

// --- equal blocks in a row ---------------------------------------------------------------------------

struct Block {
    std::string key, looks;
    std::vector<int> items;
};

std::vector<Block> blocks_of(const std::vector<Item>& items) {
    std::vector<Block> blocks;
    for (int i = 0; i < static_cast<int>(items.size()); ++i) {
        const std::string key = items[i].name.starts_with("layer") ? first_parts(items[i].name, 2) : items[i].name;
        if (blocks.empty() || blocks.back().key != key) blocks.push_back({key, "", {}});
        blocks.back().items.push_back(i);
        blocks.back().looks += items[i].label + ";";
    }
    return blocks;
}

// Leaves the first of each run of equal blocks, if there is more than fits on a page.
std::vector<Item> folded(std::vector<Item> items) {
    constexpr std::size_t fits = 90;
    if (items.size() <= fits) return items;
    std::vector<Item> kept;
    std::map<int, int> place{{-1, -1}};                  // of every item among those that are kept
    const std::vector<Block> blocks = blocks_of(items);
    const Block* shown = nullptr;
    for (const Block& block : blocks) {
        const bool again = shown && block.looks == shown->looks && block.key.starts_with("layer") &&
                           first_parts(block.key, 1) == first_parts(shown->key, 1);
        if (again) {
            for (std::size_t i = 0; i < block.items.size(); ++i) place[block.items[i]] = place.at(shown->items[i]);
            ++kept[place.at(shown->items[0])].times;
            continue;
        }
        shown = &block;
        for (int i : block.items) {
            place[i] = static_cast<int>(kept.size());
            kept.push_back(items[i]);
            kept.back().from = place.at(items[i].from);
            kept.back().through = place.at(items[i].through);
        }
    }
    return kept;
}

// --- where it is drawn -------------------------------------------------------------------------------

constexpr double box_width = 120, box_height = 20, step = 30, plus_radius = 7, beside_width = 88, top = 74,
                 left = 30, column_width = box_width + 150;

double middle(int column) { return left + column * column_width + box_width / 2; }

// One column per stage, the first below the stem; where names have no stages, as in VGG, a new one after each pooling.
void place(std::vector<Item>& items) {
    int column = 0, in_column = 0;
    std::string stage;
    bool pooled = false;
    for (Item& item : items) {
        const std::string its = item.name.starts_with("layer") ? first_parts(item.name, 1)
                                : item.name.starts_with("features") ? stage
                                                                    : "";
        const bool leaves = (its.starts_with("layer") && its != stage && !stage.empty()) ||
                            (pooled && item.name.starts_with("features"));
        if (leaves && in_column > 0) ++column, in_column = 0;
        if (!its.empty()) stage = its;
        pooled = item.label == "max pool, /2";
        item.column = column;
        if (item.kind == Item::Kind::beside) continue;   // placed with its sum
        item.y = top + step * in_column++ + box_height / 2;
    }
}

// --- SVG -----------------------------------------------------------------------------------------------

std::string escaped(const std::string& s) {
    std::string out;
    for (char c : s) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

std::string box(double x, double y, double width, const Item& item, int column) {
    constexpr const char* fills[] = {"#e8e6df", "#cfe3f5", "#d3ecd0", "#fbe3b8", "#f6d0c9", "#e0d3ee", "#d0ebe9"};
    return text("<g><title>", escaped(item.title), "</title><rect x=\"", x - width / 2, "\" y=\"", y - box_height / 2,
                "\" width=\"", width, "\" height=\"", box_height, "\" rx=\"4\" fill=\"", fills[column % 7],
                "\"/><text x=\"", x, "\" y=\"", y + 4, "\">", escaped(item.label), "</text></g>\n");
}

class Svg {
public:
    explicit Svg(const std::vector<Item>& items) : items_(items) {
        const Item* before = nullptr;
        for (const Item& item : items) {
            if (item.kind == Item::Kind::beside) continue;
            if (before) line(*before, item);
            before = &item;
            height_ = std::max(height_, item.y);
        }
        for (const Item& item : items)
            if (item.kind == Item::Kind::plus) shortcut(item);
        for (const Item& item : items) draw(item);
    }

    std::string page(const std::string& title, const std::string& subtitle) const {
        const double width = middle(items_.empty() ? 0 : items_.back().column) + box_width / 2 + 130;
        return text(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", width, " ", height_ + 50, "\" width=\"", width,
            "\" height=\"", height_ + 50, "\">\n<style>text{font:12px sans-serif;",
            "text-anchor:middle;fill:#222}rect{stroke:#555}.t{text-anchor:start;font-size:17px;font-weight:bold}",
            ".s{text-anchor:start;fill:#555}path{fill:none;stroke:#555;stroke-width:1.3}.c{stroke:#c0392b;",
            "stroke-width:1.8}.d{stroke-dasharray:5 3}circle{fill:#fff;stroke:#c0392b;stroke-width:1.8}</style>\n",
            "<rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n<text class=\"t\" x=\"", left,
            "\" y=\"28\">", escaped(title), "</text>\n<text class=\"s\" x=\"", left, "\" y=\"48\">", escaped(subtitle),
            "</text>\n", lines_, shapes_, "</svg>\n");
    }

private:
    // The way from one item to the next; into another column it goes around by the top.
    void line(const Item& a, const Item& b) {
        const double x = middle(a.column), to = middle(b.column);
        if (a.column == b.column) {
            lines_ += text("<path d=\"M", x, " ", a.y, "V", b.y, "\"/>\n");
            return;
        }
        const double gutter = to - box_width / 2 - 14;
        lines_ += text("<path d=\"M", x, " ", a.y, "v", step / 2 + 6, "H", gutter, "V", b.y - step / 2 - 6, "H", to,
                       "V", b.y, "\"/>\n");
    }

    // From the line above the block, along the block's right, into its sum.
    void shortcut(const Item& plus) {
        const bool through = plus.through >= 0;
        const double x = middle(plus.column), right = x + box_width / 2 + (through ? 16 + beside_width / 2 : 17);
        const bool same_column = plus.from >= 0 && items_[plus.from].column == plus.column;
        const double start = same_column ? items_[plus.from].y + (step / 2) : top - step / 2 + 4;
        lines_ += text("<path class=\"c", plus.dashed ? " d" : "", "\" d=\"M", x, " ", start, "H", right - 8,
                       "q8 0 8 8V", plus.y - 8, "q0 8 -8 8H", x + plus_radius, "\"/>\n");
        if (through) shapes_ += box(right, (start + plus.y) / 2, beside_width, items_[plus.through], plus.column);
    }

    void draw(const Item& item) {
        const double x = middle(item.column);
        if (item.kind == Item::Kind::box) shapes_ += box(x, item.y, box_width, item, item.column);
        if (item.kind == Item::Kind::plus)
            shapes_ += text("<g><title>", escaped(item.title), "</title><circle cx=\"", x, "\" cy=\"", item.y,
                            "\" r=\"", plus_radius, "\"/><text x=\"", x, "\" y=\"", item.y + 4, "\">+</text></g>\n");
        if (item.times > 1)
            shapes_ += text("<text x=\"", x + box_width / 2 + 45, "\" y=\"", item.y + 34,
                            "\" style=\"font-weight:bold\">\u00d7 ", item.times, "</text>\n");
    }

    const std::vector<Item>& items_;
    std::string lines_, shapes_;
    double height_ = 0;
};

std::string subtitle_of(const Summary& s) {
    return text(s.input, ":  ", grouped(s.parameters), " parameters,  ", grouped(s.multiply_adds), " multiply-adds");
}

}  // namespace

std::string svg_drawing(const Summary& summary, const std::string& title) {
    std::vector<Item> items = folded(Items(summary).take());
    place(items);
    return Svg(items).page(title, subtitle_of(summary));
}

// --- DOT -----------------------------------------------------------------------------------------------

std::string dot_drawing(const Summary& summary, const std::string& title) {
    std::string s = text("digraph net {\n  label=\"", title, "\\n", subtitle_of(summary),
                         "\" labelloc=t fontname=sans\n  node [shape=box style=rounded fontname=sans fontsize=10]\n",
                         "  picture [label=\"picture\\n", summary.input, "\"]\n");
    for (std::size_t i = 0; i < summary.rows.size(); ++i) {
        const SummaryRow& row = summary.rows[i];
        s += text("  n", i, " [label=\"", row.name, "\\n", row.type == "op" ? "" : row.type + " ", row.detail, "\\n",
                  row.output, "\"]\n");
        for (std::size_t k = 0; k < row.inputs.size(); ++k) {
            const int from = row.inputs[k];
            s += text("  ", from < 0 ? "picture" : text("n", from), " -> n", i, k ? " [color=red penwidth=2]" : "",
                      "\n");
        }
    }
    return s + "}\n";
}

}  // namespace deepen
