// SPDX-License-Identifier: Apache-2.0
//! What both binaries are built with.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
