// SPDX-License-Identifier: Apache-2.0
#include "subjects.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace bench {

subject subject_of(const std::string& text) {
    subject made;
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw std::runtime_error("\"" + text + "\" is no NAME=COMMAND");
    made.name = text.substr(0, equals);
    made.optional = made.name.back() == '?';
    if (made.optional)
        made.name.pop_back();
    for (const std::string& word : split(text.substr(equals + 1), ' ')) {
        if (made.command.empty() && word.find('=') != std::string::npos)
            made.environment.push_back(word);
        else
            made.command.push_back(word);
    }
    if (made.command.empty())
        throw std::runtime_error(made.name + " has no command");
    return made;
}

void take_turns(std::vector<subject>& subjects, unsigned round, const char* program,
                const std::function<void(const subject&)>& measure) {
    const std::vector<subject> all = subjects;
    for (std::size_t turn = 0; turn != all.size(); ++turn) {
        const subject& what = all[(round + turn) % all.size()];
        try {
            measure(what);
        } catch (const std::exception& error) {
            if (!what.optional || round != 0)
                throw std::runtime_error(what.name + ": " + error.what());
            std::fprintf(stderr, "%s: %s is left out: %s\n", program, what.name.c_str(),
                         error.what());
            std::erase_if(subjects, [&](const subject& each) { return each.name == what.name; });
        }
    }
}

std::string command_line(const subject& what) {
    std::string line;
    for (const std::string& word : what.environment)
        line += word + " ";
    for (const std::string& word : what.command)
        line += word + (&word == &what.command.back() ? "" : " ");
    return line;
}

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(at, begin), text.size());
        if (end != begin)
            parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

unsigned number_of(const std::string& text, const std::string& option) {
    char* end = nullptr;
    const unsigned long value = std::strtoul(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || value > 1'000'000'000)
        throw std::runtime_error(option + " wants a number");
    return static_cast<unsigned>(value);
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty())
        throw std::runtime_error("nothing to read in " + path);
    return text;
}

double quantile(series values, double share) {
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
    return values[at];
}

series ratios(const series& mine, const series& reference) {
    series quotients;
    for (std::size_t i = 0; i != std::min(mine.size(), reference.size()); ++i)
        quotients.push_back(mine[i] / reference[i]);
    return quotients;
}

std::string quoted(const std::string& text) {
    std::string json = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\')
            json += '\\';
        json += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
    }
    return json + '"';
}

} // namespace bench
