// SPDX-License-Identifier: Apache-2.0
// Stands in for the header that liburing's configure would write: the version that is pinned.
#pragma once

#define IO_URING_VERSION_MAJOR 2
#define IO_URING_VERSION_MINOR 9
