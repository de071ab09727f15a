package snapshot_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/apart"
	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
	"github.com/mikla-ai/data-deletion/shared/walk"
	"github.com/mikla-ai/data-deletion/shared/walk/walktest"
)

// site is a world with live data, of which a writer makes snapshots.
type site struct {
	*world
	m    *datamap.Map
	live *livedatatest.Fake
	data *walktest.World
	runs *snapshottest.Runs
	root keystest.Root
	page int // records a page; 0: as many as are asked for
}

func newSite(t *testing.T, seed uint64) *site {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := &site{world: newWorld(t), m: m, live: livedatatest.NewFake(m), data: walktest.Random(seed), runs: &snapshottest.Runs{}, page: 3}
	s.live.Seed(s.data.Items)
	return s
}

// largest is the unit with the most records.
func (s *site) largest() snapshot.Unit {
	count := map[walktest.Unit]int{}
	for _, u := range s.data.Owner {
		count[u]++
	}
	best := slices.MaxFunc(s.data.Units(), func(a, b walktest.Unit) int { return count[a] - count[b] })
	return snapshot.Unit(best)
}

type paged struct {
	livedata.Records
	most int
}

func (p paged) Read(ctx context.Context, q livedata.Query) (livedata.Page, error) {
	if p.most > 0 {
		q.Limit = min(q.Limit, p.most)
	}
	return p.Records.Read(ctx, q)
}

func randomToken() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// writer is that of a new invocation.
func (s *site) writer() snapshot.Writer {
	keyring := s.keyring()
	keyring.Root = s.root
	return snapshot.Writer{Walker: walk.Walker{Map: s.m, Records: paged{s.live.Records(), s.page}}, Keyring: keyring, Put: s.bucket.Put,
		Runs: s.runs, Now: func() time.Time { return finished }, Random: rand.Reader, Token: randomToken, Reserve: time.Minute}
}

// run writes to the end, in as many invocations as it takes.
func (s *site) run(u snapshot.Unit) snapshot.Outcome {
	s.Helper()
	out, err := s.writer().Run(s.Context(), u, asOf)
	if err != nil || !out.Done {
		s.Fatalf("%+v, %v", out, err)
	}
	return out
}

// copied is what a snapshot holds, put together: canonical items by "store/key/key".
func (s *site) copied(u snapshot.Unit) map[string]string {
	s.Helper()
	out, pieces, bases := map[string]string{}, map[string][]livedata.Item{}, map[string]livedata.Item{}
	batches, err := s.read(u, asOf)
	if err != nil {
		s.Fatal(err)
	}
	for _, b := range batches {
		for _, piece := range b.Apart {
			pieces[s.at(piece)] = append(pieces[s.at(piece)], piece.Item)
		}
		for _, r := range b.Records {
			if bases[s.at(r)] != nil {
				s.Errorf("%s is there twice", s.at(r))
			}
			bases[s.at(r)] = r.Item
			store, _ := s.m.Store(r.Store)
			it, err := apart.Join(s.m, store, r.Item, pieces[s.at(r)])
			if err != nil {
				s.Fatal(err)
			}
			out[s.at(r)] = livedatatest.Canonical(it)
		}
	}
	return out
}

func (s *site) at(o snapshot.Opened) string {
	store, _ := s.m.Store(o.Store)
	place := o.Store
	for _, name := range store.Key {
		place += "/" + o.Item.Text(name)
	}
	return place
}

// alive is what the unit holds now.
func (s *site) alive(u snapshot.Unit) map[string]string {
	out := s.live.Dump()
	maps.DeleteFunc(out, func(key, _ string) bool { return s.data.Owner[key] != walktest.Unit(u) })
	return out
}

// whole checks that the snapshot is the unit.
func (s *site) whole(u snapshot.Unit) {
	s.Helper()
	got, want := s.copied(u), s.alive(u)
	if len(want) == 0 || !maps.Equal(got, want) {
		s.Errorf("the snapshot of %v holds %d records, of %d", u, len(got), len(want))
		for key := range want {
			if got[key] != want[key] {
				s.Errorf("%s: %s\nwant %s", key, got[key], want[key])
				return
			}
		}
	}
}

func (s *site) manifests() []string {
	return slices.DeleteFunc(s.bucket.Names(), func(name string) bool { return !strings.HasPrefix(name, snapshot.Manifests) })
}

func TestASnapshotHoldsItsUnit(t *testing.T) {
	for seed := range uint64(12) {
		s := newSite(t, seed)
		for _, u := range s.data.Units() {
			out := s.run(snapshot.Unit(u))
			if !out.Completed || out.Records != len(s.alive(snapshot.Unit(u))) || out.Bytes == 0 {
				t.Errorf("%v: %+v", u, out)
			}
			s.whole(snapshot.Unit(u))
		}
		if got := len(s.manifests()); got != len(s.data.Units()) {
			t.Errorf("%d manifests", got)
		}
	}
}

// Nothing that a record says is in clear in the bucket, the table of runs, or the names.
func TestNothingIsInClear(t *testing.T) {
	s := newSite(t, 3)
	u := s.largest()
	s.stopAt(u, 5)
	s.run(u)
	var all strings.Builder
	for _, name := range s.bucket.Names() {
		body, _ := s.bucket.Get(t.Context(), name)
		all.WriteString(name + string(body))
	}
	for _, r := range s.runs.All() {
		all.WriteString(r.Name + string(r.Doc))
	}
	for key, owner := range s.data.Owner {
		parts := strings.Split(key, "/")
		if owner == walktest.Unit(u) && parts[0] == "leads" && strings.Contains(all.String(), `"`+parts[2]+`"`) || strings.Contains(all.String(), "words of") {
			t.Errorf("%s can be read", key)
		}
	}
}

// stopAt runs an invocation whose time is over after n visits.
func (s *site) stopAt(u snapshot.Unit, n int) snapshot.Outcome {
	s.Helper()
	ctx, cancel := context.WithDeadline(s.Context(), time.Now().Add(time.Hour))
	defer cancel()
	w := s.writer()
	w.Walker.Records = &exhausted{Records: w.Walker.Records, reads: n}
	out, err := w.Run(ctx, u, asOf)
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// exhausted has a budget of so many reads.
type exhausted struct {
	livedata.Records
	reads int
}

func (e *exhausted) Read(ctx context.Context, q livedata.Query) (livedata.Page, error) {
	if e.reads--; e.reads < 0 {
		return livedata.Page{}, fault.Wrap("read", budget.ErrNoTime)
	}
	return e.Records.Read(ctx, q)
}

func TestASnapshotGoesOnWhereItStopped(t *testing.T) {
	for reads := 2; reads < 30; reads += 3 {
		s := newSite(t, 5)
		u, runs := s.largest(), 1
		for ; !s.stopAt(u, reads).Done; runs++ {
			if len(s.manifests()) > 0 || runs > 500 {
				t.Fatalf("after %d runs: %v", runs, s.manifests())
			}
		}
		s.whole(u)
		if runs < 3 && reads < 10 {
			t.Errorf("only %d runs", runs)
		}
	}
}

// The reserve ends an invocation too.
func TestTheReserveIsKept(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	for range 3 {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(45*time.Second)) // of a reserve of 60
		out, err := s.writer().Run(ctx, u, asOf)
		cancel()
		if err != nil || out.Done {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	s.run(u)
	s.whole(u)
}

// machine decides the fate of every write by its number, and of everything once it is dead.
type machine struct {
	mu     sync.Mutex
	writes []string
	strike int // number of the write that is struck; 0 none
	mode   string
	dead   bool
}

var modes = []string{"not applied", "answer lost", "killed before", "killed after"}

var errStruck = errors.New("struck")

func (m *machine) write(op string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return false, errStruck
	}
	m.writes = append(m.writes, op)
	if len(m.writes) != m.strike {
		return true, nil
	}
	m.dead = strings.HasPrefix(m.mode, "killed")
	return m.mode == "answer lost" || m.mode == "killed after", errStruck
}

func (m *machine) read() (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return false, errStruck
	}
	return true, nil
}

func (s *site) under(m *machine) {
	calls := func(op, name string) (bool, error) {
		switch op {
		case snapshottest.Put:
			return m.write(op + " " + strings.SplitN(name, "/", 2)[0])
		case snapshottest.Save:
			return m.write(op)
		}
		return m.read()
	}
	s.bucket.Fault, s.runs.Fault = calls, calls
	s.rows.Fault = func(op string) (bool, error) { return m.write(op) }
	s.live.Fault = func(livedatatest.Op, string) (bool, error) { return m.read() }
}

func (s *site) free() {
	s.bucket.Fault, s.runs.Fault, s.rows.Fault, s.live.Fault = nil, nil, nil, nil
}

// invoke runs as a queue does: again until it is done, with little time each.
func (s *site) invoke(u snapshot.Unit) {
	s.Helper()
	for range 200 {
		w := s.writer()
		w.Walker.Records = &exhausted{Records: w.Walker.Records, reads: 6}
		if out, err := w.Run(s.Context(), u, asOf); err == nil && out.Done {
			return
		}
		s.free()
	}
	s.Fatal("it does not end")
}

// TestEveryWriteMayFail strikes each write of a clean run in turn, in every way.
func TestEveryWriteMayFail(t *testing.T) {
	if raced {
		t.Skip("one goroutine, and several times as long under the race detector")
	}
	clean, recorded := newSite(t, 1), &machine{}
	u := clean.largest()
	clean.under(recorded)
	for n, out := 0, (snapshot.Outcome{}); !out.Done; n++ {
		if out = clean.stopAt(u, 6); n > 100 {
			t.Fatal("the clean run does not end")
		}
	}
	ops := map[string]int{}
	for _, op := range recorded.writes {
		ops[op]++
	}
	if ops["save"] < 5 || ops["create"] < 10 || ops["put frames"] < 3 || ops["put indexes"] != ops["put frames"] || ops["put manifests"] != 1 {
		t.Fatalf("the clean run wrote %v", ops)
	}
	for strike := range recorded.writes {
		for _, mode := range modes {
			t.Run(fmt.Sprintf("%d %s %s", strike+1, recorded.writes[strike], mode), func(t *testing.T) {
				s := newSite(t, 1)
				s.under(&machine{strike: strike + 1, mode: mode})
				s.invoke(u)
				s.free()
				s.whole(u)
				if got := s.manifests(); len(got) != 1 {
					t.Errorf("manifests %v", got)
				}
			})
		}
	}
}

func TestTheSameMessageAgainDoesNothing(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	s.run(u)
	before, m := s.bucket.Names(), &machine{}
	s.under(m)
	if out := s.run(u); out != (snapshot.Outcome{Done: true}) || len(m.writes) > 0 {
		t.Errorf("%+v, wrote %v", out, m.writes)
	}
	if !slices.Equal(before, s.bucket.Names()) {
		t.Error("the bucket has changed")
	}
}

// Of several at the same time those that fall behind end without a manifest of their own.
func TestConcurrentMessages(t *testing.T) {
	for seed := range uint64(6) {
		s := newSite(t, seed)
		u := s.largest()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 500 {
					w := s.writer()
					w.Walker.Records = &exhausted{Records: w.Walker.Records, reads: 7}
					out, err := w.Run(t.Context(), u, asOf)
					if err != nil && fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Retry {
						t.Errorf("%v", err)
						return
					}
					if out.Done {
						return
					}
				}
				t.Error("it does not end")
			})
		}
		all.Wait()
		s.whole(u)
	}
}

// One that wakes up long after another has finished leaves that one's manifest alone.
func TestWhoIsBehindWritesNoManifest(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	w := s.writer()
	w.Walker.Records = &interrupted{Records: w.Walker.Records, after: 4, meanwhile: func() { s.run(u) }}
	if _, err := w.Run(t.Context(), u, asOf); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	s.whole(u)
	versions, err := s.bucket.Versions(t.Context(), snapshot.Manifests, nil)
	if err != nil || len(versions.Found) != 1 {
		t.Errorf("%d versions of the manifest, %v", len(versions.Found), err)
	}
}

// interrupted does something else once a read has its answer.
type interrupted struct {
	livedata.Records
	after     int
	meanwhile func()
}

func (i *interrupted) Read(ctx context.Context, q livedata.Query) (livedata.Page, error) {
	page, err := i.Records.Read(ctx, q)
	if i.after--; i.after == 0 {
		i.meanwhile()
	}
	return page, err
}

// deleted destroys the key of a channel, or of a whole tenant, behind its tombstone.
func (s *site) deleted(kind string, u snapshot.Unit) {
	s.Helper()
	values, p := []string{u.Tenant}, path(u)[:1]
	if kind == "channel" {
		values, p = []string{u.Tenant, u.Channel}, path(u)
	}
	for _, print := range fence.ScopePrints(secret(), kind, values...) {
		if err := s.stones.Raise(s.Context(), fence.Tombstone{Fingerprint: print, Cutoff: asOf}); err != nil {
			s.Fatal(err)
		}
	}
	s.destroy(p)
}

func TestAChannelIsDeletedMeanwhile(t *testing.T) {
	for _, destroy := range []string{"channel", "tenant"} {
		for after, happened := 0, true; happened; after++ {
			s := newSite(t, 5)
			u := s.largest()
			s.page = 20
			s.stopAt(u, 3)
			w := s.writer()
			gone := func() { s.deleted(destroy, u); happened = true }
			if happened = false; after == 0 {
				gone()
			}
			w.Walker.Records = &interrupted{Records: w.Walker.Records, after: after, meanwhile: gone}
			out, err := w.Run(t.Context(), u, asOf)
			if !happened {
				continue // the run was over before
			}
			if err != nil || !out.Done || out.Completed || len(s.manifests()) > 0 {
				t.Fatalf("%s, at read %d: %+v, %v, manifests %v", destroy, after, out, err, s.manifests())
			}
			if out := s.run(u); out.Completed || len(s.manifests()) > 0 {
				t.Errorf("%s, at read %d, again: %+v", destroy, after, out)
			}
		}
	}
}

func TestWhatIsAboutToGoIsNotBegun(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	row := s.live.Item("channels", u.Tenant, u.Channel)
	row["deleting_at"] = &types.AttributeValueMemberS{Value: "2026-06-02T00:00:00Z"}
	s.live.Put("channels", row)
	hidden := s.run(u)
	s.live.Drop("channels", u.Tenant, u.Channel)
	if gone := s.run(u); hidden.Completed || gone.Completed || len(s.bucket.Names()) > 0 || len(s.rows.All()) > 0 || len(s.runs.All()) > 0 {
		t.Errorf("%+v, %+v", hidden, gone)
	}
}

// A lead who was deleted and came back: nothing that is dated up to the deletion is copied,
// not even if it was read before it went.
func TestWhatADeletionCoversIsNotCopied(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	lead := ""
	for key, owner := range s.data.Owner {
		if parts := strings.Split(key, "/"); parts[0] == "leads" && owner == walktest.Unit(u) && parts[2] > lead {
			lead = parts[2]
		}
	}
	cutoff := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	for _, print := range fence.ScopePrints(secret(), "lead", u.Tenant, lead) {
		if err := s.stones.Raise(t.Context(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff}); err != nil {
			t.Fatal(err)
		}
	}
	s.run(u)
	got, kept, left := s.copied(u), 0, 0
	for key, want := range s.alive(u) {
		parts := strings.Split(key, "/")
		store, _ := s.m.Store(parts[0])
		it := s.live.Item(parts[0], parts[1:]...)
		at, dated, _ := livedata.DatedAt(store, it)
		if !strings.Contains(want, `"lead_id":"`+lead+`"`) {
			continue
		}
		covered := dated && !at.After(cutoff)
		if _, there := got[key]; there == covered {
			t.Errorf("%s, dated %s, is copied: %t", key, at, there)
		}
		if covered {
			left++
		} else {
			kept++
		}
	}
	if kept == 0 || left == 0 {
		t.Errorf("the test shows nothing: %d kept, %d left out", kept, left)
	}
}

// A lead is deleted while the snapshot is under way, by fence, purge and shred at once: what
// was read before is not readable afterwards, wherever the writer was, dated or not. What is
// somebody else's is.
func TestALeadIsDeletedMeanwhile(t *testing.T) {
	if raced {
		t.Skip("one goroutine, and several times as long under the race detector")
	}
	for _, cutoff := range []time.Time{asOf, time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)} {
		covered := 0
		for first, over := 0, false; !over; first++ { // reads of an invocation whose keys nobody remembers then
			for after := 1; after <= 3; after++ {
				s := newSite(t, 5)
				u := s.largest()
				s.page = 3
				if first > 0 && s.stopAt(u, first).Done {
					over = true
					break
				}
				lead, w, before := s.someLead(u), s.writer(), s.alive(u)
				w.Walker.Records = &interrupted{Records: w.Walker.Records, after: after, meanwhile: func() { s.erase(u, lead, cutoff) }}
				if out, err := w.Run(t.Context(), u, asOf); err != nil || !out.Completed {
					t.Fatalf("at read %d after %d: %+v, %v", after, first, out, err)
				}
				if len(s.stones.All()) == 0 {
					break // the run was over before
				}
				covered += s.left(u, lead, cutoff, before)
			}
		}
		if covered < 100 {
			t.Errorf("the test shows little: %d", covered)
		}
	}
}

// left checks what of a unit is in the snapshot after a lead's deletion, and counts what is
// not.
func (s *site) left(u snapshot.Unit, lead string, cutoff time.Time, before map[string]string) (gone int) {
	s.Helper()
	copied := s.copied(u)
	for key, it := range copied {
		if s.erased(key, lead, cutoff) || !strings.Contains(it, `"lead_id":"`+lead+`"`) && strings.Contains(it, "words of "+lead) {
			s.Errorf("%s can be read: %s", key, it)
		}
	}
	for key := range before {
		if _, there := copied[key]; there {
			continue
		}
		if gone++; !strings.Contains(before[key], lead) {
			s.Errorf("%s is lost: %s", key, before[key])
		}
	}
	return gone
}

// erased says that a record of the world goes with a lead: by the world itself, as it was.
func (s *site) erased(key, lead string, cutoff time.Time) bool {
	name, _, _ := strings.Cut(key, "/")
	store, _ := s.m.Store(name)
	for _, fields := range s.data.Items[name] {
		it := livedatatest.NewItem(fields)
		if s.at(snapshot.Opened{Store: name, Item: it}) != key {
			continue
		}
		newer, err := livedata.NewerThan(store, it, cutoff)
		if err != nil {
			s.Fatal(err)
		}
		src := livedatatest.Canonical(it)
		return (store.Dated == nil || !newer) && (it.Text("lead_id") == lead || it.Text("lead_id") == "" && strings.Contains(src, "#"+lead+`"`))
	}
	s.Fatalf("no record %s", key)
	return false
}

// someLead is one of the unit that others quote.
func (s *site) someLead(u snapshot.Unit) string {
	var leads []string
	for key, owner := range s.data.Owner {
		if parts := strings.Split(key, "/"); parts[0] == "ai_quotes" && owner == walktest.Unit(u) {
			_, lead, _ := strings.Cut(parts[1], "#")
			leads = append(leads, lead)
		}
	}
	return slices.Max(leads)
}

// erase takes everything of a lead that is dated up to the cutoff, or not dated, out of the
// live stores, as a deletion does, and destroys its key.
func (s *site) erase(u snapshot.Unit, lead string, cutoff time.Time) {
	s.Helper()
	for _, print := range fence.ScopePrints(secret(), "lead", u.Tenant, lead) {
		if err := s.stones.Raise(s.Context(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff}); err != nil {
			s.Fatal(err)
		}
	}
	for key, it := range s.live.Dump() {
		parts := strings.Split(key, "/")
		switch {
		case s.erased(key, lead, cutoff):
			s.live.Drop(parts[0], parts[1:]...)
		case parts[0] == "ai_audit" && strings.Contains(it, "words of "+lead) && !strings.Contains(it, `"lead_id":"`+lead+`"`):
			entry := s.live.Item(parts[0], parts[1:]...)
			entry["prompt"], entry["quotes"] = text("[removed]"), &types.AttributeValueMemberL{}
			s.live.Put(parts[0], entry)
		}
	}
	s.destroy(leadPath(u, lead))
}

// A quotation is sealed under the key of who is quoted too; where that lead has no row, it
// is left out.
func TestQuotationsAreSealedUnderWhoIsQuoted(t *testing.T) {
	for _, present := range []bool{true, false} {
		s := newSite(t, 5)
		s.live = livedatatest.NewExample(t, s.m)
		u := snapshot.Unit{Tenant: "t_harbour", Channel: "ch_ig1"}
		if !present {
			s.live.Drop("leads", "t_harbour", "l_tom")
		}
		s.run(u)
		entry := "ai_audit/c_tom2/2026-04-01T18:00:10Z#a_2"
		before := s.copied(u)[entry]
		if quoted := !strings.Contains(before, "[removed]"); quoted != present || before == "" {
			t.Fatalf("with the lead's row %t: %s", present, before)
		}
		s.destroy(leadPath(snapshot.Unit{Tenant: "t_harbour", Channel: "ch_fb1"}, "l_tom"))
		if after := s.copied(u)[entry]; !strings.Contains(after, "[removed]") || strings.Contains(after, "t_harbour#l_tom") {
			t.Errorf("after the deletion: %s", after)
		}
	}
}

// A member of a list of staff that names nobody is left out; the channel is copied all the same.
func TestAMemberOfStaffWithoutAName(t *testing.T) {
	s := newSite(t, 5)
	s.live = livedatatest.NewExample(t, s.m)
	u := snapshot.Unit{Tenant: "t_harbour", Channel: "ch_fb1"}
	row := s.live.Item("channels", u.Tenant, u.Channel)
	odd := livedatatest.NewItem(map[string]any{"list": []any{map[string]any{"name": "Nobody Known"}, map[string]any{"app_id": "9", "user_id": "77", "name": "Priya Nair"}}})
	row["connected_by"] = odd["list"]
	s.live.Put("channels", row)
	s.run(u)
	got := s.copied(u)["channels/t_harbour/ch_fb1"]
	if got == "" || strings.Contains(got, "Nobody Known") || !strings.Contains(got, "Priya Nair") {
		t.Errorf("copied is %s", got)
	}
}

func TestKMSRefuses(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	s.stopAt(u, 3)
	for _, begun := range []bool{true, false} {
		if !begun {
			s = newSite(t, 5)
		}
		before := s.bucket.Names()
		s.root.Err = fault.New(fault.Retry, "KMS is throttled")
		if out, err := s.writer().Run(t.Context(), u, asOf); fault.KindOf(err) != fault.Retry || err == nil || out.Done {
			t.Errorf("%+v, %v", out, err)
		}
		if !slices.Equal(before, s.bucket.Names()) || !begun && (len(s.rows.All()) > 0 || len(s.runs.All()) > 0) {
			t.Errorf("something is half used: %v", s.bucket.Names())
		}
		s.root.Err = nil
		s.run(u)
		s.whole(u)
	}
}

func TestMessagesOfOtherTimesAreRefused(t *testing.T) {
	s := newSite(t, 5)
	for _, at := range []time.Time{{}, finished.Add(-49 * time.Hour), finished.Add(2 * time.Hour)} {
		if out, err := s.writer().Run(t.Context(), s.largest(), at); fault.KindOf(err) != fault.Permanent || err == nil || out.Done {
			t.Errorf("%s: %+v, %v", at, out, err)
		}
	}
	if len(s.bucket.Names()) > 0 {
		t.Error("something was written")
	}
}

// A cursor of another data map would lead elsewhere: the run begins anew.
func TestAnotherDataMapBeginsAnew(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	s.stopAt(u, 7)
	changed, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	changed.Version++
	s.m = changed
	s.run(u)
	s.whole(u)
	begun := 0
	for _, c := range s.live.Calls() {
		if c.Op == livedatatest.Read && strings.HasPrefix(c.Key, "channels/") {
			begun++
		}
	}
	if begun != 2 {
		t.Errorf("the walk began %d times", begun)
	}
}

// A record of somebody else ends the run, as it does a purge.
func TestAForeignRecordEndsTheRun(t *testing.T) {
	s := newSite(t, 5)
	u := s.largest()
	for key, owner := range s.data.Owner {
		if parts := strings.Split(key, "/"); parts[0] == "conversations" && owner == walktest.Unit(u) {
			s.live.Put("messages", livedatatest.NewItem(map[string]any{"conversation_id": parts[2], "message_key": "2026-03-01T00:00:00Z#x",
				"sent_at": "2026-03-01T00:00:00Z", "tenant_id": "t_other"}))
		}
	}
	if _, err := s.writer().Run(t.Context(), u, asOf); fault.KindOf(err) != fault.Permanent || err == nil || len(s.manifests()) > 0 {
		t.Errorf("got %v", err)
	}
}

// endless is a conversation of so many messages, made as they are read.
type endless struct {
	livedata.Records
	conversation livedata.Item
	total, size  int
	most         uint64 // bytes of heap seen
}

func (e *endless) Read(ctx context.Context, q livedata.Query) (livedata.Page, error) {
	if q.Store.Name != "messages" || q.Where["conversation_id"] != e.conversation.Text("conversation_id") {
		return e.Records.Read(ctx, q)
	}
	first := 0
	if q.After != nil {
		_, _ = fmt.Sscanf(q.After["message_key"], "2026-03-01T00:00:00Z#%d", &first)
	}
	var page livedata.Page
	for n := first + 1; n <= min(first+q.Limit, e.total); n++ {
		body := make([]byte, e.size/2)
		_, _ = rand.Read(body) // never fails
		page.Items = append(page.Items, livedatatest.NewItem(map[string]any{"conversation_id": e.conversation.Text("conversation_id"),
			"message_key": fmt.Sprintf("2026-03-01T00:00:00Z#%d", n), "sent_at": "2026-03-01T00:00:00Z", "tenant_id": e.conversation.Text("tenant_id"),
			"lead_id": e.conversation.Text("lead_id"), "body": hex.EncodeToString(body)}))
	}
	if last := first + len(page.Items); last < e.total {
		page.Next = livedata.Key{"conversation_id": e.conversation.Text("conversation_id"), "message_key": fmt.Sprintf("2026-03-01T00:00:00Z#%d", last)}
	}
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	e.most = max(e.most, now.HeapAlloc)
	return page, nil
}

func TestTheWritersMemoryIsFlat(t *testing.T) {
	if raced {
		t.Skip("one goroutine, and several times as long under the race detector")
	}
	if testing.Short() {
		t.Skip("writes 150 MB")
	}
	s := newSite(t, 5)
	s.live = livedatatest.NewExample(t, s.m)
	u := snapshot.Unit{Tenant: "t_harbour", Channel: "ch_fb1"}
	w := s.writer()
	big := &endless{Records: s.live.Records(), conversation: s.live.Item("conversations", "t_harbour", "c_tom"), total: 30_000, size: 5000}
	written := 0
	w.Walker.Records = big
	w.Put = func(_ context.Context, name string, body []byte) error {
		if written += len(body); strings.HasPrefix(name, snapshot.Frames) && len(body) > 24<<20 {
			t.Errorf("a part of %d bytes", len(body))
		}
		return nil
	}
	var saved int
	s.runs.Fault = func(op, _ string) (bool, error) {
		if op == snapshottest.Save {
			saved++
		}
		return true, nil
	}
	out, err := w.Run(t.Context(), u, asOf)
	if err != nil || out.Records < 30_000 || out.Bytes < 60<<20 {
		t.Fatalf("%+v, %v", out, err)
	}
	if big.most > 160<<20 || saved < 5 {
		t.Errorf("%d MB of heap, %d saves, %d MB written", big.most>>20, saved, written>>20)
	}
	t.Logf("%d MB of heap, %d saves, %d MB written", big.most>>20, saved, written>>20)
}

func TestRunsKeepTheirContract(t *testing.T) {
	snapshottest.CheckRuns(t, &snapshottest.Runs{}, "snapshot/t/channel/ch/20260603T010000Z")
}

func leadPath(u snapshot.Unit, lead string) keys.Path {
	return append(path(u), keys.Subject{Kind: "lead", Values: []string{u.Tenant, lead}})
}
