// SPDX-License-Identifier: Apache-2.0
// One invocation without a Runtime API: the event's bytes, padded, and what a context needs.
#pragma once

#include <spry/core/arena.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/environment.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/invocation.hpp>
#include <spry/handler_api/response.hpp>
#include <spry/io/event_loop.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace spry::tests {

class one_invocation : public testing::Test {
protected:
    /// The text that the function answers; throws what the function throws.
    std::string answer(const function& entry, std::string_view text) {
        std::string padded{text};
        padded.append(64, ' ');
        const event given{std::string_view{padded}.substr(0, text.size()), "application/json",
                          reader_, arena_};
        context about{invocation_, environment_, *loop_, arena_, log_level::fatal, {}};
        task<response> work = entry(given, about);
        return std::string{loop_->run(std::move(work)).body_text()};
    }

    spry::invocation invocation_ = [] {
        spry::invocation made;
        made.request_id = "id-1";
        return made;
    }();
    spry::environment environment_;
    std::unique_ptr<io::event_loop> loop_ =
        std::move(*io::event_loop::create(io::backend_choice::automatic));
    spry::arena arena_;
    json::reader reader_;
};

} // namespace spry::tests
