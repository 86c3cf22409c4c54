// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/sample_events.hpp>

#include <spry/emulator/program/events/event_template.hpp>
#include <spry/emulator/program/events/tables.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spry::emulator {

std::span<const sample_event> sample_events() noexcept {
    static const std::vector<sample_event> all = [] {
        std::vector<sample_event> events;
        for (const std::span<const sample_event> each :
             {web_events(), queue_events(), storage_events(), mail_events(), bus_events(),
              identity_events(), device_events()})
            events.insert(events.end(), each.begin(), each.end());
        return events;
    }();
    return all;
}

namespace {

const sample_event* find(std::string_view name) noexcept {
    for (const sample_event& each : sample_events()) {
        if (each.name == name)
            return &each;
    }
    return nullptr;
}

} // namespace

std::optional<std::string> make_sample_event(std::string_view name, const event_origin& origin) {
    const sample_event* const event = find(name);
    if (event == nullptr)
        return std::nullopt;
    return lay_out(fill_in(event->text, origin)) + "\n";
}

bool is_sample_event(std::string_view name) noexcept {
    return find(name) != nullptr;
}

std::string no_such_event(std::string_view name) {
    return "there is no sample event \"" + std::string{name} +
           "\": spry-emulator events lists them";
}

std::string list_sample_events() {
    std::size_t widest = 0;
    for (const sample_event& each : sample_events())
        widest = std::max(widest, each.name.size());
    std::string text;
    for (const sample_event& each : sample_events()) {
        text += each.name;
        text.append(widest + 2 - each.name.size(), ' ');
        text += each.about;
        text += '\n';
    }
    return text;
}

} // namespace spry::emulator
