// SPDX-License-Identifier: Apache-2.0

// What the first argument says, by AWS_LAMBDA_MAX_CONCURRENCY goroutines: echo of the event's bytes,
// sleep for 5 ms and echo, stream as many bytes as the event says in reads of the size it says.
// Bytes: the library neither parses nor writes JSON then.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type echo struct{}

func (echo) Invoke(_ context.Context, event []byte) ([]byte, error) { return event, nil }

type sleep struct{}

func (sleep) Invoke(_ context.Context, event []byte) ([]byte, error) {
	time.Sleep(5 * time.Millisecond)
	return event, nil
}

type wanted struct {
	Bytes int `json:"bytes"`
	Write int `json:"write"`
}

// A reader that has as much at once as one write brings.
type source struct {
	left  int
	piece []byte
}

func (s *source) Read(to []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	size := copy(to, s.piece[:min(s.left, len(s.piece))])
	s.left -= size
	return size, nil
}

func (*source) ContentType() string { return "application/octet-stream" }

func stream(_ context.Context, event json.RawMessage) (io.Reader, error) {
	var how wanted
	if err := json.Unmarshal(event, &how); err != nil {
		return nil, err
	}
	piece := make([]byte, how.Write)
	for i := range piece {
		piece[i] = 'x'
	}
	return &source{how.Bytes, piece}, nil
}

func main() {
	what := ""
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	switch what {
	case "echo":
		lambda.Start(echo{})
	case "sleep":
		lambda.Start(sleep{})
	case "stream":
		lambda.Start(stream)
	default:
		log.Fatal("the first argument is echo, sleep or stream")
	}
}
