package main

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/httpevent"
	"github.com/mikla-ai/data-deletion/shared/metacallback"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

// source is this intake's name in metrics and in the security log.
const source = "meta-callback"

// maxBody bounds what is looked at, in bytes after base64 is undone.
const maxBody = 8 << 10

// refusal is an answer that will not change if the same thing is sent again.
type refusal struct {
	status   int
	reason   string
	sentence string
}

var (
	errTooLarge  = errors.New("body too large")
	errMediaType = errors.New("wrong content type")
	errForm      = errors.New("malformed form")
	errPath      = errors.New("unknown path")
)

var refusals = []struct {
	err error
	refusal
}{
	{metacallback.ErrUnknownApp, refusal{http.StatusNotFound, "unknown_app", "This app is not known here."}},
	{errPath, refusal{http.StatusNotFound, "unknown_path", "This address is not known here."}},
	{errTooLarge, refusal{http.StatusRequestEntityTooLarge, "too_large", "The body is larger than 8 KB."}},
	{errMediaType, refusal{http.StatusUnsupportedMediaType, "media_type", "The content type must be application/x-www-form-urlencoded."}},
	{errForm, refusal{http.StatusBadRequest, "malformed", "The body must hold exactly one signed_request."}},
	{signedrequest.ErrSignature, refusal{http.StatusForbidden, "bad_signature", "The signature does not match."}},
	{signedrequest.ErrFuture, refusal{http.StatusBadRequest, "future", "The notice is dated in the future."}},
	{signedrequest.ErrMalformed, refusal{http.StatusBadRequest, "malformed", "The signed request is malformed."}},
}

func refusalOf(err error) (refusal, bool) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.refusal, true
		}
	}
	return refusal{}, false
}

// kindOf tells the two callbacks apart by the route that API Gateway matched.
func kindOf(event events.APIGatewayProxyRequest) (request.Kind, error) {
	switch {
	case strings.HasSuffix(event.Resource, "/data-deletion"):
		return request.DataDeletion, nil
	case strings.HasSuffix(event.Resource, "/deauthorize"):
		return request.Deauthorize, nil
	}
	return "", errPath
}

// signedRequestOf takes the one signed_request out of a form.
func signedRequestOf(event events.APIGatewayProxyRequest) (string, error) {
	body, err := bodyOf(event)
	if err != nil {
		return "", err
	}
	mediaType, _, err := mime.ParseMediaType(httpevent.Header(event, "Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return "", errMediaType
	}
	form, err := url.ParseQuery(body)
	if err != nil || len(form["signed_request"]) != 1 || form.Get("signed_request") == "" {
		return "", errForm
	}
	// A form turns "+" into a space; in a signed request it can only be the standard
	// alphabet's "+", sent without escaping.
	return strings.ReplaceAll(form.Get("signed_request"), " ", "+"), nil
}

func bodyOf(event events.APIGatewayProxyRequest) (string, error) {
	if !event.IsBase64Encoded {
		return event.Body, sized(len(event.Body))
	}
	if err := sized(base64.StdEncoding.DecodedLen(len(event.Body)) - 2); err != nil {
		return "", err
	}
	body, err := base64.StdEncoding.DecodeString(event.Body)
	if err != nil {
		return "", errForm
	}
	return string(body), sized(len(body))
}

func sized(n int) error {
	if n > maxBody {
		return errTooLarge
	}
	return nil
}

func sentence(status int, text string) response {
	return response{StatusCode: status, Headers: headers("text/plain; charset=utf-8"), Body: text + "\n"}
}

func headers(contentType string) map[string]string {
	return map[string]string{"Content-Type": contentType, "Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}
}
