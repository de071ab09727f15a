package vector_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/mikla-ai/data-deletion/shared/mail/vector"
)

func counts(vectors []vector.Vector, key func(vector.Vector) string) map[string]int {
	n := map[string]int{}
	for _, v := range vectors {
		n[key(v)]++
	}
	return n
}

func language(v vector.Vector) string { return v.Language }
func intent(v vector.Vector) string   { return v.Intent }
func route(v vector.Vector) string    { return v.Route }

func TestTheCorpusIsLargeEnough(t *testing.T) {
	all := vector.All(t)
	if len(all) < 185 {
		t.Errorf("%d mails, want at least 185", len(all))
	}
	atLeast(t, counts(all, language), 18, "en es fr de it pt ar he")
	atLeast(t, counts(all, language), 8, "")
	atLeast(t, counts(all, intent), 4, "end_user_delete customer_close_account customer_disconnect_channel "+
		"customer_delete_lead status_query confirm_reply retract_or_dispute access_request objection "+
		"preserve_request question wrong_addressee not_a_request auto_reply bounce")
	atLeast(t, counts(all, route), 10, "challenge confirm_link accept_token reply_status ask_more human drop")
}

func atLeast(t *testing.T, n map[string]int, least int, keys string) {
	t.Helper()
	for key := range strings.SplitSeq(keys, " ") {
		if n[key] < least {
			t.Errorf("%d mails for %q, want at least %d", n[key], key, least)
		}
	}
}

func TestEveryFieldIsCovered(t *testing.T) {
	all := vector.All(t)
	fields := reflect.TypeFor[vector.Vector]()
	for i := range fields.NumField() {
		if !fields.Field(i).IsExported() {
			continue
		}
		n := 0
		for _, v := range all {
			if !reflect.ValueOf(v).Field(i).IsZero() {
				n++
			}
		}
		if n < 3 {
			t.Errorf("%d mails with %s, want at least 3", n, fields.Field(i).Name)
		}
	}
	atLeast(t, each(all, func(v vector.Vector) []string { return v.Flags }), 3,
		"third_party minor several_people injection from_not_strict dmarc_fail not_admin")
	atLeast(t, each(all, func(v vector.Vector) []string { return v.Missing }), 1, "business handle code")
	atLeast(t, counts(all, func(v vector.Vector) string { return v.DMARC }), 3, "PASS GRAY FAIL")
}

func each(vectors []vector.Vector, list func(vector.Vector) []string) map[string]int {
	n := map[string]int{}
	for _, v := range vectors {
		for _, s := range list(v) {
			n[s]++
		}
	}
	return n
}

func TestPhonesAreNumbersThatCanExist(t *testing.T) {
	for _, v := range vector.All(t) {
		for _, phone := range v.Phones {
			number, err := phonenumbers.Parse(phone, "ZZ")
			if err != nil || !phonenumbers.IsValidNumber(number) {
				t.Errorf("%s: %s is no valid number (%v)", v.Name, phone, err)
			}
		}
	}
}

type tenant struct {
	TenantID    string   `json:"tenant_id"`
	AdminEmails []string `json:"admin_emails"`
}

func tenants(t *testing.T) map[string]tenant {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(vector.Folder(t), "tenants.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tenants []tenant `json:"tenants"`
	}
	if err := json.Unmarshal(src, &file); err != nil {
		t.Fatal(err)
	}
	byID := map[string]tenant{}
	for _, one := range file.Tenants {
		byID[one.TenantID] = one
	}
	if len(byID) != len(file.Tenants) || len(byID) < 25 {
		t.Fatalf("%d tenants with %d IDs, want at least 25, all different", len(file.Tenants), len(byID))
	}
	return byID
}

// TestLabelsAgreeWithTheTenants holds who is an admin and who is not.
func TestLabelsAgreeWithTheTenants(t *testing.T) {
	known := tenants(t)
	for _, v := range vector.All(t) {
		for _, id := range v.Businesses {
			if _, is := known[id]; !is {
				t.Errorf("%s: no tenant %s", v.Name, id)
			}
			admin := slices.Contains(known[id].AdminEmails, strings.ToLower(v.EnvelopeFrom))
			if v.Route == "confirm_link" && !admin {
				t.Errorf("%s: confirm_link, but %s is no admin of %s", v.Name, v.EnvelopeFrom, id)
			}
			if slices.Contains(v.Flags, "not_admin") && admin {
				t.Errorf("%s: not_admin, but %s is an admin of %s", v.Name, v.EnvelopeFrom, id)
			}
		}
	}
}

// TestLabelsFollowTheTable holds what the routes promise.
func TestLabelsFollowTheTable(t *testing.T) {
	for _, v := range vector.All(t) {
		details := len(v.Handles)+len(v.Phones)+len(v.Names) > 0 && len(v.Businesses) > 0
		passed := v.DMARC == "PASS" || v.DMARC == "GRAY"
		acts := v.Route != "human" && v.Route != "drop"
		switch {
		case v.Route == "challenge" && !details && len(v.ScopedIDs) == 0:
			t.Errorf("%s: challenge without scoped ID, or business and detail", v.Name)
		case v.Route == "confirm_link" && len(v.Businesses) != 1:
			t.Errorf("%s: confirm_link for %d businesses", v.Name, len(v.Businesses))
		case v.Route == "accept_token" && !v.Answers:
			t.Errorf("%s: accept_token without a token", v.Name)
		case v.Route == "reply_status" && v.Code == "":
			t.Errorf("%s: reply_status without a code", v.Name)
		case acts && (!passed || len(v.Flags) > 0):
			t.Errorf("%s: %s in spite of DMARC %s and flags %v", v.Name, v.Route, v.DMARC, v.Flags)
		case v.Route == "drop" && !slices.Contains([]string{"auto_reply", "bounce", "not_a_request"}, v.Intent):
			t.Errorf("%s: a %s is dropped", v.Name, v.Intent)
		}
	}
}

func TestTheReadmeCountsRight(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(vector.Folder(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := vector.All(t)
	// A full stop or a comma ends each count.
	said := strings.ReplaceAll(string(readme), ".", ",")
	want := []string{fmt.Sprintf("\n%d mails,", len(all))}
	for _, key := range []func(vector.Vector) string{language, intent, route} {
		for name, n := range counts(all, key) {
			if name == "" {
				name = "none"
			}
			want = append(want, fmt.Sprintf("`%s` %d,", name, n))
		}
	}
	for _, text := range want {
		if !strings.Contains(said, text) {
			t.Errorf("the README does not say %q", text)
		}
	}
}
