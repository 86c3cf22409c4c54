// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/testing/detail/runtime_api_script.hpp>

#include <spry/emulator/testing/detail/chunked_body.hpp>

#include <cstdlib>

namespace spry::testing {

namespace {

std::string value_in(std::string_view lines, std::string_view name) {
    const std::string start = "\r\n" + std::string{name} + ": ";
    const std::size_t found = lines.find(start);
    if (found == lines.npos)
        return {};
    const std::size_t value = found + start.size();
    return std::string{lines.substr(value, lines.find("\r\n", value) - value)};
}

} // namespace

std::size_t size_of_request(const std::string& bytes, recorded_request& request) {
    const std::size_t head_end = bytes.find("\r\n\r\n");
    if (head_end == std::string::npos)
        return std::string::npos;
    const std::size_t line_end = bytes.find("\r\n");
    request.start_line = bytes.substr(0, line_end);
    request.head = bytes.substr(line_end, head_end + 2 - line_end);
    if (request.header("Transfer-Encoding") != "chunked") {
        return head_end + 4 + std::strtoull(request.header("Content-Length").c_str(), nullptr, 10);
    }
    const chunked_body body = read_chunked_body(std::string_view{bytes}.substr(head_end + 4));
    if (body.is == chunked_body::state::malformed)
        std::abort();
    request.chunks = body.chunks;
    request.trailers = body.trailers;
    return body.is == chunked_body::state::whole ? head_end + 4 + body.size : std::string::npos;
}

std::string body_of(std::string_view whole, const recorded_request& request) {
    if (request.header("Transfer-Encoding") != "chunked")
        return std::string{whole.substr(whole.find("\r\n\r\n") + 4)};
    std::string body;
    for (const std::string& chunk : request.chunks)
        body += chunk;
    return body;
}

std::string recorded_request::header(std::string_view name) const {
    return value_in(head, name);
}

std::string recorded_request::trailer(std::string_view name) const {
    return value_in("\r\n" + trailers, name);
}

bool take_request(std::string& bytes, recorded_request& into) {
    const std::size_t size = size_of_request(bytes, into);
    if (size == std::string::npos || bytes.size() < size)
        return false;
    into.body = body_of(std::string_view{bytes}.substr(0, size), into);
    bytes.erase(0, size);
    return true;
}

std::string answer(int status, std::string_view headers, std::string_view body) {
    return "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n" + std::string{headers} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string event_answer(std::string_view id, std::string_view body,
                         std::string_view more_headers) {
    return answer(
        200,
        "Lambda-Runtime-Aws-Request-Id: " + std::string{id} +
            "\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: "
            "arn:aws:lambda:us-east-1:012345678912:function:f\r\n"
            "Lambda-Runtime-Trace-Id: Root=1-5f84c7a9-000000000000000000000001;Sampled=0\r\n"
            "Content-Type: application/json\r\n" +
            std::string{more_headers},
        body);
}

std::string accepted_answer() {
    return answer(202, "Content-Type: application/json\r\n", "{\"status\":\"OK\"}\n");
}

} // namespace spry::testing
