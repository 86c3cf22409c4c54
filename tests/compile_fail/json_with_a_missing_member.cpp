// SPDX-License-Identifier: Apache-2.0
// SPRY_JSON names members that are there.
// expects: no member named 'prise'|'prise' is not a member|is not a member of 'order'
#include <spry/core/json.hpp>

struct order {
    int price = 0;
};
#ifdef SPRY_WRONG
SPRY_JSON(order, prise)
#else
SPRY_JSON(order, price)
#endif
