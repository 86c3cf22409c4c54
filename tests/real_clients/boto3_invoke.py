# SPDX-License-Identifier: Apache-2.0
"""boto3_invoke.py URL JSON: calls Invoke of the Lambda service at URL with the named arguments in
JSON, and prints what boto3 makes of the answer as one line of JSON, its keys in order. A refusal
is printed too: its code, its message and the status. SPRY_ATTEMPTS is how often it tries (1)."""
import base64
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client(
    "lambda", endpoint_url=sys.argv[1],
    config=Config(retries={"total_max_attempts": int(os.environ.get("SPRY_ATTEMPTS", "1"))}, connect_timeout=20, read_timeout=20))
arguments = json.loads(sys.argv[2])
try:
    answer = client.invoke(**arguments)
except ClientError as refusal:
    seen = {"Code": refusal.response["Error"]["Code"],
            "Message": refusal.response["Error"]["Message"],
            "StatusCode": refusal.response["ResponseMetadata"]["HTTPStatusCode"]}
else:
    seen = {name: value for name, value in answer.items() if name not in
            ("Payload", "ResponseMetadata", "LogResult")}
    seen["Payload"] = answer["Payload"].read().decode()
    seen["RequestId"] = answer["ResponseMetadata"].get("RequestId", "")
    if "LogResult" in answer:
        seen["Log"] = base64.b64decode(answer["LogResult"]).decode()
print(json.dumps(seen, sort_keys=True))
