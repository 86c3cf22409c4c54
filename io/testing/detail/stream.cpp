// SPDX-License-Identifier: Apache-2.0
#include <spry/io/testing/detail/stream.hpp>

#include <spry/io/detail/attempt.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace spry::io::testing::detail {

void stream::connect(stream& one, stream& other) noexcept {
    one.peer_ = &other;
    other.peer_ = &one;
}

progress stream::fail(operation& op, int error) noexcept {
    op.outcome = -error;
    stage_.note("fails", number_, error);
    return progress::done;
}

// What is sent later never arrives earlier.
void stream::put(packet_kind kind, std::vector<std::byte> bytes) {
    last_arrival_ = std::max(last_arrival_, stage_.arrival());
    incoming_bytes_ += bytes.size();
    incoming_.push_back({kind, last_arrival_, std::move(bytes), 0});
}

std::optional<time_point> stream::next_arrival() const noexcept {
    for (const packet& next : incoming_) {
        if (next.at > stage_.now())
            return next.at;
    }
    return {};
}

std::size_t stream::arrived_bytes() const noexcept {
    std::size_t size = 0;
    for (const packet& next : incoming_) {
        if (next.kind != packet_kind::data || next.at > stage_.now())
            break;
        size += next.bytes.size() - next.taken;
    }
    return size;
}

std::size_t stream::take(std::span<std::byte> into) {
    std::size_t taken = 0;
    while (taken < into.size()) {
        packet& next = incoming_.front();
        const std::size_t size = std::min(into.size() - taken, next.bytes.size() - next.taken);
        std::memcpy(into.data() + taken, next.bytes.data() + next.taken, size);
        next.taken += size;
        taken += size;
        if (next.taken == next.bytes.size())
            incoming_.pop_front();
    }
    incoming_bytes_ -= taken;
    stage_.note_bytes("receives", number_, into);
    return taken;
}

// A socket's error goes to whichever operation asks first; what was received before stays readable.
bool stream::take_reset() noexcept {
    const auto found = std::ranges::find_if(incoming_, [&](const packet& each) {
        return each.kind == packet_kind::reset && each.at <= stage_.now();
    });
    if (found == incoming_.end())
        return false;
    found->kind = packet_kind::end;
    broken_ = true;
    return true;
}

progress stream::receive(operation& op) {
    const std::size_t there = arrived_bytes();
    if (there == 0) {
        const bool has_arrived = !incoming_.empty() && incoming_.front().at <= stage_.now();
        if (has_arrived && incoming_.front().kind == packet_kind::reset && take_reset())
            return fail(op, ECONNRESET);
        if (!has_arrived && !receiving_ended_)
            return progress::blocked;
        op.outcome = 0;
        stage_.note("receives the end", number_);
        return progress::done;
    }
    std::size_t size = std::min(there, op.buffer.size());
    if (stage_.strikes(stage_.how().faults.short_receives))
        size = stage_.random().up_to(size);
    if (peer_ != nullptr && stage_.strikes(stage_.how().faults.resets)) {
        size = stage_.random().below(size + 1);
        take(op.buffer.first(size));
        incoming_.clear();
        incoming_bytes_ = 0;
        break_connection();
        if (size == 0 && take_reset())
            return fail(op, ECONNRESET);
    } else {
        take(op.buffer.first(size));
    }
    op.outcome = static_cast<std::int64_t>(size);
    return progress::done;
}

progress stream::receive_all(operation& op) {
    bool has_moved = false;
    while (op.transferred < op.buffer.size()) {
        operation some{opcode::recv};
        some.buffer = op.buffer.subspan(op.transferred);
        if (receive(some) == progress::blocked)
            return has_moved ? progress::moved : progress::blocked;
        if (some.outcome < 0) {
            op.outcome = some.outcome;
            return progress::done;
        }
        if (some.outcome == 0)
            break;
        op.transferred += static_cast<std::size_t>(some.outcome);
        has_moved = true;
    }
    op.outcome = static_cast<std::int64_t>(op.transferred);
    return progress::done;
}

progress stream::send(operation& op) {
    const faults& faults = stage_.how().faults;
    bool has_moved = false;
    while (true) {
        const std::size_t left = op.parts[0].size() + op.parts[1].size() + op.parts[2].size();
        if (left == 0)
            break;
        if (take_reset())
            return fail(op, ECONNRESET);
        if (broken_ || sending_ended_)
            return fail(op, EPIPE);
        const std::size_t held = peer_ != nullptr ? peer_->incoming_bytes_ : 0;
        const std::size_t room =
            stage_.how().stream_bytes_max - std::min(held, stage_.how().stream_bytes_max);
        if (room == 0)
            return has_moved ? progress::moved : progress::blocked;
        std::size_t size = std::min(room, left);
        const bool is_short = stage_.strikes(faults.short_sends);
        if (is_short)
            size = stage_.random().up_to(size);
        const bool resets = peer_ != nullptr && stage_.strikes(faults.resets);
        if (resets)
            size = stage_.random().below(size + 1);
        deliver(gather(op.parts, size));
        io::detail::drop_sent(op.parts, size);
        op.transferred += size;
        has_moved = true;
        if (resets) {
            break_connection();
        } else if (is_short && size < left) {
            return progress::moved;
        }
    }
    op.outcome = static_cast<std::int64_t>(op.transferred);
    return progress::done;
}

std::vector<std::byte> stream::gather(const send_parts& parts, std::size_t size) {
    std::vector<std::byte> bytes;
    bytes.reserve(size);
    for (const std::span<const std::byte> part : parts) {
        const std::size_t of_this = std::min(part.size(), size - bytes.size());
        bytes.insert(bytes.end(), part.begin(),
                     part.begin() + static_cast<std::ptrdiff_t>(of_this));
    }
    stage_.note_bytes("sends", number_, bytes);
    return bytes;
}

void stream::deliver(std::vector<std::byte> bytes) {
    if (bytes.empty())
        return;
    if (stage_.strikes(stage_.how().faults.altered_bytes))
        bytes[stage_.random().below(bytes.size())] ^= std::byte{1};
    if (stage_.strikes(stage_.how().faults.lost_bytes))
        bytes.erase(bytes.begin() +
                    static_cast<std::ptrdiff_t>(stage_.random().below(bytes.size())));
    if (peer_ != nullptr) {
        peer_->put(packet_kind::data, std::move(bytes));
    } else if (!std::exchange(answered_reset_, true)) {
        put(packet_kind::reset); // nobody is there: the bytes vanish, and that is the answer
    }
}

void stream::end_sending() {
    if (std::exchange(sending_ended_, true))
        return;
    stage_.note("ends", number_);
    if (peer_ != nullptr)
        peer_->put(packet_kind::end);
}

void stream::close(bool with_reset) {
    stage_.note(with_reset ? "closes with a reset" : "closes", number_,
                static_cast<std::int64_t>(incoming_bytes_));
    stream* const other = std::exchange(peer_, nullptr);
    if (other == nullptr)
        return;
    other->peer_ = nullptr;
    if (with_reset || incoming_bytes_ > 0) {
        other->put(packet_kind::reset);
        other->answered_reset_ = true;
    } else if (!sending_ended_) {
        other->put(packet_kind::end);
    }
}

// A reset overtakes nothing that has arrived, but of what is still on its way any part may be lost.
void stream::lose_what_is_on_its_way() {
    while (!incoming_.empty() && incoming_.back().at > stage_.now() &&
           stage_.random().below(2) == 0) {
        incoming_bytes_ -= incoming_.back().bytes.size() - incoming_.back().taken;
        incoming_.pop_back();
    }
}

void stream::break_connection() {
    stage_.note("breaks", number_);
    stream* const other = std::exchange(peer_, nullptr);
    lose_what_is_on_its_way();
    last_arrival_ = stage_.now();
    incoming_.push_back({packet_kind::reset, stage_.now(), {}, 0});
    answered_reset_ = true;
    if (other == nullptr)
        return;
    other->peer_ = nullptr;
    other->lose_what_is_on_its_way();
    other->put(packet_kind::reset);
    other->answered_reset_ = true;
}

} // namespace spry::io::testing::detail
