// SPDX-License-Identifier: Apache-2.0
// The bounds of everything a peer can make http hold, in one place; each is a default that an
// option overrides.
#pragma once

#include <chrono>
#include <cstddef>

namespace spry::http {

/// Start line and header block of one message, its final empty line included.
inline constexpr std::size_t head_bytes_max_default = 32 * 1024;
/// The same where other languages' runtimes are the clients: their X-Ray cause header alone may
/// have 1 MiB.
inline constexpr std::size_t runtime_api_head_bytes_max = 1'310'720;

/// 6 MiB and 100 bytes, what Lambda allows for an event and for a response (runtime
/// contract 1.3, 1.5).
inline constexpr std::size_t body_bytes_max_default = 6'291'556;

/// Header lines of one message, and its trailer lines, together.
inline constexpr std::size_t header_count_max = 256;

/// Interim (1xx) answers in front of one final answer.
inline constexpr int interim_answers_max = 8;

/// Bytes behind a body that are readable, so that simdjson can read past its end; nothing is
/// received into a buffer's last `padding_bytes`.
inline constexpr std::size_t padding_bytes = 64;

/// What a client's buffer keeps free behind an event and its padding, for the answer to our own
/// request.
inline constexpr std::size_t bytes_behind_event = 16 * 1024;

inline constexpr std::size_t client_buffer_bytes = 64 * 1024;
inline constexpr std::size_t server_buffer_bytes = 4 * 1024;

/// A mapping for large messages is given back once this many messages in a row did not need it.
inline constexpr unsigned small_messages_before_shrink = 64;

inline constexpr std::size_t server_connections_max_default = 256;
inline constexpr std::chrono::seconds idle_timeout_default{75};
inline constexpr std::chrono::seconds read_timeout_default{60};

/// What a server discards of a body that its handler did not read, before it closes instead.
inline constexpr std::size_t drained_bytes_max = 64 * 1024;
/// How long, and how much, a server that closes early still reads, so that the peer can see the
/// answer (RFC 9112 9.6).
inline constexpr std::chrono::seconds linger_timeout{5};
inline constexpr std::size_t lingering_bytes_max = 64 * 1024 * 1024;

} // namespace spry::http
