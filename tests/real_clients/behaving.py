# SPDX-License-Identifier: Apache-2.0
"""A function for AWS's Python runtime that does what the event says."""
import os
import time


def handler(event, context):
    how = event["how"]
    if how == "fail":
        raise ValueError("as asked")
    if how == "exit":
        os._exit(3)
    if how == "hang":
        time.sleep(1000)
    return {"did": how, "id": context.aws_request_id}
