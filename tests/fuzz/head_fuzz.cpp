// SPDX-License-Identifier: Apache-2.0
// The heads we send, with what comes from outside in them: request ids from the Runtime API, header
// names, values and content types from handlers. None of them may change what a reader of the head
// finds besides its own place.
#include "support/input.hpp"
#include "support/memory_backend.hpp"

#include <spry/core/assert.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/response.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/headers.hpp>
#include <spry/http/parser.hpp>
#include <spry/http/target.hpp>

#include <array>
#include <memory>
#include <string>

namespace {

using namespace spry;
using outcome = http::parser::outcome;

constexpr std::size_t head_bytes_max = 1024 * 1024;

// A header line that is accepted arrives as it is, and alone; one that is refused leaves no trace.
void build(std::string_view name, std::string_view value) {
    http::inline_head_builder head;
    head.status_line(200).known_header("Before", "b");
    const std::string before{head.text()};
    const bool accepted = head.header(name, value);
    if (!accepted)
        SPRY_ASSERT(head.text() == before);
    head.known_header("Behind", "a").end_head();

    http::parser parser{http::message_kind::response, head_bytes_max};
    http::message read;
    parser.start(read);
    // Of these the parser knows a meaning, and refuses those that make none.
    for (const char* known : {"Content-Length", "Transfer-Encoding", "Connection", "Upgrade"}) {
        if (http::equal_ignoring_case(name, known))
            return;
    }
    SPRY_ASSERT(parser.parse_head(head.text()) == outcome::complete);
    SPRY_ASSERT(parser.head_size() == head.text().size());
    SPRY_ASSERT(read.header_count() == (accepted ? 3U : 2U));
    if (accepted) {
        SPRY_ASSERT(read.header_at(1).name == name);
        SPRY_ASSERT(http::trim_blanks(read.header_at(1).value) == http::trim_blanks(value));
    }
}

task<bool> answer_one(runtime_client* client, std::string_view body, std::string_view type) {
    const runtime_client::next_outcome next = co_await client->next();
    if (next != runtime_client::next_outcome::event)
        co_return false;
    const response answer = response::bytes(body, type);
    (void)co_await client->post_response(answer, false);
    client->release();
    co_return true;
}

// One turn of a function: an event with that id comes, an answer with that content type goes.
void answer(std::string_view id, std::string_view type, std::string_view body) {
    const std::string event =
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: " + std::string{id} +
        "\r\nContent-Length: 2\r\n\r\n{}";
    const std::string accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    fuzz::memory_stream stream{{event, accepted}, 0, {}};
    io::event_loop loop = fuzz::make_memory_loop(stream);
    // Only what the parser takes as an id comes this far.
    if (!http::is_field_value(id) || http::trim_blanks(id).empty())
        return;
    const auto memory = std::make_unique<std::array<std::byte, 64 * 1024>>();
    const endpoint_parse where = parse_endpoint("127.0.0.1:9001/base");
    {
        runtime_client client{loop, where.value, io::address::loopback_v4(9001), *memory,
                              log_level::fatal};
        SPRY_ASSERT(loop.run(answer_one(&client, body, type)));
    }

    const std::string_view sent = stream.sent;
    const std::size_t get_end = sent.find("\r\n\r\n") + 4;
    SPRY_ASSERT(sent.starts_with("GET /base/2018-06-01/runtime/invocation/next HTTP/1.1\r\n"));
    const std::string_view post = sent.substr(get_end);

    http::parser parser{http::message_kind::request, head_bytes_max};
    http::message read;
    parser.start(read);
    SPRY_ASSERT(parser.parse_head(post) == outcome::complete);
    SPRY_ASSERT(read.method() == "POST");
    // Which characters are encoded is the client's choice, as long as the id comes back whole and
    // as one segment.
    const std::string_view target = read.target();
    const std::string_view prefix = "/base/2018-06-01/runtime/invocation/";
    const std::string_view suffix = "/response";
    SPRY_ASSERT(target.starts_with(prefix) && target.ends_with(suffix));
    const std::string_view segment =
        target.substr(prefix.size(), target.size() - prefix.size() - suffix.size());
    SPRY_ASSERT(segment.find_first_of("/?#") == segment.npos);
    SPRY_ASSERT(http::percent_decode(segment) == http::trim_blanks(id));
    SPRY_ASSERT(read.content_length() == body.size());
    SPRY_ASSERT(post.substr(parser.head_size()) == body);
    SPRY_ASSERT(read.keeps_alive());
    // Host, User-Agent, Content-Type, Content-Length.
    SPRY_ASSERT(read.header_count() == 4);
    const std::string_view expected_type =
        http::is_field_value(type) && !type.empty() ? type : response::binary_type;
    SPRY_ASSERT(http::trim_blanks(read.header_or_empty("Content-Type")) ==
                http::trim_blanks(expected_type));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input from{data, size};
    const std::string_view first = from.text_until('|');
    const std::string_view second = from.text_until('|');
    build(first, second);
    answer(first, second, from.rest());
    return 0;
}
