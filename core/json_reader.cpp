// SPDX-License-Identifier: Apache-2.0
#include <spry/core/json_reader.hpp>

#include <spry/core/detail/json_decoder.hpp>
#include <spry/core/json_on_demand.hpp>
#include <spry/core/json_syntax.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace spry::json {

namespace ondemand = simdjson::ondemand;

struct reader::state {
    ondemand::parser parser;
};

namespace {

using detail::decoder;
using detail::read_function;

/// The smallest capacity of a parser. Larger ones are rounded up to a power of two: events of one
/// kind differ in size, and each step allocates anew.
constexpr std::size_t capacity_min = 1024;

bool read_document(decoder& from, ondemand::parser& parser, void* target, read_function read) {
    ondemand::document document;
    const std::size_t size = from.text.size();
    const simdjson::padded_string_view padded(from.text.data(), size, size + padding);
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
    const bool is_complete = document.is_alive() && document.at_end();
    return is_complete || from.fail_broken(simdjson::TRAILING_CONTENT);
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
                                  void* target, detail::read_function read_one) {
    problem_.clear();
    std::string_view body = text;
    if (body.starts_with(byte_order_mark))
        body.remove_prefix(byte_order_mark.size());
    const std::size_t first = body.find_first_not_of(detail::white_space);
    const bool is_container =
        first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
    if (!is_container)
        body = wrapped(body, arena);

    state* parsing = prepare(body.size());
    if (parsing == nullptr)
        return std::make_error_code(std::errc::not_enough_memory);
    decoder from(body, arena, problem_);
    from.is_wrapped = !is_container;
    if (read_document(from, parsing->parser, target, read_one) && first != std::string_view::npos) {
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
