package front

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// misbehave carries out a fault in place of the call.
func (f *Front) misbehave(fault Fault, c *call, w http.ResponseWriter, r *http.Request) {
	switch fault.Kind {
	case Throttle:
		throttle(w, c)
	case Lost:
		f.engine(c).ServeHTTP(newRecorder(), r)
		panic(http.ErrAbortHandler)
	case Kill:
		f.kill(c.sandbox)
		panic(http.ErrAbortHandler)
	case Unprocessed:
		f.leaveLastItem(c, w, r)
	case PerKeyError:
		f.leaveLastObject(c, w, r)
	}
}

// throttling errors of the JSON services; others answer as ThrottlingException.
var throttling = map[string]string{
	"dynamodb": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
	"sqs":      "com.amazonaws.sqs#RequestThrottled",
	"lambda":   "TooManyRequestsException",
}

func throttle(w http.ResponseWriter, c *call) {
	if c.service == "s3" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
		return
	}
	kind, ok := throttling[c.service]
	if !ok {
		kind = "ThrottlingException"
	}
	status := http.StatusBadRequest
	if c.service == "lambda" {
		status = http.StatusTooManyRequests
	}
	w.Header().Set("X-Amzn-Errortype", kind)
	writeJSON(w, status, map[string]string{"__type": kind, "message": "Rate exceeded"})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// leaveLastItem sends a batch on without its last item, which comes back unprocessed.
func (f *Front) leaveLastItem(c *call, w http.ResponseWriter, r *http.Request) {
	body, left, field, err := withoutLastItem(c)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := map[string]json.RawMessage{"Responses": json.RawMessage("{}")}
	if body != nil {
		status, text := f.through(body, r, c)
		if status != http.StatusOK {
			w.WriteHeader(status)
			_, _ = w.Write(text)
			return
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	answer[field] = left
	writeJSON(w, http.StatusOK, answer)
}

// withoutLastItem splits a batch into what goes on (nil when nothing is left) and what
// comes back, in the form and under the name in which the caller expects it.
func withoutLastItem(c *call) (body []byte, left json.RawMessage, field string, err error) {
	request := map[string]json.RawMessage{}
	tables := map[string]json.RawMessage{}
	if err = json.Unmarshal(c.body, &request); err == nil {
		err = json.Unmarshal(request["RequestItems"], &tables)
	}
	if err != nil || len(tables) == 0 {
		return nil, nil, "", fmt.Errorf("not a batch: %v", err)
	}
	names := slices.Sorted(maps.Keys(tables))
	name := names[len(names)-1]
	split, field := splitWrites, "UnprocessedItems"
	if c.operation == "BatchGetItem" {
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

// leaveLastObject deletes all objects but the last, which is answered with an error.
func (f *Front) leaveLastObject(c *call, w http.ResponseWriter, r *http.Request) {
	var request deletion
	if err := xml.Unmarshal(c.body, &request); err != nil || len(request.Objects) == 0 {
		http.Error(w, "not a deletion of objects", http.StatusBadRequest)
		return
	}
	cut := len(request.Objects) - 1
	left := request.Objects[cut]
	request.Objects = request.Objects[:cut]
	answer := []byte(`<?xml version="1.0"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></DeleteResult>`)
	if cut > 0 {
		body, _ := xml.Marshal(request)
		status, text := f.through(body, r, c)
		if status != http.StatusOK {
			w.WriteHeader(status)
			_, _ = w.Write(text)
			return
		}
		answer = text
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(bytes.Replace(answer, []byte("</DeleteResult>"), append(objectError(left), "</DeleteResult>"...), 1))
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

// through sends a changed body to the engine. Checksums were made for the old one.
func (f *Front) through(body []byte, r *http.Request, c *call) (int, []byte) {
	changed := r.Clone(r.Context())
	restore(changed, body)
	for name := range changed.Header {
		if name == "Content-Md5" || len(name) > 15 && name[:15] == "X-Amz-Checksum-" {
			changed.Header.Del(name)
		}
	}
	changed.Header.Set("Content-Length", strconv.Itoa(len(body)))
	answer := newRecorder()
	f.engine(c).ServeHTTP(answer, changed)
	return answer.status, answer.body.Bytes()
}
