// SPDX-License-Identifier: Apache-2.0
// front_door: what answers the callers of functions.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/cors.hpp>
#include <spry/emulator/function_table.hpp>
#include <spry/emulator/log_writer.hpp>
#include <spry/emulator/response_stream.hpp>
#include <spry/http/exchange.hpp>
#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spry::emulator {

/// Between the attempts of an asynchronous invocation: so long before the second, twice as long
/// before the third, as the service does.
inline constexpr std::chrono::milliseconds async_retry_delay_default = std::chrono::minutes{1};

/// Which requests are events of the function, as they are at its URL, beside those under
/// /lambda-url.
enum class http_front : std::uint8_t {
    none,
    beside, ///< all that are not for the emulator itself
    alone,  ///< all: the process is an ordinary HTTP service
};

/// What a front door needs; what is given by reference outlives it.
struct front_door_parts {
    io::event_loop& loop;
    function_table& functions;
    log_writer& log;
    bool loopback_bind = true;                     ///< the Host header is checked
    const std::vector<std::string>& allowed_hosts; ///< beside this machine's names
    std::chrono::milliseconds async_retry_delay = async_retry_delay_default;
    stream_limits streaming;
    http_front http = http_front::none;
    const cors_settings& cors; ///< of functions' URLs
    stop_token stop;           ///< ends the reading of requests
    stop_token give_up;        ///< also the sending of answers
};

class front_door : public http::request_handler {
public:
    virtual ~front_door() = default;

    /// Awaits what has been accepted and has nobody who waits for it.
    virtual task<> finish() = 0;
};

/// Makes one; `make_invoke_api` (invoke_api.hpp) unless a program chooses another.
using front_door_maker = std::unique_ptr<front_door> (*)(const front_door_parts&);

} // namespace spry::emulator
