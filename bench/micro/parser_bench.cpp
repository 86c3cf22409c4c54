// SPDX-License-Identifier: Apache-2.0
// What does it cost to read the head of an event: by llhttp, and compared with the last one?
#include <spry/http/head_form.hpp>
#include <spry/http/limits.hpp>
#include <spry/http/parser.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace {

std::string event_head(char digit) {
    return "HTTP/1.1 200 OK\r\n"
           "Content-Type: application/json\r\n"
           "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fc" +
           std::string(1, digit) +
           "\r\n"
           "Lambda-Runtime-Deadline-Ms: 1542409706888\r\n"
           "Lambda-Runtime-Invoked-Function-Arn: "
           "arn:aws:lambda:eu-central-1:123456789012:function:function\r\n"
           "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;"
           "Parent=9a9197af755a6419;Sampled=0\r\n"
           "Date: Fri, 21 Nov 2025 10:00:00 GMT\r\n"
           "Content-Length: 2\r\n\r\n";
}

void read_heads(benchmark::State& state, spry::http::message& read) {
    spry::http::parser parser{spry::http::message_kind::response,
                              spry::http::head_bytes_max_default};
    const std::string heads[] = {event_head('0'), event_head('1')};
    std::size_t turn = 0;
    for (auto _ : state) {
        parser.start(read);
        if (parser.parse_head(heads[turn ^= 1]) != spry::http::parser::outcome::complete) {
            state.SkipWithError("the head is not read whole");
            break;
        }
    }
}

void parser_any_head(benchmark::State& state) {
    spry::http::message read;
    read_heads(state, read);
}
BENCHMARK(parser_any_head);

void parser_known_head(benchmark::State& state) {
    spry::http::head_form form;
    spry::http::message read{form};
    read_heads(state, read);
}
BENCHMARK(parser_known_head);

} // namespace
