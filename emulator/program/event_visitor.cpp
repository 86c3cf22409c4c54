// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/event_visitor.hpp>

#include <spry/emulator/program/print.hpp>
#include <spry/http/client.hpp>
#include <spry/http/message.hpp>

#include <span>

namespace spry::emulator {

task<int> event_visitor::visit(io::event_loop& loop, const io::address& at, stop_token stop) {
    http::client client{loop, at};
    const std::string target = "/2015-03-31/functions/" + function_ + "/invocations";
    http::simple_request request;
    request.method = "POST";
    request.target = target;
    request.body = std::as_bytes(std::span{event_});
    http::message answer;
    const result<http::arrival> outcome = co_await client.request(request, &answer, stop);
    if (!outcome || *outcome != http::arrival::message)
        co_return 1;
    print(std::string{answer.text()} + "\n");
    const bool has_failed = answer.status() != 200 || answer.header("X-Amz-Function-Error");
    co_return has_failed ? 1 : 0;
}

} // namespace spry::emulator
