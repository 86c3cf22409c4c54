// SPDX-License-Identifier: Apache-2.0
// What does it cost to read the head of an event: by llhttp, and compared with the last one?
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

// Another message each time knows no form, the same one knows that of the head before.
template <class Message>
void read_heads(benchmark::State& state, Message message) {
    spry::http::parser parser{spry::http::message_kind::response,
                              spry::http::head_bytes_max_default};
    const std::string heads[] = {event_head('0'), event_head('1')};
    std::size_t turn = 0;
    for (auto _ : state) {
        auto&& read = message();
        parser.start(read);
        if (parser.parse_head(heads[turn ^= 1]) != spry::http::parser::outcome::complete) {
            state.SkipWithError("the head is not read whole");
            break;
        }
    }
}

void parser_first_head(benchmark::State& state) {
    read_heads(state, [] { return spry::http::message{}; });
}
BENCHMARK(parser_first_head);

void parser_known_head(benchmark::State& state) {
    spry::http::message same;
    read_heads(state, [&]() -> spry::http::message& { return same; });
}
BENCHMARK(parser_known_head);

} // namespace
