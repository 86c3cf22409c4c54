// SPDX-License-Identifier: Apache-2.0
// The sample events by family, each in a file of its own.
#pragma once

#include <spry/emulator/program/events/sample_events.hpp>

#include <span>

namespace spry::emulator {

std::span<const sample_event> web_events() noexcept;      ///< API Gateway, load balancer, AppSync
std::span<const sample_event> queue_events() noexcept;    ///< queues, topics and streams
std::span<const sample_event> storage_events() noexcept;  ///< S3
std::span<const sample_event> mail_events() noexcept;     ///< SES
std::span<const sample_event> bus_events() noexcept;      ///< EventBridge and CloudWatch
std::span<const sample_event> identity_events() noexcept; ///< Cognito
std::span<const sample_event> device_events() noexcept;   ///< devices, bots, and the rest

} // namespace spry::emulator
