package apart_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/apart"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func list(members ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: members}
}

func quote(whose, field, words string) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: livedata.Item{"lead_key": text(whose), "field": text(field), "text": text(words), "score": &types.AttributeValueMemberN{Value: "0.50"}}}
}

func entry(prompt, response string, quotes ...types.AttributeValue) livedata.Item {
	return livedata.Item{"conversation_id": text("c_1"), "audit_key": text("2026-03-01T18:00:00Z#a"), "prompt": text(prompt),
		"response": text(response), "quotes": list(quotes...), "human_takeover": &types.AttributeValueMemberBOOL{Value: true}}
}

func world(t *testing.T, name string) (*datamap.Map, datamap.Store) {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, ok := m.Store(name)
	if !ok {
		t.Fatal("no store " + name)
	}
	return m, s
}

// items are the pieces for which keep is true.
func items(pieces []apart.Piece, keep func(apart.Piece) bool) []livedata.Item {
	var out []livedata.Item
	for _, p := range pieces {
		if keep(p) {
			out = append(out, p.Item)
		}
	}
	return out
}

func all(apart.Piece) bool { return true }

// of keeps what only these leads said.
func of(leads ...string) func(apart.Piece) bool {
	return func(p apart.Piece) bool {
		return !slices.ContainsFunc(p.Leads, func(lead string) bool { return !slices.Contains(leads, lead) })
	}
}

func TestWhatSaysNothingOfOthersStaysAsItIs(t *testing.T) {
	m, s := world(t, "ai_audit")
	for name, it := range map[string]livedata.Item{
		"no quotes": entry("p", "r"), "no list": {"conversation_id": text("c_1"), "audit_key": text("k")},
		"nobody's": entry("p", "r", quote("", "prompt", "p"), text("no map")),
	} {
		base, pieces, err := apart.Split(m, s, it)
		if err != nil || len(pieces) > 0 || !reflect.DeepEqual(base, it) {
			t.Errorf("%s: %v, %d pieces, %v", name, base, len(pieces), err)
		}
	}
}

func TestQuotationsGoAndComeBack(t *testing.T) {
	m, s := world(t, "ai_audit")
	it := entry("A said: rooms for 8 in June? B said: in June? yes", "As before: rooms for 8", quote("t#a", "prompt", "rooms for 8 in June?"),
		quote("", "prompt", "A"), quote("t#b", "prompt", "in June? yes"), quote("t#b", "prompt", "June"), text("no map"), quote("t#a", "response", "rooms for 8"))
	base, pieces, err := apart.Split(m, s, it)
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"rooms", "June", "yes", "t#a", "t#b"} {
		if strings.Contains(dump(base), words) {
			t.Errorf("the base still says %q: %s", words, dump(base))
		}
	}
	for _, p := range pieces {
		if of("t#b")(p) && strings.Contains(dump(p.Item), "rooms") || of("t#a")(p) && strings.Contains(dump(p.Item), "June") {
			t.Errorf("a piece of %v says what somebody else said: %s", p.Leads, dump(p.Item))
		}
	}
	got, err := apart.Join(m, s, base, items(pieces, all))
	if err != nil || !reflect.DeepEqual(got, it) {
		t.Errorf("joined again: %s\n%v", dump(got), err)
	}
	got, err = apart.Join(m, s, base, items(pieces, of("t#b")))
	if err != nil || strings.Contains(dump(got), "rooms") || strings.Contains(dump(got), "t#a") || !strings.Contains(dump(got), "B said: in ") {
		t.Errorf("without the one: %s, %v", dump(got), err)
	}
	if got, err = apart.Join(m, s, base, nil); err != nil || got.Text("prompt") != "A said: [removed] B said: [removed]" || len(got.Maps("quotes")) != 1 {
		t.Errorf("without both: %s, %v", dump(got), err)
	}
}

// Where it is not known which words are whose, all of them are.
func TestAQuotationThatIsNotFound(t *testing.T) {
	m, s := world(t, "ai_audit")
	for name, q := range map[string]types.AttributeValue{
		"altered": quote("t#a", "prompt", "Rooms"), "in another attribute": quote("t#a", "summary", "rooms"), "without a text": quote("t#a", "prompt", ""),
	} {
		it := entry("A said: rooms", "rooms, as A said", q, quote("t#b", "response", "rooms"))
		base, pieces, err := apart.Split(m, s, it)
		if err != nil || strings.Contains(dump(base), "rooms") {
			t.Errorf("%s: the base says %s, %v", name, dump(base), err)
		}
		if got, err := apart.Join(m, s, base, items(pieces, all)); err != nil || !reflect.DeepEqual(got, it) {
			t.Errorf("%s: joined again: %s, %v", name, dump(got), err)
		}
		got, err := apart.Join(m, s, base, items(pieces, of("t#b")))
		if err != nil || strings.Contains(dump(got), "rooms") || strings.Contains(dump(got), "t#a") {
			t.Errorf("%s: without the one: %s, %v", name, dump(got), err)
		}
	}
}

func TestStaffGoApart(t *testing.T) {
	m, s := world(t, "channels")
	priya := &types.AttributeValueMemberM{Value: livedata.Item{"app_id": text("9"), "user_id": text("77"), "name": text("Priya Nair")}}
	li := &types.AttributeValueMemberM{Value: livedata.Item{"app_id": text("9"), "user_id": text("78"), "name": text("Li Na")}}
	it := livedata.Item{"tenant_id": text("t"), "channel_id": text("ch"), "connected_by": list(priya, li), "display_name": text("Hotel")}
	base, pieces, err := apart.Split(m, s, it)
	if err != nil || len(pieces) != 2 || pieces[0].Staff.Text("user_id") != "77" || strings.Contains(dump(base), "Priya") {
		t.Fatalf("%s, %v, %v", dump(base), pieces, err)
	}
	got, err := apart.Join(m, s, base, items(pieces, all))
	if err != nil || !reflect.DeepEqual(got, it) {
		t.Errorf("joined again: %s, %v", dump(got), err)
	}
	got, err = apart.Join(m, s, base, []livedata.Item{pieces[1].Item})
	if err != nil || !reflect.DeepEqual(got["connected_by"], list(li)) {
		t.Errorf("without the one: %s, %v", dump(got), err)
	}
}

// Whoever is left out, what comes back is what cutting that person out of the live record
// gives.
func TestJoinIsLikeCutting(t *testing.T) {
	m, s := world(t, "ai_audit")
	q := *m.QuotedBy(s.Name)[0].Quotes
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		it := randomEntry(r)
		base, pieces, err := apart.Split(m, s, it)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got, err := apart.Join(m, s, base, items(pieces, all)); err != nil || !reflect.DeepEqual(got, it) {
			t.Fatalf("seed %d: %s\n became %s, %v", seed, dump(it), dump(got), err)
		}
		gone := leads[r.IntN(3)]
		var live []string
		for _, lead := range leads {
			if lead != gone {
				live = append(live, lead)
			}
		}
		set, err := apart.Cut(q, it, gone)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		want := mergeItems(it, set)
		if got, err := apart.Join(m, s, base, items(pieces, of(live...))); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d, without %s of %s:\n joined %s\n cut    %s, %v", seed, gone, dump(it), dump(got), dump(want), err)
		}
	}
}

var leads = []string{"t#a", "t#b", "t#c"}

func randomEntry(r *rand.Rand) livedata.Item {
	words := func() string {
		b := make([]byte, 4+r.IntN(20))
		for i := range b {
			b[i] = "abé"[r.IntN(2)]
		}
		return string(b)
	}
	fields := map[string]string{"prompt": words(), "response": words()}
	var quotes []types.AttributeValue
	for range r.IntN(5) {
		field := []string{"prompt", "response"}[r.IntN(2)]
		from := r.IntN(len(fields[field]))
		to := from + 1 + r.IntN(len(fields[field])-from)
		quotes = append(quotes, quote(leads[r.IntN(3)], field, fields[field][from:to]))
	}
	return entry(fields["prompt"], fields["response"], quotes...)
}

func mergeItems(a, b livedata.Item) livedata.Item {
	out := livedata.Item{}
	for k, v := range a {
		out[k] = v
	}
	for k, v := range b {
		out[k] = v
	}
	return out
}

func dump(v any) string {
	switch v := v.(type) {
	case livedata.Item:
		var parts []string
		for name, value := range v {
			parts = append(parts, name+": "+dump(value))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case map[string]types.AttributeValue:
		return dump(livedata.Item(v))
	case *types.AttributeValueMemberS:
		return fmt.Sprintf("%q", v.Value)
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberM:
		return dump(livedata.Item(v.Value))
	case *types.AttributeValueMemberL:
		var parts []string
		for _, member := range v.Value {
			parts = append(parts, dump(member))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprintf("%T", v)
}

func TestWhatDoesNotFitTogetherIsRefused(t *testing.T) {
	m, s := world(t, "ai_audit")
	it := entry("A said: rooms", "r", quote("t#a", "prompt", "rooms"))
	base, pieces, err := apart.Split(m, s, it)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]livedata.Item{
		"a longer run": {"~text": text("roomsrooms")}, "no place": {"~from": text("1")}, "a span beyond": {"~spans": list(&types.AttributeValueMemberN{Value: "8"}, &types.AttributeValueMemberN{Value: "99"})},
		"a place that is no number": {"~at": text("x")}, "no member": {"~member": text("x")},
	} {
		var changed []livedata.Item
		for _, p := range pieces {
			it := livedata.Item{}
			for k, v := range p.Item {
				if n, ok := spoil[k]; ok {
					v = n
				}
				it[k] = v
			}
			changed = append(changed, it)
		}
		if got, err := apart.Join(m, s, base, changed); fault.KindOf(err) != fault.Permanent {
			t.Errorf("%s: %s, %v", name, dump(got), err)
		}
	}
	it["~apart"] = text("x")
	if _, _, err := apart.Split(m, s, it); fault.KindOf(err) != fault.Permanent {
		t.Errorf("an attribute of ours in a record: %v", err)
	}
}
