// SPDX-License-Identifier: Apache-2.0
// A caller of the Invoke API, as little as it takes: blocking, one connection, one request at a
// time. Not our client: what is measured must not share code with what measures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// A loopback port that nobody has at this moment.
std::uint16_t free_port();

class invoker {
public:
    /// Connects to a loopback port as soon as somebody listens there. Throws std::runtime_error
    /// where nobody does within `seconds`, which also bound every later wait.
    invoker(std::uint16_t port, const std::string& function, std::string event, unsigned seconds);
    invoker(const invoker&) = delete;
    invoker& operator=(const invoker&) = delete;
    ~invoker();

    /// One invocation. The view is valid until the next one. Throws std::runtime_error where the
    /// answer is no 200, or there is none.
    std::string_view invoke();
    std::string_view event() const noexcept { return event_; }

private:
    void receive();
    std::string_view read_chunks(std::size_t at);

    int connection_ = -1;
    std::string event_;
    std::string request_;
    std::string received_;
    std::string body_;
    std::vector<char> part_;
};

} // namespace bench
