// SPDX-License-Identifier: Apache-2.0
// Everything a function's author needs: one include.
#pragma once

#include <spry/core/json.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/function_error.hpp>
#include <spry/handler_api/middleware.hpp>
#include <spry/handler_api/response.hpp>
#include <spry/handler_api/run.hpp>
#include <spry/handler_api/stream.hpp>
