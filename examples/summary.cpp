// What is a net made of?  `build/summary resnet50`, or `build/summary resnet34 --format svg --output resnet34.svg`.
//
// One line per layer: name, type, output shape, parameters, multiply-adds, bytes of output; then the sums.  All of it
// is read from the net itself (layers/summary.h).
#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/files.h"
#include "examples/common/model_flags.h"
#include "examples/common/program.h"
#include "resnet/drawing.h"
#include "resnet/report/terminal.h"

using namespace deepen;

namespace {

// What else a row reads than the row before it: where shortcuts come from.
std::string also_reads(const Summary& s, std::size_t i) {
    std::string names;
    for (int input : s.rows[i].inputs)
        if (input != static_cast<int>(i) - 1)
            names += (names.empty() ? "" : ", ") + (input < 0 ? "picture" : s.rows[input].name);
    return names;
}

std::string type_of(const SummaryRow& row) {
    return row.type == "op" ? "-" : row.detail.empty() ? row.type : row.type + " " + row.detail;
}

std::string as_text(const Summary& s, const std::string& title) {
    std::size_t name_width = 5, type_width = 4;
    for (const SummaryRow& row : s.rows) {
        name_width = std::max(name_width, row.name.size());
        type_width = std::max(type_width, type_of(row).size());
    }
    std::ostringstream out;
    const auto line = [&](const std::string& name, const std::string& type, const std::string& shape,
                          const std::string& parameters, const std::string& madds, const std::string& bytes,
                          const std::string& reads) {
        out << std::left << std::setw(static_cast<int>(name_width) + 2) << name
            << std::setw(static_cast<int>(type_width) + 2) << type << std::setw(20) << shape << std::right
            << std::setw(12) << parameters << std::setw(16) << madds << std::setw(13) << bytes
            << (reads.empty() ? "" : "   " + reads) << "\n";
    };
    const std::string rule(name_width + type_width + 65, '='), thin(rule.size(), '-');
    out << title << "\n" << rule << "\n";
    line("layer", "type", "output (N,H,W,C)", "parameters", "multiply-adds", "bytes", "also reads");
    out << rule << "\n";
    for (std::size_t i = 0; i < s.rows.size(); ++i) {
        const SummaryRow& row = s.rows[i];
        line(row.name, type_of(row), row.output.str(), row.parameters ? grouped(row.parameters) : "-",
             row.multiply_adds ? grouped(row.multiply_adds) : "-", grouped(row.bytes()), also_reads(s, i));
    }
    const auto mb = [](Index bytes) {
        std::ostringstream m;
        m << std::fixed << std::setprecision(2) << static_cast<double>(bytes) / 1e6 << " MB";
        return m.str();
    };
    constexpr Index real = sizeof(Real);
    out << rule << "\nparameters: " << grouped(s.parameters) << " (" << mb(s.parameters * real)
        << "), all trainable\nnot trainable: " << grouped(s.buffers)
        << " running means and variances\nmultiply-adds, forward: " << grouped(s.multiply_adds) << "\n"
        << thin << "\ninput " << s.input << ": " << mb(s.input.size() * real)
        << "\noutputs of all layers: " << mb(s.activation_bytes) << "\n"
        << rule << "\n";
    return out.str();
}

std::string quoted(const std::string& s) { return "\"" + s + "\""; }   // shapes and details hold commas

std::string as_csv(const Summary& s) {
    std::ostringstream out;
    out << "name,type,detail,output,parameters,buffers,multiply_adds,bytes,also_reads\n";
    for (std::size_t i = 0; i < s.rows.size(); ++i) {
        const SummaryRow& r = s.rows[i];
        out << r.name << "," << r.type << "," << quoted(r.detail) << "," << quoted(r.output.str()) << ","
            << r.parameters << "," << r.buffers << "," << r.multiply_adds << "," << r.bytes() << ","
            << quoted(also_reads(s, i)) << "\n";
    }
    return out.str();
}

std::string as_json(const Summary& s, const ModelOptions& model) {
    using Json = nlohmann::ordered_json;
    const auto lengths = [](const Shape& shape) { return std::vector<Index>(shape.begin(), shape.end()); };
    Json layers = Json::array();
    for (const SummaryRow& r : s.rows)
        layers.push_back({{"name", r.name},
                          {"type", r.type},
                          {"detail", r.detail},
                          {"output", lengths(r.output)},
                          {"parameters", r.parameters},
                          {"buffers", r.buffers},
                          {"multiply_adds", r.multiply_adds},
                          {"bytes", r.bytes()},
                          {"inputs", r.inputs}});
    const Json j{{"model", model.name},
                 {"description", describe(model)},
                 {"input", lengths(s.input)},
                 {"parameters", s.parameters},
                 {"buffers", s.buffers},
                 {"multiply_adds", s.multiply_adds},
                 {"activation_bytes", s.activation_bytes},
                 {"layers", layers}};
    return j.dump(1) + "\n";
}

// The net is made and run to be read.  Its weights take no memory before they are touched; what flows through it is
// known from the paper's size, as outputs grow with the area.
Summary checked_summary(Module& net, const ModelOptions& model, Index side, Index batch) {
    constexpr double most = 4e9;
    const auto refuse = [](double bytes, const char* flag) {
        require(bytes <= most, "this net would take about ", std::ceil(bytes / 1e9), " GB to be summarised, at most ",
                most / 1e9, " are allowed.  Try a smaller ", flag, ".");
    };
    refuse(static_cast<double>(parameter_count(net)) * sizeof(Real), "--width, --classes or depth");
    const Index usual = picture_size(model);
    if (side > usual) {
        const double growth = static_cast<double>(side) / static_cast<double>(usual);
        refuse(growth * growth * static_cast<double>(summarise(net, usual, usual).activation_bytes), "--input-size");
    }
    return summarise(net, side, side, batch);
}

}  // namespace

int main(int argc, char** argv) {
    Program program("summary", "Shows what a net is made of: its layers, their outputs, parameters and cost.");
    ModelFlags flags;
    std::string format = "text", output;
    Index depth = 0, size = 0, batch = 1, classes = 0, width = 0;
    CLI::App& app = program.app;
    flags.add_to(app, "", "MODEL")->required();
    app.add_option("--depth", depth,
                   "number of weighted layers if MODEL does not name it: resnet --depth 56 is resnet56")
        ->check(whole(1, 10000))->type_name("D");
    app.add_option("--input-size", size, "side of the input picture; 0 for the paper's 32 or 224")
        ->capture_default_str()->check(whole(0, 4096))->type_name("PIXELS");
    app.add_option("-b,--batch", batch, "pictures per batch")
        ->capture_default_str()
        ->check(whole(1, 65536))
        ->type_name("N");
    app.add_option("--classes", classes, "number of classes; 0 for the paper's 10 or 1000")
        ->capture_default_str()->check(whole(0, 1e6))->type_name("K");
    app.add_option("--width", width, "channels of the first stage; 0 for the paper's 16 or 64")
        ->capture_default_str()->check(whole(0, 1024))->type_name("N");
    app.add_option("--format", format, "text, csv or json, or a drawing: svg or dot (for graphviz)")
        ->capture_default_str()->transform(one_of({"text", "csv", "json", "dot", "svg"}))->type_name("FORMAT");
    app.add_option("--output", output, "write to this file instead of standard output")->type_name("FILE");
    app.footer(known_models());

    return program.run(argc, argv, [&] {
        if (depth) {
            if (flags.model.find_first_of("0123456789") != std::string::npos)
                throw UsageError(text("--depth: '", flags.model, "' says its depth itself."));
            flags.model += std::to_string(depth);
        }
        ModelOptions model = flags.options();
        model.classes = classes, model.width = width;
        model = completed(model);
        const auto net = make_model(model);
        const Index side = size ? size : picture_size(model);
        const Summary s = checked_summary(*net, model, side, batch);
        const std::string title = describe(model);
        const std::string told = format == "text"   ? as_text(s, title)
                                 : format == "csv"  ? as_csv(s)
                                 : format == "json" ? as_json(s, model)
                                 : format == "dot"  ? dot_drawing(s, title)
                                                    : svg_drawing(s, title);
        if (output.empty()) std::cout << told;
        else write_file_atomically(output, told);
        return 0;
    });
}
