// SPDX-License-Identifier: Apache-2.0
// event_template: a text with places that are filled in for each event.
#pragma once

#include <spry/emulator/program/events/sample_events.hpp>

#include <string>
#include <string_view>

namespace spry::emulator {

/// Fills in what stands between two percent signs; a template has no others.
///
///     %time% %second%   2026-01-31T12:00:00.123Z, and without the milliseconds
///     %ms% %s% %clf%    the same in milliseconds and seconds since 1970, and as
///                       31/Jan/2026:12:00:00 +0000
///     %uuid% %request%  a new UUID each time, and one for the whole event
///     %hex:N% %digits:N% %id:N%
///                       N random hexadecimal digits, decimal digits, or capitals and digits
///     %region% %account%
///     %base64:TEXT%     TEXT in Base64
///     %text:NAME%       the template NAME, filled in, as the content of a JSON string
///     %NAME%            the template NAME, filled in
///
/// Named templates are those of `find_fragment`. Asserts that the template is well-formed: they
/// are all part of the program.
std::string fill_in(std::string_view text, const event_origin& origin);

/// JSON on one line or several, laid out with a member or an element to a line.
std::string lay_out(std::string_view json);

/// A part that several templates have in common; asserts that there is one.
std::string_view find_fragment(std::string_view name);

} // namespace spry::emulator
