package vector_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mikla-ai/data-deletion/shared/mail/vector"
)

func load(text string) ([]vector.Vector, error) {
	return vector.Load(fstest.MapFS{
		"a/one.mail": {Data: []byte(text)}, "README.md": {Data: []byte("not a vector")}, "tenants.json": {Data: []byte("{}")}})
}

func only(t *testing.T, text string) vector.Vector {
	t.Helper()
	got, err := load(text)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d vectors, error %v; want one", len(got), err)
	}
	return got[0]
}

func TestLoad(t *testing.T) {
	got := only(t, `expect: confirm_reply
route: ask_more
language: he
business: t_one, t_two
handle: instagram a.b_c
handle: - bare
phone: +34612345678
scoped_id: 7123456789012345
code: MZXW6YTBOI7AK3TLNB2GC4DF
name: Anna Bell
missing: business, handle
flag: minor
flag: injection
dmarc: FAIL
spf: GRAY
dkim: DISABLED
spam: PROCESSING_FAILED
virus: FAIL
envelope_from: x@evil.example
answers: yes
asked: y@post.example
plain: yes
why: to see every field

From: Anna <anna@post.example>
To: privacy+{TOKEN}@mikla.ai

yes

no`)
	raw := string(got.Raw("tok", "unused"))
	if want := "From: Anna <anna@post.example>\r\nTo: privacy+tok@mikla.ai\r\n\r\nyes\r\n\r\nno"; raw != want {
		t.Errorf("raw mail %q, want %q", raw, want)
	}
	want := vector.Vector{Name: "a/one", Intent: "confirm_reply", Route: "ask_more", Language: "he",
		Businesses: []string{"t_one", "t_two"}, Handles: []vector.Handle{{"instagram", "a.b_c"}, {"", "bare"}},
		Phones: []string{"+34612345678"}, ScopedIDs: []string{"7123456789012345"}, Code: "MZXW6YTBOI7AK3TLNB2GC4DF",
		Names: []string{"Anna Bell"}, Missing: []string{"business", "handle"}, Flags: []string{"minor", "injection"},
		DMARC: "FAIL", SPF: "GRAY", DKIM: "DISABLED", Spam: "PROCESSING_FAILED", Virus: "FAIL",
		EnvelopeFrom: "x@evil.example", Answers: true, Asked: "y@post.example", Plain: true, Why: "to see every field"}
	if !sameLabels(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// sameLabels compares all that is exported.
func sameLabels(a, b vector.Vector) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if va.Type().Field(i).IsExported() && !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			return false
		}
	}
	return true
}

func TestWhatAFileNeedNotSay(t *testing.T) {
	got := only(t, "expect: confirm_reply\nroute: human\nanswers: yes\n\nFrom: \"A, B\" <anna@post.example>\nTo: {TOKEN}\n\nyes")
	want := vector.Vector{Name: "a/one", Intent: "confirm_reply", Route: "human", SPF: "PASS", DKIM: "PASS", DMARC: "PASS",
		Spam: "PASS", Virus: "PASS", EnvelopeFrom: "anna@post.example", Answers: true, Asked: "anna@post.example"}
	if !sameLabels(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	bounce := only(t, "expect: bounce\nroute: drop\nenvelope_from: <>\n\nFrom: d@post.example\n\ngone")
	if bounce.EnvelopeFrom != "" || bounce.Asked != "" {
		t.Errorf("envelope %q, asked %q; want neither", bounce.EnvelopeFrom, bounce.Asked)
	}
}

func TestSpecialBytesComeInBase64(t *testing.T) {
	got := only(t, "expect: question\nroute: human\nenvelope_from: a@b.example\nraw: base64\n\nAAEN\nCv8=\n")
	if raw := string(got.Raw("", "")); raw != "\x00\x01\r\n\xff" {
		t.Errorf("raw mail %q", raw)
	}
}

func TestPlaceholderOfACode(t *testing.T) {
	got := only(t, "expect: status_query\nroute: reply_status\ncode: {CODE}\n\nFrom: a@b.example\n\n{CODE}?")
	if raw := string(got.Raw("", "ABC")); !strings.HasSuffix(raw, "\r\n\r\nABC?") {
		t.Errorf("raw mail %q", raw)
	}
}

func TestLoadNamesTheFileAndTheLine(t *testing.T) {
	const mail = "\n\nFrom: a@b.example\n\nhello"
	const start = "expect: question\nroute: human"
	for name, c := range map[string]struct{ text, where string }{
		"no mail":                {start, "a/one.mail:1:"},
		"unknown header":         {start + "\nbuisness: t_one" + mail, "a/one.mail:3:"},
		"no value":               {start + "\nwhy:" + mail, "a/one.mail:3:"},
		"value of spaces":        {start + "\nwhy:  x" + mail, "a/one.mail:3:"},
		"unknown intent":         {"expect: delete\nroute: human" + mail, "a/one.mail:1:"},
		"unknown route":          {"expect: question\nroute: bin" + mail, "a/one.mail:2:"},
		"unknown language":       {start + "\nlanguage: ja" + mail, "a/one.mail:3:"},
		"unknown flag":           {start + "\nflag: odd" + mail, "a/one.mail:3:"},
		"unknown verdict":        {start + "\ndmarc: pass" + mail, "a/one.mail:3:"},
		"unknown missing":        {"expect: question\nroute: ask_more\nmissing: reason" + mail, "a/one.mail:3:"},
		"unknown platform":       {start + "\nhandle: twitter x" + mail, "a/one.mail:3:"},
		"unknown raw":            {start + "\nraw: gzip" + mail, "a/one.mail:3:"},
		"no tenant":              {start + "\nbusiness: Harbour View" + mail, "a/one.mail:3:"},
		"no platform":            {start + "\nhandle: x" + mail, "a/one.mail:3:"},
		"handle with an at sign": {start + "\nhandle: instagram @x" + mail, "a/one.mail:3:"},
		"national phone":         {start + "\nphone: 612345678" + mail, "a/one.mail:3:"},
		"short scoped ID":        {start + "\nscoped_id: 123" + mail, "a/one.mail:3:"},
		"code not normal":        {start + "\ncode: mzxw6ytboi7ak3tlnb2gc4df" + mail, "a/one.mail:3:"},
		"envelope of words":      {start + "\nenvelope_from: somebody" + mail, "a/one.mail:3:"},
		"plain no":               {start + "\nplain: no" + mail, "a/one.mail:3:"},
		"twice":                  {start + "\nwhy: a\nwhy: b" + mail, "a/one.mail:4:"},
		"no route":               {"expect: question" + mail, "a/one.mail:1:"},
		"no sender":              {start + "\n\nTo: a@b.example\n\nhello", "a/one.mail:2:"},
		"carriage return":        {start + mail + "\r\n", "a/one.mail:2:"},
		"bad base64":             {start + "\nenvelope_from: a@b.example\nraw: base64\n\n***", "a/one.mail:4:"},
		"answers nothing":        {start + "\nanswers: yes" + mail, "a/one.mail:3:"},
		"token without answers":  {start + mail + " {TOKEN}", "a/one.mail:2:"},
		"code place unlabelled":  {start + mail + " {CODE}", "a/one.mail:2:"},
		"asked without answers":  {start + "\nasked: a@b.example" + mail, "a/one.mail:3:"},
		"asks for nothing":       {"expect: question\nroute: ask_more" + mail, "a/one.mail:2:"},
		"missing, not asked":     {start + "\nmissing: code" + mail, "a/one.mail:3:"},
		"plain to a human":       {start + "\nplain: yes" + mail, "a/one.mail:3:"},
	} {
		if _, err := load(c.text); err == nil || !strings.HasPrefix(err.Error(), c.where) {
			t.Errorf("%s: error %v, want one that begins with %s", name, err, c.where)
		}
	}
}
