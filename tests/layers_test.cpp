// SPDX-License-Identifier: Apache-2.0
// Reads every #include of the five layers and holds it against the rules of their order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using std::string;
using std::string_view;

// A layer may include itself and what stands before it.
constexpr std::array<string_view, 5> layers{"core", "io", "http", "handler_api", "emulator"};

// Each of these libraries is visible in one place only: the files that begin so.
constexpr std::array<std::pair<string_view, string_view>, 3> confined{{
    {"liburing.h", "io/detail/uring_"},
    {"llhttp.h", "http/parser.cpp"},
    {"mimalloc.h", "core/memory.cpp"},
}};

// The file's place in the order, or layers.size() for a path that begins with no layer.
std::size_t rank_of(string_view path) {
    const string_view layer = path.substr(0, path.find('/'));
    return static_cast<std::size_t>(std::ranges::find(layers, layer) - layers.begin());
}

bool is_private(string_view path) {
    return path.find("/detail/") != string_view::npos;
}

struct inclusion {
    string name; // as written between the brackets or quotes
    bool quoted = false;
};

std::vector<inclusion> inclusions_of(const string& text) {
    std::vector<inclusion> found;
    std::istringstream lines{text};
    for (string line; std::getline(lines, line);) {
        const auto hash = line.find_first_not_of(" \t");
        if (hash == string::npos || line[hash] != '#') {
            continue;
        }
        const auto word = line.find_first_not_of(" \t", hash + 1);
        if (word == string::npos || line.compare(word, 7, "include") != 0) {
            continue;
        }
        const auto open = line.find_first_of("<\"", word);
        const auto close = open == string::npos ? open : line.find_first_of(">\"", open + 1);
        if (close != string::npos) {
            found.push_back({line.substr(open + 1, close - open - 1), line[open] == '"'});
        }
    }
    return found;
}

// One sentence for each rule that `text`, as the content of `path` (layer/file), breaks.
// `installed` says whether the file is a public header.
std::vector<string> violations(const string& path, const string& text, bool installed) {
    std::vector<string> found;
    const auto complain = [&](const string& name, string_view rule) {
        found.push_back(path + " includes " + name + ": " + string{rule});
    };
    for (const auto& [name, quoted] : inclusions_of(text)) {
        if (quoted) {
            complain(name, "own headers are written <spry/layer/file.hpp>");
        }
        for (const auto& [header, place] : confined) {
            if (name == header && !path.starts_with(place)) {
                complain(name, "only " + string{place} + "* may");
            }
        }
        if (rank_of(path) == 0 && (name.starts_with("linux/") || name.starts_with("sys/"))) {
            complain(name, "core knows no kernel");
        }
        if (!name.starts_with("spry/")) {
            continue;
        }
        const string target = name == "spry/spry.hpp" ? "handler_api/spry.hpp" : name.substr(5);
        if (rank_of(target) == layers.size()) {
            complain(name, "there is no such layer");
        } else if (rank_of(target) > rank_of(path)) {
            complain(name, "a layer includes only itself and those before it");
        } else if (is_private(target) && rank_of(target) != rank_of(path)) {
            complain(name, "detail/ is private to its layer");
        } else if (is_private(target) && installed) {
            complain(name, "a public header includes no private one");
        }
    }
    return found;
}

string content_of(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

const std::filesystem::path source_dir{SPRY_SOURCE_DIR};

std::vector<string> files_of(string_view layer) {
    std::vector<string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{source_dir / layer}) {
        const auto extension = entry.path().extension();
        if (extension == ".hpp" || extension == ".cpp") {
            found.push_back(std::filesystem::relative(entry.path(), source_dir).generic_string());
        }
    }
    return found;
}

// The headers that the layer's CMakeLists.txt lists as public, as layer/file.
std::set<string> public_headers_of(string_view layer) {
    std::set<string> found;
    std::istringstream words{content_of(source_dir / layer / "CMakeLists.txt")};
    bool listing = false;
    for (string word; words >> word;) {
        const bool last = word.ends_with(')');
        if (last) {
            word.pop_back();
        }
        if (std::ranges::all_of(word, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; })) {
            listing = word == "HEADERS" || word == "USER_HEADER";
        } else if (listing && word.ends_with(".hpp")) {
            found.insert(string{layer} + "/" + word);
        }
        listing = listing && !last;
    }
    return found;
}

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(layers, include_only_what_stands_before_them) {
    std::size_t read = 0;
    for (const auto layer : layers) {
        const auto listed = public_headers_of(layer);
        for (const auto& file : files_of(layer)) {
            EXPECT_THAT(violations(file, content_of(source_dir / file), listed.contains(file)),
                        IsEmpty());
            ++read;
        }
    }
    EXPECT_GT(read, 20U); // the folders were found
}

TEST(layers, install_every_header_that_a_public_header_includes) {
    std::set<string> listed;
    for (const auto layer : layers) {
        listed.merge(public_headers_of(layer));
    }
    for (const auto& header : listed) {
        for (const auto& [name, quoted] : inclusions_of(content_of(source_dir / header))) {
            if (name.starts_with("spry/") && name != "spry/spry.hpp") {
                EXPECT_TRUE(listed.contains(name.substr(5)))
                    << header << " is public and includes " << name << ", which is not listed";
            }
        }
    }
    EXPECT_GT(listed.size(), 10U);
}

TEST(layers_rules, forbid_including_a_later_layer) {
    EXPECT_THAT(violations("core/task.hpp", "#include <spry/io/socket.hpp>\n", false),
                ElementsAre(HasSubstr("only itself and those before it")));
    EXPECT_THAT(violations("io/socket.cpp", "  #  include <spry/spry.hpp>\n", false),
                ElementsAre(HasSubstr("only itself and those before it")));
}

TEST(layers_rules, allow_including_an_earlier_layer) {
    EXPECT_THAT(violations("emulator/environment.cpp",
                           "#include <spry/core/task.hpp>\n#include <vector>\n", false),
                IsEmpty());
}

TEST(layers_rules, keep_each_wrapped_library_in_its_one_place) {
    EXPECT_THAT(violations("io/event_loop.cpp", "#include <liburing.h>\n", false),
                ElementsAre(HasSubstr("only io/detail/uring_*")));
    EXPECT_THAT(violations("http/parser.cpp", "#include <llhttp.h>\n", false), IsEmpty());
}

TEST(layers_rules, keep_detail_private) {
    EXPECT_THAT(violations("http/client.cpp", "#include <spry/io/detail/backend.hpp>\n", false),
                ElementsAre(HasSubstr("private to its layer")));
    EXPECT_THAT(violations("io/event_loop.hpp", "#include <spry/io/detail/backend.hpp>\n", true),
                ElementsAre(HasSubstr("includes no private one")));
    EXPECT_THAT(violations("io/event_loop.cpp", "#include <spry/io/detail/backend.hpp>\n", false),
                IsEmpty());
}

TEST(layers_rules, forbid_quoted_includes_and_the_kernel_in_core) {
    EXPECT_THAT(violations("io/socket.cpp", "#include \"socket.hpp\"\n", false),
                ElementsAre(HasSubstr("<spry/layer/file.hpp>")));
    EXPECT_THAT(violations("core/memory.cpp", "#include <sys/mman.h>\n", false),
                ElementsAre(HasSubstr("knows no kernel")));
}

} // namespace
