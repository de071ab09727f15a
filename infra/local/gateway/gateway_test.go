package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

const callback, status = "arn:function:callback", "arn:function:status"

func operation(function string) map[string]any {
	return map[string]any{"x-amazon-apigateway-integration": map[string]any{
		"type": "aws_proxy", "httpMethod": "POST",
		"uri": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/" + function + "/invocations",
	}}
}

func sample() map[string]any {
	return map[string]any{
		"paths": map[string]any{
			"/meta/{app}/data-deletion": map[string]any{"post": operation(callback), "get": operation(callback), "parameters": []any{}},
			"/status/{code}":            map[string]any{"get": operation(status)},
			"/status/help":              map[string]any{"get": operation(callback)},
			"/files/{rest+}":            map[string]any{anyMethod: operation(status)},
		},
		"x-amazon-apigateway-binary-media-types": []any{"application/octet-stream", "image/*"},
	}
}

// recorded remembers what the function was asked and answers as told.
type recorded struct {
	function string
	event    events.APIGatewayProxyRequest
	answer   string
	err      error
}

func (r *recorded) invoke(function string, payload []byte) ([]byte, error) {
	r.function, r.event = function, events.APIGatewayProxyRequest{}
	if err := json.Unmarshal(payload, &r.event); err != nil {
		return nil, err
	}
	return []byte(r.answer), r.err
}

func open(t *testing.T, doc map[string]any) (*Gateway, *recorded) {
	t.Helper()
	function := &recorded{answer: `{"statusCode":200,"body":"ok"}`}
	g, err := New(Config{Document: doc, Account: "000000000000", Stage: "local", Invoke: function.invoke})
	if err != nil {
		t.Fatal(err)
	}
	return g, function
}

func send(g *Gateway, method, target, contentType, body string) *http.Response {
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer := httptest.NewRecorder()
	g.ServeHTTP(answer, request)
	return answer.Result()
}

func bodyOf(r *http.Response) string {
	var text bytes.Buffer
	_, _ = text.ReadFrom(r.Body)
	return text.String()
}

func TestRouting(t *testing.T) {
	g, function := open(t, sample())
	for _, c := range []struct {
		method, path, function, resource, parameter, value string
		status                                             int
	}{
		{"POST", "/meta/77/data-deletion", callback, "/meta/{app}/data-deletion", "app", "77", 200},
		{"GET", "/status/ABC%20D", status, "/status/{code}", "code", "ABC D", 200},
		{"GET", "/status/help", callback, "/status/help", "", "", 200},
		{"DELETE", "/files/a/b/c", status, "/files/{rest+}", "rest", "a/b/c", 200},
		{"HEAD", "/status/ABC", "", "", "", "", 403},
		{"GET", "/status/", "", "", "", "", 403},
		{"GET", "/status/ABC/more", "", "", "", "", 403},
		{"GET", "/", "", "", "", "", 403},
		{"PUT", "/meta/77/data-deletion", "", "", "", "", 403},
	} {
		*function = recorded{answer: function.answer}
		response := send(g, c.method, c.path, "", "")
		if response.StatusCode != c.status || function.function != c.function ||
			function.event.Resource != c.resource || function.event.PathParameters[c.parameter] != c.value {
			t.Errorf("%s %s: %d, function %q, resource %q, parameters %v", c.method, c.path,
				response.StatusCode, function.function, function.event.Resource, function.event.PathParameters)
		}
		if c.status == 403 && bodyOf(response) != `{"message":"Missing Authentication Token"}` {
			t.Errorf("%s %s: API Gateway words it differently", c.method, c.path)
		}
	}
}

func TestEvent(t *testing.T) {
	g, function := open(t, sample())
	request := httptest.NewRequest("POST", "/meta/77/data-deletion?a=1&a=2", strings.NewReader("signed_request=x"))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Add("Accept", "a")
	request.Header.Add("Accept", "b")
	request.RemoteAddr = "127.0.0.9:4711"
	g.ServeHTTP(httptest.NewRecorder(), request)
	e := function.event
	if e.HTTPMethod != "POST" || e.Path != "/meta/77/data-deletion" || e.Body != "signed_request=x" || e.IsBase64Encoded {
		t.Errorf("event %+v", e)
	}
	if e.Headers["Accept"] != "b" || !slices.Equal(e.MultiValueHeaders["Accept"], []string{"a", "b"}) {
		t.Errorf("headers %v %v", e.Headers, e.MultiValueHeaders)
	}
	if e.QueryStringParameters["a"] != "2" || len(e.MultiValueQueryStringParameters["a"]) != 2 {
		t.Errorf("query %v", e.QueryStringParameters)
	}
	c := e.RequestContext
	if c.Identity.SourceIP != "127.0.0.9" || c.RequestID == "" || c.ResourcePath != "/meta/{app}/data-deletion" || c.Stage != "local" {
		t.Errorf("context %+v", c)
	}
}

func TestBinaryBodiesAreEncoded(t *testing.T) {
	g, function := open(t, sample())
	for contentType, binary := range map[string]bool{
		"application/octet-stream": true, "image/png": true, "image/png; q=1": true,
		"application/x-www-form-urlencoded": false, "": false,
	} {
		send(g, "POST", "/meta/1/data-deletion", contentType, "\x00\xff")
		if function.event.IsBase64Encoded != binary {
			t.Errorf("%q: encoded %v", contentType, function.event.IsBase64Encoded)
		}
		if binary && function.event.Body != base64.StdEncoding.EncodeToString([]byte("\x00\xff")) {
			t.Errorf("%q: body %q", contentType, function.event.Body)
		}
	}
}

func TestAnswers(t *testing.T) {
	g, function := open(t, sample())
	for answer, want := range map[string]struct {
		status int
		kind   string
		body   string
	}{
		`{"statusCode":201,"headers":{"content-type":"text/html"},"body":"<p>"}`: {201, "text/html", "<p>"},
		`{"statusCode":200,"body":"AP8=","isBase64Encoded":true}`:                {200, "application/json", "\x00\xff"},
		`{"statusCode":200,"multiValueHeaders":{"Content-Type":["a/b"]}}`:        {200, "a/b", ""},
		`"nonsense"`:           {502, "application/json", `{"message":"Internal server error"}`},
		`{"body":"no status"}`: {502, "application/json", `{"message":"Internal server error"}`},
		`{"statusCode":200,"body":"%","isBase64Encoded":true}`: {502, "application/json", `{"message":"Internal server error"}`},
	} {
		function.answer = answer
		response := send(g, "GET", "/status/X", "", "")
		if body := bodyOf(response); response.StatusCode != want.status || response.Header.Get("Content-Type") != want.kind || body != want.body {
			t.Errorf("%s: got %d %q %q", answer, response.StatusCode, response.Header.Get("Content-Type"), body)
		}
	}
	function.err = errors.New("function failed")
	if response := send(g, "GET", "/status/X", "", ""); response.StatusCode != 502 {
		t.Errorf("failed function: got %d", response.StatusCode)
	}
}

func TestBodyOverTenMegabytes(t *testing.T) {
	g, function := open(t, sample())
	if response := send(g, "POST", "/meta/1/data-deletion", "", strings.Repeat("x", largestBody+1)); response.StatusCode != 413 || function.function != "" {
		t.Errorf("got %d", response.StatusCode)
	}
	if response := send(g, "POST", "/meta/1/data-deletion", "", strings.Repeat("x", largestBody)); response.StatusCode != 200 {
		t.Errorf("at the limit: got %d", response.StatusCode)
	}
}

func TestSlowFunctionTimesOut(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	g, err := New(Config{Document: sample(), Invoke: func(string, []byte) ([]byte, error) { <-hold; return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	g.timeout = time.Millisecond
	if response := send(g, "GET", "/status/X", "", ""); response.StatusCode != 504 {
		t.Errorf("got %d", response.StatusCode)
	}
}

func TestGatewayResponsesOfTheDocument(t *testing.T) {
	doc := sample()
	doc["x-amazon-apigateway-gateway-responses"] = map[string]any{
		"MISSING_AUTHENTICATION_TOKEN": map[string]any{"statusCode": "404", "responseTemplates": map[string]any{"application/json": `{"error":"Not found."}`},
			"responseParameters": map[string]any{"gatewayresponse.header.Retry-After": "'30'"}},
		"DEFAULT_5XX": map[string]any{"responseTemplates": map[string]any{"application/json": `{"error":$context.error.messageString}`}},
	}
	g, function := open(t, doc)
	response := send(g, "GET", "/nothing", "", "")
	if body := bodyOf(response); response.StatusCode != 404 || body != `{"error":"Not found."}` || response.Header.Get("Retry-After") != "30" {
		t.Errorf("got %d %q %v", response.StatusCode, body, response.Header)
	}
	function.answer = "nonsense"
	response = send(g, "GET", "/status/X", "", "")
	if body := bodyOf(response); response.StatusCode != 502 || body != `{"error":"Internal server error"}` {
		t.Errorf("got %d %q", response.StatusCode, body)
	}
}

func TestDocumentsThatCannotBeServed(t *testing.T) {
	for _, integration := range []map[string]any{
		{"type": "http_proxy", "uri": "https://elsewhere.example"},
		{"type": "aws_proxy", "uri": "arn:aws:apigateway:eu-west-1:sqs:path/queue"},
	} {
		doc := map[string]any{"paths": map[string]any{"/x": map[string]any{"get": map[string]any{"x-amazon-apigateway-integration": integration}}}}
		if _, err := New(Config{Document: doc}); err == nil || !strings.Contains(err.Error(), "GET /x") {
			t.Errorf("%v: got %v", integration, err)
		}
	}
}

func TestRoutes(t *testing.T) {
	g, _ := open(t, sample())
	if got := g.Routes(); len(got) != 5 || !slices.Contains(got, "POST /meta/{app}/data-deletion") {
		t.Errorf("routes %v", got)
	}
}
