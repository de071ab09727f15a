package onetime

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/secrets"
)

const id = "0123456789abcdef0123456789abcdef"

func keys(t *testing.T, src string) secrets.Versioned {
	t.Helper()
	k, err := secrets.ParseVersioned([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func one(t *testing.T) secrets.Versioned {
	return keys(t, `{"current":"1","1":"`+strings.Repeat("a", 64)+`"}`)
}

func TestATokenSaysWhatItWasMadeOf(t *testing.T) {
	for _, purpose := range Purposes() {
		for _, place := range []int{0, 7, 19} {
			want := Claim{id, purpose, place}
			token := New(one(t), want).Reveal()
			if len(token) != Length || len("privacy+r."+token) > 64 {
				t.Errorf("%d characters", len(token))
			}
			for _, text := range []string{token, strings.ToUpper(token)} {
				if got, ok := Read(one(t), text); !ok || got != want {
					t.Errorf("read %+v, %v, want %+v", got, ok, want)
				}
			}
		}
	}
}

// Every changed character, and everything of another secret, is refused.
func TestForgedTokens(t *testing.T) {
	token := New(one(t), Claim{id, Confirm, 0}).Reveal()
	for i := range token {
		for _, c := range "a2" {
			if forged := token[:i] + string(c) + token[i+1:]; forged != token {
				if _, ok := Read(one(t), forged); ok {
					t.Errorf("character %d changed, and it was taken", i)
				}
			}
		}
	}
	other := keys(t, `{"current":"1","1":"`+strings.Repeat("b", 64)+`"}`)
	for _, text := range []string{"", "x", token[:51], token + "a", strings.Repeat("a", Length), strings.Repeat("1", Length), New(other, Claim{id, Confirm, 0}).Reveal()} {
		if _, ok := Read(one(t), text); ok {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestOldVersionsStillRead(t *testing.T) {
	token := New(one(t), Claim{id, Reply, 3}).Reveal()
	both := keys(t, `{"current":"2","1":"`+strings.Repeat("a", 64)+`","2":"`+strings.Repeat("c", 64)+`"}`)
	if _, ok := Read(both, token); !ok {
		t.Error("a token of the version before is refused")
	}
	if New(both, Claim{id, Reply, 3}).Reveal() == token {
		t.Error("the new version makes the old token")
	}
}

func TestPin(t *testing.T) {
	pin := Pin(one(t), "1", id)
	if len(pin) != 6 || strings.Trim(pin, "0123456789") != "" || pin != Pin(one(t), "1", id) || pin == Pin(one(t), "1", strings.Repeat("f", 32)) {
		t.Errorf("PIN %s", pin)
	}
}

func TestATokenDoesNotPrintItself(t *testing.T) {
	token := New(one(t), Claim{id, Confirm, 0})
	doc, err := json.Marshal(token)
	if seen := fmt.Sprintf("%v %s %q %+v %#v %s", token, token, token, token, token, doc); err != nil || strings.Contains(seen, token.Reveal()) {
		t.Errorf("printed: %s %v", seen, err)
	}
}
