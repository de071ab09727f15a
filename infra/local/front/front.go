// Package front is the one endpoint for all AWS services. It sends every call to the
// engine that keeps the service, records who called what, and makes the faults that
// the engines never make by themselves.
package front

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// Front serves the endpoint.
type Front struct {
	Calls  *Calls
	Faults *Faults

	callers map[string]string
	lambda  http.Handler
	dynamo  http.Handler
	moto    http.Handler
	tables  *tableSettings
	kill    func(sandbox string) bool
}

// Config wires a Front.
type Config struct {
	// DynamoURL and MotoURL are the engines.
	DynamoURL, MotoURL string
	// Lambda serves Invoke.
	Lambda http.Handler
	// Callers names the owner of each access key ID.
	Callers map[string]string
	// Kill ends the process whose session token was given.
	Kill func(sandbox string) bool
}

// New makes a front. Engines may still be starting.
func New(c Config) (*Front, error) {
	dynamo, err := proxy(c.DynamoURL, true)
	if err != nil {
		return nil, err
	}
	// moto's development server serves each connection with a thread and does not say
	// when it closes one, so a connection is used once.
	moto, err := proxy(c.MotoURL, false)
	if err != nil {
		return nil, err
	}
	return &Front{
		Calls: &Calls{}, Faults: &Faults{}, tables: newTableSettings(),
		callers: c.Callers, lambda: c.Lambda, dynamo: dynamo, moto: moto, kill: c.Kill,
	}, nil
}

func proxy(target string, keepAlive bool) (http.Handler, error) {
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
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			http.Error(w, "the engine does not answer: "+err.Error(), http.StatusBadGateway)
		},
	}, nil
}

// largestBody bounds what is read whole: no JSON service takes more than 16 MB.
const largestBody = 17 << 20

func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := identify(r, f.callers)
	if c.operation != "PutObject" && c.operation != "PUT multipart" {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		c.body = body
		restore(r, body)
	}
	c.inspect(r.URL)
	f.Calls.record(c)
	if fault, ok := f.Faults.take(c); ok {
		f.misbehave(fault, c, w, r)
		return
	}
	f.engine(c).ServeHTTP(w, r)
}

// restore gives a request a body that can be sent again if an idle connection turns
// out to be closed.
func restore(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.ContentLength = int64(len(body))
}

func (f *Front) engine(c *call) http.Handler {
	switch c.service {
	case "lambda":
		return f.lambda
	case "dynamodb":
		if answer, ok := f.tables.handler(c); ok {
			return answer
		}
		return f.dynamo
	}
	return f.moto
}
