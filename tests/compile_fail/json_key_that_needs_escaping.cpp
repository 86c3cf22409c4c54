// SPDX-License-Identifier: Apache-2.0
// A key is compared with the text of an event as it stands.
// expects: a key in SPRY_JSON must not need escaping
#include <spry/core/json.hpp>

struct order {
    int price = 0;
};
#ifdef SPRY_WRONG
SPRY_JSON(order, named(price, "the \"price\""))
#else
SPRY_JSON(order, named(price, "the price"))
#endif
