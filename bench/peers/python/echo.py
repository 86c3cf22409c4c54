# SPDX-License-Identifier: Apache-2.0
"""Echo: the client parses the event and serialises the answer."""


def handler(event, context):
    return event
