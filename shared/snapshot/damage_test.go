package snapshot_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	manifest = "manifests/t_1/channel/ch_1/20260603T010000Z"
	first    = "t_1/channel/ch_1/20260603T010000Z/00001-" + token
	second   = "t_1/channel/ch_1/20260603T010000Z/00002-" + token
)

// genuine is what write wrote, in short. Whatever is done to a snapshot, nothing else is
// ever read of it.
const genuine = "1:[m_9 m_1 m_3 m_2]-0 2:[m_4]-0 "

func (w *world) get(name string) []byte {
	w.Helper()
	body, err := w.bucket.Get(w.Context(), name)
	if err != nil {
		w.Fatal(name, err)
	}
	return body
}

func (w *world) put(name string, body []byte) {
	w.Helper()
	if err := w.bucket.Put(w.Context(), name, body); err != nil {
		w.Fatal(err)
	}
}

// refused wants an error that says all of this, and nothing read before it that is not
// genuine.
func (w *world) refused(what string, says ...string) {
	w.Helper()
	got, err := w.read(unit, asOf)
	if err == nil || fault.KindOf(err) != fault.Permanent || !strings.HasPrefix(genuine, say(got)) {
		w.Fatalf("%s: read %s, %v", what, say(got), err)
	}
	for _, s := range says {
		if !strings.Contains(fault.Describe(err), s) {
			w.Errorf("%s: %q does not say %q", what, fault.Describe(err), s)
		}
	}
}

func TestEveryByteOfAPartCounts(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	whole := w.get(snapshot.Frames + first)
	for i := range whole {
		changed := slices.Clone(whole)
		changed[i] ^= 1
		w.put(snapshot.Frames+first, changed)
		w.refused(fmt.Sprintf("byte %d", i), "frame ", snapshot.Frames+first)
	}
	for length := range whole {
		w.put(snapshot.Frames+first, whole[:length])
		w.refused(fmt.Sprintf("%d bytes", length), "frame ", snapshot.Frames+first)
	}
	w.put(snapshot.Frames+first, whole)
	if got, err := w.read(unit, asOf); err != nil || say(got) != genuine {
		t.Errorf("read %s, %v", say(got), err)
	}
}

func TestEveryByteOfAnIndexCounts(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	whole := w.get(snapshot.Indexes + first)
	for i := range whole {
		changed := slices.Clone(whole)
		changed[i] ^= 1
		w.put(snapshot.Indexes+first, changed)
		w.refused(fmt.Sprintf("byte %d", i), snapshot.Indexes+first+" was changed")
	}
	err := snapshot.EachName(t.Context(), w.bucket, unit, ignoreNames)
	if err == nil || !strings.Contains(err.Error(), snapshot.Indexes+first+" was changed") {
		t.Errorf("its names: %v", err)
	}
}

func TestEveryByteOfAManifestCounts(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	whole := w.get(manifest)
	for i := range whole {
		changed := slices.Clone(whole)
		changed[i] ^= 1
		w.put(manifest, changed)
		if got, err := w.read(unit, asOf); err == nil || len(got) > 0 || !strings.Contains(err.Error(), manifest) {
			t.Fatalf("byte %d, %q: read %s, %v", i, changed[max(0, i-9):i+1], say(got), err)
		}
	}
}

// Objects of others, whole and genuine where they belong.
func TestObjectsOfOthers(t *testing.T) {
	other, tomorrow := snapshot.Unit{Tenant: unit.Tenant, Channel: "ch_2"}, asOf.AddDate(0, 0, 1)
	inOther := func(s string) string { return strings.Replace(s, "ch_1", "ch_2", 1) }
	inTomorrow := func(s string) string { return strings.Replace(s, "20260603", "20260604", 1) }
	for name, c := range map[string]struct{ at, from, says string }{
		"the other part":           {snapshot.Frames + first, snapshot.Frames + second, "frame 1 of " + snapshot.Frames + first},
		"tomorrow's part":          {snapshot.Frames + second, snapshot.Frames + inTomorrow(second), "frame 4 of " + snapshot.Frames + second},
		"another channel's part":   {snapshot.Frames + second, snapshot.Frames + inOther(second), "frame 4 of " + snapshot.Frames + second},
		"the other part's index":   {snapshot.Indexes + first, snapshot.Indexes + second, snapshot.Indexes + first + " was changed"},
		"tomorrow's index":         {snapshot.Indexes + first, snapshot.Indexes + inTomorrow(first), snapshot.Indexes + first + " was changed"},
		"another channel's index":  {snapshot.Indexes + first, snapshot.Indexes + inOther(first), snapshot.Indexes + first + " was changed"},
		"tomorrow's manifest":      {manifest, inTomorrow(manifest), manifest + " is the manifest of another"},
		"another one's manifest":   {manifest, inOther(manifest), manifest + " is the manifest of another"},
		"an index for a manifest":  {manifest, snapshot.Indexes + first, manifest + " is no manifest"},
		"a part instead of a text": {manifest, snapshot.Frames + first, manifest + " is no manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(unit, asOf)
			w.write(unit, tomorrow)
			w.write(other, asOf)
			w.put(c.at, w.get(c.from))
			w.refused("it", c.says)
		})
	}
}

func TestMissingObjects(t *testing.T) {
	for name, says := range map[string]string{
		snapshot.Frames + first:   snapshot.Frames + first + " is missing",
		snapshot.Frames + second:  snapshot.Frames + second + " is missing",
		snapshot.Indexes + first:  snapshot.Indexes + first + " is missing",
		snapshot.Indexes + second: snapshot.Indexes + second + " is missing",
	} {
		w := newWorld(t)
		w.write(unit, asOf)
		w.bucket.MarkDeleted(name)
		w.refused(name, says)
	}
}

// document is anything of JSON, to be changed.
type document = map[string]any

func parse(t testing.TB, src []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(src, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) form(d any) []byte {
	w.Helper()
	src, err := json.Marshal(d)
	if err != nil {
		w.Fatal(err)
	}
	return src
}

// signed stores a manifest as who has the unit's key can make it.
func (w *world) signed(m document) {
	w.Helper()
	src := w.form(m)
	var said []byte
	for _, field := range []string{"snapshot manifest", unit.Tenant, unit.Channel, "20260603T010000Z", string(src)} {
		said = append(binary.AppendUvarint(said, uint64(len(field))), field...)
	}
	mac, err := w.key(path(unit)).MAC(said)
	if err != nil {
		w.Fatal(err)
	}
	w.put(manifest, w.form(document{"manifest": m, "mac": hex.EncodeToString(mac)}))
}

// forge changes the first index, and makes the manifest agree with it.
func (w *world) forge(edit func(index document, frames []document)) {
	w.Helper()
	x := parse(w.TB, w.get(snapshot.Indexes+first))
	var frames []document
	for _, f := range x["frames"].([]any) {
		frames = append(frames, f.(document))
	}
	edit(x, frames)
	src := w.form(x)
	w.put(snapshot.Indexes+first, src)
	m := parse(w.TB, w.get(manifest))["manifest"].(document)
	sum := sha256.Sum256(src)
	m["parts"].([]any)[0].(document)["index_sha256"] = hex.EncodeToString(sum[:])
	w.signed(m)
}

// Even with an index that its manifest vouches for no frame opens as what it is not. The
// frames are a piece (1), anna's messages (2), berta's (3).
func TestFramesAreBoundToTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(f []document)
		says string
	}{
		"another sequence":     {func(f []document) { f[2]["q"] = 7 }, "frame 7 of "},
		"another store":        {func(f []document) { f[1]["s"] = "ai_audit" }, "frame 2 of "},
		"another kind":         {func(f []document) { f[0]["k"] = snapshot.Record }, "frame 1 of "},
		"another batch":        {func(f []document) { f[0]["b"], f[1]["b"], f[2]["b"] = 2, 2, 2 }, "frame 1 of "},
		"another's key":        {func(f []document) { f[1]["r"] = f[2]["r"] }, "frame 2 of "},
		"a key too few":        {func(f []document) { f[0]["r"] = f[0]["r"].([]any)[:1] }, "frame 1 of "},
		"a key too many":       {func(f []document) { f[2]["r"] = f[0]["r"] }, "frame 3 of "},
		"keys in other order":  {func(f []document) { slices.Reverse(f[0]["r"].([]any)) }, "frame 1 of "},
		"the key that wraps":   {func(f []document) { f[1]["r"] = f[0]["r"].([]any)[1:] }, "frame 2 of "},
		"records too few":      {func(f []document) { f[1]["c"] = 1 }, "frame 2 of "},
		"a byte less":          {func(f []document) { f[2]["l"] = f[2]["l"].(float64) - 1 }, "frame 3 of "},
		"hardly a byte":        {func(f []document) { f[2]["l"] = 1 }, "frame 3 of "},
		"exchanged for others": {func(f []document) { swap(f[1], f[2], "q", "s", "k", "r", "c") }, "frame "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(unit, asOf)
			w.forge(func(_ document, frames []document) { c.edit(frames) })
			w.refused("it", c.says, first)
		})
	}
}

func swap(a, b document, names ...string) {
	for _, name := range names {
		if name != "q" { // which ascends
			a[name], b[name] = b[name], a[name]
		}
	}
}

// A frame that was sealed under the same keys for another snapshot or unit.
func TestFramesAreBoundToTheirSnapshot(t *testing.T) {
	other := snapshot.Unit{Tenant: unit.Tenant, Channel: "ch_2"}
	tenant := snapshot.Unit{Tenant: unit.Tenant}
	for name, c := range map[string]struct {
		unit snapshot.Unit
		run  string
		days int
		put  string
	}{
		"another day":      {unit, token, 1, "20260604T010000Z/00001-" + token},
		"another run":      {unit, "ffffffff", 0, "20260603T010000Z/00001-ffffffff"},
		"another channel":  {other, token, 0, "20260603T010000Z/00001-" + token},
		"the tenant's own": {tenant, token, 0, "20260603T010000Z/00001-" + token},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			anna := []keys.Key{w.key(path(unit, "anna", "c_1"))}
			stolen := w.sealer(c.unit, asOf.AddDate(0, 0, c.days))
			stolen.Token = c.run
			w.batch(stolen, nil, []snapshot.Sealed{sealed(anna, 1)})
			w.flush(stolen)
			s := w.sealer(unit, asOf)
			w.batch(s, nil, []snapshot.Sealed{sealed(anna, 1)})
			w.finish(s)
			under, err := c.unit.Path()
			if err != nil {
				t.Fatal(err)
			}
			theirs, ours := w.get(snapshot.Frames+under+c.put), w.get(snapshot.Frames+first)
			if len(theirs) != len(ours) {
				t.Fatalf("%d bytes instead of %d show nothing", len(theirs), len(ours))
			}
			w.put(snapshot.Frames+first, theirs)
			w.refused("it", "frame 1 of "+snapshot.Frames+first)
		})
	}
}

func TestIndexesThatContradictThemselves(t *testing.T) {
	for name, edit := range map[string]func(x document, f []document){
		"beyond the part":       func(_ document, f []document) { f[2]["l"] = 1 << 20 },
		"before the part":       func(_ document, f []document) { f[0]["o"] = -1 },
		"longer than any frame": func(_ document, f []document) { f[2]["l"] = 1 << 40 },
		"overlapping":           func(_ document, f []document) { f[1]["o"] = 1 },
		"empty":                 func(_ document, f []document) { f[0]["l"] = 0 },
		"sequence twice":        func(_ document, f []document) { f[1]["q"] = 1 },
		"batches backwards":     func(_ document, f []document) { f[0]["b"] = 5 },
		"no key":                func(_ document, f []document) { f[0]["r"] = []int{} },
		"no such step":          func(_ document, f []document) { f[0]["r"] = []int{99} },
		"a step before all":     func(_ document, f []document) { f[0]["r"] = []int{-1} },
		"steps in a circle":     func(x document, _ []document) { x["steps"].([]any)[0].(document)["p"] = 0 },
		"steps from nowhere":    func(x document, _ []document) { x["steps"].([]any)[0].(document)["p"] = -2 },
		"frames too few":        func(x document, _ []document) { x["frames"] = x["frames"].([]any)[:2] },
		"another part":          func(x document, _ []document) { x["part"] = "00002-" + token },
		"another day":           func(x document, _ []document) { x["stamp"] = "20260604T010000Z" },
		"another tenant":        func(x document, _ []document) { x["tenant"] = "t_2" },
		"numbers that are none": func(x document, _ []document) { x["frames"] = "three" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(unit, asOf)
			w.forge(edit)
			w.refused("it", snapshot.Indexes+first)
		})
	}
}

func TestUnknownForms(t *testing.T) {
	help := "is of form 2, and this program reads form 1: use one that is as new as what wrote it"
	w := newWorld(t)
	w.write(unit, asOf)
	w.forge(func(x document, _ []document) { x["v"] = 2 })
	w.refused("index", snapshot.Indexes+first+" "+help)

	w = newWorld(t)
	w.write(unit, asOf)
	m := parse(t, w.get(manifest))["manifest"].(document)
	m["v"] = 2
	w.signed(m)
	w.refused("manifest", manifest+" "+help)

	w = newWorld(t)
	w.write(unit, asOf)
	part := w.get(snapshot.Frames + first)
	part[0] = 2
	w.put(snapshot.Frames+first, part)
	w.refused("frame", "frame 1 of "+snapshot.Frames+first+" "+help)
}

// A manifest that somebody makes who has another key than the unit's.
func TestManifestUnderAnotherKey(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	d := parse(t, w.get(manifest))
	d["manifest"].(document)["key"] = w.key(path(unit)).Ref[:1]
	w.put(manifest, w.form(d))
	w.refused("it", manifest+" was changed")
}

func ignoreNames(_ time.Time, _ []keys.Ref) error { return nil }
