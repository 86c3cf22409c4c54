// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_reader.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/json_on_demand.hpp>
#include <spry/core/json_syntax.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <new>

namespace spry::json {

namespace ondemand = simdjson::ondemand;

namespace {

/// The smallest capacity of a parser, and what larger ones are rounded up from: events of one kind
/// differ in size, and each step allocates anew.
constexpr std::size_t capacity_min = 1024;

/// Longer numbers are not quoted in a message.
constexpr std::size_t quoted_number_bytes_max = 32;

constexpr std::string_view white_space = " \t\n\r";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_number(std::string_view token) noexcept {
    return !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9'));
}

std::string_view trimmed(std::string_view text) noexcept {
    return text.substr(0, text.find_last_not_of(white_space) + 1);
}

std::string_view kind_of(std::string_view token) noexcept {
    switch (token.empty() ? '\0' : token[0]) {
    case '{':
        return "an object";
    case '[':
        return "an array";
    case '"':
        return "a string";
    case 't':
        return "true";
    case 'f':
        return "false";
    case 'n':
        return "null";
    default:
        return "a number";
    }
}

} // namespace

struct reader::state {
    ondemand::parser parser;
};

namespace detail {

/// One read under way: the current value, and, once it has failed, what was expected there.
class decoder {
public:
    decoder(std::pmr::memory_resource& arena, mismatch& problem) noexcept
        : arena(arena), problem(problem) {}

    std::pmr::memory_resource& arena;
    mismatch& problem;
    ondemand::value value;
    std::size_t depth = 0;
    bool is_wrapped = false; ///< the document is one scalar, made the only element of an array

    /// Whether the current value is the document itself, an array or object: simdjson's functions
    /// for scalars assume that there is a container around theirs.
    bool is_whole_document() const noexcept { return depth == 0 && !is_wrapped; }

    /// Why the read failed. All of these return false, for the caller to return in turn.
    bool fail(std::string_view wanted) noexcept {
        expected_size_ = 0;
        expect(wanted);
        found_ = kind_of(token());
        return false;
    }
    /// For a number of the wrong kind or size, which is quoted.
    bool fail_number(std::string_view wanted) noexcept {
        fail(wanted);
        const std::string_view number = token();
        if (is_number(number) && number.size() <= quoted_number_bytes_max)
            found_ = number;
        return false;
    }
    bool fail_range(std::int64_t min, std::int64_t max) noexcept {
        fail_number("an integer from ");
        expect(min);
        expect(" to ");
        expect(max);
        return false;
    }
    bool fail_range(std::uint64_t max) noexcept {
        fail_number("an integer from 0 to ");
        expect(max);
        return false;
    }
    bool fail_count(std::size_t count, std::string_view found) noexcept {
        expected_size_ = 0;
        expect("an array of ");
        expect(count);
        found_ = found;
        return false;
    }
    bool fail_depth() noexcept {
        expected_size_ = 0;
        expect("at most ");
        expect(depth_max);
        expect(" levels");
        found_ = "more";
        return false;
    }
    bool fail_missing(std::string_view key) noexcept {
        missing_ = true;
        problem.prepend_member(key);
        return false;
    }
    bool fail_broken(simdjson::error_code error) noexcept {
        broken = error;
        return false;
    }

    void report() noexcept {
        if (missing_) {
            problem.finish_missing();
        } else {
            problem.finish_expected({expected_.data(), expected_size_}, found_);
        }
    }

    /// What simdjson said about the text itself, if it did.
    simdjson::error_code broken = simdjson::SUCCESS;

private:
    std::string_view token() noexcept { return trimmed(value.raw_json_token()); }

    void expect(std::string_view piece) noexcept {
        SPRY_ASSERT(piece.size() <= expected_.size() - expected_size_);
        std::memcpy(expected_.data() + expected_size_, piece.data(), piece.size());
        expected_size_ += piece.size();
    }
    template <integer Number>
    void expect(Number number) noexcept {
        char* begin = expected_.data() + expected_size_;
        const auto written = std::to_chars(begin, expected_.data() + expected_.size(), number);
        SPRY_ASSERT(written.ec == std::errc());
        expected_size_ += static_cast<std::size_t>(written.ptr - begin);
    }

    std::array<char, 80> expected_;
    std::size_t expected_size_ = 0;
    std::string_view found_;
    bool missing_ = false;
};

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
    text = trimmed(text);
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
        if (members.all_seen())
            break;
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

namespace {

bool read_document(decoder& from, ondemand::parser& parser, std::string_view text, void* target,
                   read_function read) {
    ondemand::document document;
    const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + padding);
    if (const auto error = parser.iterate(padded).get(document))
        return from.fail_broken(error);
    if (const auto error = document.get_value().get(from.value))
        return from.fail_broken(error);
    if (!from.is_wrapped) {
        if (!read(from, target))
            return false;
    } else {
        ondemand::array only;
        if (const auto error = from.value.get_array().get(only))
            return from.fail_broken(error);
        std::size_t count = 0;
        for (auto item : only) {
            if (count++ > 0)
                return from.fail_broken(simdjson::TRAILING_CONTENT);
            if (const auto error = std::move(item).get(from.value))
                return from.fail_broken(error);
            if (!read(from, target))
                return false;
        }
    }
    return document.at_end() || from.fail_broken(simdjson::TRAILING_CONTENT);
}

/// simdjson reads a document that is one bare scalar through separate functions. As the element of
/// an array, in the arena, it is a value like any other.
std::string_view wrapped(std::string_view scalar, std::pmr::memory_resource& arena) {
    const std::size_t size = scalar.size() + 2;
    char* copy = static_cast<char*>(arena.allocate(size + padding, 1));
    copy[0] = '[';
    std::memcpy(copy + 1, scalar.data(), scalar.size());
    copy[size - 1] = ']';
    std::memset(copy + size, 0, padding);
    return {copy, size};
}

} // namespace

} // namespace detail

reader::reader() noexcept = default;
reader::~reader() = default;

void reader::shrink() noexcept {
    state_.reset();
}

reader::state* reader::prepare(std::size_t text_bytes) {
    if (state_ == nullptr)
        state_ = std::make_unique<state>();
    ondemand::parser& parser = state_->parser;
    if (parser.capacity() < text_bytes || parser.capacity() == 0) {
        const std::size_t capacity = std::bit_ceil(std::max(text_bytes, capacity_min));
        // What is skipped may nest deeper than what is read: simdjson's limit is not ours.
        if (parser.allocate(capacity, depth_max + 2) != simdjson::SUCCESS)
            return nullptr;
    }
    return state_.get();
}

std::error_code reader::read_into(std::string_view text, std::pmr::memory_resource& arena,
                                  void* target, detail::read_function read) {
    problem_.clear();
    std::string_view body = text;
    if (body.starts_with(byte_order_mark))
        body.remove_prefix(byte_order_mark.size());
    const std::size_t first = body.find_first_not_of(white_space);
    const bool is_container =
        first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
    if (!is_container)
        body = detail::wrapped(body, arena);

    state* parsing = prepare(body.size());
    if (parsing == nullptr)
        return std::make_error_code(std::errc::not_enough_memory);
    detail::decoder from(arena, problem_);
    from.is_wrapped = !is_container;
    if (detail::read_document(from, parsing->parser, body, target, read) &&
        first != std::string_view::npos) {
        return {};
    }

    // The error may be a consequence of text that is not JSON: that is told first, with its place.
    if (const auto error = find_syntax_error(text)) {
        problem_.clear();
        problem_.finish_invalid(error->byte, error->reason);
        return make_error_code(errc::invalid_json);
    }
    if (from.broken != simdjson::SUCCESS) {
        problem_.clear();
        problem_.finish_invalid(0, simdjson::error_message(from.broken));
        return make_error_code(errc::invalid_json);
    }
    from.report();
    return make_error_code(errc::json_mismatch);
}

simdjson::simdjson_result<ondemand::document> iterate(reader& owner, std::string_view text) {
    reader::state* parsing = owner.prepare(text.size());
    if (parsing == nullptr)
        return simdjson::MEMALLOC;
    const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + padding);
    return parsing->parser.iterate(padded);
}

} // namespace spry::json
