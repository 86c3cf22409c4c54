// SPDX-License-Identifier: Apache-2.0
// What an extension says when it subscribes to telemetry (runtime contract 7.7).
#pragma once

#include <spry/io/address.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace spry::emulator {

/// What events are about.
enum class telemetry_category : std::uint8_t { platform, function, extension };

inline constexpr std::array<std::string_view, 3> telemetry_category_names{"platform", "function",
                                                                          "extension"};

/// Events are gathered until there are so many, until they are so many bytes, or until the oldest
/// has waited so long, whatever comes first.
struct telemetry_buffering {
    std::size_t items_max = 10'000;
    std::size_t bytes_max = 262'144;
    std::chrono::milliseconds timeout{1000};
};

struct telemetry_subscription {
    bool wants(telemetry_category what) const noexcept {
        return categories[static_cast<std::size_t>(what)];
    }

    std::array<bool, telemetry_category_names.size()> categories{};
    /// The host of a destination is always this machine, whatever its name: sandbox.localdomain is
    /// 127.0.0.1.
    io::address to = io::address::loopback_v4(0);
    std::string http_target; ///< where events are posted as JSON arrays; empty: a line each, by TCP
    telemetry_buffering buffering;
};

/// A subscription, or a sentence that says what is wrong with it.
struct telemetry_request {
    telemetry_subscription subscription;
    std::string problem; ///< empty: nothing
};

/// Reads {"schemaVersion":"2022-12-13","types":["platform"],"destination":{"protocol":"HTTP",
/// "URI":"http://sandbox.localdomain:8080/"},"buffering":{"timeoutMs":100}}. `body` has
/// `http::padding_bytes` behind it.
telemetry_request read_telemetry_request(std::string_view body);

} // namespace spry::emulator
