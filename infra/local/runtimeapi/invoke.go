package runtimeapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ServeHTTP is Lambda's Invoke: POST /2015-03-31/functions/{name}/invocations.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := FunctionOf(r.URL)
	if !ok || r.Method != http.MethodPost {
		refuse(w, http.StatusNotFound, "UnknownOperationException", "the local stack serves Invoke only")
		return
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		s.serveInvoke(w, r, name)
	default:
		refuse(w, http.StatusBadRequest, "InvalidParameterValueException", "the local stack has no invocation type "+kind)
	}
}

func (s *Server) serveInvoke(w http.ResponseWriter, r *http.Request, name string) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if err != nil {
		return // the caller is gone
	}
	result, err := s.Invoke(name, payload)
	switch {
	case errors.Is(err, ErrNoFunction):
		refuse(w, http.StatusNotFound, "ResourceNotFoundException", err.Error())
	case errors.Is(err, ErrThrottled):
		refuse(w, http.StatusTooManyRequests, "TooManyRequestsException", err.Error())
	case errors.Is(err, ErrTooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", err.Error())
	case err != nil:
		refuse(w, http.StatusInternalServerError, "ServiceException", err.Error())
	default:
		writeResult(w, result)
	}
}

func writeResult(w http.ResponseWriter, result Result) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Requestid", result.RequestID)
	header.Set("X-Amz-Executed-Version", "$LATEST")
	if result.FunctionError != "" {
		header.Set("X-Amz-Function-Error", result.FunctionError)
	}
	_, _ = w.Write(result.Payload)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Type": "User", "Message": message})
}

const invokePrefix = "/2015-03-31/functions/"

// FunctionOf reads the function out of the path of an Invoke call: a name or an ARN,
// with or without a qualifier.
func FunctionOf(u *url.URL) (string, bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), invokePrefix)
	if !ok {
		return "", false
	}
	escaped, ok := strings.CutSuffix(rest, "/invocations")
	if !ok {
		return "", false
	}
	name, err := url.PathUnescape(escaped)
	if err != nil {
		return "", false
	}
	if _, after, found := strings.Cut(name, ":function:"); found {
		name = after
	}
	name, _, _ = strings.Cut(name, ":")
	return name, name != ""
}
