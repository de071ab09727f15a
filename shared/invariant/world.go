package invariant

import (
	"strings"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Object is one version or delete marker of an object with its content.
type Object struct {
	livedata.Version
	Marker bool
	Body   string
}

// World is everything in the platform's stores at one moment, by store.
type World struct {
	Records map[string][]livedata.Item
	Objects map[string][]Object
}

// record is one record before and after; nil where it was not there.
type record struct {
	key           string
	before, after livedata.Item
}

// item is what it was, or for one that came later what it is.
func (r *record) item() livedata.Item {
	if r.before != nil {
		return r.before
	}
	return r.after
}

// version is one object version before and after; nil where it was not there.
type version struct{ before, after *Object }

func (v *version) object() *Object {
	if v.before != nil {
		return v.before
	}
	return v.after
}

// both lays the two dumps over each other, by key.
func both(m *datamap.Map, before, after World) (map[string][]*record, map[string][]*version) {
	records, versions := map[string][]*record{}, map[string][]*version{}
	for _, s := range m.Stores {
		if s.IsTable() {
			records[s.Name] = recordsOf(s, before.Records[s.Name], after.Records[s.Name])
		} else {
			versions[s.Name] = versionsOf(before.Objects[s.Name], after.Objects[s.Name])
		}
	}
	return records, versions
}

func recordsOf(s datamap.Store, before, after []livedata.Item) []*record {
	var out []*record
	by := map[string]*record{}
	at := func(it livedata.Item) *record {
		parts := []string{s.Name}
		for _, name := range s.Key {
			parts = append(parts, it.Text(name))
		}
		key := strings.Join(parts, "\x00")
		if by[key] == nil {
			by[key] = &record{key: key}
			out = append(out, by[key])
		}
		return by[key]
	}
	for _, it := range before {
		at(it).before = it
	}
	for _, it := range after {
		at(it).after = it
	}
	return out
}

func versionsOf(before, after []Object) []*version {
	var out []*version
	by := map[string]*version{}
	at := func(o Object) *version {
		key := o.Key + "\x00" + o.ID
		if by[key] == nil {
			by[key] = &version{}
			out = append(out, by[key])
		}
		return by[key]
	}
	for _, o := range before {
		at(o).before = &o
	}
	for _, o := range after {
		at(o).after = &o
	}
	return out
}
