// SPDX-License-Identifier: Apache-2.0
// What does it cost to read one field, and all of an event's, from an API Gateway v2 event?
#include "event_file.hpp"

#include <spry/core/arena.hpp>
#include <spry/core/json.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace {

struct path_only {
    std::string_view rawPath;
};
SPRY_JSON(path_only, required(rawPath))

struct whole {
    spry::json::raw headers;
    spry::json::raw requestContext;
    std::string_view rawPath;
    std::string_view body;
};
SPRY_JSON(whole, headers, requestContext, rawPath, body)

template <class Event>
void read_event(benchmark::State& state) {
    const std::string text = bench::event_file("http");
    spry::json::reader reader;
    spry::arena arena;
    for (auto _ : state) {
        if (!reader.read<Event>(text, arena)) {
            state.SkipWithError("http.json is not read");
            break;
        }
        arena.reset();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

void event_one_field(benchmark::State& state) {
    read_event<path_only>(state);
}
BENCHMARK(event_one_field);

void event_its_parts(benchmark::State& state) {
    read_event<whole>(state);
}
BENCHMARK(event_its_parts);

} // namespace
