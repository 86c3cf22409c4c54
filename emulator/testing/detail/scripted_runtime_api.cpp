// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/testing/detail/scripted_runtime_api.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace spry::testing {

scripted_runtime_api::scripted_runtime_api(io::event_loop& loop, std::vector<script_step> script)
    : loop_(loop),
      listener_(io::listener::bind(loop, io::address::loopback_v4(0)).value()),
      script_(std::move(script)) {
    script_.push_back({answer(403, "", "{}"), true});
}

task<> scripted_runtime_api::run(stop_token stop) {
    while (!stop.stop_requested()) {
        result<io::unique_fd> accepted = co_await listener_.accept(stop);
        if (!accepted)
            break;
        co_await serve(std::move(*accepted));
    }
}

task<> scripted_runtime_api::serve(io::unique_fd fd) {
    io::socket peer{loop_, std::move(fd)};
    ++connections_;
    std::string bytes; // received and not used
    std::array<std::byte, 2048> piece;
    while (true) {
        recorded_request asked;
        while (!take_request(bytes, asked)) {
            const result<std::size_t> received = co_await peer.recv(piece);
            if (!received || *received == 0)
                co_return;
            bytes.append(reinterpret_cast<const char*>(piece.data()), *received);
        }
        asked.connection = connections_;
        asked.is_followed = !bytes.empty();
        requests_.push_back(std::move(asked));
        const script_step& step = script_[std::min(next_step_++, script_.size() - 1)];
        const bool sent = co_await send_answer(&peer, &step);
        if (!sent)
            co_return;
        if (step.close_after) {
            const linger at_once{1, 0};
            if (step.resets)
                ::setsockopt(peer.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            co_return;
        }
    }
}

task<bool> scripted_runtime_api::send_answer(io::socket* to, const script_step* step) {
    std::string_view unsent = step->answer;
    std::size_t piece_size = step->byte_by_byte ? 1 : step->split_at;
    while (!unsent.empty()) {
        const std::string_view piece = unsent.substr(0, piece_size);
        const result<std::size_t> sent = co_await to->send(std::as_bytes(std::span{piece}));
        if (!sent)
            co_return false;
        unsent.remove_prefix(piece.size());
        if (!unsent.empty())
            (void)co_await loop_.sleep_for(std::chrono::microseconds{1});
        if (!step->byte_by_byte)
            piece_size = SIZE_MAX;
    }
    co_return true;
}

} // namespace spry::testing
