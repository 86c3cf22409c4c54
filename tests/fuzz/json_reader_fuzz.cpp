// SPDX-License-Identifier: Apache-2.0
// Events read into types: what could be read can be written, what was written is JSON, and reading
// that gives the same again. What could not be read says so in one line.
#include "support/input.hpp"

#include <spry/core/assert.hpp>
#include <spry/core/error.hpp>
#include <spry/core/json.hpp>
#include <spry/core/json_syntax.hpp>
#include <spry/core/utf8.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

namespace fuzzed {

struct point {
    double x = 0;
    std::optional<float> y;
};
SPRY_JSON(point, required(x), y)

struct record {
    std::string_view id;
    std::string owned;
    std::int64_t large = 0;
    std::uint64_t unsigned_large = 0;
    std::int8_t small = 0;
    bool flag = false;
    std::optional<int> maybe;
    std::vector<point> points;
    std::vector<bool> flags;
    std::array<int, 2> pair{};
    std::map<std::string, std::string> names;
};
SPRY_JSON(record, required(id), owned, large, unsigned_large, small, flag, maybe, points, flags,
          pair, named(names, "the names"))

// As large as it gets: a message of a queue, with texts in an arena.
struct queue_message {
    std::string_view messageId;
    std::string_view body;
    std::pmr::map<std::pmr::string, std::pmr::string> attributes;
};
SPRY_JSON(queue_message, required(messageId), body, attributes)
struct queue_event {
    std::pmr::vector<queue_message> Records;
};
SPRY_JSON(queue_event, required(Records))

struct tree {
    int value = 0;
    std::vector<tree> children;
};
SPRY_JSON(tree, value, children)

struct kept {
    spry::json::raw text;
    std::optional<spry::json::raw> more;
};
SPRY_JSON(kept, text, more)

} // namespace fuzzed

namespace {

using namespace spry;

// A text in memory that ends behind its padding, which holds what a reader that goes too far would
// take for JSON.
class padded {
public:
    explicit padded(std::string_view text)
        : size_(text.size()), bytes_(std::make_unique<char[]>(text.size() + json::padding)) {
        std::ranges::copy(text, bytes_.get());
        std::fill_n(bytes_.get() + size_, json::padding, '}');
    }
    std::string_view text() const { return {bytes_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<char[]> bytes_;
};

template <class T, bool IsCopied>
void read_and_write(std::string_view text) {
    const padded given{text};
    std::pmr::monotonic_buffer_resource arena;
    json::reader reader;
    const result<T> value = reader.read<T>(given.text(), arena);
    if (!value) {
        SPRY_ASSERT(value.error() == errc::invalid_json || value.error() == errc::json_mismatch);
        const std::string_view why = reader.problem().text();
        SPRY_ASSERT(!why.empty() && utf8::is_valid(why));
        SPRY_ASSERT(why.find('\n') == std::string_view::npos);
        return;
    }
    SPRY_ASSERT(reader.problem().text().empty());
    const padded written{json::to_string(*value)};
    // A json::raw was looked at for brackets, not for more, and is copied as it stands.
    if constexpr (!IsCopied)
        SPRY_ASSERT(!json::find_syntax_error(written.text()));
    json::reader reader_again;
    const result<T> again = reader_again.read<T>(written.text(), arena);
    if constexpr (IsCopied) {
        if (!again)
            return;
    }
    SPRY_ASSERT(again.has_value());
    SPRY_ASSERT(json::to_string(*again) == written.text());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input from{data, size};
    const std::uint8_t type = from.byte();
    const std::string_view text = from.rest();
    switch (type % 8) {
    case 0:
        read_and_write<fuzzed::record, false>(text);
        break;
    case 1:
        read_and_write<fuzzed::queue_event, false>(text);
        break;
    case 2:
        read_and_write<fuzzed::tree, false>(text);
        break;
    case 3:
        read_and_write<fuzzed::kept, true>(text);
        break;
    case 4:
        read_and_write<double, false>(text);
        break;
    case 5:
        read_and_write<std::string, false>(text);
        break;
    case 6:
        read_and_write<std::map<std::string, std::vector<float>>, false>(text);
        break;
    default:
        read_and_write<std::optional<std::vector<std::uint8_t>>, false>(text);
        break;
    }
    return 0;
}
