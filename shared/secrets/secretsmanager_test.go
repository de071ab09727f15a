package secrets_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

func TestSecretsManager(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer string
		value  string
		kind   fault.Kind
	}{
		"text":          {200, `{"SecretString":"the value"}`, "the value", 0},
		"not permitted": {400, `{"__type":"AccessDeniedException"}`, "", fault.Internal},
		"throttled":     {400, `{"__type":"ThrottlingException"}`, "", fault.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
				if asked, _ := io.ReadAll(in.Body); !strings.Contains(string(asked), `"SecretId":"the id"`) {
					t.Errorf("asked %s", asked)
				}
				out.Header().Set("Content-Type", "application/x-amz-json-1.1")
				out.WriteHeader(c.status)
				_, _ = io.WriteString(out, c.answer)
			}))
			defer server.Close()
			client := secretsmanager.New(secretsmanager.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL),
				Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1})
			got, err := secrets.SecretsManager{Client: client}.Read(t.Context(), "the id")
			if string(got) != c.value || (err == nil) != (c.value != "") || fault.KindOf(err) != c.kind {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
