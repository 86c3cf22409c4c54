// SPDX-License-Identifier: Apache-2.0
// JSON for a function's own types: describe a struct with SPRY_JSON, read events into it, write
// answers from it. What simdjson's On-Demand offers beyond that is in json_on_demand.hpp, which
// alone includes it.
#pragma once

#include <spry/core/json_fields.hpp>
#include <spry/core/json_reader.hpp>
#include <spry/core/json_value.hpp>
#include <spry/core/json_writer.hpp>
