// SPDX-License-Identifier: Apache-2.0
// What does a log record cost: one that is off, and one in each form, to where nothing reads?
#include <spry/handler_api/log.hpp>
#include <spry/io/unique_fd.hpp>

#include <benchmark/benchmark.h>

#include <fcntl.h>

namespace {

void log_off(benchmark::State& state) {
    const spry::logger log{spry::log_level::error, "id-7"};
    for (auto _ : state)
        log.debug("echoing", {{"bytes", state.iterations()}});
}
BENCHMARK(log_off);

void log_record(benchmark::State& state, spry::log_format format) {
    const spry::io::unique_fd nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    const spry::log_output output{nowhere.get(), format};
    const spry::logger log{
        spry::log_level::info, "8476a536-e9f4-11e8-9739-2dfe598c3fcd", {}, &output};
    for (auto _ : state)
        log.info("order taken", {{"order", 17}, {"table", "orders"}, {"price", 12.5}});
}
BENCHMARK_CAPTURE(log_record, text, spry::log_format::text);
BENCHMARK_CAPTURE(log_record, json, spry::log_format::json);

} // namespace
