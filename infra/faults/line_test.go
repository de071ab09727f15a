package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// point is a place in a request's life where something can go wrong: a call to AWS, or
// the moment before a step.
type point struct {
	step      string
	operation string // "" before a step
	resources string
	nth       int // how often the same call came before
	hits      int // of an index: what it found
	gone      int // of an index: what it found earlier and finds no more
}

func (p point) String() string {
	if p.operation == "" {
		return "before " + p.step
	}
	return p.step + ": " + p.operation + " " + p.resources
}

// same compares what a point is, not what it found.
func (p point) same(o point) bool { return p.String() == o.String() }

// writing are the operations that change something.
var writing = []string{"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
	"PutObject", "DeleteObject", "DeleteObjects", "SendMessage", "SendMessageBatch", "StartExecution"}

func (p point) writes() bool { return slices.Contains(writing, p.operation) }

// line is the wire between the SDK and AWS. It numbers what passes, and strikes once.
type line struct {
	t        testing.TB
	prefix   string // of names
	strike   *strike
	overtake func() // of the life
	aside    func() // what the platform does meanwhile

	mu     sync.Mutex
	step   string
	dead   bool // the process at its end was killed: nothing passes any more
	points []point
	seen   map[string][]byte       // index query -> its last answer that was not empty
	states map[int64]request.State // of the record, by the version that was written
}

// strike is one fault of one cell.
type strike struct {
	kind   kind
	number int   // of the point
	at     point // as the clean run has it
	left   int   // how often it still strikes
	struck bool
}

func newLine(t testing.TB, prefix string, s *strike) *line {
	return &line{t: t, prefix: prefix, strike: s, seen: map[string][]byte{}, states: map[int64]request.State{}}
}

// enter notes the moment before a step, and strikes it if it is to be struck.
func (l *line) enter(step string) (hit bool) {
	l.begin(step)
	return l.strikes(l.note(point{step: step}))
}

func (l *line) begin(step string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.step = step
}

// at is the step that runs.
func (l *line) at() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.step
}

func (l *line) note(p point) (number int, _ point) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.operation != "" {
		p.step = l.step
	}
	for _, o := range l.points {
		if o.same(p) {
			p.nth++
		}
	}
	l.points = append(l.points, p)
	return len(l.points) - 1, p
}

// strikes says whether a point is struck. A strike that lasts goes on at the next
// points that are the same call.
func (l *line) strikes(number int, p point) bool {
	s := l.strike
	if s == nil || s.left == 0 || number < s.number {
		return false
	}
	if !s.struck && !p.same(s.at) {
		l.t.Errorf("point %d is %q, but %q in the clean run", number, p, s.at)
		s.left = 0
		return false
	}
	if !p.same(s.at) {
		return false
	}
	s.left--
	s.struck = true
	return true
}

// exchange is one call on its way.
type exchange struct {
	line    *line
	call    wire.Call
	request *http.Request
}

// kill ends the process at the line's end: whatever it still tries does not happen. It
// cannot be unwound from here, since batches have goroutines of their own.
func (l *line) kill() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	return livedatatest.ErrKilled
}

// killed says whether the process was killed, and puts another in its place.
func (l *line) killed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.dead
	l.dead = false
	return was
}

func (l *line) gone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// RoundTrip numbers a call and carries it, or what is made of it.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.gone() {
		return nil, livedatatest.ErrKilled
	}
	x := exchange{line: l, call: wire.Identify(r), request: r}
	if err := x.read(); err != nil {
		return nil, err
	}
	number, p := l.note(point{operation: x.call.Operation, resources: x.resources()})
	if l.strikes(number, p) {
		return x.response(l.strike.kind.call(x))
	}
	answer, err := x.send(x.call.Body)
	if err == nil {
		l.learn(number, x.call, answer)
	}
	return x.response(answer, err)
}

func (x *exchange) read() (err error) {
	defer x.call.Inspect(x.request.URL)
	if x.request.Body == nil {
		return nil
	}
	x.call.Body, err = io.ReadAll(x.request.Body)
	return errors.Join(err, x.request.Body.Close())
}

func (x *exchange) resources() string {
	names := make([]string, len(x.call.Resources))
	for i, name := range x.call.Resources {
		name, _, _ = strings.Cut(strings.TrimPrefix(name, x.line.prefix), ":") // before an execution's name
		names[i] = strings.Replace(name, "/index/", ".", 1)
	}
	return strings.Join(names, "+")
}

// send carries a body to the engine, whatever was asked with, and reads the answer.
func (x exchange) send(body []byte) (wire.Answer, error) {
	r := x.request
	switch {
	case !bytes.Equal(body, x.call.Body):
		r = wire.WithBody(r, body)
	case len(body) > 0:
		r = r.Clone(r.Context())
		wire.SetBody(r, body)
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return wire.Answer{}, err
	}
	text, err := io.ReadAll(got.Body)
	if err == nil {
		err = got.Body.Close()
	}
	if got.StatusCode == http.StatusOK {
		x.line.written(x.call)
	}
	return wire.Answer{Status: got.StatusCode, Header: got.Header, Body: text}, err
}

func (x exchange) response(a wire.Answer, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: x.request,
		Header: a.Header, ContentLength: int64(len(a.Body)), Body: io.NopCloser(bytes.NewReader(a.Body))}, nil
}

// found is the answer to a query.
type found struct {
	Items []json.RawMessage
}

// learn notes what an index found.
func (l *line) learn(number int, c wire.Call, a wire.Answer) {
	query, ok := indexQuery(c)
	if !ok || a.Status != http.StatusOK {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, before := l.found(a.Body), l.found(l.seen[query])
	l.points[number].hits = len(now)
	for _, it := range before {
		if !slices.ContainsFunc(now, func(o json.RawMessage) bool { return bytes.Equal(o, it) }) {
			l.points[number].gone++
		}
	}
	if len(now) > 0 {
		l.seen[query] = a.Body
	}
}

func (l *line) found(answer []byte) []json.RawMessage {
	var f found
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(answer, &f); err != nil {
		l.t.Errorf("the answer to a query: %v", err)
	}
	return f.Items
}

// indexQuery names the index and the partition that a query looks into.
func indexQuery(c wire.Call) (string, bool) {
	var in struct {
		IndexName, KeyConditionExpression string
		ExpressionAttributeValues         map[string]struct{ S string }
	}
	if c.Operation != "Query" || json.Unmarshal(c.Body, &in) != nil || in.IndexName == "" {
		return "", false
	}
	words := strings.Fields(in.KeyConditionExpression) // "#name = :value AND ..."
	if len(words) < 3 {
		return "", false
	}
	return fmt.Sprint(c.Resources[0], " ", in.ExpressionAttributeValues[words[2]].S), true
}

// written notes the state of a request's record that was just written.
func (l *line) written(c wire.Call) {
	type attribute struct{ S, N string }
	type put struct{ Item map[string]attribute }
	var in struct {
		put
		TransactItems []struct{ Put put }
	}
	if c.Operation != "PutItem" && c.Operation != "TransactWriteItems" || json.Unmarshal(c.Body, &in) != nil {
		return
	}
	puts := []put{in.put}
	for _, it := range in.TransactItems {
		puts = append(puts, it.Put)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range puts {
		if p.Item["sk"].S != "request" {
			continue
		}
		var r request.Request
		if err := json.Unmarshal([]byte(p.Item["doc"].S), &r); err != nil {
			l.t.Errorf("a record that was written: %v", err)
		}
		var version int64
		if _, err := fmt.Sscan(p.Item["version"].N, &version); err != nil {
			l.t.Errorf("the version of a record that was written: %v", err)
		}
		l.states[version] = r.State
	}
}
