package invariant

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Erasure is one subject whose data a request deleted.
type Erasure struct {
	Scope  string            // of the data map
	Fields map[string]string // the scope's key fields
	Cutoff time.Time         // records dated after it stay; zero: everything goes
	Frozen time.Time         // objects written after it stay, unless a record that went names them; zero: everything goes
}

// oracle says what ought to become of each record and object of one subject. It knows
// the data map and nothing of how locate, purge and verify go about it: it looks at
// everything at once, in memory.
type oracle struct {
	Erasure
	m        *datamap.Map
	records  map[string][]*record
	versions map[string][]*version
	subject  map[string]string           // what its templates are filled with
	found    map[string]map[*record]bool // store -> the subject's records
	fates    map[string]map[*record]fate // store -> what ought to become of them
}

// fate of a record of the subject.
type fate int

const (
	goes  fate = iota
	newer      // dated after the cutoff
	stays      // holds what is newer, or leads to it
	may        // holds only what came meanwhile: either is right
)

func newOracle(m *datamap.Map, e Erasure, records map[string][]*record, versions map[string][]*version) *oracle {
	o := &oracle{Erasure: e, m: m, records: records, versions: versions,
		found: map[string]map[*record]bool{}, fates: map[string]map[*record]fate{}}
	o.subject = o.known()
	return o
}

// foreign says that the record is somebody else's. A field that the scope does not fix
// says nothing.
func (o *oracle) foreign(s datamap.Store, it livedata.Item) bool {
	for attribute, field := range s.Belongs {
		got, want := it.Text(attribute), o.Fields[field]
		if got != "" && want != "" && got != want {
			return true
		}
	}
	return false
}

// of lists the subject's records in a store.
func (o *oracle) of(store string) map[*record]bool {
	if found, done := o.found[store]; done {
		return found
	}
	out := map[*record]bool{}
	o.found[store] = out
	s, _ := o.m.Store(store)
	if !s.Goes() {
		return out
	}
	for _, f := range s.Find[o.Scope] {
		for _, binding := range o.bindings(f) {
			o.collect(s, f, binding, out)
		}
	}
	return out
}

func (o *oracle) collect(s datamap.Store, f datamap.Finder, binding map[string]string, out map[*record]bool) {
	only, err := f.Owns(binding)
	if err != nil {
		return
	}
	for _, r := range o.matching(s.Name, f, binding) {
		if !o.foreign(s, r.item()) && holds(r.item(), only) {
			out[r] = true
		}
	}
}

// direct lists the subject's records that are found without others: what others are
// found from.
func (o *oracle) direct(store string) map[*record]bool {
	out := map[*record]bool{}
	s, _ := o.m.Store(store)
	for _, f := range s.Find[o.Scope] {
		if f.From == "" {
			o.collect(s, f, o.subject, out)
		}
	}
	return out
}

// bindings are the fields that a finder's templates are filled with, once for each
// record that it starts from.
func (o *oracle) bindings(f datamap.Finder) []map[string]string {
	if f.From == "" {
		return []map[string]string{o.subject}
	}
	var out []map[string]string
	for r := range o.direct(f.From) {
		out = append(out, o.bound(r.item()))
	}
	return out
}

// known is what is known of the subject: the scope's fields, and what its own row says.
func (o *oracle) known() map[string]string {
	out := map[string]string{}
	for _, s := range o.m.Stores {
		for _, f := range s.Find[o.Scope] {
			if f.From != "" || f.Index != "" || len(f.Where) != len(s.Key) {
				continue
			}
			for _, r := range o.matching(s.Name, f, o.Fields) {
				out = livedata.Merge(out, r.item().Fields(s.Profile))
			}
		}
	}
	return livedata.Merge(out, o.Fields)
}

func (o *oracle) bound(it livedata.Item) map[string]string {
	out := maps.Clone(o.subject)
	for name, value := range it {
		if text, ok := value.(*types.AttributeValueMemberS); ok && text.Value != "" {
			out[name] = text.Value
		}
	}
	return out
}

// matching lists the records of a table under a finder's conditions, whosever they are.
func (o *oracle) matching(store string, f datamap.Finder, binding map[string]string) []*record {
	where, err := f.Keys(binding)
	if err != nil || len(where) == 0 {
		return nil
	}
	var out []*record
	for _, r := range o.records[store] {
		if holds(r.item(), where) {
			out = append(out, r)
		}
	}
	return out
}

func holds(it livedata.Item, where map[string]string) bool {
	for attribute, value := range where {
		if it.Text(attribute) != value {
			return false
		}
	}
	return true
}

func (o *oracle) isNewer(s datamap.Store, it livedata.Item) bool {
	if s.Dated == nil || o.Cutoff.IsZero() {
		return false
	}
	at, err := time.Parse(time.RFC3339Nano, it.Text(s.Dated.Attribute))
	return err == nil && at.After(o.Cutoff)
}

// fate of every record of the subject in a store: what it holds is decided before it.
func (o *oracle) fate(store string) map[*record]fate {
	if fates, done := o.fates[store]; done {
		return fates
	}
	out := map[*record]fate{}
	o.fates[store] = out
	s, _ := o.m.Store(store)
	leads := o.staysWith(s)
	for r := range o.of(store) {
		switch {
		case o.isNewer(s, r.item()):
			out[r] = newer
		case leads:
			out[r] = stays
		default:
			out[r] = o.held(store, r)
		}
	}
	o.lineage(s, out)
	return out
}

// lineage adds the rows, whosever they are, that say whom a record which goes quotes.
func (o *oracle) lineage(s datamap.Store, out map[*record]fate) {
	if s.Quotes == nil {
		return
	}
	for entry, fate := range o.fate(s.Quotes.Store) {
		for _, r := range o.records[s.Name] {
			key, ok := s.Quotes.Form.Match(r.item().Text(s.Quotes.Reference))
			if ok && fate == goes && holds(entry.item(), key) {
				out[r] = goes
			}
		}
	}
}

// staysWith says that the subject's row which this store stays with is newer.
func (o *oracle) staysWith(s datamap.Store) bool {
	with, ok := o.m.Store(s.StaysWith)
	if !ok {
		return false
	}
	for r := range o.of(with.Name) {
		if o.isNewer(with, r.item()) {
			return true
		}
	}
	return false
}

// held is the fate of a record by what is found from it, whosever that is.
func (o *oracle) held(store string, r *record) fate {
	out := goes
	for _, s := range o.m.Stores {
		for _, f := range s.Find[o.Scope] {
			if f.From != store || s.Parent != store {
				continue // leads elsewhere; the row does not hold it
			}
			before, after := o.left(s, f, r)
			if before {
				return stays
			}
			if after {
				out = may
			}
		}
	}
	return out
}

// left says whether anything that was there before, or that came after, is left of what
// one finder finds from a record.
func (o *oracle) left(s datamap.Store, f datamap.Finder, from *record) (before, after bool) {
	binding := o.bound(from.item())
	if !s.IsTable() {
		attached := o.attached(s.Name, f.From, binding)
		for _, v := range o.under(s.Name, f, binding) {
			if !o.swept(v, attached) {
				before, after = before || v.before != nil, after || v.after != nil
			}
		}
		return before, after
	}
	fates := o.fate(s.Name)
	for _, r := range o.matching(s.Name, f, binding) {
		if fate, own := fates[r]; !own || fate != goes {
			before, after = before || r.before != nil, after || r.after != nil
		}
	}
	return before, after
}

func (o *oracle) under(bucket string, f datamap.Finder, binding map[string]string) []*version {
	prefix, err := f.Prefix.Expand(binding)
	if err != nil || prefix == "" {
		return nil
	}
	var out []*version
	for _, v := range o.versions[bucket] {
		if strings.HasPrefix(v.object().Key, prefix) {
			out = append(out, v)
		}
	}
	return out
}

func (o *oracle) isOld(v *version) bool {
	return o.Frozen.IsZero() || !v.object().Modified.After(o.Frozen)
}

// attached are the objects that records found from one container name: true for those
// that a record which stays names, whosever it is.
func (o *oracle) attached(bucket, container string, binding map[string]string) map[string]bool {
	out := map[string]bool{}
	for _, s := range o.m.Stores {
		for _, f := range s.Find[o.Scope] {
			if f.From != container || !s.IsTable() {
				continue
			}
			fates := o.fate(s.Name)
			for _, r := range o.matching(s.Name, f, binding) {
				fate, own := fates[r]
				for _, key := range names(s, bucket, r.item()) {
					out[key] = out[key] || !own || fate != goes
				}
			}
		}
	}
	return out
}

// names lists the objects of a bucket that a record names.
func names(s datamap.Store, bucket string, it livedata.Item) []string {
	var out []string
	for _, object := range s.Objects {
		if object.Store == bucket {
			out = append(out, it.Texts(object.Attribute)...)
		}
	}
	return out
}

// swept says that an object under a container's prefix goes: it is old, or a record that
// goes names it; and none that stays does.
func (o *oracle) swept(v *version, attached map[string]bool) bool {
	stays, named := attached[v.object().Key]
	return !stays && (named || o.isOld(v))
}

// objects are the subject's in a bucket, and whether each ought to go.
func (o *oracle) objects(bucket string) map[*version]bool {
	out := map[*version]bool{}
	b, _ := o.m.Store(bucket)
	for _, f := range b.Find[o.Scope] {
		if f.From == "" {
			for _, v := range o.under(bucket, f, o.subject) {
				out[v] = out[v] || o.isOld(v)
			}
			continue
		}
		for r := range o.direct(f.From) {
			binding := o.bound(r.item())
			attached := o.attached(bucket, f.From, binding)
			for _, v := range o.under(bucket, f, binding) {
				out[v] = out[v] || o.swept(v, attached)
			}
		}
	}
	o.named(bucket, out)
	return out
}

// named adds the objects that the subject's records name. One that a record which goes
// names goes, however late it was written; one that stood in an attribute which is
// emptied goes if it is old; one that a record which stays still names, stays.
func (o *oracle) named(bucket string, out map[*version]bool) {
	kept := map[*version]bool{}
	for _, s := range o.m.Stores {
		for r, fate := range o.fate(s.Name) {
			for _, object := range s.Objects {
				if object.Store != bucket {
					continue
				}
				emptied := fate == newer && s.Newer != nil && slices.Contains(s.Newer.Empty, object.Attribute)
				for _, v := range o.called(bucket, r.item().Texts(object.Attribute)) {
					switch {
					case fate == goes:
						out[v] = true
					case emptied:
						out[v] = true // nothing names it any more
					default:
						kept[v] = true
					}
				}
			}
		}
	}
	for v := range kept {
		out[v] = false
	}
}

func (o *oracle) called(bucket string, keys []string) []*version {
	var out []*version
	for _, v := range o.versions[bucket] {
		if slices.Contains(keys, v.object().Key) {
			out = append(out, v)
		}
	}
	return out
}

// quoted lists whose quotations ought to be cut out of which record: those that a row of
// the subject leads to.
func (o *oracle) quoted() map[*record][]string {
	out := map[*record][]string{}
	for _, s := range o.m.Stores {
		if s.Quotes == nil {
			continue
		}
		for r, fate := range o.fate(s.Name) {
			key, ok := s.Quotes.Form.Match(r.item().Text(s.Quotes.Reference))
			if fate != goes || !ok {
				continue
			}
			for _, quoting := range o.records[s.Quotes.Store] {
				if holds(quoting.item(), key) {
					out[quoting] = append(out[quoting], r.item().Text(s.Quotes.Whose))
				}
			}
		}
	}
	return out
}
