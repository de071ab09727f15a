// Package front is the one endpoint for all AWS services. It sends every call to the
// engine that keeps the service, records who called what, and makes the faults that
// the engines never make by themselves.
package front

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
)

// Front serves the endpoint.
type Front struct {
	Calls  *Calls
	Faults *Faults

	mu      sync.Mutex
	callers map[string]string
	lambda  http.Handler
	dynamo  http.Handler
	moto    http.Handler
	tables  *tableSettings
	kill    func(sandbox string) bool
	put     func(ctx context.Context, bucket, key string)
	sent    func(request, answer []byte)
}

// Config wires a Front.
type Config struct {
	// DynamoURL and MotoURL are the engines.
	DynamoURL, MotoURL string
	// Lambda serves Invoke.
	Lambda http.Handler
	// Kill ends the process whose session token was given.
	Kill func(sandbox string) bool
	// Log receives what the engines refuse; nil drops it.
	Log io.Writer
}

// New makes a front. Engines may still be starting.
func New(c Config) (*Front, error) {
	if c.Log == nil {
		c.Log = io.Discard
	}
	dynamo, err := proxy(c.DynamoURL, true, c.Log)
	if err != nil {
		return nil, err
	}
	// moto's development server serves each connection with a thread and does not say
	// when it closes one, so a connection is used once.
	moto, err := proxy(c.MotoURL, false, c.Log)
	if err != nil {
		return nil, err
	}
	return &Front{
		Calls: &Calls{}, Faults: &Faults{}, tables: newTableSettings(),
		callers: map[string]string{}, lambda: c.Lambda, dynamo: dynamo, moto: moto, kill: c.Kill,
	}, nil
}

func proxy(target string, keepAlive bool, refusals io.Writer) (http.Handler, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("engine address: %w", err)
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		DisableKeepAlives:   !keepAlive,
		DisableCompression:  true,
	}
	return &httputil.ReverseProxy{
		// The host stays: queue URLs are made from it.
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		Transport:      transport,
		ModifyResponse: func(r *http.Response) error { return logRefusal(refusals, r) },
		ErrorLog:       log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			http.Error(w, "the engine does not answer: "+err.Error(), http.StatusBadGateway)
		},
	}, nil
}

// call is one request with the function whose access key it carries.
type call struct {
	wire.Call
	function string
}

// callKey finds the call in the context of its request.
type callKey struct{}

// longestRefusal bounds what is logged of one, in bytes.
const longestRefusal = 2 << 10

// logRefusal writes down what an engine says no to: clients often drop the sentence
// and keep the kind of error only.
func logRefusal(out io.Writer, r *http.Response) error {
	c, ok := r.Request.Context().Value(callKey{}).(*call)
	if r.StatusCode < 400 || !ok {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return err
	}
	text := bytes.ReplaceAll(body[:min(len(body), longestRefusal)], []byte("\n"), []byte(" "))
	fmt.Fprintf(out, "%s: %s %s answered %d %s\n", c.function, c.Service, c.Operation, r.StatusCode, text)
	return nil
}

// largestBody bounds what is read whole: no JSON service takes more than 16 MB.
const largestBody = 17 << 20

// Name says who calls with an access key ID.
func (f *Front) Name(accessKey, function string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.callers[accessKey] = function
}

// OnSend has every mail that SES sends told: the call and its answer.
func (f *Front) OnSend(sent func(request, answer []byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = sent
}

// posting passes a call of SendEmail on and tells of it before it is answered.
func (f *Front) posting(c *call) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := newRecorder()
		f.moto.ServeHTTP(answer, r)
		f.mu.Lock()
		sent := f.sent
		f.mu.Unlock()
		if sent != nil && answer.status == http.StatusOK {
			sent(c.Body, answer.body.Bytes())
		}
		write(w, wire.Answer{Status: answer.status, Header: answer.header, Body: answer.body.Bytes()})
	})
}

// OnPut has every object that is put into a bucket told, before its writer hears of it.
func (f *Front) OnPut(put func(ctx context.Context, bucket, key string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put = put
}

// putting passes a call of PutObject on and tells of it before it is answered.
func (f *Front) putting() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		answer := newRecorder()
		f.moto.ServeHTTP(answer, r)
		f.mu.Lock()
		put := f.put
		f.mu.Unlock()
		if put != nil && answer.status == http.StatusOK {
			put(r.Context(), bucket, key)
		}
		write(w, wire.Answer{Status: answer.status, Header: answer.header, Body: answer.body.Bytes()})
	})
}

func (f *Front) name(accessKey string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name, ok := f.callers[accessKey]; ok {
		return name
	}
	return "outside"
}

func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Call: wire.Identify(r)}
	c.function = f.name(c.AccessKey)
	if !c.HasObject() {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		c.Body = body
		wire.SetBody(r, body)
	}
	c.Inspect(r.URL)
	f.Calls.record(c)
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	if fault, ok := f.Faults.take(c); ok {
		f.misbehave(fault, c, w, r)
		return
	}
	f.engine(c).ServeHTTP(w, r)
}

func (f *Front) engine(c *call) http.Handler {
	switch c.Service {
	case "lambda":
		return f.lambda
	case "dynamodb":
		if answer, ok := f.tables.handler(c); ok {
			return answer
		}
		if answer, ok := f.tables.protecting(c, f.dynamo); ok {
			return answer
		}
		return f.dynamo
	case "ses":
		if c.Operation == "SendEmail" {
			return f.posting(c)
		}
	case "s3":
		if c.Operation == "PutObject" {
			return f.putting()
		}
	}
	return f.moto
}
