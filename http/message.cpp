// SPDX-License-Identifier: Apache-2.0
#include <spry/http/message.hpp>

namespace spry::http {

std::string_view message::path() const noexcept {
    return target().substr(0, target().find('?'));
}

std::string_view message::query() const noexcept {
    const std::size_t mark = target().find('?');
    return mark == std::string_view::npos ? std::string_view{} : target().substr(mark + 1);
}

std::optional<std::string_view> message::header(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < head_count_; ++i) {
        const header_table::entry& entry = fields_[i];
        if (entry.name_size != name.size())
            continue;
        if (!equal_ignoring_case({head_ + entry.name_offset, entry.name_size}, name))
            continue;
        return field_of(entry, head_).value;
    }
    return std::nullopt;
}

std::string_view message::header_or_empty(std::string_view name) const noexcept {
    return header(name).value_or(std::string_view{});
}

std::optional<std::string_view> message::trailer(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < trailer_count(); ++i) {
        const field found = trailer_at(i);
        if (equal_ignoring_case(found.name, name))
            return found.value;
    }
    return std::nullopt;
}

field message::trailer_at(std::size_t index) const noexcept {
    SPRY_ASSERT(index < trailer_count());
    return field_of(fields_[head_count_ + index], trailers_.data());
}

void message::clear() noexcept {
    head_ = "";
    method_ = {};
    target_offset_ = 0;
    target_size_ = 0;
    status_ = 0;
    http_minor_ = 1;
    framing_ = body_framing::none;
    keeps_alive_ = false;
    expects_continue_ = false;
    content_length_ = 0;
    body_ = {};
    head_count_ = 0;
    trailers_.clear();
    fields_.clear();
    form_number_ = 0;
}

} // namespace spry::http
