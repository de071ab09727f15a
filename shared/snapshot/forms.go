package snapshot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
)

// Count is how many records, and pieces of records that are sealed apart, there are.
type Count struct {
	Records int `json:"records"`
	Apart   int `json:"apart,omitempty"`
}

// Part is an object with frames, and its index, as the manifest knows them.
type Part struct {
	Name        string `json:"name"`
	Size        int64  `json:"size"` // bytes
	SHA256      string `json:"sha256"`
	IndexSHA256 string `json:"index_sha256"`
	Frames      int    `json:"frames"`
	LastBatch   int    `json:"last_batch"`
}

// Manifest says what a snapshot consists of. What it does not name is no part of it.
type Manifest struct {
	Version    int              `json:"v"`
	Tenant     string           `json:"tenant"`
	Channel    string           `json:"channel,omitempty"`
	AsOf       time.Time        `json:"as_of"`
	FinishedAt time.Time        `json:"finished_at"`
	DataMap    string           `json:"data_map"` // hash of the data map that it was made by
	Stores     map[string]Count `json:"stores"`
	Parts      []Part           `json:"parts"`
	Key        keys.Ref         `json:"key"` // the unit's own, under which the manifest is authenticated
}

// document is a manifest as it is stored: its bytes as they were authenticated, and the
// code.
type document struct {
	Manifest json.RawMessage `json:"manifest"`
	MAC      string          `json:"mac"`
}

// code authenticates the bytes of a manifest for where it stands.
func code(key keys.Key, unit Unit, stamp string, manifest []byte) (string, error) {
	mac, err := key.MAC(canonical("snapshot manifest", unit.Tenant, unit.Channel, stamp, string(manifest)))
	return hex.EncodeToString(mac), err
}

func encodeManifest(m Manifest, key keys.Key) ([]byte, error) {
	m.Version, m.Key = Format, key.Ref
	inner, err := json.Marshal(m)
	if err != nil {
		return nil, fault.As(fault.Permanent, "write a manifest", err)
	}
	mac, err := code(key, Unit{m.Tenant, m.Channel}, Stamp(m.AsOf), inner)
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(document{inner, mac})
	return out, fault.Wrap("write a manifest", err)
}

// parseManifest reads a manifest that stands at a place. Whether it is genuine only
// document.check says.
func parseManifest(name string, at Place, src []byte) (document, Manifest, error) {
	var d document
	var m Manifest
	err := json.Unmarshal(src, &d)
	if err == nil {
		err = json.Unmarshal(d.Manifest, &m)
	}
	switch {
	case err != nil:
		return d, m, fault.New(fault.Permanent, name+" is no manifest")
	case m.Version != Format:
		return d, m, fault.New(fault.Permanent, unknownVersion(name, m.Version))
	case m.Tenant != at.Unit.Tenant || m.Channel != at.Unit.Channel || Stamp(m.AsOf) != Stamp(at.AsOf):
		return d, m, fault.New(fault.Permanent, name+" is the manifest of another snapshot")
	}
	return d, m, nil
}

// check says whether the manifest is what the writer made for this place.
func (d document) check(name string, at Place, key keys.Key) error {
	want, err := code(key, at.Unit, Stamp(at.AsOf), d.Manifest)
	if err != nil {
		return err
	}
	if !hmac.Equal([]byte(want), []byte(d.MAC)) {
		return fault.New(fault.Permanent, name+" was changed, or is the manifest of another snapshot")
	}
	return nil
}

// index says which frames a part holds, and under whose keys they are.
type index struct {
	Version int     `json:"v"`
	Tenant  string  `json:"tenant"`
	Channel string  `json:"channel,omitempty"`
	Stamp   string  `json:"stamp"`
	Part    string  `json:"part"`
	Steps   []step  `json:"steps"`
	Frames  []frame `json:"frames"`

	refs []keys.Ref // that end at each step
}

// step is a step of a ref. What it stands below is written once, before it.
type step struct {
	Parent int `json:"p"` // number of a step, -1: none
	keys.Step
}

// frame is where a frame stands in its part, and what it is.
type frame struct {
	Offset   int64  `json:"o"`
	Length   int64  `json:"l"`
	Sequence int    `json:"q"`
	Batch    int    `json:"b"`
	Store    string `json:"s"`
	Kind     string `json:"k"`
	Items    int    `json:"c"`
	Keys     []int  `json:"r"` // numbers of the steps that its refs end at
}

// add gives the numbers of refs, and writes down the steps that are new.
func (x *index) add(refs []keys.Ref, known map[step]int) []int {
	numbers := make([]int, len(refs))
	for i, ref := range refs {
		at := -1
		for _, s := range ref {
			one := step{at, s}
			number, ok := known[one]
			if !ok {
				number = len(x.Steps)
				known[one], x.Steps = number, append(x.Steps, one)
			}
			at = number
		}
		numbers[i] = at
	}
	return numbers
}

// refsOf are the refs of a frame of a checked index.
func (x *index) refsOf(f frame) []keys.Ref {
	out := make([]keys.Ref, len(f.Keys))
	for i, number := range f.Keys {
		out[i] = x.refs[number]
	}
	return out
}

func (x *index) resolve() bool {
	x.refs = make([]keys.Ref, len(x.Steps))
	for i, s := range x.Steps {
		if s.Parent < -1 || s.Parent >= i {
			return false
		}
		if s.Parent >= 0 {
			x.refs[i] = slices.Clone(x.refs[s.Parent])
		}
		if x.refs[i] = append(x.refs[i], s.Step); len(x.refs[i]) > mostSteps {
			return false
		}
	}
	return true
}

const (
	mostSteps  = 8       // of a ref; the data map has four scopes
	mostSealed = 5 << 20 // bytes of a frame as it is stored
)

// fits says whether every frame lies within its part, in order.
func (x *index) fits(size int64) bool {
	end, batch, sequence := int64(0), 0, 0
	for _, f := range x.Frames {
		if f.Offset < end || f.Length <= 0 || f.Length > mostSealed || f.Offset > size-f.Length ||
			f.Batch < batch || f.Sequence <= sequence || len(f.Keys) == 0 {
			return false
		}
		for _, number := range f.Keys {
			if number < 0 || number >= len(x.Steps) {
				return false
			}
		}
		end, batch, sequence = f.Offset+f.Length, f.Batch, f.Sequence
	}
	return true
}

// parseIndex reads an index and holds it against what the manifest says of it.
func parseIndex(name string, at Place, part Part, src []byte) (*index, error) {
	if hash(src) != part.IndexSHA256 {
		return nil, fault.New(fault.Permanent, name+" was changed, or is the index of another part")
	}
	var x index
	if err := json.Unmarshal(src, &x); err != nil {
		return nil, fault.New(fault.Permanent, name+" is no index")
	}
	switch {
	case x.Version != Format:
		return nil, fault.New(fault.Permanent, unknownVersion(name, x.Version))
	case x.Tenant != at.Unit.Tenant || x.Channel != at.Unit.Channel || x.Stamp != Stamp(at.AsOf) || x.Part != part.Name:
		return nil, fault.New(fault.Permanent, name+" is the index of another part")
	case !x.resolve() || !x.fits(part.Size) || len(x.Frames) != part.Frames:
		return nil, fault.New(fault.Permanent, name+" contradicts itself or its manifest")
	}
	return &x, nil
}

// readIndex fetches a part's index.
func readIndex(ctx context.Context, objects Objects, at Place, part Part) (*index, error) {
	at.Kind, at.Part = Indexes, part.Name
	name, err := at.Name()
	if err != nil {
		return nil, err
	}
	src, err := objects.Get(ctx, name)
	if err != nil {
		return nil, missing(name, err)
	}
	return parseIndex(name, at, part, src)
}

// missing tells of an object that a manifest names: that it is not there is damage, and no
// answer.
func missing(name string, err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return fault.As(fault.Permanent, fmt.Sprintf("%s is missing, and the manifest names it", name), err)
	}
	return fault.Wrap("read "+name, err)
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
