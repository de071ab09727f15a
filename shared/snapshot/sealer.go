package snapshot

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// What a frame holds.
const (
	Record = "record" // records, without what is sealed apart
	Apart  = "apart"  // what records say of others, each piece under the others' keys
)

const (
	partSize   = 16 << 20 // bytes after which a part is written
	mostFrames = 20_000   // of a part, so that its index stays a few MB
)

// Sealed is a record to be sealed. All of Keys, at least one, are needed to open it.
type Sealed struct {
	Store, Kind string
	Keys        []keys.Key
	Item        livedata.Item
}

// Sealer writes the parts of one snapshot, and then its manifest. It holds at most one part
// and one batch, is used by one goroutine, and its Token differs from that of every other run: a run that died
// may have written parts that do not count.
type Sealer struct {
	Unit  Unit
	AsOf  time.Time // whole seconds; what is finer is not kept
	Token string    // 8 hex digits
	// Put stores an object, does not keep body, and returns without an error only if it is
	// stored.
	Put    func(ctx context.Context, name string, body []byte) error
	Random io.Reader

	packer     *zstd.Encoder
	plain, one []byte // of a frame and of a record, used again
	state      State
	body       []byte // of the open part, as is what follows
	open       index
	steps      map[step]int
	count      map[string]Count
}

// State is what of a snapshot is written: what a run that goes on needs. It names nobody.
type State struct {
	Version  int              `json:"v"`
	Tenant   string           `json:"tenant"`
	Channel  string           `json:"channel,omitempty"`
	Stamp    string           `json:"stamp"`
	Sequence int              `json:"sequence"` // of the last frame
	Batch    int              `json:"batch"`    // the last one
	Parts    []Part           `json:"parts,omitempty"`
	Stores   map[string]Count `json:"stores,omitempty"`
}

// State is what is written. What Buffered counts is not in it: a caller notes how far it
// has come only when nothing is buffered, after Flush or after a Batch that filled a part.
func (s *Sealer) State() State {
	state := s.state
	state.Version, state.Tenant, state.Channel, state.Stamp = Format, s.Unit.Tenant, s.Unit.Channel, Stamp(s.AsOf)
	state.Parts = slices.Clone(s.state.Parts)
	state.Stores = sum(s.state.Stores, nil)
	return state
}

// Buffered is how many bytes of frames are not yet written.
func (s *Sealer) Buffered() int { return len(s.body) }

// Resume goes on where another run of the same snapshot was.
func (s *Sealer) Resume(state State) error {
	if state.Version != Format {
		return fault.New(fault.Permanent, unknownVersion("the state of a snapshot", state.Version))
	}
	if state.Tenant != s.Unit.Tenant || state.Channel != s.Unit.Channel || state.Stamp != Stamp(s.AsOf) {
		return fault.New(fault.Permanent, "a snapshot cannot go on from the state of another")
	}
	s.state = state
	s.reset()
	return nil
}

// Batch seals the records of a page, and before them what is sealed apart of them, into
// frames of one store, kind and set of keys each; together at most about 4 MB. After an
// error nothing of the batch is in the snapshot, except when Put failed: then Flush can be called again, or
// the run is over.
func (s *Sealer) Batch(ctx context.Context, apart, records []Sealed) error {
	if err := s.check(apart, Apart); err != nil {
		return err
	}
	if err := s.check(records, Record); err != nil {
		return err
	}
	if len(apart)+len(records) == 0 {
		return nil
	}
	if err := s.begin(); err != nil {
		return err
	}
	frames, body := len(s.open.Frames), len(s.body)
	if err := s.add(apart, records); err != nil {
		s.open.Frames, s.body = s.open.Frames[:frames], s.body[:body]
		return err
	}
	for _, one := range slices.Concat(apart, records) {
		s.count[one.Store] = s.count[one.Store].plus(countOf(one.Kind))
	}
	if len(s.body) < partSize && len(s.open.Frames) < mostFrames {
		return nil
	}
	return s.Flush(ctx)
}

// begin makes what a sealer needs with its first batch.
func (s *Sealer) begin() (err error) {
	if s.steps == nil {
		s.reset()
	}
	if s.packer == nil {
		s.packer, err = newPacker()
	}
	return err
}

func countOf(kind string) Count {
	if kind == Apart {
		return Count{Apart: 1}
	}
	return Count{Records: 1}
}

func (c Count) plus(d Count) Count { return Count{c.Records + d.Records, c.Apart + d.Apart} }

func sum(a, b map[string]Count) map[string]Count {
	out := map[string]Count{}
	for _, counts := range []map[string]Count{a, b} {
		for store, count := range counts {
			out[store] = out[store].plus(count)
		}
	}
	return out
}

var tokenForm = regexp.MustCompile(`^[0-9a-f]{8}$`)

func (s *Sealer) check(list []Sealed, kind string) error {
	if !tokenForm.MatchString(s.Token) {
		return fault.New(fault.Permanent, "the token of a run that writes a snapshot is not 8 hex digits")
	}
	for _, one := range list {
		if one.Kind != kind || one.Store == "" || len(one.Keys) == 0 {
			return fault.New(fault.Permanent, "a record of "+one.Store+" to be sealed has no store, no key, or is not of the kind "+kind)
		}
	}
	return nil
}

// group is what one frame can hold.
type group struct {
	store, kind string
	keys        []keys.Key
	items       []livedata.Item
}

// groups puts together what can be, in the order in which it came.
func groups(list []Sealed) []*group {
	var out []*group
	at := map[string]*group{}
	var g *group
	for _, one := range list {
		if g == nil || !g.takes(one) { // mostly one follows another of its like
			name := string(appendText(appendText(boundRefs(refsOf(one.Keys)), one.Store), one.Kind))
			if g = at[name]; g == nil {
				g = &group{store: one.Store, kind: one.Kind, keys: one.Keys}
				at[name], out = g, append(out, g)
			}
		}
		g.items = append(g.items, one.Item)
	}
	return out
}

func (g *group) takes(one Sealed) bool {
	return g.store == one.Store && g.kind == one.Kind &&
		slices.EqualFunc(g.keys, one.Keys, func(a, b keys.Key) bool { return slices.Equal(a.Ref, b.Ref) })
}

func refsOf(set []keys.Key) []keys.Ref {
	refs := make([]keys.Ref, len(set))
	for i, key := range set {
		refs[i] = key.Ref
	}
	return refs
}

func (s *Sealer) add(apart, records []Sealed) error {
	batch, sequence := s.lastBatch()+1, s.lastSequence()
	for _, g := range append(groups(apart), groups(records)...) {
		refs := refsOf(g.keys)
		numbers := s.open.add(refs, s.steps)
		err := s.eachFrame(g, func(plain []byte, items int) error {
			sequence++
			p := place{s.Unit, Stamp(s.AsOf), s.part(), sequence, batch, g.store, g.kind, refs}
			start := len(s.body)
			sealed, err := p.seal(s.body, g.keys, plain, s.packer, s.Random)
			if err != nil {
				return err
			}
			s.body = sealed
			s.open.Frames = append(s.open.Frames, frame{int64(start), int64(len(s.body) - start), sequence, batch, g.store, g.kind, items, numbers})
			return nil
		})
		if err != nil {
			return fault.Wrap("seal records of "+g.store, err)
		}
	}
	return nil
}

// eachFrame encodes the records of a group, as many at a time as a frame may hold.
func (s *Sealer) eachFrame(g *group, seal func(plain []byte, items int) error) error {
	plain, items := s.plain[:0], 0
	defer func() { s.plain = plain[:0] }()
	for _, it := range g.items {
		one, err := appendItem(s.one[:0], it)
		if err != nil {
			return err
		}
		s.one = one
		if items > 0 && len(plain)+len(one)+binary.MaxVarintLen32 > mostPlain {
			if err := seal(plain, items); err != nil {
				return err
			}
			plain, items = plain[:0], 0
		}
		plain = appendText(plain, one)
		items++
	}
	return seal(plain, items)
}

func (s *Sealer) lastBatch() int {
	if n := len(s.open.Frames); n > 0 {
		return s.open.Frames[n-1].Batch
	}
	return s.state.Batch
}

func (s *Sealer) lastSequence() int {
	if n := len(s.open.Frames); n > 0 {
		return s.open.Frames[n-1].Sequence
	}
	return s.state.Sequence
}

// part is the name of the open part.
func (s *Sealer) part() string { return fmt.Sprintf("%05d-%s", len(s.state.Parts)+1, s.Token) }

func (s *Sealer) reset() {
	s.body, s.open, s.steps, s.count = s.body[:0], index{}, map[step]int{}, map[string]Count{}
}

// Flush writes the open part: the frames, then the index. Dying in between leaves frames
// that no manifest ever names, which rotation removes.
func (s *Sealer) Flush(ctx context.Context) error {
	if len(s.open.Frames) == 0 {
		return nil
	}
	name := s.part()
	s.open.Version, s.open.Tenant, s.open.Channel, s.open.Stamp, s.open.Part = Format, s.Unit.Tenant, s.Unit.Channel, Stamp(s.AsOf), name
	names, err := json.Marshal(s.open)
	if err != nil {
		return fault.As(fault.Permanent, "write the index of a part", err)
	}
	if err := s.put(ctx, Frames, name, s.body); err != nil {
		return err
	}
	if err := s.put(ctx, Indexes, name, names); err != nil {
		return err
	}
	batch, sequence := s.lastBatch(), s.lastSequence()
	s.state.Parts = append(s.state.Parts, Part{Name: name, Size: int64(len(s.body)), SHA256: hash(s.body), IndexSHA256: hash(names),
		Frames: len(s.open.Frames), LastBatch: batch})
	s.state.Batch, s.state.Sequence, s.state.Stores = batch, sequence, sum(s.state.Stores, s.count)
	s.reset()
	return nil
}

func (s *Sealer) put(ctx context.Context, kind, part string, body []byte) error {
	name, err := Place{Kind: kind, Unit: s.Unit, AsOf: s.AsOf, Part: part}.Name()
	if err != nil {
		return err
	}
	return fault.Wrap("store "+name, s.Put(ctx, name, body))
}

// Finish writes what is open and then the manifest, under the unit's own key. Only with it
// there is a snapshot. dataMap is the hash of the data map that it was made by.
func (s *Sealer) Finish(ctx context.Context, key keys.Key, dataMap string, finishedAt time.Time) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	m := Manifest{Tenant: s.Unit.Tenant, Channel: s.Unit.Channel, AsOf: s.AsOf.UTC().Truncate(time.Second),
		FinishedAt: finishedAt.UTC(), DataMap: dataMap, Stores: sum(s.state.Stores, nil), Parts: s.state.Parts}
	src, err := encodeManifest(m, key)
	if err != nil {
		return err
	}
	return s.put(ctx, Manifests, "", src)
}
