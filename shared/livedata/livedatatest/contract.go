package livedatatest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Backend is live stores and the platform's way to write into them.
type Backend struct {
	Map       *datamap.Map
	Records   livedata.Records
	Objects   livedata.Objects
	Put       func(t testing.TB, store string, items ...livedata.Item)
	PutObject func(t testing.TB, store, key string)
	// MarkDeleted deletes an object the usual way, which leaves a delete marker.
	MarkDeleted func(t testing.TB, store, key string)
}

// OnFake is the backend of a fake.
func OnFake(f *Fake) Backend {
	return Backend{Map: f.Map, Records: f.Records(), Objects: f.Objects(),
		Put:         func(_ testing.TB, store string, items ...livedata.Item) { f.Put(store, items...) },
		PutObject:   func(_ testing.TB, store, key string) { f.PutObject(store, key, key, SeededAt) },
		MarkDeleted: func(_ testing.TB, store, key string) { f.MarkDeleted(store, key, SeededAt) }}
}

// RunRecords checks what every livedata.Records keeps.
func RunRecords(t *testing.T, b Backend) {
	c := contract{b}
	t.Run("pages", c.pages)
	t.Run("sort keys from a text on", c.from)
	t.Run("index hits are confirmed", c.confirmed)
	t.Run("an index has an order", c.ordered)
	t.Run("get", c.get)
	for _, n := range []int{0, 1, 25, 26, 100, 200} {
		t.Run(fmt.Sprintf("delete %d", n), func(t *testing.T) { c.delete(t, n) })
	}
	t.Run("delete what is gone", c.deleteGone)
	t.Run("delete if", c.deleteIf)
	t.Run("change", c.change)
	t.Run("change twice", c.changeTwice)
}

// RunObjects checks what every livedata.Objects keeps.
func RunObjects(t *testing.T, b Backend) {
	c := contract{b}
	t.Run("prefixes are exact", c.prefixes)
	t.Run("versions and delete markers", c.versions)
	t.Run("delete in pages", c.versionPages)
	t.Run("delete what is gone", c.deleteGoneObjects)
}

type contract struct{ Backend }

func (c contract) store(name string) datamap.Store {
	s, ok := c.Map.Store(name)
	if !ok {
		panic("no store " + name)
	}
	return s
}

type jsonItem = map[string]any

// message is one in a conversation of the test's own.
func message(conversation string, i int, author string) livedata.Item {
	at := fmt.Sprintf("2026-03-01T18:%02d:%02dZ", i/60, i%60)
	it := jsonItem{"conversation_id": conversation, "message_key": at + "#m", "sent_at": at, "tenant_id": "t", "lead_id": "l"}
	if author != "" {
		it["author_key"] = author
	}
	return NewItem(it)
}

// place is a name of the test's own: suites share tables.
func place(t testing.TB) string {
	return strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
}

// fill puts n messages into a conversation, and neighbours of names that begin alike.
func (c contract) fill(t testing.TB, n int, author string) string {
	conversation := place(t)
	var items []livedata.Item
	for i := range n {
		items = append(items, message(conversation, i, author))
	}
	items = append(items, message(conversation+"2", 0, ""), message(conversation[:len(conversation)-1], 0, ""))
	c.Put(t, "messages", items...)
	return conversation
}

// read collects all pages of a query.
func (c contract) read(t testing.TB, q livedata.Query) []livedata.Item {
	t.Helper()
	var out []livedata.Item
	for {
		page, err := c.Records.Read(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > q.Limit {
			t.Fatalf("a page of %d items, asked for %d", len(page.Items), q.Limit)
		}
		out = append(out, page.Items...)
		if page.Next == nil {
			return out
		}
		q.After = page.Next
	}
}

func (c contract) conversation(id string, limit int) livedata.Query {
	return livedata.Query{Store: c.store("messages"), Where: map[string]string{"conversation_id": id}, Limit: limit}
}

func (c contract) pages(t *testing.T) {
	conversation := c.fill(t, 25, "")
	for _, limit := range []int{1, 4, 5, 25, 26, 200} {
		got := c.read(t, c.conversation(conversation, limit))
		if len(got) != 25 || !slices.IsSortedFunc(got, func(a, b livedata.Item) int { return cmp.Compare(a.Text("message_key"), b.Text("message_key")) }) {
			t.Errorf("by %d: %d items", limit, len(got))
		}
	}
	// A page goes on after a key that is gone by then: that is how a purge reads.
	seen := 0
	for q := c.conversation(conversation, 4); ; {
		page, err := c.Records.Read(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Items)
		if err := c.Records.Delete(t.Context(), q.Store, keysOf(q.Store, page.Items)); err != nil {
			t.Fatal(err)
		}
		if page.Next == nil {
			break
		}
		q.After = page.Next
	}
	if seen != 25 {
		t.Errorf("deleting page by page met %d of 25", seen)
	}
}

func keysOf(store datamap.Store, items []livedata.Item) []livedata.Key {
	var out []livedata.Key
	for _, it := range items {
		out = append(out, livedata.KeyOf(store, it))
	}
	return out
}

func (c contract) from(t *testing.T) {
	q := c.conversation(c.fill(t, 10, ""), 3)
	for from, want := range map[string]int{"2026-03-01T18:00:07": 3, "2026-03-01T18:00:07Z#m": 3, "2026-03-01T18:00:07Z#n": 2, "2025": 10, "2027": 0} {
		q.From = from
		if got := c.read(t, q); len(got) != want {
			t.Errorf("from %s: %d items, want %d", from, len(got), want)
		}
	}
}

func (c contract) confirmed(t *testing.T) {
	author := "a#" + place(t)
	conversation := c.fill(t, 9, author)
	c.Put(t, "messages", message(conversation, 50, author+"2"), message(conversation, 51, ""))
	store := c.store("messages")
	taken := message(conversation, 0, author)
	if _, err := c.Records.Change(t.Context(), store, taken, NewItem(jsonItem{"author_key": "b#" + author}), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Records.Delete(t.Context(), store, keysOf(store, []livedata.Item{message(conversation, 1, author)})); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 3, 200} {
		got := c.read(t, livedata.Query{Store: store, Index: "by_author", Where: map[string]string{"author_key": author}, Limit: limit})
		if len(got) != 7 {
			t.Errorf("by %d: %d items, want 7", limit, len(got))
		}
		for _, it := range got {
			if it.Text("author_key") != author || it.Text("lead_id") != "l" {
				t.Errorf("not the base's item: %s", Canonical(it))
			}
		}
	}
}

// ordered reads on after each record that an index finds: what follows is always what
// followed in the whole, however many are read at once.
func (c contract) ordered(t *testing.T) {
	author := "a#" + place(t)
	c.fill(t, 12, author)
	store := c.store("messages")
	q := livedata.Query{Store: store, Index: "by_author", Where: map[string]string{"author_key": author}, Limit: 200}
	whole := c.read(t, q)
	for i, it := range whole {
		q.After = livedata.KeyOf(store, it)
		q.After["author_key"] = author
		for _, q.Limit = range []int{1, 5, 200} {
			rest := c.read(t, q)
			if !slices.EqualFunc(rest, whole[i+1:], func(a, b livedata.Item) bool { return Canonical(a) == Canonical(b) }) {
				t.Fatalf("after record %d of %d come %d, by %d, or in another order", i, len(whole), len(rest), q.Limit)
			}
		}
	}
}

func (c contract) get(t *testing.T) {
	conversation := c.fill(t, 1, "")
	store := c.store("messages")
	it := message(conversation, 0, "")
	got, err := c.Records.Get(t.Context(), store, livedata.KeyOf(store, it))
	if err != nil || Canonical(got) != Canonical(it) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = c.Records.Get(t.Context(), store, livedata.Key{"conversation_id": conversation, "message_key": "none"})
	if err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func (c contract) delete(t *testing.T, n int) {
	conversation := c.fill(t, n+1, "")
	store := c.store("messages")
	keys := keysOf(store, c.read(t, c.conversation(conversation, 200)))[:n]
	if err := c.Records.Delete(t.Context(), store, keys); err != nil {
		t.Fatal(err)
	}
	c.count(t, conversation, 1)
	c.count(t, conversation+"2", 1)
	c.count(t, conversation[:len(conversation)-1], 1)
}

func (c contract) count(t testing.TB, conversation string, want int) {
	t.Helper()
	if got := c.read(t, c.conversation(conversation, 200)); len(got) != want {
		t.Errorf("%s holds %d items, want %d", conversation, len(got), want)
	}
}

func (c contract) deleteGone(t *testing.T) {
	conversation := c.fill(t, 3, "")
	store := c.store("messages")
	keys := keysOf(store, c.read(t, c.conversation(conversation, 200)))
	for range 2 {
		if err := c.Records.Delete(t.Context(), store, keys); err != nil {
			t.Fatal(err)
		}
	}
	c.count(t, conversation, 0)
}

// lead is a profile with every kind of attribute.
func (c contract) lead(t testing.TB) (datamap.Store, livedata.Item) {
	it := NewItem(jsonItem{"tenant_id": "t", "lead_id": place(t), "handle": nil, "display_name": "", "vip": true,
		"tags": []any{"a", jsonItem{"b": []any{}}}, "last_interaction_at": "2026-03-01T18:00:00Z"})
	c.Put(t, "leads", it)
	return c.store("leads"), it
}

func (c contract) now(t testing.TB, store datamap.Store, it livedata.Item) livedata.Item {
	t.Helper()
	now, err := c.Records.Get(t.Context(), store, livedata.KeyOf(store, it))
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func other(it livedata.Item, changes jsonItem) livedata.Item {
	out := maps.Clone(it)
	maps.Copy(out, NewItem(changes))
	return out
}

func (c contract) deleteIf(t *testing.T) {
	store, it := c.lead(t)
	for name, seen := range map[string]livedata.Item{
		"another value": other(it, jsonItem{"display_name": "x"}),
		"another type":  other(it, jsonItem{"display_name": nil}),
		"another list":  other(it, jsonItem{"tags": []any{"a"}}),
		"one more":      other(it, jsonItem{"status": "x"}),
	} {
		applied, err := c.Records.DeleteIf(t.Context(), store, seen)
		if applied || err != nil || len(c.now(t, store, it)) == 0 {
			t.Errorf("%s: applied %t, %v", name, applied, err)
		}
	}
	// The record is newer now.
	undated := maps.Clone(it)
	delete(undated, "last_interaction_at")
	if applied, err := c.Records.DeleteIf(t.Context(), store, undated); applied || err != nil || len(c.now(t, store, it)) == 0 {
		t.Errorf("a date was set meanwhile: applied %t, %v", applied, err)
	}
	for range 2 { // gone is gone: an answer that was lost is found again this way
		if applied, err := c.Records.DeleteIf(t.Context(), store, it); !applied || err != nil {
			t.Errorf("applied %t, %v", applied, err)
		}
	}
	if now := c.now(t, store, it); len(now) != 0 {
		t.Errorf("it is still there: %s", Canonical(now))
	}
}

func (c contract) change(t *testing.T) {
	store, it := c.lead(t)
	applied, err := c.Records.Change(t.Context(), store, other(it, jsonItem{"display_name": "x"}), NewItem(jsonItem{"status": "y"}), nil)
	if applied || err != nil || Canonical(c.now(t, store, it)) != Canonical(it) {
		t.Errorf("of another record: applied %t, %v", applied, err)
	}
	applied, err = c.Records.Change(t.Context(), store, it, NewItem(jsonItem{"status": "y", "tags": []any{}}), []string{"handle", "vip"})
	want := other(it, jsonItem{"status": "y", "tags": []any{}})
	delete(want, "handle")
	delete(want, "vip")
	if now := c.now(t, store, it); !applied || err != nil || Canonical(now) != Canonical(want) {
		t.Errorf("applied %t, %v: %s", applied, err, Canonical(now))
	}
	if applied, err := c.Records.Change(t.Context(), store, want, nil, []string{"status"}); !applied || err != nil {
		t.Errorf("remove only: applied %t, %v", applied, err)
	}
	gone := other(it, jsonItem{"lead_id": place(t) + "-none"})
	if applied, err := c.Records.Change(t.Context(), store, gone, NewItem(jsonItem{"status": "y"}), nil); applied || err != nil || len(c.now(t, store, gone)) != 0 {
		t.Errorf("of a record that is gone: applied %t, %v", applied, err)
	}
}

func (c contract) changeTwice(t *testing.T) {
	store, it := c.lead(t)
	for i, want := range []bool{true, false} {
		applied, err := c.Records.Change(t.Context(), store, it, NewItem(jsonItem{"status": fmt.Sprint(i)}), nil)
		if applied != want || err != nil {
			t.Errorf("the change %d: applied %t, %v", i, applied, err)
		}
	}
	if now := c.now(t, store, it); now.Text("status") != "0" {
		t.Errorf("the second change overwrote the first: %s", Canonical(now))
	}
}

// list collects all pages of a listing.
func (c contract) list(t testing.TB, prefix string) []livedata.Version {
	t.Helper()
	var out []livedata.Version
	var after *livedata.Version
	for {
		page, err := c.Objects.List(t.Context(), c.store("media"), prefix, after)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Found...)
		if page.Next == nil {
			return out
		}
		after = page.Next
	}
}

func (c contract) prefixes(t *testing.T) {
	base := place(t)
	for _, key := range []string{"/a/1", "/a/2", "/a2/1", "/a", "/A/1", "2/a/1"} {
		c.PutObject(t, "media", base+key)
	}
	for prefix, want := range map[string]int{"/a/": 2, "/a": 4, "/a/1": 1, "/b/": 0} {
		if got := c.list(t, base+prefix); len(got) != want {
			t.Errorf("%s: %d versions, want %d", prefix, len(got), want)
		}
	}
}

func (c contract) versions(t *testing.T) {
	key := place(t) + "/ä ö+&%41.jpg"
	for range 3 {
		c.PutObject(t, "media", key)
	}
	c.MarkDeleted(t, "media", key)
	c.PutObject(t, "media", key+"2")
	found := c.list(t, place(t)+"/")
	ids := map[string]bool{}
	for _, v := range found {
		if v.Modified.IsZero() || v.Key != key && v.Key != key+"2" {
			t.Errorf("found %+v", v)
		}
		ids[v.Key+v.ID] = true
	}
	if len(found) != 5 || len(ids) != 5 {
		t.Fatalf("%d versions of %d names", len(found), len(ids))
	}
	for i, v := range found { // the delete marker, what it hides, the other
		if marker, latest := i == 0, i == 0 || i == 4; v.Marker != marker || v.Latest != latest {
			t.Errorf("number %d is %+v", i, v)
		}
	}
	mine := slices.DeleteFunc(found, func(v livedata.Version) bool { return v.Key != key })
	if err := c.Objects.Delete(t.Context(), c.store("media"), mine); err != nil {
		t.Fatal(err)
	}
	if left := c.list(t, place(t)+"/"); len(left) != 1 || left[0].Key != key+"2" {
		t.Errorf("left are %+v", left)
	}
}

// Versions is how many versions the paged listing goes through.
const Versions = 1210

// versionPages goes through more than one page.
func (c contract) versionPages(t *testing.T) {
	prefix := place(t) + "/"
	for i := range 600 {
		c.PutObject(t, "media", fmt.Sprintf("%s%04d", prefix, i))
	}
	for i := range 600 {
		c.MarkDeleted(t, "media", fmt.Sprintf("%s%04d", prefix, i))
	}
	for range Versions - 1200 { // versions of one key on both sides of a page's end
		c.PutObject(t, "media", prefix+"0499")
	}
	if got := len(c.list(t, prefix)); got != Versions {
		t.Fatalf("listed %d of %d", got, Versions)
	}
	// Deleting goes on after what stays: of the first page, its first version.
	first, err := c.Objects.List(t.Context(), c.store("media"), prefix, nil)
	if err != nil || first.Next == nil {
		t.Fatalf("one page of %d, %v", len(first.Found), err)
	}
	slices.SortFunc(first.Found, func(a, b livedata.Version) int { return cmp.Compare(a.Key, b.Key) })
	if err := c.Objects.Delete(t.Context(), c.store("media"), first.Found[2:]); err != nil {
		t.Fatal(err)
	}
	rest, err := c.Objects.List(t.Context(), c.store("media"), prefix, &first.Found[0])
	if err != nil || rest.Next != nil {
		t.Fatalf("more than a page, %v", err)
	}
	if got := len(rest.Found); got != Versions-len(first.Found) && got != Versions-len(first.Found)+1 {
		t.Errorf("%d versions come after the one that stays", got)
	}
	if left := len(c.list(t, prefix)); left != Versions-len(first.Found)+2 {
		t.Errorf("%d versions are left", left)
	}
}

func (c contract) deleteGoneObjects(t *testing.T) {
	c.PutObject(t, "media", place(t)+"/x")
	found := c.list(t, place(t)+"/")
	for range 2 {
		if err := c.Objects.Delete(t.Context(), c.store("media"), found); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Objects.Delete(t.Context(), c.store("media"), nil); err != nil {
		t.Fatal(err)
	}
	if left := c.list(t, place(t)+"/"); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
}
