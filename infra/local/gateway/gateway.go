// Package gateway serves a REST API as API Gateway does: from the OpenAPI document of
// the template, with Lambda proxy integrations (payload version 1.0).
package gateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Invoke runs a function by its ARN; an error of the function comes back as error.
type Invoke func(function string, payload []byte) ([]byte, error)

// Gateway is one API.
type Gateway struct {
	routes    []route
	responses responses
	binary    []string
	account   string
	stage     string
	invoke    Invoke
	timeout   time.Duration
}

// Config wires a Gateway.
type Config struct {
	// Document is the resolved OpenAPI document.
	Document         map[string]any
	BinaryMediaTypes []string
	Account, Stage   string
	Invoke           Invoke
}

// Limits of API Gateway.
const (
	largestBody        = 10 << 20
	integrationTimeout = 29 * time.Second
)

// New reads the routes of a document.
func New(c Config) (*Gateway, error) {
	text, err := json.Marshal(c.Document)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	routes, err := d.routes()
	if err != nil {
		return nil, err
	}
	return &Gateway{
		routes: routes, responses: d.Responses, binary: append(d.BinaryMediaTypes, c.BinaryMediaTypes...),
		account: c.Account, stage: c.Stage, invoke: c.Invoke, timeout: integrationTimeout,
	}, nil
}

// Routes lists what is served, as "POST /path/{parameter}".
func (g *Gateway) Routes() []string {
	var list []string
	for _, r := range g.routes {
		for _, method := range slices.Sorted(maps.Keys(r.functions)) {
			list = append(list, strings.ToUpper(method)+" "+r.resource)
		}
	}
	return list
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, parameters, ok := g.find(r.URL.EscapedPath())
	function := found.function(r.Method)
	if !ok || function == "" {
		// API Gateway says the same for a path and for a method that it does not know.
		g.responses.write(w, "MISSING_AUTHENTICATION_TOKEN", http.StatusForbidden, "Missing Authentication Token")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	if err != nil {
		g.responses.write(w, "REQUEST_TOO_LARGE", http.StatusRequestEntityTooLarge, "Request Too Long")
		return
	}
	event, err := json.Marshal(g.event(r, found.resource, parameters, body))
	if err != nil {
		g.responses.write(w, "DEFAULT_5XX", http.StatusInternalServerError, "Internal server error")
		return
	}
	g.answer(w, function, event)
}

// answer waits for the function as long as API Gateway does.
func (g *Gateway) answer(w http.ResponseWriter, function string, event []byte) {
	type result struct {
		payload []byte
		err     error
	}
	done := make(chan result, 1)
	go func() {
		payload, err := g.invoke(function, event)
		done <- result{payload, err}
	}()
	select {
	case r := <-done:
		if r.err != nil || !write(w, r.payload) {
			g.responses.write(w, "INTEGRATION_FAILURE", http.StatusBadGateway, "Internal server error")
		}
	case <-time.After(g.timeout):
		g.responses.write(w, "INTEGRATION_TIMEOUT", http.StatusGatewayTimeout, "Endpoint request timed out")
	}
}

// write sends what the function answered, or reports that it is no proxy response.
func write(w http.ResponseWriter, payload []byte) bool {
	var response events.APIGatewayProxyResponse
	if err := json.Unmarshal(payload, &response); err != nil || response.StatusCode < 100 || response.StatusCode > 999 {
		return false
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(response.Body)
		if err != nil {
			return false
		}
		body = decoded
	}
	header := w.Header()
	for name, value := range response.Headers {
		header.Set(name, value)
	}
	for name, values := range response.MultiValueHeaders {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(body)
	return true
}

func (g *Gateway) event(r *http.Request, resource string, parameters map[string]string, body []byte) events.APIGatewayProxyRequest {
	address, port, _ := net.SplitHostPort(r.RemoteAddr)
	headers := r.Header.Clone()
	headers.Set("Host", r.Host)
	headers.Add("X-Forwarded-For", address)
	headers.Set("X-Forwarded-Port", port)
	headers.Set("X-Forwarded-Proto", "http")
	now := time.Now().UTC()
	event := events.APIGatewayProxyRequest{
		Resource: resource, Path: r.URL.Path, HTTPMethod: r.Method, PathParameters: parameters,
		Headers: lastOf(headers), MultiValueHeaders: headers,
		QueryStringParameters: lastOf(r.URL.Query()), MultiValueQueryStringParameters: r.URL.Query(),
		RequestContext: events.APIGatewayProxyRequestContext{
			AccountID: g.account, ResourceID: "local", ResourcePath: resource, Path: r.URL.Path, Stage: g.stage, APIID: "local",
			HTTPMethod: r.Method, Protocol: r.Proto, DomainName: r.Host, RequestID: newRequestID(),
			RequestTime: now.Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: now.UnixMilli(),
			Identity: events.APIGatewayRequestIdentity{SourceIP: address, UserAgent: r.UserAgent()},
		},
		Body: string(body),
	}
	if g.isBinary(r.Header.Get("Content-Type")) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// lastOf is the single-valued view of headers and parameters: the last one counts.
func lastOf(values map[string][]string) map[string]string {
	single := map[string]string{}
	for name, list := range values {
		if len(list) > 0 {
			single[name] = list[len(list)-1]
		}
	}
	return single
}

func (g *Gateway) isBinary(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = contentType
	}
	major, _, _ := strings.Cut(kind, "/")
	return slices.ContainsFunc(g.binary, func(listed string) bool {
		return listed == "*/*" || listed == kind || listed == major+"/*"
	})
}
