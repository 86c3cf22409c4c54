// SPDX-License-Identifier: Apache-2.0
// AWS's own C++ runtime with nlohmann::json, which most people take there. `http` answers with five
// fields of an API Gateway v2 event, `sqs` with what stands in the records of a queue. `read
// http|sqs FILE TIMES` reads the event of a file so often without any runtime, and prints what one
// time takes.
#include <aws/lambda-runtime/runtime.h>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using aws::lambda_runtime::invocation_request;
using aws::lambda_runtime::invocation_response;
using nlohmann::json;

invocation_response http(const invocation_request& request) {
    const json event = json::parse(request.payload);
    const json& context = event.at("requestContext");
    nlohmann::ordered_json fields;
    fields["method"] = context.at("http").at("method").get_ref<const std::string&>();
    fields["path"] = event.at("rawPath").get_ref<const std::string&>();
    fields["state"] = event.at("queryStringParameters").at("state").get_ref<const std::string&>();
    fields["host"] = event.at("headers").at("host").get_ref<const std::string&>();
    fields["id"] = context.at("requestId").get_ref<const std::string&>();
    return invocation_response::success(fields.dump(), "application/json");
}

invocation_response sqs(const invocation_request& request) {
    const json event = json::parse(request.payload);
    nlohmann::ordered_json batch;
    batch["ids"] = nlohmann::ordered_json::array();
    std::size_t bytes = 0;
    for (const json& record : event.at("Records")) {
        batch["ids"].push_back(record.at("messageId").get_ref<const std::string&>());
        bytes += record.at("body").get_ref<const std::string&>().size();
    }
    batch["bytes"] = bytes;
    return invocation_response::success(batch.dump(), "application/json");
}

std::size_t length_of(const json& text) {
    return text.get_ref<const std::string&>().size();
}

std::size_t read_http(const std::string& text) {
    const json event = json::parse(text);
    const json& context = event.at("requestContext");
    return length_of(context.at("http").at("method")) + length_of(event.at("rawPath")) +
           length_of(event.at("queryStringParameters").at("state")) +
           length_of(event.at("headers").at("host")) + length_of(context.at("requestId"));
}

std::size_t read_sqs(const std::string& text) {
    const json event = json::parse(text);
    std::size_t length = 0;
    for (const json& record : event.at("Records"))
        length += length_of(record.at("messageId")) + length_of(record.at("body"));
    return length;
}

int read(const std::string& what, const char* path, long times) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto once = what == "http" ? read_http : read_sqs;
    std::size_t length = once(text);
    const auto begin = std::chrono::steady_clock::now();
    for (long i = 0; i != times; ++i)
        length = once(text);
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    std::printf("length %zu\nnanoseconds %.1f\n", length,
                taken.count() / static_cast<double>(times));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "read" && argc == 5)
        return read(argv[2], argv[3], std::atol(argv[4]));
    if (what != "http" && what != "sqs") {
        std::fputs("one argument: http or sqs; or four: read http|sqs FILE TIMES\n", stderr);
        return 2;
    }
    aws::lambda_runtime::run_handler(what == "http" ? http : sqs);
}
