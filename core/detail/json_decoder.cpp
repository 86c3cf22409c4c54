// SPDX-License-Identifier: Apache-2.0
#include <spry/core/detail/json_decoder.hpp>

#include <spry/core/json_reader.hpp>
#include <spry/core/json_syntax.hpp>

#include <bit>
#include <limits>
#include <utility>

namespace spry::json::detail {

namespace {

/// Counts the containers around the current value.
class level {
public:
    explicit level(decoder& from) noexcept : depth_(from.depth) { ++depth_; }
    ~level() { --depth_; }
    level(const level&) = delete;
    level& operator=(const level&) = delete;

    bool too_deep() const noexcept { return depth_ > depth_max; }

private:
    std::size_t& depth_;
};

/// The members of a struct that have not been seen yet: events mostly name them in the order of the
/// struct, so the search begins behind the last one found.
class field_finder {
public:
    field_finder(const read_field* fields, std::size_t count) noexcept
        : fields_(fields), open_(count == 64 ? ~0ull : (1ull << count) - 1) {}

    bool all_seen() const noexcept { return open_ == 0; }

    const read_field* find(std::string_view key) noexcept {
        // Bits at and behind the last one found, then those before it.
        const std::uint64_t behind = next_ == 64 ? 0 : ~0ull << next_;
        if (const read_field* field = find(key, open_ & behind))
            return field;
        return find(key, open_ & ~behind);
    }

    const read_field* missing() const noexcept {
        for (std::uint64_t bits = open_; bits != 0; bits &= bits - 1) {
            const read_field& field = fields_[std::countr_zero(bits)];
            if (field.required)
                return &field;
        }
        return nullptr;
    }

private:
    const read_field* find(std::string_view key, std::uint64_t among) noexcept {
        for (; among != 0; among &= among - 1) {
            const auto index = static_cast<std::size_t>(std::countr_zero(among));
            if (fields_[index].key != key)
                continue;
            open_ &= ~(1ull << index);
            next_ = index + 1;
            return &fields_[index];
        }
        return nullptr;
    }

    const read_field* fields_;
    std::uint64_t open_;
    std::size_t next_ = 0;
};

} // namespace

bool read_string(decoder& from, std::string_view& target) noexcept {
    // An unpaired surrogate becomes U+FFFD: Python and JavaScript send them, and the function must
    // see the event.
    constexpr bool replace_unpaired_surrogates = true;
    if (!from.is_whole_document() &&
        from.value.get_string(replace_unpaired_surrogates).get(target) == simdjson::SUCCESS) {
        return true;
    }
    return from.fail("a string");
}

bool read_bool(decoder& from, bool& target) noexcept {
    if (!from.is_whole_document() && from.value.get_bool().get(target) == simdjson::SUCCESS) {
        return true;
    }
    return from.fail("true or false");
}

bool read_double(decoder& from, double& target) noexcept {
    if (from.is_whole_document())
        return from.fail("a number");
    const simdjson::error_code error = from.value.get_double().get(target);
    if (error == simdjson::SUCCESS)
        return true;
    if (error == simdjson::INCORRECT_TYPE)
        return from.fail("a number");
    return from.fail_number("a number within the range of double");
}

bool read_float(decoder& from, float& target) noexcept {
    double wide = 0;
    if (!read_double(from, wide))
        return false;
    if (wide > std::numeric_limits<float>::max() || wide < std::numeric_limits<float>::lowest()) {
        return from.fail_number("a number within the range of float");
    }
    target = static_cast<float>(wide);
    return true;
}

bool read_signed(decoder& from, std::int64_t& target, std::int64_t min, std::int64_t max) noexcept {
    if (!from.is_whole_document() && from.value.get_int64().get(target) == simdjson::SUCCESS &&
        target >= min && target <= max) {
        return true;
    }
    return from.fail_range(min, max);
}

bool read_unsigned(decoder& from, std::uint64_t& target) noexcept {
    constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    if (from.is_whole_document())
        return from.fail_range(max);
    if (from.value.get_uint64().get(target) == simdjson::SUCCESS)
        return true;
    // -0 is zero.
    std::int64_t zero = 0;
    if (from.value.get_int64().get(zero) == simdjson::SUCCESS && zero == 0) {
        target = 0;
        return true;
    }
    return from.fail_range(max);
}

bool read_null(decoder& from) noexcept {
    bool null = false;
    return !from.is_whole_document() && from.value.is_null().get(null) == simdjson::SUCCESS && null;
}

bool read_raw(decoder& from, raw& target) noexcept {
    std::string_view text;
    if (const auto error = from.value.raw_json().get(text))
        return from.fail_broken(error);
    // In unbalanced text the value may lie behind the end, where its length means nothing.
    if (!from.is_inside(text.data()) ||
        text.size() > static_cast<std::size_t>(from.text.data() + from.text.size() - text.data())) {
        return from.fail_broken(simdjson::TAPE_ERROR);
    }
    // On-Demand's text of a value reaches up to what follows it.
    text = text.substr(0, text.find_last_not_of(white_space) + 1);
    // Stage one has seen strings and brackets; of other scalars it only knows where they begin.
    const bool seen = !text.empty() && (text[0] == '{' || text[0] == '[' || text[0] == '"');
    if (!seen && find_syntax_error(text))
        return from.fail_broken(simdjson::TAPE_ERROR);
    target.text = text;
    return true;
}

bool read_object(decoder& from, void* target, const read_field* fields, std::size_t count) {
    ondemand::object object;
    if (from.value.get_object().get(object) != simdjson::SUCCESS)
        return from.fail("an object");
    const level here(from);
    if (here.too_deep())
        return from.fail_depth();
    field_finder members(fields, count);
    for (auto item : object) {
        ondemand::field found;
        if (const auto error = std::move(item).get(found))
            return from.fail_broken(error);
        std::string_view key = found.escaped_key();
        const read_field* field = members.find(key);
        if (field == nullptr && key.find('\\') != std::string_view::npos) {
            if (const auto error = found.unescaped_key(true).get(key))
                return from.fail_broken(error);
            field = members.find(key);
        }
        if (field == nullptr)
            continue;
        from.value = std::move(found).value();
        if (!field->read(from, target)) {
            from.problem.prepend_member(field->key);
            return false;
        }
        // Here, not in front of the member behind it: what is wrong there would be reported by an
        // item that nobody looks at, and simdjson's loops around this one would end in silence.
        if (members.all_seen())
            break;
    }
    if (const read_field* missing = members.missing())
        return from.fail_missing(missing->key);
    // Whoever iterates around this object skips what was not looked at; around the outermost nobody
    // does.
    if (from.depth == 1) {
        std::string_view rest;
        if (const auto error = object.raw_json().get(rest))
            return from.fail_broken(error);
    }
    return true;
}

bool read_list(decoder& from, void* target, read_function append) {
    ondemand::array array;
    if (from.value.get_array().get(array) != simdjson::SUCCESS)
        return from.fail("an array");
    const level here(from);
    if (here.too_deep())
        return from.fail_depth();
    std::size_t index = 0;
    for (auto item : array) {
        if (const auto error = std::move(item).get(from.value))
            return from.fail_broken(error);
        if (!append(from, target)) {
            from.problem.prepend_index(index);
            return false;
        }
        ++index;
    }
    return true;
}

bool read_array(decoder& from, void* target, std::size_t count,
                bool (*at)(decoder& from, void* target, std::size_t index)) {
    ondemand::array array;
    if (from.value.get_array().get(array) != simdjson::SUCCESS)
        return from.fail("an array");
    const level here(from);
    if (here.too_deep())
        return from.fail_depth();
    std::size_t index = 0;
    for (auto item : array) {
        if (const auto error = std::move(item).get(from.value))
            return from.fail_broken(error);
        if (index == count)
            return from.fail_count(count, "more elements");
        if (!at(from, target, index)) {
            from.problem.prepend_index(index);
            return false;
        }
        ++index;
    }
    return index == count || from.fail_count(count, "fewer elements");
}

bool read_map(decoder& from, void* target,
              bool (*insert)(decoder& from, void* target, std::string_view key)) {
    ondemand::object object;
    if (from.value.get_object().get(object) != simdjson::SUCCESS)
        return from.fail("an object");
    const level here(from);
    if (here.too_deep())
        return from.fail_depth();
    for (auto item : object) {
        ondemand::field found;
        if (const auto error = std::move(item).get(found))
            return from.fail_broken(error);
        std::string_view key;
        if (const auto error = found.unescaped_key(true).get(key))
            return from.fail_broken(error);
        from.value = std::move(found).value();
        if (!insert(from, target, key)) {
            from.problem.prepend_member(key);
            return false;
        }
    }
    return true;
}

std::pmr::memory_resource& arena_of(decoder& from) noexcept {
    return from.arena;
}

} // namespace spry::json::detail
