package restore

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/shared/apart"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Record is a record of a backup on its way back.
type Record struct {
	Store datamap.Store
	Item  livedata.Item
	// Known are the fields of its unit and of the row that it was found from, as keys.Whose
	// takes them.
	Known map[string]string
	// AsOf is the moment that its source shows.
	AsOf time.Time
}

// Verdict is what comes back of a record.
type Verdict struct {
	Item livedata.Item // nil: nothing
	// Without is how many quotations and names of staff were left out, Emptied says that a
	// profile lost what may be older than its person's deletion.
	Without int
	Emptied bool
	// Seen are the tombstones that the verdict rests on, by fingerprint: their cutoffs, zero
	// for one that is not there.
	Seen map[string]time.Time
}

// Keys looks keys up, strongly consistent. keys.DynamoDB does.
type Keys interface {
	Get(ctx context.Context, parent, name string) (keys.Row, bool, error)
}

// mostHot bounds how many subjects are remembered.
const mostHot = 10000

// lookups is how many tombstones are read at a time.
const lookups = 16

// Replay puts records of a backup to the tombstones. It remembers what it has looked up
// until it is told to forget, within bounds. It is for one goroutine.
type Replay struct {
	Map    *datamap.Map
	Stones fence.Tombstones
	Keys   Keys
	Secret secrets.Versioned
	// Sealed says that the records come from snapshots, in which what is quoted of a lead is under
	// a key that has to live. In tables it never had one if it is younger than the last night.
	Sealed bool
	// Rows reads a row of tables that are the source.
	Rows func(ctx context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error)
	// Channels lists those that a tenant has or had: a lead who is quoted may be of any.
	Channels func(ctx context.Context, tenant string) ([]string, error)

	mu     sync.Mutex
	stones map[string]stone
	living map[string][]keys.Row
	homes  map[string][]string // channels by tenant
}

// stone is what tombstones say of a subject, under every version of the secret.
type stone struct {
	there  bool
	cutoff time.Time
	prints map[string]time.Time
}

// Forget has everything looked up again.
func (p *Replay) Forget() {
	p.stones, p.living, p.homes = map[string]stone{}, map[string][]keys.Row{}, map[string][]string{}
}

// Prefetch looks up at once what the records of a batch will be put to.
func (p *Replay) Prefetch(ctx context.Context, records []Record) error {
	if p.stones == nil || len(p.stones)+len(p.living) > mostHot {
		p.Forget()
	}
	missing := map[string]keys.Subject{}
	for _, r := range records {
		paths, err := p.whose(r)
		if err != nil {
			return err
		}
		for _, s := range subjectsOf(paths) {
			if _, ok := p.stones[nameOf(s)]; !ok {
				missing[nameOf(s)] = s
			}
		}
	}
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for _, s := range missing {
		group.Go(func() error {
			_, err := p.stone(together, s)
			return err
		})
	}
	return group.Wait()
}

func (p *Replay) whose(r Record) ([]keys.Path, error) {
	paths, err := keys.Whose(p.Map, r.Store, r.Item, r.Known)
	return paths, fault.Wrap("put a record of "+r.Store.Name+" to the tombstones", err)
}

func nameOf(s keys.Subject) string { return s.Kind + "\x00" + strings.Join(s.Values, "\x00") }

// subjectsOf are all that stand on the paths, once each.
func subjectsOf(paths []keys.Path) []keys.Subject {
	var out []keys.Subject
	for _, path := range paths {
		for _, s := range path {
			if !slices.ContainsFunc(out, func(have keys.Subject) bool { return nameOf(have) == nameOf(s) }) {
				out = append(out, s)
			}
		}
	}
	return out
}

func (p *Replay) stone(ctx context.Context, s keys.Subject) (stone, error) {
	p.mu.Lock()
	have, ok := p.stones[nameOf(s)]
	p.mu.Unlock()
	if ok {
		return have, nil
	}
	have.prints = map[string]time.Time{}
	for _, print := range fence.ScopePrints(p.Secret, s.Kind, s.Values...) {
		t, there, err := p.Stones.Get(ctx, print)
		if err != nil {
			return stone{}, err
		}
		have.prints[print] = time.Time{}
		if there {
			have.there, have.prints[print] = true, t.Cutoff
		}
		if t.Cutoff.After(have.cutoff) {
			have.cutoff = t.Cutoff
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stones[nameOf(s)] = have
	return have, nil
}

// Decide says what comes back of a record: nothing that a tombstone covers, and nothing of
// others whose own key is gone or whom a tombstone covers.
func (p *Replay) Decide(ctx context.Context, r Record) (Verdict, error) {
	if p.stones == nil {
		p.Forget()
	}
	paths, err := p.whose(r)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Item: r.Item, Seen: map[string]time.Time{}}
	for _, path := range paths {
		covered, old, err := p.path(ctx, r, path, v.Seen)
		if err != nil || covered {
			return Verdict{Seen: v.Seen}, err
		}
		v.Emptied = v.Emptied || old
	}
	v.Item = p.shown(r, v)
	r.Item = v.Item
	if v.Emptied {
		v.Item, v.Emptied = emptied(r)
	}
	return v, p.others(ctx, r, &v)
}

// shown is a record that outlives a deletion without what hid it for that: the request which
// would show it again is over.
func (p *Replay) shown(r Record, v Verdict) livedata.Item {
	if _, hidden := r.Item[r.Store.HiddenBy]; !hidden || !v.touched() {
		return r.Item
	}
	out := maps.Clone(r.Item)
	delete(out, r.Store.HiddenBy)
	return out
}

// touched says that there is a tombstone of somebody whose the record is.
func (v Verdict) touched() bool {
	for _, cutoff := range v.Seen {
		if !cutoff.IsZero() {
			return true
		}
	}
	return false
}

// path puts a record to the tombstones of one path. old says that there is one which the
// record is newer than, and that the record may all the same be of before the deletion.
func (p *Replay) path(ctx context.Context, r Record, path keys.Path, seen map[string]time.Time) (covered, old bool, err error) {
	at, dated := dateOf(p.Map, r)
	return p.pathAt(ctx, r, path, at, dated, seen)
}

func (p *Replay) pathAt(ctx context.Context, r Record, path keys.Path, at time.Time, dated bool, seen map[string]time.Time) (covered, old bool, err error) {
	for i, s := range path {
		t, err := p.stone(ctx, s)
		if err != nil {
			return false, false, err
		}
		maps.Copy(seen, t.prints)
		switch {
		case !t.there:
			continue
		case p.everything(s) || dated && !at.After(t.cutoff):
			return true, false, nil
		}
		renewed, err := p.renewed(ctx, path[:i+1], t.cutoff, r.AsOf)
		if err != nil || !renewed && !dated {
			return true, false, err
		}
		old = old || !renewed
	}
	return false, old, nil
}

func (p *Replay) everything(s keys.Subject) bool {
	scope, ok := p.Map.Scope(s.Kind)
	return ok && scope.Everything
}

// dateOf is when a record is of. One that says where another quotes is as old as that.
func dateOf(m *datamap.Map, r Record) (time.Time, bool) {
	at, dated, err := livedata.DatedAt(r.Store, r.Item)
	if dated && !m.Covers(r.Store) {
		return time.Time{}, false // it stays for something that is newer
	}
	if err != nil || dated || r.Store.Quotes == nil {
		return at, dated && err == nil
	}
	quoting, _ := m.Store(r.Store.Quotes.Store)
	key, ok := r.Store.Quotes.Form.Match(r.Item.Text(r.Store.Quotes.Reference))
	if !ok || quoting.Dated == nil || !quoting.Dated.Sort || len(quoting.Key) < 2 {
		return time.Time{}, false
	}
	text, _, _ := strings.Cut(key[quoting.Key[1]], "#")
	at, err = time.Parse(time.RFC3339Nano, text)
	return at, err == nil
}

// renewed says that the source is later than the end of the deletion which raised the
// tombstone. Its date cannot tell: between the tombstone and the purge a snapshot still
// holds what is about to go. But the key can: the one of before was destroyed after the
// purge, so if a key lives that knows the tombstone and is older than the source, the
// source was made when the purge was over.
func (p *Replay) renewed(ctx context.Context, path keys.Path, cutoff, asOf time.Time) (bool, error) {
	rows, err := p.alive(ctx, path)
	return slices.ContainsFunc(rows, func(row keys.Row) bool {
		return row.Bars(cutoff) && row.CreatedAt.Before(asOf)
	}), err
}

// alive are the rows of a subject's key whose whole path is there.
func (p *Replay) alive(ctx context.Context, path keys.Path) ([]keys.Row, error) {
	if len(path) == 0 {
		return []keys.Row{{Name: keys.Top}}, nil
	}
	name := ""
	for _, s := range path {
		name += nameOf(s) + "\x01"
	}
	if rows, ok := p.living[name]; ok {
		return rows, nil
	}
	above, err := p.alive(ctx, path[:len(path)-1])
	if err != nil {
		return nil, err
	}
	var rows []keys.Row
	for _, parent := range above {
		for _, own := range keys.Names(p.Secret, path[len(path)-1]) {
			row, there, err := p.Keys.Get(ctx, parent.Name, own)
			if err != nil {
				return nil, err
			}
			if there && row.ParentID == parent.ID {
				rows = append(rows, row)
			}
		}
	}
	p.living[name] = rows
	return rows, nil
}

// emptied is a profile without what may be of before its person's deletion.
func emptied(r Record) (livedata.Item, bool) {
	if r.Store.Newer == nil || len(r.Item.Has(r.Store.Newer.Empty)) == 0 {
		return r.Item, false
	}
	out := maps.Clone(r.Item)
	for _, name := range r.Store.Newer.Empty {
		delete(out, name)
	}
	return out, true
}

// others leaves out of a record what it says of people who may not come back.
func (p *Replay) others(ctx context.Context, r Record, v *Verdict) error {
	base, pieces, err := apart.Split(p.Map, r.Store, v.Item)
	if err != nil || len(pieces) == 0 {
		return err
	}
	var back []livedata.Item
	seen := maps.Clone(v.Seen)
	for _, piece := range pieces {
		may, err := p.piece(ctx, r, piece, seen)
		if err != nil {
			return err
		}
		if may {
			back = append(back, piece.Item)
		} else {
			v.Without++
		}
	}
	if len(seen) > mostSeen {
		back, v.Without = nil, len(pieces)
	} else {
		v.Seen = seen
	}
	if v.Without > 0 {
		v.Item, err = apart.Join(p.Map, r.Store, base, back)
	}
	return err
}

// mostSeen bounds the tombstones that a verdict rests on, since each is an item of the
// transaction that hands the record over. A record of more people than that comes back
// without what it says of others.
const mostSeen = mostItems - 10

// piece says whether everybody whom a piece is about may come back.
func (p *Replay) piece(ctx context.Context, r Record, piece apart.Piece, seen map[string]time.Time) (bool, error) {
	if piece.Staff != nil {
		path, err := keys.StaffPath(r.Store, piece.Staff, r.Known)
		if err != nil {
			return false, nil // names nobody whose key could live
		}
		// Not among what a transaction looks at: a channel may have any number of staff.
		return p.person(ctx, r, path, map[string]time.Time{})
	}
	for _, whose := range piece.Leads {
		may, err := p.quoted(ctx, r, whose, seen)
		if err != nil || !may {
			return false, err
		}
	}
	return true, nil
}

// person says whether the one at the end of a path may come back in a record of another:
// the key lives, if it has to, and no tombstone is there, or the source is later than that
// deletion. The record's own date says nothing of when the words in it are of: an entry
// that was written between the cutoff and the fence may quote what is older.
func (p *Replay) person(ctx context.Context, r Record, path keys.Path, seen map[string]time.Time) (bool, error) {
	if p.Sealed {
		if rows, err := p.alive(ctx, path); err != nil || len(rows) == 0 {
			return false, err
		}
	}
	prints := map[string]time.Time{}
	covered, _, err := p.pathAt(ctx, r, path, time.Time{}, false, prints)
	if err == nil && !covered {
		maps.Copy(seen, prints)
	}
	return !covered, err
}

// quoted looks for a lead in every channel of its tenant, that of the record first: a
// quotation does not say where its lead is from.
func (p *Replay) quoted(ctx context.Context, r Record, whose string, seen map[string]time.Time) (bool, error) {
	fields, ok := p.leadOf(r.Store, whose)
	scope, _ := p.Map.Scope("lead")
	if !ok {
		return false, nil
	}
	if !p.Sealed {
		return p.quotedInTables(ctx, r, scope, fields, seen)
	}
	channels, err := p.channels(ctx, fields["tenant_id"])
	if err != nil {
		return false, err
	}
	if r.Known["tenant_id"] == fields["tenant_id"] && r.Known["channel_id"] != "" {
		channels = append([]string{r.Known["channel_id"]}, channels...)
	}
	for _, channel := range channels {
		path, err := keys.PathOf(p.Map, scope, livedata.Merge(fields, map[string]string{"channel_id": channel}))
		if err != nil {
			return false, err
		}
		rows, err := p.alive(ctx, path)
		if err != nil {
			return false, err
		}
		if len(rows) > 0 {
			return p.person(ctx, r, keys.QuotesOf(path), seen)
		}
	}
	return false, nil
}

// quotedInTables asks the lead's own row, as it was then, which channel the lead is of. Who
// has none is quoted by mistake, or was about to go.
func (p *Replay) quotedInTables(ctx context.Context, r Record, scope datamap.Scope, fields map[string]string, seen map[string]time.Time) (bool, error) {
	own := p.Map.Locators(scope)
	if len(own) == 0 {
		return false, nil
	}
	at, err := own[0].Finder.Keys(fields)
	if err != nil {
		return false, fault.As(fault.Permanent, "find who is quoted", err)
	}
	row, err := p.Rows(ctx, own[0].Store, at)
	if err != nil || len(row) == 0 {
		return false, err
	}
	path, err := keys.PathOf(p.Map, scope, livedata.Merge(fields, row.Fields(own[0].Store.ContainerFields())))
	if err != nil {
		return false, err
	}
	return p.person(ctx, r, keys.QuotesOf(path), seen)
}

// leadOf reads whom a quotation is of.
func (p *Replay) leadOf(s datamap.Store, whose string) (map[string]string, bool) {
	for _, from := range p.Map.QuotedBy(s.Name) {
		for _, finder := range from.Find["lead"] {
			if fields, ok := finder.Where[from.Quotes.Whose].Match(whose); ok && fields["lead_id"] != "" && fields["tenant_id"] != "" {
				return fields, true
			}
		}
	}
	return nil, false
}

func (p *Replay) channels(ctx context.Context, tenant string) ([]string, error) {
	if have, ok := p.homes[tenant]; ok || p.Channels == nil {
		return have, nil
	}
	found, err := p.Channels(ctx, tenant)
	if err == nil {
		p.homes[tenant] = found
	}
	return found, err
}
