# SPDX-License-Identifier: Apache-2.0
"""boto3_stream.py URL JSON [GATE]: calls InvokeWithResponseStream of the Lambda service at URL with
the named arguments in JSON, and prints each event of the stream as one line of JSON as it comes.
Behind the first it opens the FIFO at GATE, for which the function waits."""
import base64
import json
import os
import sys

import boto3
from botocore.config import Config

client = boto3.client(
    "lambda", endpoint_url=sys.argv[1],
    config=Config(retries={"total_max_attempts": 1}, connect_timeout=20, read_timeout=20))
answer = client.invoke_with_response_stream(**json.loads(sys.argv[2]))
gate = sys.argv[3] if len(sys.argv) > 3 else None
print(json.dumps({"StatusCode": answer["StatusCode"],
                  "Version": answer["ExecutedVersion"],
                  "Type": answer["ResponseStreamContentType"]}))
for event in answer["EventStream"]:
    if "PayloadChunk" in event:
        print(json.dumps({"chunk": event["PayloadChunk"]["Payload"].decode()}))
    else:
        end = event["InvokeComplete"]
        if "LogResult" in end:
            end["LogResult"] = base64.b64decode(end["LogResult"]).decode()
        print(json.dumps({"complete": end}))
    if gate:
        os.close(os.open(gate, os.O_WRONLY))
        gate = None
