// SPDX-License-Identifier: Apache-2.0
// parser: llhttp behind a small interface; the only place that knows it.
#pragma once

#include <spry/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spry::http {

/// Reads one message after the other, in place, over a buffer that the caller owns and may move
/// between calls. Strict: what llhttp only accepts leniently is malformed (conflicting lengths, bad
/// chunk sizes, folded lines, bare LF).
///
/// A head of a form that the message knows (head_form.hpp) never gets as far as llhttp.
///
/// The parser stops behind the head. Content-Length and close-delimited bodies are the caller's to
/// count; only chunked ones come back here.
class parser {
public:
    enum class outcome : std::uint8_t {
        incomplete, ///< more bytes are needed
        complete,
        malformed,
        too_large, ///< the head, or a chunked body's framing, is beyond the limit
    };

    parser(message_kind kind, std::size_t head_bytes_max) noexcept;
    parser(const parser&) = delete;
    parser& operator=(const parser&) = delete;

    /// Begins a message. `answers_head`: an answer to HEAD, which has no body whatever it says.
    void start(message& into, bool answers_head = false) noexcept;

    /// Begins again behind an interim answer.
    void restart() noexcept { start(*message_, answers_head_); }

    /// `all` is everything received since the message began; only what is new is looked at. On
    /// `complete` the message's head is filled in, with its views into `all`, and `head_size` says
    /// where the body begins.
    outcome parse_head(std::string_view all);
    std::size_t head_size() const noexcept { return parsed_; }

    struct chunk_progress {
        outcome found;
        std::size_t
            consumed; ///< bytes of `raw` that were looked at; on `complete` the message ends there
        std::size_t body_bytes; ///< bytes of body found in them
    };
    /// Decodes what has been received of a chunked body and moves its bytes together, from
    /// `body_end` on, which is at or before `raw`. Trailers go into the message.
    chunk_progress parse_chunks(char* body_end, char* raw, std::size_t size);

private:
    struct callbacks;

    outcome finish_head(std::string_view all) noexcept;
    bool add_trailer_name(const char* at, std::size_t size);
    bool add_trailer_value(const char* at, std::size_t size);
    bool copy_trailer(const char* at, std::size_t size);

    // llhttp_t, which only parser.cpp sees; its size and alignment are asserted there.
    static constexpr std::size_t llhttp_bytes = 96;
    alignas(8) std::byte llhttp_[llhttp_bytes];

    std::size_t head_bytes_max_;
    message* message_ = nullptr;
    header_table::entry* field_ = nullptr; // the line that is being read
    const char* base_ = nullptr;           // what offsets count from, during a call
    const char* resumed_at_ = nullptr;
    char* body_end_ = nullptr;
    std::size_t parsed_ = 0;
    std::size_t framing_bytes_ = 0; // of a chunked body, since its last byte of content
    bool in_value_ = false;
    bool head_complete_ = false;
    bool message_complete_ = false;
    bool too_large_ = false;
    bool answers_head_ = false;
};

} // namespace spry::http
