// SPDX-License-Identifier: Apache-2.0
// What comes through a socket as requests to a function's URL: each is an event that is JSON and
// says the same. And what comes as a function's answer: none, or one that can be sent.
#include "support/input.hpp"
#include "support/memory_backend.hpp"

#include <spry/core/arena.hpp>
#include <spry/core/assert.hpp>
#include <spry/core/base64.hpp>
#include <spry/core/json.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/task.hpp>
#include <spry/core/utf8.hpp>
#include <spry/emulator/http_answer.hpp>
#include <spry/emulator/http_event.hpp>
#include <spry/http/connection.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/limits.hpp>
#include <spry/http/receive_buffer.hpp>
#include <spry/io/socket.hpp>

#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace spry;

constexpr int messages_max = 64;

struct read_event {
    std::string rawPath;
    std::string rawQueryString;
    std::vector<std::string> cookies;
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string> queryStringParameters;
    std::optional<std::string> body;
    bool isBase64Encoded = false;
};
SPRY_JSON(read_event, required(rawPath), required(rawQueryString), cookies, required(headers),
          queryStringParameters, body, required(isBase64Encoded))

std::string lower(std::string_view text) {
    std::string made{text};
    for (char& c : made)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return made;
}

bool is_changed(const std::string& name) {
    for (const char* each :
         {"connection", "content-length", "cookie", "expect", "keep-alive", "proxy-connection",
          "te", "trailer", "transfer-encoding", "upgrade", "x-amzn-trace-id", "x-forwarded-for"}) {
        if (name == each)
            return true;
    }
    return false;
}

// The headers that are passed on as they are.
std::map<std::string, std::string> expected_headers(const http::message& request) {
    std::map<std::string, std::string> all;
    for (std::size_t i = 0; i != request.header_count(); ++i) {
        const http::field header = request.header_at(i);
        const std::string name = lower(header.name);
        if (is_changed(name))
            continue;
        const auto [at, is_new] = all.try_emplace(name, header.value);
        if (!is_new)
            at->second += "," + std::string{header.value};
    }
    return all;
}

void check_event(const http::message& request) {
    emulator::http_event_facts facts;
    facts.path = request.path();
    facts.source_ip = "127.0.0.1";
    facts.request_id = "id";
    facts.trace_id = "Root=1";
    std::string event = emulator::make_http_event(request, facts);
    SPRY_ASSERT(!json::find_syntax_error(event));
    SPRY_ASSERT(utf8::is_valid(event));

    const std::size_t size = event.size();
    event.resize(size + json::padding);
    arena memory;
    json::reader reader;
    const auto read = reader.read<read_event>(std::string_view{event}.substr(0, size), memory);
    SPRY_ASSERT(read);
    SPRY_ASSERT(read->rawPath == utf8::repaired(request.path()));
    SPRY_ASSERT(read->rawQueryString == utf8::repaired(request.query()));
    SPRY_ASSERT(read->headers.at("x-forwarded-for").ends_with("127.0.0.1"));
    SPRY_ASSERT(read->body.has_value() == !request.body().empty());
    SPRY_ASSERT(!read->isBase64Encoded || read->body);
    if (read->isBase64Encoded)
        SPRY_ASSERT(base64::decode(*read->body) == request.text());
    else if (read->body)
        SPRY_ASSERT(*read->body == request.text());
    for (const auto& [name, value] : expected_headers(request))
        SPRY_ASSERT(read->headers.at(name) == utf8::repaired(value));
    SPRY_ASSERT(read->queryStringParameters.empty() || !request.query().empty());
}

task<> read_requests(http::connection* wire) {
    http::message request;
    for (int i = 0; i != messages_max; ++i) {
        const result<http::arrival> found = co_await wire->read_message(&request);
        if (!found || *found == http::arrival::closed)
            co_return;
        check_event(request);
        wire->release();
    }
}

void check_requests(std::string_view text) {
    fuzz::memory_stream stream{fuzz::whole(text), 0, {}};
    io::event_loop loop = fuzz::make_memory_loop(stream);
    http::receive_buffer buffer{http::server_buffer_bytes};
    http::connection_options options;
    options.reads = http::message_kind::request;
    http::connection wire{io::socket{loop, io::unique_fd{}}, buffer, options};
    loop.run(read_requests(&wire));
}

void check_answer(const std::optional<emulator::http_answer>& answer) {
    if (!answer)
        return;
    SPRY_ASSERT(answer->status >= 200 && answer->status <= 599);
    for (const auto& [name, value] : answer->headers) {
        SPRY_ASSERT(!name.empty() && name.find_first_of(": \t\r\n") == name.npos);
        SPRY_ASSERT(value.find_first_of(std::string_view{"\r\n\0", 3}) == value.npos);
        http::inline_head_builder head;
        SPRY_ASSERT(head.header(name, value));
    }
}

} // namespace

// Requests; and an answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check_requests(text);
    check_answer(emulator::read_http_answer(text));
    const std::optional<emulator::http_answer> prelude = emulator::read_prelude(text);
    SPRY_ASSERT(!prelude || prelude->body.empty());
    check_answer(prelude);
    return 0;
}
