package snapshot_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

var update = flag.Bool("update", false, "write the golden files of the form that is written now")

// The golden files are a snapshot and its keys as an earlier program wrote them. They stay
// for ever: what is in the bucket must open until it rotates.
const golden = "testdata/v1"

// goldenRecords are what is in them: by batch, pieces first.
func goldenRecords() [][]snapshot.Opened {
	return [][]snapshot.Opened{
		{{Store: "ai_audit", Kind: snapshot.Apart, Item: message(9)},
			{Store: "leads", Kind: snapshot.Record, Item: everyType()},
			{Store: "messages", Kind: snapshot.Record, Item: message(1)}, {Store: "messages", Kind: snapshot.Record, Item: message(3)},
			{Store: "messages", Kind: snapshot.Record, Item: message(2)}},
		{{Store: "messages", Kind: snapshot.Record, Item: message(4)}},
	}
}

// goldenKeys are under which keys they are.
func (w *world) goldenKeys(one snapshot.Opened) []keys.Key {
	anna, berta := w.key(path(unit, "anna", "c_1")), w.key(path(unit, "berta", "c_2"))
	switch one.Item.Text("message_id") {
	case "m_9":
		return []keys.Key{berta, w.key(path(unit, "anna"))}
	case "m_1", "m_3":
		return []keys.Key{anna}
	case "":
		return []keys.Key{w.key(path(unit, "anna"))}
	}
	return []keys.Key{berta}
}

func TestGoldenSnapshot(t *testing.T) {
	if *update {
		writeGolden(t)
	}
	w := newWorld(t)
	w.loadGolden()
	got, err := w.read(unit, asOf)
	if err != nil || len(got) != 2 {
		t.Fatalf("read %s, %v", say(got), err)
	}
	for i, want := range goldenRecords() {
		read := append(append([]snapshot.Opened{}, got[i].Apart...), got[i].Records...)
		if len(read) != len(want) {
			t.Fatalf("batch %d has %d records, want %d", i, len(read), len(want))
		}
		for j, one := range want {
			for _, key := range w.goldenKeys(one) {
				one.Refs = append(one.Refs, key.Ref)
			}
			if !reflect.DeepEqual(read[j], one) {
				t.Errorf("record %d of batch %d reads %v, want %v", j, i, read[j], one)
			}
		}
	}
	s, err := w.reader().Open(t.Context(), unit, asOf)
	if err != nil {
		t.Fatal(err)
	}
	stores := map[string]snapshot.Count{"ai_audit": {Apart: 1}, "leads": {Records: 1}, "messages": {Records: 4}}
	if m := s.Manifest; m.Version != 1 || !m.FinishedAt.Equal(finished) || m.DataMap != "map" || !reflect.DeepEqual(m.Stores, stores) {
		t.Errorf("the manifest says %+v", m)
	}
}

// loadGolden puts the golden files into the world's bucket and key table.
func (w *world) loadGolden() {
	w.Helper()
	src, err := os.ReadFile(filepath.Join(golden, "keys.json"))
	if err != nil {
		w.Fatal(err)
	}
	var rows []keys.Row
	if err := json.Unmarshal(src, &rows); err != nil {
		w.Fatal(err)
	}
	for _, row := range rows {
		if err := w.rows.Create(w.Context(), row, keys.Guard{}); err != nil {
			w.Fatal(err)
		}
	}
	bucket := os.DirFS(filepath.Join(golden, "bucket"))
	err = fs.WalkDir(bucket, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(bucket, name)
		w.put(name, body)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

// writeGolden writes them, with all randomness fixed.
func writeGolden(t *testing.T) {
	if snapshot.Format != 1 {
		t.Fatal("files of an old form are not written again: give the new form a folder of its own, and a test")
	}
	cryptotest.SetGlobalRandom(t, 1)
	w := newWorld(t)
	w.random = newNoise()
	s := w.sealer(unit, asOf)
	s.Random = w.random
	for _, batch := range goldenRecords() {
		var apart, records []snapshot.Sealed
		for _, one := range batch {
			sealed := snapshot.Sealed{Store: one.Store, Kind: one.Kind, Keys: w.goldenKeys(one), Item: one.Item}
			if one.Kind == snapshot.Apart {
				apart = append(apart, sealed)
			} else {
				records = append(records, sealed)
			}
		}
		w.batch(s, apart, records)
		w.flush(s)
	}
	w.finish(s)
	w.saveGolden()
}

func (w *world) saveGolden() {
	w.Helper()
	files := map[string][]byte{}
	for _, name := range w.bucket.Names() {
		files["bucket/"+name] = w.get(name)
	}
	rows := slices.SortedFunc(slices.Values(w.rows.All()), func(a, b keys.Row) int { return strings.Compare(a.Parent+a.Name, b.Parent+b.Name) })
	src, err := json.MarshalIndent(rows, "", "  ")
	if err != nil {
		w.Fatal(err)
	}
	files["keys.json"] = append(src, '\n')
	for name, body := range files {
		file := filepath.Join(golden, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(file, body, 0o644); err != nil {
			w.Fatal(err)
		}
	}
}
