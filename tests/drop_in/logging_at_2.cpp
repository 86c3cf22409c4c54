// SPDX-License-Identifier: Apache-2.0
#define AWS_LAMBDA_LOG 2
#include <aws/logging/logging.h>

#include "drop_in/logging_at.hpp"

void drop_in::log_all_at_2() {
    aws::logging::log_error("tag", "error %d", 1);
    aws::logging::log_info("tag", "info %s", "two");
    aws::logging::log_debug("tag", "debug %c", '3');
}
