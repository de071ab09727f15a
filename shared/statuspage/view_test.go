package statuspage_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

func decoded(t *testing.T, v statuspage.View) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := statuspage.JSON(&out, v); err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestJSONOfACompletedRequest(t *testing.T) {
	v := withReceipt(erased(request.Completed))
	want := map[string]any{
		"code": code, "state": "completed", "outcome": "completed",
		"received_at": "2026-05-04T10:00:00Z", "due_at": "2026-06-03T10:00:00Z",
		"live_erased_at": "2026-05-04T10:07:00Z", "backups_unreadable_at": "2026-05-05T10:00:00Z", "backups_gone_by": "2026-06-01T10:00:00Z",
		"kept": []any{
			map[string]any{"category": "security_log", "reason": "Security and fraud logs, pseudonymised", "until": "2027-05-04T10:00:00Z"},
			map[string]any{"category": "metrics", "reason": "Aggregates", "until": nil},
		},
		"next_step": nil,
		"results": []any{map[string]any{"outcome": "completed", "live_erased_at": "2026-05-04T10:07:00Z",
			"backups_unreadable_at": "2026-05-05T10:00:00Z", "backups_gone_by": "2026-06-01T10:00:00Z"}},
		"receipt_url": "https://privacy-dev.mikla.example/receipts/r_1", "reason": nil,
	}
	if got := decoded(t, v); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestJSONOfANewRequestHasNullForWhatIsNotKnown(t *testing.T) {
	want := map[string]any{
		"code": code, "state": "received", "outcome": nil,
		"received_at": "2026-05-04T10:00:00Z", "due_at": "2026-06-03T10:00:00Z",
		"live_erased_at": nil, "backups_unreadable_at": nil, "backups_gone_by": nil,
		"kept": []any{}, "next_step": nil, "results": []any{}, "receipt_url": nil, "reason": nil,
	}
	if got := decoded(t, in(request.Received)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestJSONOutcomeIsTheTerminalState(t *testing.T) {
	for _, s := range request.States() {
		var want any
		if s.Terminal() {
			want = string(s)
		}
		if got := decoded(t, in(s))["outcome"]; got != want {
			t.Errorf("%s: outcome %v, want %v", s, got, want)
		}
	}
}

func TestJSONResultThatWaitsHasNoOutcome(t *testing.T) {
	results := decoded(t, twoBusinesses(request.NeedsReview))["results"].([]any)
	if got := results[1].(map[string]any)["outcome"]; got != nil {
		t.Errorf("outcome is %v", got)
	}
}

// Whoever must do something, or wonders whether to, is told in one sentence.
func TestNextStep(t *testing.T) {
	silent := map[request.State]bool{request.Received: true, request.Matched: true, request.Purging: true, request.Verifying: true, request.Completed: true}
	for _, s := range request.States() {
		next := in(s).NextStep()
		if (next == "") != silent[s] {
			t.Errorf("%s: next step %q", s, next)
		}
		if got := decoded(t, in(s))["next_step"]; next != "" && got != next {
			t.Errorf("%s: JSON says %v", s, got)
		}
		if next != "" && (!strings.HasSuffix(next, ".") || strings.Contains(strings.TrimSuffix(next, "."), ". ")) {
			t.Errorf("%s: not one sentence: %q", s, next)
		}
		if s.Terminal() && next != "" && !strings.Contains(next, "privacy@mikla.ai") {
			t.Errorf("%s: no address to write to: %q", s, next)
		}
	}
}

func TestNotFoundJSON(t *testing.T) {
	var out bytes.Buffer
	if err := statuspage.NotFoundJSON(&out, page.English); err != nil {
		t.Fatal(err)
	}
	want := `{"error":"not_found","message":"There is no request under this address."}` + "\n"
	if out.String() != want {
		t.Errorf("got %s", out.String())
	}
}

func TestViewDoesNotPrintItsCode(t *testing.T) {
	if printed := fmt.Sprintf("%v %+v", in(request.Received), in(request.Received)); strings.Contains(printed, code) {
		t.Errorf("the code is printed: %s", printed)
	}
}
