// SPDX-License-Identifier: Apache-2.0
// message: one received HTTP/1.1 request or answer.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/http/headers.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spry::http {

class head_form;

enum class message_kind : std::uint8_t { request, response };

/// How the end of a body is found (RFC 9112 6.3).
enum class body_framing : std::uint8_t {
    none,        ///< there is no body
    length,      ///< Content-Length
    chunked,     ///< Transfer-Encoding: chunked
    until_close, ///< an answer that ends with its connection
};

/// What a `connection` has read. The object is reused from message to message and owns only
/// offsets; every view it gives points into the connection's receive buffer and ends with the next
/// read on that connection, or, for a message that is retained, with its release. Views of the head
/// survive the reading of the body.
class message {
public:
    message() noexcept = default;
    /// For answers to one request that is made again and again: `known` is the form of their heads,
    /// and outlives the message.
    explicit message(head_form& known) noexcept : form_(&known) {}
    message(const message&) = delete;
    message& operator=(const message&) = delete;

    /// Request: "GET". Static text.
    std::string_view method() const noexcept { return method_; }
    /// Request: the target as it was sent, undecoded: "/a%20b?c=d". Of the absolute form
    /// ("http://host/a"), all of it.
    std::string_view target() const noexcept { return {head_ + target_offset_, target_size_}; }
    /// Request: the target up to its '?', and what is behind that.
    std::string_view path() const noexcept;
    std::string_view query() const noexcept;

    /// Answer: 200.
    int status() const noexcept { return status_; }
    bool is_success() const noexcept { return status_ / 100 == 2; }

    bool is_http_1_0() const noexcept { return http_minor_ == 0; }
    /// Whether the connection may carry another message behind this one.
    bool keeps_alive() const noexcept { return keeps_alive_; }
    /// Request: the peer waits for an interim answer before it sends its body.
    bool expects_continue() const noexcept { return expects_continue_; }

    /// The value of the first header with that name, in any case; present and empty is an empty
    /// view.
    std::optional<std::string_view> header(std::string_view name) const noexcept;
    /// The same where absent and empty mean the same.
    std::string_view header_or_empty(std::string_view name) const noexcept;
    std::size_t header_count() const noexcept { return head_count_; }
    field header_at(std::size_t index) const noexcept {
        SPRY_ASSERT(index < head_count_);
        return field_of(fields_[index], head_);
    }

    /// Answers with the same number have headers of the same names in the same order, none of them
    /// empty. 0 where the message has no form that is known.
    std::uint32_t form_number() const noexcept { return form_number_; }

    body_framing framing() const noexcept { return framing_; }
    /// For `body_framing::length`: the announced size.
    std::uint64_t content_length() const noexcept { return content_length_; }

    /// The whole body once it was read whole: contiguous, with `padding_bytes` readable bytes
    /// behind it, whose values are nobody's business.
    std::span<const std::byte> body() const noexcept { return body_; }
    std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(body_.data()), body_.size()};
    }

    /// Known once the whole body was read. Copies, valid until this object is reused.
    std::optional<std::string_view> trailer(std::string_view name) const noexcept;
    std::size_t trailer_count() const noexcept { return fields_.size() - head_count_; }
    field trailer_at(std::size_t index) const noexcept;

    /// As new, before anything was read.
    void clear() noexcept;

private:
    friend class parser;
    friend class connection;
    friend class head_form;

    // Blanks in front of a value are skipped by the parser, those behind it are not.
    static field field_of(const header_table::entry& entry, const char* base) noexcept {
        std::string_view value{base + entry.value_offset, entry.value_size};
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t'))
            value.remove_suffix(1);
        return {std::string_view{base + entry.name_offset, entry.name_size}, value};
    }

    const char* head_ = ""; // the message's first byte; set when the head is complete and at rest
    std::string_view method_;
    std::uint32_t target_offset_ = 0;
    std::uint32_t target_size_ = 0;
    int status_ = 0;
    std::uint8_t http_minor_ = 1;
    body_framing framing_ = body_framing::none;
    bool keeps_alive_ = false;
    bool expects_continue_ = false;
    std::uint64_t content_length_ = 0;
    std::span<const std::byte> body_;
    std::size_t head_count_ =
        0; // entries of `fields_` behind these are trailers, with offsets into `trailers_`
    std::string trailers_; // copied: chunks are closed up in the buffer while trailers arrive
    header_table fields_;
    head_form* form_ = nullptr;
    std::uint32_t form_number_ = 0;
};

} // namespace spry::http
