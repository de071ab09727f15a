package gateway

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// document is what matters here of an OpenAPI document with Amazon's extensions.
type document struct {
	Paths            map[string]map[string]json.RawMessage `json:"paths"`
	BinaryMediaTypes []string                              `json:"x-amazon-apigateway-binary-media-types"`
	Responses        responses                             `json:"x-amazon-apigateway-gateway-responses"`
}

type route struct {
	resource  string
	segments  []string
	functions map[string]string // by lower-case method, or anyMethod
}

const anyMethod = "x-amazon-apigateway-any-method"

var methods = []string{"get", "head", "post", "put", "patch", "delete", "options", anyMethod}

func (d document) routes() ([]route, error) {
	var routes []route
	for resource, operations := range d.Paths {
		r := route{resource: resource, segments: strings.Split(resource, "/"), functions: map[string]string{}}
		for _, method := range methods {
			operation, ok := operations[method]
			if !ok {
				continue
			}
			function, err := integration(operation)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", strings.ToUpper(method), resource, err)
			}
			r.functions[method] = function
		}
		routes = append(routes, r)
	}
	// A literal segment wins over a parameter, and that over a greedy one.
	slices.SortFunc(routes, func(a, b route) int {
		return cmp.Or(slices.CompareFunc(a.segments, b.segments, func(x, y string) int {
			return cmp.Compare(vagueness(x), vagueness(y))
		}), cmp.Compare(a.resource, b.resource))
	})
	return routes, nil
}

func vagueness(segment string) int {
	switch {
	case strings.HasSuffix(segment, "+}"):
		return 2
	case strings.HasPrefix(segment, "{"):
		return 1
	}
	return 0
}

// integration reads the function's ARN out of
// arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations.
func integration(operation json.RawMessage) (string, error) {
	var o struct {
		Integration struct{ Type, URI string } `json:"x-amazon-apigateway-integration"`
	}
	if err := json.Unmarshal(operation, &o); err != nil {
		return "", err
	}
	if !strings.EqualFold(o.Integration.Type, "aws_proxy") {
		return "", fmt.Errorf("integration %q: only aws_proxy is served here", o.Integration.Type)
	}
	_, rest, found := strings.Cut(o.Integration.URI, "/functions/")
	function, isLambda := strings.CutSuffix(rest, "/invocations")
	if !found || !isLambda {
		return "", fmt.Errorf("integration with %q, which is not a function", o.Integration.URI)
	}
	return function, nil
}

func (r route) function(method string) string {
	if function, ok := r.functions[strings.ToLower(method)]; ok {
		return function
	}
	return r.functions[anyMethod]
}

func (g *Gateway) find(path string) (route, map[string]string, bool) {
	segments := strings.Split(path, "/")
	for _, r := range g.routes {
		if parameters, ok := r.match(segments); ok {
			return r, parameters, true
		}
	}
	return route{}, nil, false
}

func (r route) match(segments []string) (map[string]string, bool) {
	parameters := map[string]string{}
	for i, pattern := range r.segments {
		if i >= len(segments) {
			return nil, false
		}
		switch vagueness(pattern) {
		case 0:
			if pattern != segments[i] {
				return nil, false
			}
		case 1:
			value, err := url.PathUnescape(segments[i])
			if err != nil || value == "" {
				return nil, false
			}
			parameters[pattern[1:len(pattern)-1]] = value
		case 2:
			parameters[pattern[1:len(pattern)-2]] = strings.Join(segments[i:], "/")
			return parameters, true
		}
	}
	return parameters, len(segments) == len(r.segments)
}

// responses are the gateway's own answers, as far as the document changes them.
type responses map[string]struct {
	StatusCode json.RawMessage   `json:"statusCode"`
	Templates  map[string]string `json:"responseTemplates"`
	Parameters map[string]string `json:"responseParameters"`
}

const headerParameter = "gatewayresponse.header."

// write sends the gateway's own answer: as the document has it for the kind, or for
// all errors of that class, or as API Gateway does by itself.
func (list responses) write(w http.ResponseWriter, kind string, status int, message string) {
	class := "DEFAULT_4XX"
	if status >= 500 {
		class = "DEFAULT_5XX"
	}
	changed, ok := list[kind]
	if !ok {
		changed = list[class]
	}
	if given, err := strconv.Atoi(strings.Trim(string(changed.StatusCode), `"`)); err == nil {
		status = given
	}
	for name, value := range changed.Parameters {
		if header, ok := strings.CutPrefix(name, headerParameter); ok {
			w.Header().Set(header, strings.Trim(value, "'"))
		}
	}
	quoted, _ := json.Marshal(message)
	body, ok := changed.Templates["application/json"]
	if !ok {
		body = `{"message":$context.error.messageString}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	fmt.Fprint(w, strings.ReplaceAll(body, "$context.error.messageString", string(quoted)))
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
