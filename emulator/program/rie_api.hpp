// SPDX-License-Identifier: Apache-2.0
// rie_api: a front door that answers as aws-lambda-rie does (runtime contract 7.3, 7.4).
#pragma once

#include <spry/core/task.hpp>
#include <spry/emulator/front_door.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/http/exchange.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

/// One path, any method, and statuses and bodies that scripts may have come to rely on: no X-Amz
/// headers, 200 for errors and timeouts, 502 for what ended the process, each sent when the runtime
/// has asked for its next event. Its crashes are left out: overlapping requests wait.
class rie_api final : public front_door {
public:
    explicit rie_api(const front_door_parts& parts) : parts_(parts) {}

    task<> handle(http::exchange& exchange) override;
    task<> finish() override;

private:
    task<> invoke(http::exchange* exchange);
    task<std::optional<std::string>> read_event(http::exchange* exchange);
    task<> answer(http::exchange* exchange, const invocation* what);
    task<> respond(http::exchange* exchange, int status, std::string_view body);

    front_door_parts parts_;
};

std::unique_ptr<front_door> make_rie_api(const front_door_parts& parts);

/// What Go's net/http calls such a body where nobody has set a type: text or not, which is all that
/// is told apart here of what it knows (JSON is text to it).
std::string_view sniffed_content_type(std::string_view body) noexcept;

} // namespace spry::emulator
