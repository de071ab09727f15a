package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Answer is what a service answers.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON is an answer of the JSON services.
func JSON(status int, value any) Answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // what is answered here is made of maps and texts
	}
	return Answer{status, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, body}
}

func document(status int, body []byte) Answer {
	return Answer{status, http.Header{"Content-Type": {"application/xml"}}, body}
}

// throttling errors of the JSON services; others answer as ThrottlingException.
var throttling = map[string]string{
	"dynamodb": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
	"sqs":      "com.amazonaws.sqs#RequestThrottled",
	"lambda":   "TooManyRequestsException",
	"ses":      "TooManyRequestsException",
}

// Throttled is how a service refuses a call for coming too fast.
func Throttled(service string) Answer {
	if service == "s3" {
		return document(http.StatusServiceUnavailable,
			[]byte(`<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`))
	}
	kind, ok := throttling[service]
	if !ok {
		kind = "ThrottlingException"
	}
	status := http.StatusBadRequest
	if kind == "TooManyRequestsException" {
		status = http.StatusTooManyRequests
	}
	answer := JSON(status, map[string]string{"__type": kind, "message": "Rate exceeded"})
	answer.Header.Set("X-Amzn-Errortype", kind)
	return answer
}

// Send carries a changed body to the service.
type Send func(body []byte) (Answer, error)

// WithBody is the request with another body. Checksums that were made for the one
// before are left out.
func WithBody(r *http.Request, body []byte) *http.Request {
	changed := r.Clone(r.Context())
	SetBody(changed, body)
	for name := range changed.Header {
		if name == "Content-Md5" || strings.HasPrefix(name, "X-Amz-Checksum-") {
			changed.Header.Del(name)
		}
	}
	changed.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return changed
}

// SetBody gives a request a body that can be sent again if an idle connection turns
// out to be closed.
func SetBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.ContentLength = int64(len(body))
}

// Unprocessed sends a batch on without its last item, which comes back unprocessed.
func (c *Call) Unprocessed(send Send) (Answer, error) {
	body, left, field, err := withoutLastItem(c)
	if err != nil {
		return Answer{}, err
	}
	answer := map[string]json.RawMessage{"Responses": json.RawMessage("{}")}
	if body != nil {
		got, err := send(body)
		if err != nil || got.Status != http.StatusOK {
			return got, err
		}
		if err := json.Unmarshal(got.Body, &answer); err != nil {
			return Answer{}, fmt.Errorf("the answer to a batch: %w", err)
		}
	}
	answer[field] = left
	return JSON(http.StatusOK, answer), nil
}

// withoutLastItem splits a batch into what goes on (nil when nothing is left) and what
// comes back, in the form and under the name in which the caller expects it.
func withoutLastItem(c *Call) (body []byte, left json.RawMessage, field string, err error) {
	request := map[string]json.RawMessage{}
	tables := map[string]json.RawMessage{}
	if err = json.Unmarshal(c.Body, &request); err == nil {
		err = json.Unmarshal(request["RequestItems"], &tables)
	}
	if err != nil || len(tables) == 0 {
		return nil, nil, "", fmt.Errorf("not a batch: %v", err)
	}
	names := slices.Sorted(maps.Keys(tables))
	name := names[len(names)-1]
	split, field := splitWrites, "UnprocessedItems"
	if c.Operation == "BatchGetItem" {
		split, field = splitKeys, "UnprocessedKeys"
	}
	kept, lastOne, err := split(tables[name])
	if err != nil {
		return nil, nil, "", err
	}
	if kept == nil {
		delete(tables, name)
	} else {
		tables[name] = kept
	}
	left, _ = json.Marshal(map[string]json.RawMessage{name: lastOne})
	if len(tables) == 0 {
		return nil, left, field, nil
	}
	request["RequestItems"], _ = json.Marshal(tables)
	body, err = json.Marshal(request)
	return body, left, field, err
}

func splitWrites(table json.RawMessage) (kept, last json.RawMessage, err error) {
	var items []json.RawMessage
	if err := json.Unmarshal(table, &items); err != nil || len(items) == 0 {
		return nil, nil, fmt.Errorf("not a batch: %v", err)
	}
	cut := len(items) - 1
	last, _ = json.Marshal(items[cut:])
	if cut > 0 {
		kept, _ = json.Marshal(items[:cut])
	}
	return kept, last, nil
}

// splitKeys keeps what a table's keys are asked for with: projection, consistency.
func splitKeys(table json.RawMessage) (kept, last json.RawMessage, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(table, &fields); err != nil {
		return nil, nil, fmt.Errorf("not a batch: %w", err)
	}
	keptKeys, lastKeys, err := splitWrites(fields["Keys"])
	if err != nil {
		return nil, nil, err
	}
	fields["Keys"] = lastKeys
	last, _ = json.Marshal(fields)
	if keptKeys != nil {
		fields["Keys"] = keptKeys
		kept, _ = json.Marshal(fields)
	}
	return kept, last, nil
}

// deletion is the body of DeleteObjects.
type deletion struct {
	XMLName xml.Name     `xml:"Delete"`
	Space   string       `xml:"xmlns,attr,omitempty"`
	Objects []objectToGo `xml:"Object"`
	Quiet   bool         `xml:"Quiet"`
}

type objectToGo struct {
	Key       string `xml:"Key"`
	VersionID string `xml:"VersionId,omitempty"`
}

// PerKeyError deletes all objects but the last, which is answered with an error.
func (c *Call) PerKeyError(send Send) (Answer, error) {
	var request deletion
	if err := xml.Unmarshal(c.Body, &request); err != nil || len(request.Objects) == 0 {
		return Answer{}, fmt.Errorf("not a deletion of objects: %v", err)
	}
	cut := len(request.Objects) - 1
	left := request.Objects[cut]
	request.Objects = request.Objects[:cut]
	text := []byte(`<?xml version="1.0"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>`)
	if cut > 0 {
		body, _ := xml.Marshal(request)
		got, err := send(body)
		if err != nil || got.Status != http.StatusOK {
			return got, err
		}
		text = got.Body
	}
	end := []byte("</DeleteResult>")
	return document(http.StatusOK, bytes.Replace(text, end, append(objectError(left), end...), 1)), nil
}

func objectError(left objectToGo) []byte {
	type failed struct {
		XMLName xml.Name `xml:"Error"`
		objectToGo
		Code, Message string
	}
	text, _ := xml.Marshal(failed{objectToGo: left, Code: "InternalError", Message: "We encountered an internal error. Please try again."})
	return text
}
