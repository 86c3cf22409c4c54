// SPDX-License-Identifier: Apache-2.0
#include <spry/http/parser.hpp>

#include <spry/core/assert.hpp>
#include <spry/http/head_form.hpp>
#include <spry/http/limits.hpp>

#include <algorithm>
#include <cstring>
#include <new>

#include <llhttp.h>

namespace spry::http {

namespace {

llhttp_t* as_llhttp(std::byte* memory) noexcept {
    return std::launder(reinterpret_cast<llhttp_t*>(memory));
}

} // namespace

// llhttp calls back with pieces of the input. A piece continues the one before where the input was
// cut; a header value may come in any number of them, and an empty one in none at all.
struct parser::callbacks {
    static parser& self(llhttp_t* from) noexcept { return *static_cast<parser*>(from->data); }

    static int on_url(llhttp_t* from, const char* at, std::size_t size) {
        parser& me = self(from);
        if (me.message_->target_size_ == 0)
            me.message_->target_offset_ = static_cast<std::uint32_t>(at - me.base_);
        me.message_->target_size_ += static_cast<std::uint32_t>(size);
        return HPE_OK;
    }

    static int on_header_field(llhttp_t* from, const char* at, std::size_t size) {
        parser& me = self(from);
        if (me.head_complete_) [[unlikely]]
            return me.add_trailer_name(at, size) ? HPE_OK : HPE_USER;
        const auto offset = static_cast<std::uint32_t>(at - me.base_);
        header_table::entry* field = me.field_;
        // Two names without a value between them are one that was cut, or one behind an empty
        // value.
        if (field != nullptr && !me.in_value_ && offset == field->name_offset + field->name_size)
            [[unlikely]] {
            field->name_size += static_cast<std::uint32_t>(size);
            return HPE_OK;
        }
        field = me.field_ = me.message_->fields_.add();
        if (field == nullptr) {
            me.too_large_ = true;
            return HPE_USER;
        }
        me.in_value_ = false;
        field->name_offset = offset;
        field->name_size = static_cast<std::uint32_t>(size);
        return HPE_OK;
    }

    static int on_header_value(llhttp_t* from, const char* at, std::size_t size) {
        parser& me = self(from);
        if (me.head_complete_) [[unlikely]]
            return me.add_trailer_value(at, size) ? HPE_OK : HPE_USER;
        const auto offset = static_cast<std::uint32_t>(at - me.base_);
        if (!me.in_value_)
            me.field_->value_offset = offset;
        me.in_value_ = true;
        me.field_->value_size = offset + static_cast<std::uint32_t>(size) - me.field_->value_offset;
        return HPE_OK;
    }

    static int on_headers_complete(llhttp_t* from) {
        self(from).head_complete_ = true;
        return HPE_PAUSED;
    }

    static int on_body(llhttp_t* from, const char* at, std::size_t size) {
        parser& me = self(from);
        if (me.body_end_ != at)
            std::memmove(me.body_end_, at, size);
        me.body_end_ += size;
        return HPE_OK;
    }

    static int on_message_complete(llhttp_t* from) {
        self(from).message_complete_ = true;
        return HPE_PAUSED;
    }

    static constexpr llhttp_settings_t make_settings() noexcept {
        llhttp_settings_t made{};
        made.on_url = on_url;
        made.on_header_field = on_header_field;
        made.on_header_value = on_header_value;
        made.on_headers_complete = on_headers_complete;
        made.on_body = on_body;
        made.on_message_complete = on_message_complete;
        return made;
    }
};

parser::parser(message_kind kind, std::size_t head_bytes_max) noexcept
    : head_bytes_max_(head_bytes_max) {
    static_assert(sizeof(llhttp_t) == llhttp_bytes && alignof(llhttp_t) <= 8);
    SPRY_ASSERT(head_bytes_max <= INT32_MAX); // offsets have 32 bits
    llhttp_t* state = ::new (static_cast<void*>(llhttp_)) llhttp_t;
    const llhttp_type_t type = kind == message_kind::request ? HTTP_REQUEST : HTTP_RESPONSE;
    static constexpr llhttp_settings_t settings = callbacks::make_settings();
    llhttp_init(state, type, &settings);
    state->data = this;
}

void parser::start(message& into, bool answers_head) noexcept {
    into.clear();
    message_ = &into;
    field_ = nullptr;
    parsed_ = 0;
    framing_bytes_ = 0;
    in_value_ = false;
    head_complete_ = false;
    message_complete_ = false;
    too_large_ = false;
    answers_head_ = answers_head;
}

// Trailers are copied: while they arrive, the buffer is closed up over the chunks before them.
bool parser::copy_trailer(const char* at, std::size_t size) {
    std::string& text = message_->trailers_;
    too_large_ = text.size() + size > head_bytes_max_;
    if (!too_large_)
        text.append(at, size);
    return !too_large_;
}

bool parser::add_trailer_name(const char* at, std::size_t size) {
    const bool was_cut = field_ != nullptr && !in_value_ && at == resumed_at_;
    if (!was_cut) {
        field_ = message_->fields_.add();
        if (field_ == nullptr) {
            too_large_ = true;
            return false;
        }
        field_->name_offset = static_cast<std::uint32_t>(message_->trailers_.size());
        in_value_ = false;
    }
    field_->name_size += static_cast<std::uint32_t>(size);
    return copy_trailer(at, size);
}

bool parser::add_trailer_value(const char* at, std::size_t size) {
    if (!in_value_)
        field_->value_offset = static_cast<std::uint32_t>(message_->trailers_.size());
    in_value_ = true;
    field_->value_size += static_cast<std::uint32_t>(size);
    return copy_trailer(at, size);
}

parser::outcome parser::parse_head(std::string_view all) {
    const std::size_t given = std::min(all.size(), head_bytes_max_);
    SPRY_ASSERT(!head_complete_ && given >= parsed_);
    if (given == parsed_)
        return given == head_bytes_max_ ? outcome::too_large : outcome::incomplete;

    llhttp_t* machine = as_llhttp(llhttp_);
    head_form* const form = answers_head_ ? nullptr : message_->form_;
    if (parsed_ == 0) {
        if (form != nullptr)
            parsed_ = form->match(all.substr(0, given), *message_);
        if (parsed_ != 0) {
            head_complete_ = true;
            return outcome::complete;
        }
        llhttp_reset(machine);
    }
    base_ = all.data();
    resumed_at_ = base_ + parsed_;
    const llhttp_errno_t error = llhttp_execute(machine, resumed_at_, given - parsed_);
    if (head_complete_) {
        parsed_ = static_cast<std::size_t>(llhttp_get_error_pos(machine) - base_);
        const outcome found = finish_head(all);
        if (form != nullptr && found == outcome::complete)
            form->see(all.substr(0, parsed_), *message_);
        return found;
    }
    if (error != HPE_OK)
        return too_large_ ? outcome::too_large : outcome::malformed;
    parsed_ = given;
    return given == head_bytes_max_ ? outcome::too_large : outcome::incomplete;
}

parser::outcome parser::finish_head(std::string_view all) noexcept {
    const llhttp_t& machine = *as_llhttp(llhttp_);
    message& head = *message_;
    // llhttp would also read HTTP/0.9 and the start line of HTTP/2.
    if (machine.http_major != 1)
        return outcome::malformed;
    const bool is_request = machine.type == HTTP_REQUEST;
    head.head_ = all.data();
    head.http_minor_ = machine.http_minor;
    head.head_count_ = head.fields_.size();
    head.content_length_ = machine.content_length;
    field_ = nullptr;

    bool never_has_body = answers_head_;
    if (is_request) {
        head.method_ = llhttp_method_name(static_cast<llhttp_method_t>(machine.method));
        head.expects_continue_ =
            machine.http_minor >= 1 &&
            equal_ignoring_case(head.header_or_empty("Expect"), "100-continue");
    } else {
        head.status_ = machine.status_code;
        if (head.status_ < 100 || head.status_ > 999)
            return outcome::malformed;
        never_has_body =
            never_has_body || head.status_ < 200 || head.status_ == 204 || head.status_ == 304;
    }

    if (never_has_body) {
        head.framing_ = body_framing::none;
    } else if ((machine.flags & F_CHUNKED) != 0) {
        head.framing_ = body_framing::chunked;
    } else if ((machine.flags & F_TRANSFER_ENCODING) != 0) {
        // A request whose last coding is not chunked has no end (RFC 9112 6.3).
        if (is_request)
            return outcome::malformed;
        head.framing_ = body_framing::until_close;
    } else if ((machine.flags & F_CONTENT_LENGTH) != 0) {
        head.framing_ = machine.content_length > 0 ? body_framing::length : body_framing::none;
    } else {
        head.framing_ = is_request ? body_framing::none : body_framing::until_close;
    }
    if (head.framing_ != body_framing::length)
        head.content_length_ = 0;

    const bool persists = machine.http_minor >= 1 ? (machine.flags & F_CONNECTION_CLOSE) == 0
                                                  : (machine.flags & F_CONNECTION_KEEP_ALIVE) != 0;
    head.keeps_alive_ = persists && head.framing_ != body_framing::until_close;
    return outcome::complete;
}

parser::chunk_progress parser::parse_chunks(char* body_end, char* raw, std::size_t size) {
    SPRY_ASSERT(head_complete_ && !message_complete_ && body_end <= raw);
    llhttp_t* machine = as_llhttp(llhttp_);
    // It was paused behind the head; resuming what is not paused does nothing.
    llhttp_resume(machine);
    body_end_ = body_end;
    resumed_at_ = raw;
    const llhttp_errno_t error = llhttp_execute(machine, raw, size);
    chunk_progress progress{outcome::incomplete, size,
                            static_cast<std::size_t>(body_end_ - body_end)};
    if (message_complete_) {
        progress.found = outcome::complete;
        progress.consumed = static_cast<std::size_t>(llhttp_get_error_pos(machine) - raw);
        return progress;
    }
    framing_bytes_ = progress.body_bytes > 0 ? 0 : framing_bytes_ + size;
    if (framing_bytes_ > head_bytes_max_)
        too_large_ = true;
    if (too_large_) {
        progress.found = outcome::too_large;
    } else if (error != HPE_OK) {
        progress.found = outcome::malformed;
    }
    return progress;
}

} // namespace spry::http
