// SPDX-License-Identifier: Apache-2.0
// status_page: a front door that also shows what the emulator does, to people with a browser.
#pragma once

#include <spry/core/task.hpp>
#include <spry/emulator/front_door.hpp>
#include <spry/emulator/program/page/invocation_record.hpp>
#include <spry/emulator/program/page/views.hpp>
#include <spry/http/exchange.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace spry::emulator {

/// How long a page waits for news before it is told that there are none.
inline constexpr std::chrono::seconds changes_wait_max{10};

/// The Invoke API's front door, and before it the page: at "/", or with `http_front::beside` at
/// "/_spry/" alone. With `http_front::alone` there is none.
///
/// Whoever may not invoke functions from a page of his (caller_check.hpp) gets nothing of it, on no
/// bind. A form's POST must also bring the token that stands in the page: an old browser tells
/// neither Origin nor Sec-Fetch-Site of a form that another page has sent, but no page of another
/// origin can read ours. Nor can one frame it, and what others have written (events, logs) is
/// shown as text, under a policy that runs no script but the page's own.
class status_page final : public front_door {
public:
    explicit status_page(const front_door_parts& parts);

    task<> handle(http::exchange& exchange) override;
    task<> finish() override;

private:
    bool is_own_path(std::string_view path) const noexcept;
    task<> show(http::exchange* exchange);
    task<> show_invocation(http::exchange* exchange, std::string_view number);
    task<> tell_changes(http::exchange* exchange);
    task<> take_form(http::exchange* exchange);
    task<> send_event(http::exchange* exchange, form_content form);
    task<> show_form(http::exchange* exchange, int status, form_content form);
    task<> refuse(http::exchange* exchange, int status, std::string_view title, std::string why);
    task<> respond(http::exchange* exchange, int status, std::string html);
    page_frame begin_page(http::exchange& exchange, std::string* nonce) const;
    form_content asked_for(std::string_view query) const;

    front_door_parts parts_;
    const std::unique_ptr<front_door> behind_;
    const std::string_view home_;
    const std::string token_; // of this process
    invocation_record record_;
};

/// Where it is; empty: nowhere.
std::string_view home_of(http_front front) noexcept;

std::unique_ptr<front_door> make_status_page(const front_door_parts& parts);

} // namespace spry::emulator
