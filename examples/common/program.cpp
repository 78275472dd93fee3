// What is the same in every program?  See program.h.
#include "examples/common/program.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <new>
#include <numeric>
#include <streambuf>
#include <system_error>
#include <thread>

#include "engine/build_info.h"
#include "engine/error.h"
#include "engine/interruption.h"
#include "engine/printable.h"
#include "engine/ranks/start.h"
#include "examples/common/help.h"
#include "examples/common/manual.h"
#include "resnet/data/decoders.h"
#include "resnet/report/terminal.h"

namespace deepen {
namespace {

// Where std::cout goes while a program runs: file descriptor 1, remembering why a write failed.  The
// standard library forgets the reason, and with it the difference between a full disk, which is a
// failure, and a reader like `head` that has seen enough, which is none.
class StandardOutput : public std::streambuf {
public:
    explicit StandardOutput(bool silent)
        : before_(std::cout.rdbuf(this)), exceptions_(std::cout.exceptions()), flags_(std::cout.flags()),
          silent_(silent) {
        setp(buffer_, buffer_ + sizeof buffer_);
        if (::isatty(STDOUT_FILENO)) std::cout << std::unitbuf;   // a person reads along
        std::cout.exceptions(std::ios::badbit);          // a failed write ends the program where it happens
    }
    ~StandardOutput() override {
        std::cout.exceptions(std::ios::goodbit);
        std::cout.clear();
        std::cout.rdbuf(before_);
        std::cout.exceptions(exceptions_);
        std::cout.flags(flags_);
    }

    int reason() const { return reason_; }               // errno, 0 if all went well

protected:
    int_type overflow(int_type c) override {
        if (sync() != 0) return traits_type::eof();
        if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
        return traits_type::not_eof(c);
    }
    int sync() override {
        const char* begin = pbase();
        while (begin < pptr() && !reason_ && !silent_) {
            const ssize_t n = ::write(STDOUT_FILENO, begin, static_cast<std::size_t>(pptr() - begin));
            if (n >= 0) begin += n;
            else if (errno != EINTR) reason_ = errno;
        }
        setp(buffer_, buffer_ + sizeof buffer_);
        return reason_ ? -1 : 0;
    }

private:
    std::streambuf* before_;
    std::ios::iostate exceptions_;
    std::ios::fmtflags flags_;
    const bool silent_;
    char buffer_[1 << 12];
    int reason_ = 0;
};

// Edits that turn one word into the other (Levenshtein), row by row of the table.
std::size_t distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

// Flags and sub-commands that could have been typed where parsing stopped.
std::vector<std::string> known_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const CLI::App* command : commands_of(app)) {
        names.push_back(command->get_name());
        if (!command->parsed()) continue;
        const std::vector<std::string> inner = known_names(*command);
        names.insert(names.end(), inner.begin(), inner.end());
    }
    return names;
}

// " --epoks is unknown; did you mean --epochs?"
std::string suggestions(const CLI::App& app) {
    std::string all;
    for (const std::string& extra : app.remaining(true)) {
        const std::string word = extra.substr(0, extra.find('='));
        const std::string meant = nearest(word, known_names(app));
        if (!meant.empty()) all += text("  For ", word, ", did you mean ", meant, "?");
    }
    return all;
}

// CLI11's words differ from version to version; these two mistakes are common enough for words of our own.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& e) {
    const bool missing = dynamic_cast<const CLI::RequiredError*>(&e);
    const bool clash = dynamic_cast<const CLI::ExcludesError*>(&e);
    const bool number = dynamic_cast<const CLI::ArgumentMismatch*>(&e);
    for (const CLI::Option* option : app.get_options()) {
        if (missing && option->get_required() && option->count() == 0) return option->get_name() + " is missing.";
        if (number && option->get_expected_max() == 1 && option->count() > 1)
            return text(option->get_name(), " is given ", option->count(), " times.  Give it once.");
        for (const CLI::Option* other : option->get_excludes())
            if (clash && option->count() > 0 && other->count() > 0)
                return text(option->get_name(), " and ", other->get_name(), " do not go together: leave one out.");
    }
    return e.what();
}

}  // namespace

std::string nearest(const std::string& given, const std::vector<std::string>& names) {
    const std::string* best = nullptr;
    std::size_t least = (given.size() + 1) / 3 + 1;   // more edits than that make another word
    for (const std::string& name : names) {
        const std::size_t edits = distance(given, name);
        if (edits < least) {
            least = edits;
            best = &name;
        }
    }
    return best ? *best : "";
}

Program::Program(const std::string& name, const std::string& description) : app(description, name), name_(name) {
    app.formatter(std::make_shared<Help>(help_width));
    app.set_help_flag("-h,--help", "show this help and exit");
    const auto version = [] {
        const std::string mpi = ranks::library();
        return text(describe(build_info()), "\npictures  ", describe_decoders(), mpi.empty() ? "" : "\nMPI       ",
                    mpi);
    };
    app.set_version_flag("--version", version, "show version, commit, compiler, BLAS and decoders of pictures");
}

int Program::fail(const std::string& message, int code) const {
    if (on_ranks && ranks::announced_rank() > 0) {       // mostly rank 0 fails alike, and ends all
        if (code >= 128) return code;
        std::this_thread::sleep_for(std::chrono::seconds(1));
        std::cerr << name_ << ", rank " << ranks::announced_rank() << ": " << printable_message(message) << std::endl;
        return code;
    }
    std::cout.exceptions(std::ios::goodbit);             // one failure is enough to tell
    std::cout.flush();                                   // what was printed before it comes first
    const Terminal terminal = terminal_at(STDERR_FILENO);
    const std::string paragraph = printable_message(text(name_, ": ", message));
    // A log is searched line by line, so only windows get their lines wrapped.
    std::cerr << (terminal.interactive ? wrap(paragraph, std::min(terminal.width(), 100)) : paragraph) << std::endl;
    return code;
}

int Program::parse(int argc, char** argv) {
    const std::string question = argc > 1 ? argv[1] : "";
    if (question == "--man" && argc == 2) return std::cout << man_page(app, manual_name()), 0;
    if (question == "--complete") return std::cout << completions(app, {argv + 2, argv + argc}), 0;
    for (int i = 1; i < argc; ++i)
        if (!*argv[i])
            return fail(text("error: an argument is empty", i > 1 ? text(", after ", argv[i - 1]) : "",
                             ".  Is it a shell variable that is not set?  Try `", name_, " --help`."),
                        2);
    try {
        app.parse(argc, argv);
        return go_on;
    } catch (const CLI::Success& asked_for_help) {
        app.exit(asked_for_help);                        // prints it
        return 0;
    } catch (const CLI::ParseError& e) {
        std::string message = what_is_wrong(app, e);
        if (!message.empty() && message.back() != '.' && message.back() != '\n') message += '.';
        // CLI11 tells what is missing before what is unknown, which may be a mistyped name of the former.
        if (dynamic_cast<const CLI::RequiredError*>(&e))
            for (const std::string& extra : app.remaining(true)) message += text("  ", extra, " is not expected.");
        const std::string guess = suggestions(app);
        return fail(text("error: ", message, guess, "  Try `", name_, " --help`."), 2);
    }
}

// Called through `deepen`, which says so in argv[0], it has another name, in its examples, too.
void Program::take_name(const std::string& called) {
    if (!called.starts_with("deepen ")) return;
    name_ = called;
    app.name(name_);
    std::string examples = app.get_footer();
    for (std::size_t at; (at = examples.find("build/")) != examples.npos;) examples.replace(at, 6, "deepen ");
    app.footer(examples);
}

int Program::run(int argc, char** argv, const std::function<int()>& body) {
    if (argc > 0) take_name(argv[0]);
    const bool silent = on_ranks && ranks::announced_rank() > 0;
    const InterruptionHandler handler(silent ? "" : name_);
    const int code = run_body(argc, argv, body, silent);
    ranks::end(code);
    return code;
}

int Program::run_body(int argc, char** argv, const std::function<int()>& body, bool silent) {
    StandardOutput output(silent);
    try {
        int code = parse(argc, argv);
        if (code == go_on) code = body();
        std::cout.flush();
        return interrupted() ? fail("interrupted.", 128 + interrupting_signal()) : code;
    } catch (const std::ios_base::failure& e) {
        if (output.reason() == EPIPE) return 128 + SIGPIPE;
        const std::string why =
            output.reason() ? text("cannot write the output: ", std::strerror(output.reason())) : e.what();
        return fail(text("error: ", why, "."), 1);
    } catch (const UsageError& e) {
        return fail(text("error: ", e.what(), "  Try `", name_, " --help`."), 2);
    } catch (const std::bad_alloc&) {
        return fail("error: there is not enough memory.  Try a smaller --batch-size, or fewer programs at once.", 1);
    } catch (const InternalError& e) {
        const std::string what = e.what();
        const bool told = what.find("please report") != what.npos;
        return fail(text("error: ", what, told ? "" : "  This fault is ours: please report it."), 1);
    } catch (const std::filesystem::filesystem_error& e) {
        const std::string path = e.path1().string();
        return fail(text("error: ", path.size() > 200 ? path.substr(0, 200) + "..." : path, ": ", e.code().message(),
                         "."), 1);
    } catch (const std::system_error& e) {
        return fail(text("error: the system refused something that this program needs: ", e.what(), "."), 1);
    } catch (const std::exception& e) {
        if (interrupted()) return fail(text("interrupted.  ", e.what()), 128 + interrupting_signal());
        return fail(text("error: ", e.what()), 1);
    }
}

}  // namespace deepen
