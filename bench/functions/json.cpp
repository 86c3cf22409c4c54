// SPDX-License-Identifier: Apache-2.0
// What the JSON functions of bench/peers do, with spry: `http` answers with five fields of an API
// Gateway v2 event, `sqs` with what stands in the records of a queue. `read http|sqs FILE TIMES`
// reads the event of a file so often without any runtime, and prints what one time takes.
#include <spry/spry.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct http_context {
    std::string_view method;
};
SPRY_JSON(http_context, required(method))

struct request_context {
    http_context http;
    std::string_view requestId;
};
SPRY_JSON(request_context, required(http), required(requestId))

struct headers {
    std::string_view host;
};
SPRY_JSON(headers, required(host))

struct query {
    std::string_view state;
};
SPRY_JSON(query, required(state))

struct http_request {
    std::string_view rawPath;
    struct headers headers;
    query queryStringParameters;
    request_context requestContext;
};
SPRY_JSON(http_request, required(rawPath), required(headers), required(queryStringParameters),
          required(requestContext))

struct fields {
    std::string_view method;
    std::string_view path;
    std::string_view state;
    std::string_view host;
    std::string_view id;
};
SPRY_JSON(fields, method, path, state, host, id)

fields http(http_request request) {
    return {request.requestContext.http.method, request.rawPath,
            request.queryStringParameters.state, request.headers.host,
            request.requestContext.requestId};
}

struct record {
    std::string_view messageId;
    std::string_view body;
};
SPRY_JSON(record, required(messageId), required(body))

struct queue_event {
    std::pmr::vector<record> Records;
};
SPRY_JSON(queue_event, required(Records))

struct batch {
    std::pmr::vector<std::string_view> ids;
    std::size_t bytes = 0;
};
SPRY_JSON(batch, ids, bytes)

batch sqs(queue_event event, spry::context& context) {
    batch read{.ids = std::pmr::vector<std::string_view>(&context.arena())};
    read.ids.reserve(event.Records.size());
    for (const record& each : event.Records) {
        read.ids.push_back(each.messageId);
        read.bytes += each.body.size();
    }
    return read;
}

std::size_t length_of(const http_request& request) {
    const fields read = http(request);
    return read.method.size() + read.path.size() + read.state.size() + read.host.size() +
           read.id.size();
}

std::size_t length_of(const queue_event& event) {
    std::size_t length = 0;
    for (const record& each : event.Records)
        length += each.messageId.size() + each.body.size();
    return length;
}

// As an invocation reads an event: in place, into the worker's arena, which is emptied behind it.
template <class Event>
std::size_t read_once(spry::json::reader& reader, spry::arena& arena, std::string_view text) {
    const std::size_t length = length_of(reader.read<Event>(text, arena).value());
    arena.reset();
    return length;
}

int read(std::string_view what, const char* path, long times) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    bytes.reserve(bytes.size() + spry::json::padding);
    spry::json::reader reader;
    spry::arena arena;
    const auto once = what == "http" ? read_once<http_request> : read_once<queue_event>;
    std::size_t length = once(reader, arena, bytes);
    const auto begin = std::chrono::steady_clock::now();
    for (long i = 0; i != times; ++i)
        length = once(reader, arena, bytes);
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    std::printf("length %zu\nnanoseconds %.1f\n", length,
                taken.count() / static_cast<double>(times));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::string_view(argv[1]) == "read")
        return read(argv[2], argv[3], std::atol(argv[4]));
    return spry::run(argc, argv, {{"http", http}, {"sqs", sqs}});
}
