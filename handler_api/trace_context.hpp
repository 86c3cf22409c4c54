// SPDX-License-Identifier: Apache-2.0
// trace_context: which trace an invocation belongs to, from the X-Ray header or from a W3C
// traceparent, and as either.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spry {

/// A header that names a trace, a parent in it, and whether it is recorded:
///
/// - X-Ray's, as the Runtime API sends it (runtime-contract 1.3):
///   "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=..." in
///   any order; other keys (Self) are passed over.
/// - W3C's traceparent (Trace Context, 3.2):
///   "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01".
///
/// They hold the same ids: X-Ray writes the first 8 digits of the 32 apart. A value; the lineage is
/// a view of what it was read from.
class trace_context {
public:
    enum class sampling : std::uint8_t {
        no,
        yes,
        undecided, ///< X-Ray's "?", or nothing said: whoever comes next decides
    };

    /// No trace.
    trace_context() noexcept = default;
    /// Reads either form; no trace where `header` is neither, or breaks its form's rules. What is
    /// malformed in X-Ray's parent is no parent: the trace is still that trace.
    static trace_context parse(std::string_view header) noexcept;

    /// Whether there is a trace.
    explicit operator bool() const noexcept { return has_trace_; }

    /// 32 hexadecimal digits, lower case; empty without a trace.
    std::string_view trace_id() const noexcept { return digits_if(has_trace_, trace_id_); }
    /// 16 hexadecimal digits, lower case: the segment or span that called; empty where none is
    /// named.
    std::string_view parent_id() const noexcept { return digits_if(has_parent_, parent_id_); }
    sampling sampled() const noexcept { return sampled_; }
    /// X-Ray's trail of services through which the event has come, as it stands; empty for W3C.
    std::string_view lineage() const noexcept { return lineage_; }

    /// A header's text, which owns its characters.
    class text {
    public:
        std::string_view view() const noexcept { return {characters_.data(), size_}; }

    private:
        friend class trace_context;
        void append(std::string_view more) noexcept {
            size_ += more.copy(characters_.data() + size_, characters_.size() - size_);
        }

        // "Root=1-8-24;Parent=16;Sampled=1", the longer one.
        std::array<char, 5 + 2 + 8 + 1 + 24 + 8 + 16 + 10> characters_;
        std::size_t size_ = 0;
    };

    /// For a service that speaks W3C. Empty without a parent, which that form must have. Undecided
    /// is not sampled there.
    text traceparent() const noexcept;
    /// For a service that speaks X-Ray: root, then parent and decision where known, without the
    /// lineage. Empty without a trace.
    text xray() const noexcept;
    /// The same trace as seen by what is called from here: `span_id`, 16 hexadecimal digits of your
    /// own making, is the parent. Unchanged where it is no id.
    trace_context with_parent(std::string_view span_id) const noexcept;

private:
    template <std::size_t N>
    static std::string_view digits_if(bool known, const std::array<char, N>& digits) noexcept {
        return known ? std::string_view{digits.data(), N} : std::string_view{};
    }
    static trace_context parse_xray(std::string_view header) noexcept;
    static trace_context parse_traceparent(std::string_view header) noexcept;

    std::array<char, 32> trace_id_{};
    std::array<char, 16> parent_id_{};
    bool has_trace_ = false;
    bool has_parent_ = false;
    sampling sampled_ = sampling::undecided;
    std::string_view lineage_;
};

} // namespace spry
