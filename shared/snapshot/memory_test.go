package snapshot_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	mostSealing = 64 << 20 // bytes that are alive while sealing: a part and a batch
	mostOpening = 48 << 20 // while opening: a window, a frame and a batch
	mostFetched = 5 << 20  // bytes of one read
)

// folder is a bucket of files, so that what is stored is not in memory.
type folder struct {
	root string
	most int64 // the longest read of frames
}

func (f *folder) file(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

func (f *folder) Put(_ context.Context, name string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(f.file(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(f.file(name), body, 0o644)
}

func (f *folder) Get(_ context.Context, name string) ([]byte, error) {
	return os.ReadFile(f.file(name))
}

func (f *folder) Range(_ context.Context, name string, offset, length int64) ([]byte, error) {
	f.most = max(f.most, length)
	file, err := os.Open(f.file(name))
	if err != nil {
		return nil, fault.As(fault.NotFound, "open", err)
	}
	defer func() { _ = file.Close() }()
	body := make([]byte, length)
	n, err := file.ReadAt(body, offset)
	return body[:n], err
}

func (f *folder) List(context.Context, string, string) ([]string, bool, error) {
	return nil, false, nil
}

// alive is how many bytes are reachable now.
func alive() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryIsFlat seals and opens records of some 200 MB in batches of 2 MB, of which each is
// of ten conversations, and looks at what is alive at every tenth.
func TestMemoryIsFlat(t *testing.T) {
	if raced {
		t.Skip("it counts bytes, of which the race detector takes many times as many")
	}
	const batches, conversations, messages = 130, 10, 500
	w := newWorld(t)
	f := &folder{root: t.TempDir()}
	s := w.sealer(unit, asOf)
	s.Put = f.Put
	source := newNoise()
	base, peak, records := alive(), int64(0), 0
	for number := range batches {
		batch := w.chats(source, number, conversations, messages)
		w.batch(s, nil, batch)
		if records += len(batch); number%10 == 9 {
			peak = max(peak, alive()-base)
		}
		runtime.KeepAlive(batch)
	}
	w.finish(s)
	t.Logf("sealed %d records, at most %d KB alive", records, peak>>10)
	if peak > mostSealing {
		t.Errorf("%d bytes are alive while sealing", peak)
	}
	s = nil
	w.opensFlat(f, records)
}

func (w *world) chats(source *noise, number, conversations, messages int) []snapshot.Sealed {
	var batch []snapshot.Sealed
	for c := range conversations {
		set := []keys.Key{w.key(path(unit, string(rune('a'+number%26))+string(rune('a'+c)), "c_1"))}
		for i := range messages {
			one := sealed(set, i)
			one.Item = source.chat(i)
			batch = append(batch, one)
		}
	}
	return batch
}

func (w *world) opensFlat(f *folder, records int) {
	r := snapshot.Reader{Objects: f, Keyring: w.keyring()}
	base, peak, read := alive(), int64(0), 0
	opened, err := r.Open(w.Context(), unit, asOf)
	if err != nil {
		w.Fatal(err)
	}
	err = opened.Each(w.Context(), 0, nil, func(b snapshot.Batch) error {
		if read += len(b.Records); b.Number%10 == 0 {
			peak = max(peak, alive()-base)
		}
		runtime.KeepAlive(b)
		return nil
	})
	w.Logf("opened %d records, at most %d KB alive, %d KB read at once", read, peak>>10, f.most>>10)
	if err != nil || read != records {
		w.Errorf("opened %d records of %d, %v", read, records, err)
	}
	if peak > mostOpening || f.most > mostFetched {
		w.Errorf("%d bytes are alive while opening, %d are read at once", peak, f.most)
	}
}
