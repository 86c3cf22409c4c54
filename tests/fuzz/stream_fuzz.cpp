// SPDX-License-Identifier: Apache-2.0
// A streamed post, from pieces, a prelude and a failure that may be anything, to a Runtime API that
// answers at once, refuses, or goes away. What was sent is read back by a decoder that shares
// nothing with what wrote it; where the stream was cut, it is the beginning of something valid.
#include "support/input.hpp"
#include "support/memory_backend.hpp"

#include <spry/core/assert.hpp>
#include <spry/core/base64.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/emulator/testing/detail/chunked_body.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/http_prelude.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/handler_api/stream.hpp>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace spry;
using testing::chunked_body;

struct plan {
    bool has_prelude;
    bool yields;
    bool flushes;
    bool fails;
    bool is_refused;
    bool is_cut;
    std::string_view name;    // of a header of the prelude
    std::string_view value;   // of that header
    std::string_view message; // of the failure
    std::vector<std::string_view> pieces;
};

byte_generator yield_pieces(const plan* how) {
    for (const std::string_view piece : how->pieces)
        co_yield piece;
    if (how->fails)
        throw std::runtime_error{std::string{how->message}};
}

task<> write_pieces(stream_writer& out, const plan* how) {
    if (how->flushes)
        (void)co_await out.flush();
    for (const std::string_view piece : how->pieces)
        (void)co_await out.write(piece);
    if (how->fails)
        throw std::runtime_error{std::string{how->message}};
}

response make_response(context& about, const plan& how) {
    if (!how.has_prelude)
        return how.yields ? about.stream(yield_pieces, &how) : about.stream(write_pieces, &how);
    http_prelude prelude;
    prelude.headers.push_back({how.name, how.value});
    try {
        return how.yields ? about.stream(prelude, yield_pieces, &how)
                          : about.stream(prelude, write_pieces, &how);
    } catch (const std::invalid_argument&) {
        return {};
    }
}

task<> answer_one(io::event_loop* loop, runtime_client* client, const plan* how) {
    (void)co_await client->next();
    const environment variables;
    arena memory;
    stop_source stop;
    {
        context about{client->about(), variables, *loop, memory, log_level::fatal, stop.token()};
        const response answer = make_response(about, *how);
        if (answer.is_stream())
            (void)co_await answer.stream()->post(*client, about, stop);
    }
    client->release();
}

std::string sent_for(const plan& how) {
    const std::string_view event =
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: id\r\nContent-Length: 2\r\n\r\n{}";
    std::string_view answer = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    if (how.is_refused)
        answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}";
    fuzz::memory_stream stream{{event}, 0, {}};
    if (!how.is_cut)
        stream.to_receive.push_back(answer);
    io::event_loop loop = fuzz::make_memory_loop(stream);
    const auto memory = std::make_unique<std::array<std::byte, 64 * 1024>>();
    const endpoint_parse where = parse_endpoint("127.0.0.1:9001");
    {
        runtime_client client{loop, where.value, io::address::loopback_v4(9001), *memory,
                              log_level::fatal};
        loop.run(answer_one(&loop, &client, &how));
    }
    const std::size_t get_end = stream.sent.find("\r\n\r\n") + 4;
    return stream.sent.substr(get_end);
}

void check_trailers(const chunked_body& body) {
    constexpr std::string_view type =
        "Lambda-Runtime-Function-Error-Type: Function.RuntimeError\r\n"
        "Lambda-Runtime-Function-Error-Body: ";
    SPRY_ASSERT(body.trailers.starts_with(type) && body.trailers.ends_with("\r\n"));
    SPRY_ASSERT(body.trailers.size() + 2 <= runtime_api::trailers_size_max);
    const auto document = base64::decode(std::string_view{body.trailers}.substr(
        type.size(), body.trailers.size() - type.size() - 2));
    SPRY_ASSERT(document && !json::find_syntax_error(*document));
}

void check(const plan& how) {
    const std::string sent = sent_for(how);
    std::string expected;
    for (const std::string_view piece : how.pieces)
        expected += piece;
    if (sent.empty()) // a prelude that was refused
        return;
    const std::size_t head_end = sent.find("\r\n\r\n");
    SPRY_ASSERT(head_end != sent.npos);
    const std::string_view head = std::string_view{sent}.substr(0, head_end + 2);
    const std::string_view behind = std::string_view{sent}.substr(head_end + 4);
    const bool is_error = head.starts_with("POST /2018-06-01/runtime/invocation/id/error ");
    const bool sends_first = !expected.empty() || (how.flushes && !how.yields);
    SPRY_ASSERT(is_error == (how.fails && !sends_first));
    if (is_error)
        return;
    SPRY_ASSERT(head.starts_with("POST /2018-06-01/runtime/invocation/id/response "));
    SPRY_ASSERT(head.find("\r\nTransfer-Encoding: chunked\r\n") != head.npos);
    SPRY_ASSERT(head.find("\r\nContent-Length:") == head.npos);

    const chunked_body body = testing::read_chunked_body(behind);
    SPRY_ASSERT(body.is != chunked_body::state::malformed);
    std::string_view text;
    std::string all = body.text();
    text = all;
    if (how.has_prelude) {
        SPRY_ASSERT(body.chunks.size() >= 2);
        SPRY_ASSERT(!json::find_syntax_error(body.chunks[0]));
        SPRY_ASSERT(body.chunks[0].find('\0') == std::string::npos);
        SPRY_ASSERT(body.chunks[1] == std::string(8, '\0'));
        text.remove_prefix(body.chunks[0].size() + 8);
    }
    SPRY_ASSERT(std::string_view{expected}.starts_with(text));
    if (how.is_refused || how.is_cut)
        return;
    SPRY_ASSERT(body.is == chunked_body::state::whole && body.size == behind.size());
    SPRY_ASSERT(text == expected);
    if (how.fails)
        check_trailers(body);
    else
        SPRY_ASSERT(body.trailers.empty());
}

} // namespace

// Flags, how to cut, NAME:VALUE|MESSAGE|BYTES
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input from{data, size};
    const std::uint8_t flags = from.byte();
    const std::uint8_t seed = from.byte();
    plan how{};
    how.has_prelude = (flags & 1) != 0;
    how.yields = (flags & 2) != 0;
    how.flushes = (flags & 4) != 0;
    how.fails = (flags & 8) != 0;
    how.is_refused = (flags & 16) != 0;
    how.is_cut = (flags & 32) != 0;
    how.name = from.text_until(':');
    how.value = from.text_until('|');
    how.message = from.text_until('|');
    how.pieces = fuzz::in_pieces(from.rest(), seed);
    check(how);
    return 0;
}
