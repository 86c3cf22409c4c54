// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "json_file.hpp"

#include <cstdio>

namespace bench {
namespace {

void print_spread(std::FILE* file, const char* name, const series& values) {
    std::fprintf(file, "\"%s\": {\"median\": %.4f, \"q1\": %.4f, \"q3\": %.4f}", name,
                 quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75));
}

void print_rounds(std::FILE* file, const series& values) {
    const char* separator = ", \"rounds\": [";
    for (const double value : values) {
        std::fprintf(file, "%s%.4f", separator, value);
        separator = ", ";
    }
    std::fputs("]", file);
}

void print_function(std::FILE* file, const results& all, const result& function) {
    std::fprintf(file,
                 "    {\"name\": %s, \"command\": %s,\n     \"file_bytes\": %llu, "
                 "\"start_faults\": %llu, \"resident_kib\": %llu, \"peak_kib\": %llu,\n     "
                 "\"times\": {",
                 quoted(function.what.name).c_str(), quoted(command_line(function.what)).c_str(),
                 static_cast<unsigned long long>(function.file_bytes),
                 static_cast<unsigned long long>(function.start_faults),
                 static_cast<unsigned long long>(function.resident_kib),
                 static_cast<unsigned long long>(function.peak_kib));
    const char* separator = "\n";
    for (const std::string& quantity : all.quantities) {
        std::fprintf(file, "%s       \"%s\": {", separator, quantity.c_str());
        print_spread(file, "us", function.times.at(quantity));
        std::fputs(", ", file);
        print_spread(file, "ratio", ratios(all, function, quantity));
        print_rounds(file, function.times.at(quantity));
        std::fputs("}", file);
        separator = ",\n";
    }
    std::fputs("}}", file);
}

} // namespace

void print_table(const results& all) {
    const result& reference = all.functions.front();
    std::printf("median (quartiles) over %u rounds on CPU %d, as ratios to %s\n\n%-16s %12s",
                all.planned.rounds, all.cpu, reference.what.name.c_str(), "",
                (reference.what.name + " us").c_str());
    for (const result& each : all.functions) {
        if (&each != &reference)
            std::printf(" %20s", each.what.name.c_str());
    }
    std::putchar('\n');
    for (const std::string& quantity : all.quantities) {
        std::printf("%-16s %12.1f", quantity.c_str(), quantile(reference.times.at(quantity), 0.5));
        for (const result& each : all.functions) {
            if (&each == &reference)
                continue;
            const series quotients = ratios(all, each, quantity);
            std::printf("   %5.2fx (%4.2f-%4.2f)", quantile(quotients, 0.5),
                        quantile(quotients, 0.25), quantile(quotients, 0.75));
        }
        std::putchar('\n');
    }
    const auto row = [&](const char* name, std::uint64_t result::* figure) {
        std::printf("%-16s %12llu", name, static_cast<unsigned long long>(reference.*figure));
        for (const result& each : all.functions) {
            if (&each != &reference)
                std::printf(" %20llu", static_cast<unsigned long long>(each.*figure));
        }
        std::putchar('\n');
    };
    std::putchar('\n');
    row("file bytes", &result::file_bytes);
    row("faults at start", &result::start_faults);
    row("resident KiB", &result::resident_kib);
}

void write_json(const results& all, const std::string& path) {
    const json_file file(path);
    std::fprintf(file.get(),
                 "{\"rounds\": %u, \"cpu\": %d, \"reference\": %s,\n \"functions\": [\n",
                 all.planned.rounds, all.cpu, quoted(all.functions.front().what.name).c_str());
    for (const result& each : all.functions) {
        print_function(file.get(), all, each);
        std::fputs(&each == &all.functions.back() ? "\n" : ",\n", file.get());
    }
    std::fputs(" ]}\n", file.get());
    file.finish();
}

} // namespace bench
