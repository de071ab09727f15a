// Package httpevent reads the proxy events of API Gateway.
package httpevent

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Header is a header's value whatever its case, since API Gateway keeps the sender's;
// several values are joined by commas, as HTTP has them.
func Header(event events.APIGatewayProxyRequest, name string) string {
	for have, values := range event.MultiValueHeaders {
		if strings.EqualFold(have, name) && len(values) > 0 {
			return strings.Join(values, ", ")
		}
	}
	for have, value := range event.Headers {
		if strings.EqualFold(have, name) {
			return value
		}
	}
	return ""
}

// Form reads a form in the body, as browsers send one.
func Form(event events.APIGatewayProxyRequest) (url.Values, error) {
	body := event.Body
	if event.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, err
		}
		body = string(raw)
	}
	return url.ParseQuery(body)
}
