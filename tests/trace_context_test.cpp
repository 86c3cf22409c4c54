// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/trace_context.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using spry::trace_context;
using sampling = spry::trace_context::sampling;

constexpr std::string_view trace_id = "5759e988bd862e3fe1be46a994272793";
constexpr std::string_view parent_id = "53995c3f42cd8ad8";
constexpr std::string_view root = "Root=1-5759e988-bd862e3fe1be46a994272793";
constexpr std::string_view traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

std::string as_traceparent(std::string_view header) {
    return std::string{trace_context::parse(header).traceparent().view()};
}
std::string as_xray(std::string_view header) {
    return std::string{trace_context::parse(header).xray().view()};
}

TEST(trace_context, reads_the_header_of_the_runtime_api) {
    const trace_context read = trace_context::parse(
        std::string{root} + ";Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0|68fd508a:5");
    EXPECT_TRUE(read);
    EXPECT_EQ(read.trace_id(), trace_id);
    EXPECT_EQ(read.parent_id(), parent_id);
    EXPECT_EQ(read.sampled(), sampling::yes);
    EXPECT_EQ(trace_context::parse("Lineage=x|y;" + std::string{root}).trace_id(), trace_id);
}

TEST(trace_context, gives_the_lineage_as_it_stands) {
    const std::string header = std::string{root} + ";Lineage=a87bd80c:0|68fd508a:5;Sampled=0";
    const trace_context read = trace_context::parse(header);
    EXPECT_EQ(read.lineage(), "a87bd80c:0|68fd508a:5");
    EXPECT_EQ(read.sampled(), sampling::no);
}

TEST(trace_context, reads_keys_in_any_order_and_passes_over_others) {
    for (const std::string& header : std::vector<std::string>{
             "Sampled=1;Parent=53995c3f42cd8ad8;" + std::string{root},
             "Self=1-67891234-12456789abcdef012345678;" + std::string{root} +
                 ";Parent=53995c3f42cd8ad8;Sampled=1;CalledFrom=app",
             " " + std::string{root} + "; Parent=53995c3f42cd8ad8 ;; Sampled = 1;flag; ",
             "Root=1-5759E988-BD862E3FE1BE46A994272793;Parent=53995C3F42CD8AD8;Sampled=1",
         }) {
        EXPECT_EQ(as_traceparent(header), traceparent) << header;
    }
}

TEST(trace_context, is_undecided_where_nothing_or_a_question_is_said) {
    EXPECT_EQ(trace_context::parse(root).sampled(), sampling::undecided);
    EXPECT_EQ(trace_context::parse(std::string{root} + ";Sampled=?").sampled(),
              sampling::undecided);
}

TEST(trace_context, is_a_trace_without_a_parent) {
    for (const std::string_view parent : {"", ";Parent=", ";Parent=53995c3f42cd8ad",
                                          ";Parent=53995c3f42cd8adx", ";Parent=0000000000000000"}) {
        const trace_context read =
            trace_context::parse(std::string{root} + std::string{parent} + ";Sampled=1");
        EXPECT_TRUE(read) << parent;
        EXPECT_EQ(read.parent_id(), "");
        EXPECT_EQ(read.traceparent().view(), "");
        EXPECT_EQ(read.xray().view(), std::string{root} + ";Sampled=1");
    }
}

TEST(trace_context, is_none_where_the_header_is_none) {
    for (const std::string_view header : {
             "",
             ";",
             "=",
             "Parent=53995c3f42cd8ad8;Sampled=1",
             "Root=",
             "Root=1-5759e988-bd862e3fe1be46a99427279",
             "Root=1-5759e988-bd862e3fe1be46a9942727933",
             "Root=2-5759e988-bd862e3fe1be46a994272793",
             "Root=1-5759e988xbd862e3fe1be46a994272793",
             "Root=1-5759e98x-bd862e3fe1be46a994272793",
             "Root=1-00000000-000000000000000000000000",
             "root=1-5759e988-bd862e3fe1be46a994272793",
         }) {
        SCOPED_TRACE(header);
        const trace_context read = trace_context::parse(header);
        EXPECT_FALSE(read);
        EXPECT_EQ(read.trace_id(), "");
        EXPECT_EQ(read.parent_id(), "");
        EXPECT_EQ(read.traceparent().view(), "");
        EXPECT_EQ(read.xray().view(), "");
        EXPECT_FALSE(read.with_parent(parent_id));
    }
}

TEST(trace_context, reads_a_traceparent) {
    const trace_context read = trace_context::parse(traceparent);
    EXPECT_EQ(read.trace_id(), trace_id);
    EXPECT_EQ(read.parent_id(), parent_id);
    EXPECT_EQ(read.sampled(), sampling::yes);
    EXPECT_EQ(read.lineage(), "");
}

TEST(trace_context, takes_the_last_bit_of_the_flags_for_the_decision) {
    const std::string ids = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-";
    for (const std::string_view flags : {"01", "03", "ff", "0b"})
        EXPECT_EQ(trace_context::parse(ids + std::string{flags}).sampled(), sampling::yes) << flags;
    for (const std::string_view flags : {"00", "02", "fe", "0a", "10"})
        EXPECT_EQ(trace_context::parse(ids + std::string{flags}).sampled(), sampling::no) << flags;
}

// W3C Trace Context 3.2.2: a later version may say more, version 00 may not.
TEST(trace_context, follows_the_versions_of_a_traceparent) {
    const std::string ids = "-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    EXPECT_TRUE(trace_context::parse("01" + ids));
    EXPECT_TRUE(trace_context::parse("cc" + ids + "-what-the-future-will-be-like"));
    EXPECT_FALSE(trace_context::parse("cc" + ids + ".what-the-future-will-be-like"));
    EXPECT_FALSE(trace_context::parse("00" + ids + "-extra"));
    EXPECT_FALSE(trace_context::parse("ff" + ids));
}

TEST(trace_context, refuses_a_malformed_traceparent) {
    for (const std::string_view header : {
             "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-0",
             "00-5759E988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
             "00-00000000000000000000000000000000-53995c3f42cd8ad8-01",
             "00-5759e988bd862e3fe1be46a994272793-0000000000000000-01",
             "0x-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
             "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-0x",
             "00.5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01",
             "00-5759e988bd862e3fe1be46a994272793.53995c3f42cd8ad8-01",
             "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8.01",
             "00-5759e988bd862e3fe1be46a99427279g-53995c3f42cd8ad8-01",
         }) {
        EXPECT_FALSE(trace_context::parse(header)) << header;
    }
}

TEST(trace_context, becomes_the_other_form_and_back) {
    const std::string xray = std::string{root} + ";Parent=53995c3f42cd8ad8;Sampled=1";
    EXPECT_EQ(as_traceparent(xray), traceparent);
    EXPECT_EQ(as_xray(traceparent), xray);
    EXPECT_EQ(as_xray(xray), xray);
    EXPECT_EQ(as_traceparent(traceparent), traceparent);
    const std::string unsampled = std::string{root} + ";Parent=53995c3f42cd8ad8;Sampled=0";
    EXPECT_EQ(as_traceparent(unsampled), std::string{traceparent.substr(0, 53)} + "00");
    EXPECT_EQ(as_xray(as_traceparent(unsampled)), unsampled);
}

TEST(trace_context, names_what_calls_from_here_as_the_parent) {
    const trace_context read = trace_context::parse(root);
    EXPECT_EQ(read.with_parent("00000000000000AB").traceparent().view(),
              "00-5759e988bd862e3fe1be46a994272793-00000000000000ab-00");
    EXPECT_EQ(read.with_parent("xyz").parent_id(), "");
    EXPECT_EQ(trace_context::parse(traceparent).with_parent("0").parent_id(), parent_id);
}

} // namespace
