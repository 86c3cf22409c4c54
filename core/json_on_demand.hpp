// SPDX-License-Identifier: Apache-2.0
// simdjson's On-Demand over a reader's parser: the way to walk an event without describing its
// type. The one header that includes simdjson.h, which costs a second and a half of compilation.
#pragma once

#include <spry/core/json_reader.hpp>

#include <simdjson.h>

#include <string_view>

namespace spry::json {

/// Starts a document over `text`, behind which `padding` bytes must be readable; not copied. The
/// document and its strings are valid until the reader reads or iterates again, shrinks or ends, or
/// the text does. Errors: simdjson's.
simdjson::simdjson_result<simdjson::ondemand::document> iterate(reader& owner,
                                                                std::string_view text);

} // namespace spry::json
