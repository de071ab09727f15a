package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

const form = "application/x-www-form-urlencoded"

func signedForm(n client.Notice) string {
	return url.Values{"signed_request": {n.Signed()}}.Encode()
}

// TestRefusals goes through the refusal table at the public edge, cell by cell.
func TestRefusals(t *testing.T) {
	ctx := deadline(t, time.Minute)
	good := notice("555900")
	forged := good
	forged.Secret = "somebody-else's-secret-somebody-else's"
	future := good
	future.IssuedAt = time.Now().Add(time.Hour)
	path := "/meta/" + app + "/data-deletion"
	cells := []struct {
		name, method, path, contentType, body string
		status                                int
	}{
		{"unknown app", "POST", "/meta/123/data-deletion", form, signedForm(good), 404},
		{"another app's secret", "POST", "/meta/900000000000002/data-deletion", form, signedForm(good), 403},
		{"body over 8 KB", "POST", path, form, "signed_request=" + strings.Repeat("a", 9000), 413},
		{"JSON", "POST", path, "application/json", `{"signed_request":"a.b"}`, 415},
		{"no content type", "POST", path, "", signedForm(good), 415},
		{"empty", "POST", path, form, "", 400},
		{"no dot", "POST", path, form, "signed_request=abc", 400},
		{"two of them", "POST", path, form, signedForm(good) + "&" + signedForm(good), 400},
		{"bad percent", "POST", path, form, "signed_request=%zz", 400},
		{"short signature", "POST", path, form, "signed_request=YQ.e30", 400},
		{"bad signature", "POST", path, form, signedForm(forged), 403},
		{"deauthorize, bad signature", "POST", "/meta/" + app + "/deauthorize", form, signedForm(forged), 403},
		{"not JSON inside", "POST", path, form, "signed_request=" + signedrequest.Sign([]byte("not json"), good.Secret), 400},
		{"another algorithm", "POST", path, form, "signed_request=" + signedrequest.Sign([]byte(`{"algorithm":"none","issued_at":1790000000,"user_id":"555900"}`), good.Secret), 400},
		{"a key twice", "POST", path, form, "signed_request=" + signedrequest.Sign([]byte(`{"algorithm":"HMAC-SHA256","issued_at":1790000000,"user_id":"1","user_id":"555900"}`), good.Secret), 400},
		{"far future", "POST", path, form, signedForm(future), 400},
		{"GET", "GET", path, "", "", 200},
		{"HEAD", "HEAD", path, "", "", 200},
		{"GET with a request", "GET", path + "?" + signedForm(good), "", "", 200},
	}
	ledgerBefore := rows(t, ctx, "ledger")
	for _, cell := range cells {
		t.Run(cell.name, func(t *testing.T) {
			header := http.Header{}
			if cell.contentType != "" {
				header.Set("Content-Type", cell.contentType)
			}
			answer, err := stack.Do(ctx, cell.method, cell.path, header, []byte(cell.body))
			if err != nil {
				t.Fatal(err)
			}
			if answer.Status != cell.status {
				t.Errorf("answered %d, expected %d", answer.Status, cell.status)
			}
			if strings.Contains(string(answer.Body), "555900") || strings.Contains(string(answer.Body), "YQ") {
				t.Error("the answer echoes what was sent")
			}
		})
	}
	if after := rows(t, ctx, "ledger"); after != ledgerBefore {
		t.Errorf("the ledger grew from %d to %d rows", ledgerBefore, after)
	}
	requireRefusalsCounted(t)
}

func requireRefusalsCounted(t *testing.T) {
	t.Helper()
	items, err := stack.Store(deadline(t, time.Minute), "security_log")
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]bool{}
	for _, item := range items {
		if id, _ := item["event_id"].(string); strings.HasPrefix(id, "refused#meta-callback#") {
			counted[strings.Split(id, "#")[2]] = true
		}
	}
	for _, reason := range []string{"unknown_app", "bad_signature", "too_large", "media_type", "malformed", "future"} {
		if !counted[reason] {
			t.Errorf("the security log does not count %s", reason)
		}
	}
}

// TestSameCode: the same notice, and a repeat while the request is open, get the same
// code; a later notice after the end gets another.
func TestSameCode(t *testing.T) {
	ctx := deadline(t, time.Minute)
	n := notice("555901") // linked to nobody
	first, status := erase(t, ctx, n.User)
	requireOutcome(t, status, "nothing_found")
	if status.NextStep == nil || !strings.Contains(*status.NextStep, "privacy@mikla.ai") {
		t.Error("nothing found, and the person is not told where to turn")
	}
	n.IssuedAt = n.IssuedAt.Add(-48 * time.Hour)
	later, err := stack.Callback(ctx, "data-deletion", n)
	if err != nil {
		t.Fatal(err)
	}
	if later.Code == first.Code {
		t.Error("a notice of another time, after the request ended, got the old code")
	}
	again, err := stack.Callback(ctx, "data-deletion", n)
	if err != nil {
		t.Fatal(err)
	}
	if again.Code != later.Code {
		t.Error("the same notice got two codes")
	}
	if first.URL != stack.URL+"/status/"+first.Code {
		t.Errorf("the status URL is %s", first.URL)
	}
	if _, err := stack.Await(ctx, later.Code, client.Ended, nil); err != nil {
		t.Fatal(err)
	}
}

// TestNobodyIsNamed: Meta sends "0" for a page that removed an app.
func TestNobodyIsNamed(t *testing.T) {
	ctx := deadline(t, time.Minute)
	_, status := erase(t, ctx, "0")
	requireOutcome(t, status, "could_not_identify")
}

// TestStaffGoesToReview: a person who connected a channel is looked at by a person.
func TestStaffGoesToReview(t *testing.T) {
	ctx := deadline(t, time.Minute)
	w := world{}
	w.link(app, "555902", "staff#t_harbour#ch_fb1")
	seed(t, ctx, w)
	accepted, err := stack.Callback(ctx, "deauthorize", notice("555902"))
	if err != nil {
		t.Fatal(err)
	}
	review := func(s client.Status) bool { return s.State == "needs_review" }
	if _, err := stack.Await(ctx, accepted.Code, review, nil); err != nil {
		t.Fatal(err)
	}
}

// TestOldCapture: a notice that was issued before the data existed touches nothing.
func TestOldCapture(t *testing.T) {
	ctx := deadline(t, time.Minute)
	w := world{}
	w.lead("t_harbour", "ch_fb1", "l_later", 4)
	w.link(app, "555903", "lead#t_harbour#l_later")
	seed(t, ctx, w)
	before := snapshot(t, ctx)
	n := notice("555903")
	n.IssuedAt = began.Add(-time.Hour)
	accepted, err := stack.Callback(ctx, "data-deletion", n)
	if err != nil {
		t.Fatal(err)
	}
	status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "nothing_found")
	requireSame(t, snapshot(t, ctx), before)
}

// TestStatusPages: unknown, malformed and foreign codes look alike, and the page has
// its protective headers.
func TestStatusPages(t *testing.T) {
	ctx := deadline(t, time.Minute)
	accepted, _ := erase(t, ctx, "555904")
	var first string
	for i, code := range []string{"AAAAAAAAAAAAAAAAAAAAAAAA", "x", "550e8400-e29b-41d4-a716-446655440000", strings.Repeat("A", 500)} {
		answer, err := stack.Do(ctx, "GET", "/status/"+code, nil, nil)
		if err != nil || answer.Status != 404 {
			t.Fatalf("%q: %d %v", code, answer.Status, err)
		}
		if i == 0 {
			first = string(answer.Body)
		} else if string(answer.Body) != first {
			t.Errorf("%q can be told from an unknown code", code)
		}
	}
	answer, err := stack.Do(ctx, "GET", "/status/"+accepted.Code, http.Header{"Accept": {"text/html"}}, nil)
	if err != nil || answer.Status != 200 {
		t.Fatalf("%d %v", answer.Status, err)
	}
	if !strings.Contains(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") ||
		answer.Header.Get("Cache-Control") != "no-store" || !strings.Contains(answer.Header.Get("X-Robots-Tag"), "noindex") {
		t.Errorf("headers: %v", answer.Header)
	}
	if strings.Contains(strings.ToLower(string(answer.Body)), "<script") {
		t.Error("the page needs JavaScript")
	}
	if !strings.Contains(string(answer.Body), "privacy@mikla.ai") {
		t.Error("the page does not say where to turn")
	}
}
