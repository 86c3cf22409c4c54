# SPDX-License-Identifier: Apache-2.0
"""http answers with five fields of an API Gateway v2 event, sqs with what stands in the records of a
queue; the client parses and serialises. `json_events.py read http|sqs FILE TIMES` reads the event of a
file so often without any runtime, and prints what one time takes."""
import json
import sys
import time


def http(event, context):
    request = event["requestContext"]
    return {
        "method": request["http"]["method"], "path": event["rawPath"],
        "state": event["queryStringParameters"]["state"], "host": event["headers"]["host"],
        "id": request["requestId"]}


def sqs(event, context):
    records = event["Records"]
    return {
        "ids": [record["messageId"] for record in records],
        "bytes": sum(len(record["body"]) for record in records)}


def read_http(text):
    return sum(len(value) for value in http(json.loads(text), None).values())


def read_sqs(text):
    return sum(len(record["messageId"]) + len(record["body"]) for record in json.loads(text)["Records"])


def main():
    what, path, times = sys.argv[2:]
    once = {"http": read_http, "sqs": read_sqs}[what]
    with open(path, "rb") as file:
        text = file.read()
    length = once(text)
    begin = time.perf_counter_ns()
    for _ in range(int(times)):
        length = once(text)
    print(f"length {length}\nnanoseconds {(time.perf_counter_ns() - begin) / int(times):.1f}")


if __name__ == "__main__":
    main()
