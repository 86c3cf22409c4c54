// SPDX-License-Identifier: Apache-2.0

// What the first argument says: http answers with five fields of an API Gateway v2 event, sqs with
// what stands in the records of a queue. `read http|sqs FILE TIMES` reads the event of a file so often
// without any runtime, and prints what one time takes.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

type fields struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	State  string `json:"state"`
	Host   string `json:"host"`
	ID     string `json:"id"`
}

func http(event events.APIGatewayV2HTTPRequest) (fields, error) {
	return fields{event.RequestContext.HTTP.Method, event.RawPath, event.QueryStringParameters["state"],
		event.Headers["host"], event.RequestContext.RequestID}, nil
}

type batch struct {
	IDs   []string `json:"ids"`
	Bytes int      `json:"bytes"`
}

func sqs(event events.SQSEvent) (batch, error) {
	read := batch{IDs: make([]string, 0, len(event.Records))}
	for i := range event.Records {
		read.IDs = append(read.IDs, event.Records[i].MessageId)
		read.Bytes += len(event.Records[i].Body)
	}
	return read, nil
}

func readHTTP(text []byte) int {
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(text, &event); err != nil {
		log.Fatal(err)
	}
	return len(event.RequestContext.HTTP.Method) + len(event.RawPath) +
		len(event.QueryStringParameters["state"]) + len(event.Headers["host"]) +
		len(event.RequestContext.RequestID)
}

func readSQS(text []byte) int {
	var event events.SQSEvent
	if err := json.Unmarshal(text, &event); err != nil {
		log.Fatal(err)
	}
	length := 0
	for i := range event.Records {
		length += len(event.Records[i].MessageId) + len(event.Records[i].Body)
	}
	return length
}

func read(what, path, count string) {
	once := readSQS
	if what == "http" {
		once = readHTTP
	}
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	times, err := strconv.Atoi(count)
	if err != nil {
		log.Fatal(err)
	}
	length := once(text)
	begin := time.Now()
	for i := 0; i != times; i++ {
		length = once(text)
	}
	fmt.Printf("length %d\nnanoseconds %.1f\n", length, float64(time.Since(begin).Nanoseconds())/float64(times))
}

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "read":
		read(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 2 && os.Args[1] == "http":
		lambda.Start(http)
	case len(os.Args) == 2 && os.Args[1] == "sqs":
		lambda.Start(sqs)
	default:
		log.Fatal("one argument: http or sqs; or four: read http|sqs FILE TIMES")
	}
}
