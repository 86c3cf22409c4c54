// SPDX-License-Identifier: Apache-2.0

// An external extension, as it would run on Lambda: registers, and prints each event that it gets.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
)

type event struct {
	EventType      string `json:"eventType"`
	RequestID      string `json:"requestId"`
	ShutdownReason string `json:"shutdownReason"`
}

func call(request *http.Request) *http.Response {
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		log.Fatal(request.URL, ": ", answer.Status)
	}
	return answer
}

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/"
	name := filepath.Base(os.Args[0])
	body := []byte(`{"events":["INVOKE","SHUTDOWN"]}`)
	request, _ := http.NewRequest(http.MethodPost, api+"register", bytes.NewReader(body))
	request.Header.Set("Lambda-Extension-Name", name)
	answer := call(request)
	answer.Body.Close()
	identifier := answer.Header.Get("Lambda-Extension-Identifier")

	for {
		request, _ := http.NewRequest(http.MethodGet, api+"event/next", nil)
		request.Header.Set("Lambda-Extension-Identifier", identifier)
		answer := call(request)
		var next event
		if err := json.NewDecoder(answer.Body).Decode(&next); err != nil {
			log.Fatal(err)
		}
		answer.Body.Close()
		fmt.Printf("%s: %s %s%s\n", name, next.EventType, next.RequestID, next.ShutdownReason)
		if next.EventType == "SHUTDOWN" {
			return
		}
	}
}
