package snapshot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Objects reads the bucket of snapshots as it is now. Get and Range fail with
// fault.NotFound where nothing is; Range returns less than length bytes where the object
// ends before. List gives names in order, those after a name; there are more when it says so.
type Objects interface {
	Get(ctx context.Context, name string) ([]byte, error)
	Range(ctx context.Context, name string, offset, length int64) ([]byte, error)
	List(ctx context.Context, prefix, after string) (names []string, more bool, err error)
}

// Reader opens snapshots. Only who restores has the rights for it.
type Reader struct {
	Objects Objects
	Keyring *keys.Keyring
}

// AsOfs are the moments of a unit's snapshots that are whole, the newest first.
func (r Reader) AsOfs(ctx context.Context, unit Unit) ([]time.Time, error) {
	var out []time.Time
	err := eachManifest(ctx, r.Objects, unit, func(_ string, at Place) error {
		out = append(out, at.AsOf)
		return nil
	})
	slices.Reverse(out)
	return out, err
}

// eachManifest visits the names of a unit's manifests, oldest first.
func eachManifest(ctx context.Context, objects Objects, unit Unit, visit func(name string, at Place) error) error {
	path, err := unit.Path()
	if err != nil {
		return err
	}
	for after, more := "", true; more; {
		var names []string
		if names, more, err = objects.List(ctx, Manifests+path, after); err != nil {
			return fault.Wrap("list manifests", err)
		}
		for _, name := range names {
			if at, ok := Locate(name); ok && at.Unit == unit {
				if err := visit(name, at); err != nil {
					return err
				}
			}
			after = name
		}
		more = more && len(names) > 0
	}
	return nil
}

// Snapshot is one that was opened: its manifest is genuine.
type Snapshot struct {
	Manifest Manifest

	reader   Reader
	at       Place
	unpacker *zstd.Decoder
}

// Open reads and checks a manifest. fault.NotFound says that there is no such snapshot,
// keys.ErrDestroyed that the key of the whole unit is gone.
func (r Reader) Open(ctx context.Context, unit Unit, asOf time.Time) (*Snapshot, error) {
	at := Place{Kind: Manifests, Unit: unit, AsOf: asOf}
	name, err := at.Name()
	if err != nil {
		return nil, err
	}
	src, err := r.Objects.Get(ctx, name)
	if err != nil {
		return nil, fault.Wrap("read "+name, err)
	}
	d, m, err := parseManifest(name, at, src)
	if err != nil {
		return nil, err
	}
	key, err := r.Keyring.ForOpening(ctx, m.Key)
	if errors.Is(err, keys.ErrDestroyed) {
		return nil, fault.As(fault.Permanent, name, err)
	}
	if err != nil {
		return nil, fault.Wrap("find the key of "+name, err)
	}
	if err := d.check(name, at, key); err != nil {
		return nil, err
	}
	unpacker, err := newUnpacker()
	return &Snapshot{m, r, at, unpacker}, err
}

// Opened is a record, or a piece that was sealed apart, as it was sealed.
type Opened struct {
	Store, Kind string
	Refs        []keys.Ref
	Item        livedata.Item
}

// Batch is what was sealed together, as far as it was wanted and can be opened. Destroyed
// counts the frames that nobody can open any more.
type Batch struct {
	Number         int
	Records, Apart []Opened
	Destroyed      int
}

func (b Batch) empty() bool { return len(b.Records)+len(b.Apart)+b.Destroyed == 0 }

// Each visits the batches from a number on (0: all), in order. want says of the keys of a
// frame whether it is wanted; nil: all are. A batch of which nothing is wanted is not
// visited. A key that is destroyed is no error; anything else that does not open is one,
// which names the object and the frame.
func (s *Snapshot) Each(ctx context.Context, from int, want func(refs []keys.Ref) bool, visit func(Batch) error) error {
	for _, part := range s.Manifest.Parts {
		if part.LastBatch < from {
			continue
		}
		x, err := readIndex(ctx, s.reader.Objects, s.at, part)
		if err != nil {
			return err
		}
		w, err := s.window(part, x, from, want)
		if err != nil {
			return err
		}
		if err := s.eachOf(ctx, w, visit); err != nil {
			return err
		}
	}
	return nil
}

func (s *Snapshot) eachOf(ctx context.Context, w *window, visit func(Batch) error) error {
	for start, end := 0, 0; start < len(w.wanted); start = end {
		for end < len(w.wanted) && w.wanted[end].Batch == w.wanted[start].Batch {
			end++
		}
		b := Batch{Number: w.wanted[start].Batch}
		for i := start; i < end; i++ {
			if err := s.openFrame(ctx, w, i, &b); err != nil {
				return err
			}
		}
		if b.empty() {
			continue
		}
		if err := visit(b); err != nil {
			return err
		}
	}
	return nil
}

// openFrame adds what a frame holds to its batch.
func (s *Snapshot) openFrame(ctx context.Context, w *window, i int, b *Batch) error {
	f := w.wanted[i]
	p := place{s.at.Unit, Stamp(s.at.AsOf), w.part, f.Sequence, f.Batch, f.Store, f.Kind, w.index.refsOf(f)}
	set, err := s.reader.keysOf(ctx, p)
	if errors.Is(err, keys.ErrDestroyed) {
		b.Destroyed++
		return nil
	}
	if err != nil {
		return err
	}
	sealed, err := w.bytes(ctx, i)
	if err != nil {
		return fault.Wrap(p.String(), err)
	}
	plain, err := p.open(set, sealed, s.unpacker)
	if err != nil {
		return err
	}
	items, err := unpack(plain, f.Items)
	if err != nil {
		return fault.As(fault.Permanent, p.String(), err)
	}
	for _, it := range items {
		one := Opened{f.Store, f.Kind, p.refs, it}
		if f.Kind == Apart {
			b.Apart = append(b.Apart, one)
		} else {
			b.Records = append(b.Records, one)
		}
	}
	return nil
}

// keysOf finds all keys of a frame. A damaged row is told of by the frame.
func (r Reader) keysOf(ctx context.Context, p place) ([]keys.Key, error) {
	set := make([]keys.Key, len(p.refs))
	for i, ref := range p.refs {
		var err error
		if set[i], err = r.Keyring.ForOpening(ctx, ref); err != nil {
			return nil, fault.Wrap("find the keys of "+p.String(), err)
		}
	}
	return set, nil
}

const (
	windowSize = 4 << 20  // bytes that are fetched at once, unless one frame is larger
	mostGap    = 64 << 10 // bytes that are rather fetched than asked around
)

// window holds the bytes of a part around the frame that is read.
type window struct {
	objects    Objects
	name, part string
	index      *index
	wanted     []frame

	start int64
	held  []byte
}

func (s *Snapshot) window(part Part, x *index, from int, want func([]keys.Ref) bool) (*window, error) {
	at := s.at
	at.Kind, at.Part = Frames, part.Name
	name, err := at.Name()
	w := &window{objects: s.reader.Objects, name: name, part: part.Name, index: x}
	for _, f := range x.Frames {
		if f.Batch >= from && (want == nil || want(x.refsOf(f))) {
			w.wanted = append(w.wanted, f)
		}
	}
	return w, err
}

// bytes are those of a wanted frame; with it those are fetched that are wanted soon.
func (w *window) bytes(ctx context.Context, i int) ([]byte, error) {
	f := w.wanted[i]
	if f.Offset < w.start || f.Offset+f.Length > w.start+int64(len(w.held)) {
		if err := w.move(ctx, i); err != nil {
			return nil, err
		}
	}
	from := f.Offset - w.start
	return w.held[from : from+f.Length], nil
}

func (w *window) move(ctx context.Context, i int) error {
	start, end := w.wanted[i].Offset, w.wanted[i].Offset+w.wanted[i].Length
	for _, next := range w.wanted[i+1:] {
		if next.Offset-end > mostGap || next.Offset+next.Length-start > windowSize {
			break
		}
		end = next.Offset + next.Length
	}
	w.held = nil // not two of them
	held, err := w.objects.Range(ctx, w.name, start, end-start)
	if err != nil {
		return missing(w.name, err)
	}
	if int64(len(held)) != end-start {
		return fault.New(fault.Permanent, w.name+" is shorter than its index says")
	}
	w.start, w.held = start, held
	return nil
}
