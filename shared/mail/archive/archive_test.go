package archive_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/archive"
)

// bucket is S3 with one bucket, as far as the archive needs it.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	broken  bool
	refused string // this key cannot be deleted
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/mails/")
	body, _ := io.ReadAll(r.Body)
	text, found := b.objects[key]
	switch {
	case b.broken:
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodPost:
		b.delete(w, string(body))
	case r.Method == http.MethodPut:
		b.objects[key] = string(body)
	case !found:
		w.WriteHeader(http.StatusNotFound)
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
		}
	default:
		_, _ = io.WriteString(w, text)
	}
}

func (b *bucket) delete(w io.Writer, body string) {
	_, _ = io.WriteString(w, "<DeleteResult>")
	for _, part := range strings.Split(body, "<Key>")[1:] {
		key, _, _ := strings.Cut(part, "</Key>")
		if key == b.refused {
			_, _ = fmt.Fprintf(w, "<Error><Key>%s</Key><Code>InternalError</Code></Error>", key)
			continue
		}
		delete(b.objects, key)
	}
	_, _ = io.WriteString(w, "</DeleteResult>")
}

func newArchive(t *testing.T) (archive.S3, *bucket) {
	t.Helper()
	b := &bucket{objects: map[string]string{"raw/1": "first mail", "decisions/1": "{}", "raw/2": "second mail"}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")})
	return archive.S3{Client: client, Bucket: "mails"}, b
}

func TestAMailIsReadUpToALength(t *testing.T) {
	a, _ := newArchive(t)
	for most, want := range map[int64]string{100: "first mail", 5: "first"} {
		if got, err := a.Raw(t.Context(), "raw/1", most); err != nil || string(got) != want {
			t.Errorf("of %d bytes: %q, %v; want %q", most, got, err, want)
		}
	}
	if _, err := a.Raw(t.Context(), "raw/3", 10); fault.KindOf(err) != fault.NotFound {
		t.Errorf("one that is gone: %v", err)
	}
}

func TestADecisionIsWrittenDown(t *testing.T) {
	a, _ := newArchive(t)
	decided := func(id string, want bool) {
		t.Helper()
		if got, err := a.Decided(t.Context(), id); err != nil || got != want {
			t.Errorf("decided on %s: %t, %v; want %t", id, got, err, want)
		}
	}
	decided("1", true)
	decided("2", false)
	if err := a.Decide(t.Context(), "2", []byte(`{"route":"human"}`)); err != nil {
		t.Fatal(err)
	}
	decided("2", true)
	if got, err := a.Decision(t.Context(), "2"); err != nil || !strings.Contains(string(got), `{"route":"human"}`) {
		t.Errorf("the decision is %q, %v", got, err)
	}
}

func TestMailsAndDecisionsAreRemovedTogether(t *testing.T) {
	a, b := newArchive(t)
	for range 2 { // again is as good as once
		if err := a.Remove(t.Context(), []string{"1", "9"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.objects) != 1 || b.objects["raw/2"] == "" {
		t.Errorf("left are %v", b.objects)
	}
	b.refused = "raw/2"
	if err := a.Remove(t.Context(), []string{"2"}); fault.KindOf(err) != fault.Retry {
		t.Errorf("one that could not be deleted: %v", err)
	}
	if err := a.Remove(t.Context(), nil); err != nil {
		t.Errorf("none: %v", err)
	}
}

// An outage is no absence.
func TestAnOutageIsAFailure(t *testing.T) {
	a, b := newArchive(t)
	b.broken = true
	if _, err := a.Raw(t.Context(), "raw/1", 10); err == nil || fault.KindOf(err) == fault.NotFound {
		t.Errorf("reading: %v", err)
	}
	if decided, err := a.Decided(t.Context(), "1"); err == nil || decided {
		t.Errorf("looking: %t, %v", decided, err)
	}
	if err := a.Decide(t.Context(), "1", nil); err == nil {
		t.Error("writing succeeded")
	}
	if err := a.Remove(t.Context(), []string{"1"}); err == nil {
		t.Error("removing succeeded")
	}
}
