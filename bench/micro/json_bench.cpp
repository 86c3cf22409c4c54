// SPDX-License-Identifier: Apache-2.0
// What does it cost to write a small answer as JSON, and to check a text's syntax?
#include "event_file.hpp"

#include <spry/core/json.hpp>
#include <spry/core/json_syntax.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace {

struct answer {
    std::string_view id;
    int pieces = 0;
    double price = 0;
    bool paid = false;
};
SPRY_JSON(answer, id, pieces, price, paid)

void json_write(benchmark::State& state) {
    const answer some{"8476a536-e9f4-11e8-9739-2dfe598c3fcd", 17, 12.5, true};
    for (auto _ : state)
        benchmark::DoNotOptimize(spry::json::to_string(some));
}
BENCHMARK(json_write);

void json_check_syntax(benchmark::State& state) {
    const std::string text = bench::event_file("sqs");
    for (auto _ : state) {
        if (spry::json::find_syntax_error(text)) {
            state.SkipWithError("sqs.json is no JSON");
            break;
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(json_check_syntax);

} // namespace
