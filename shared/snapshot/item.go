package snapshot

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// The types of attributes as they stand before their values. They are part of the form:
// none may change.
const (
	isText byte = iota + 1
	isNumber
	isBinary
	isTexts
	isNumbers
	isBinaries
	isMap
	isList
	isTrue
	isFalse
	isNull
	isNoNull // a NULL that says false, which the type of the SDK can say
)

const (
	// mostNested is how deep DynamoDB lets attributes stand in each other.
	mostNested = 32
	// mostItem bounds a record's encoding, bytes. DynamoDB's own limit is 400 KB, of which
	// this form makes less than twice as much (numbers are text).
	mostItem = 2 << 20
	// mostAhead is how many members are made room for before they are seen: what is made
	// beyond was read.
	mostAhead = 64
)

// EncodeItem gives a record's bytes: the number of its attributes, then each one's name and
// value, in the order of names, so that the same record always has the same bytes. Lists
// and sets keep their order, numbers their text.
func EncodeItem(it livedata.Item) ([]byte, error) { return appendItem(nil, it) }

func appendItem(out []byte, it livedata.Item) ([]byte, error) {
	start := len(out)
	out, err := appendMap(out, it, 0)
	if err == nil && len(out)-start > mostItem {
		err = fault.New(fault.Permanent, "a record is larger than 2 MiB, which no table can hold")
	}
	return out, err
}

func appendMap(out []byte, m map[string]types.AttributeValue, depth int) ([]byte, error) {
	out = binary.AppendUvarint(out, uint64(len(m)))
	var room [24]string // an ordinary record's names need no memory of their own
	names := slices.AppendSeq(room[:0], maps.Keys(m))
	slices.Sort(names)
	var err error
	for _, name := range names {
		if out, err = appendValue(appendText(out, name), m[name], depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func appendText[T string | []byte](out []byte, s T) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

func appendTexts[T string | []byte](out []byte, list []T) []byte {
	out = binary.AppendUvarint(out, uint64(len(list)))
	for _, s := range list {
		out = appendText(out, s)
	}
	return out
}

func appendValue(out []byte, v types.AttributeValue, depth int) ([]byte, error) {
	if depth > mostNested {
		return nil, fault.New(fault.Permanent, "a record is nested deeper than a table can hold")
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return appendText(append(out, isText), v.Value), nil
	case *types.AttributeValueMemberN:
		return appendText(append(out, isNumber), v.Value), nil
	case *types.AttributeValueMemberB:
		return appendText(append(out, isBinary), v.Value), nil
	case *types.AttributeValueMemberSS:
		return appendTexts(append(out, isTexts), v.Value), nil
	case *types.AttributeValueMemberNS:
		return appendTexts(append(out, isNumbers), v.Value), nil
	case *types.AttributeValueMemberBS:
		return appendTexts(append(out, isBinaries), v.Value), nil
	case *types.AttributeValueMemberM:
		return appendMap(append(out, isMap), v.Value, depth+1)
	case *types.AttributeValueMemberL:
		return appendList(append(out, isList), v.Value, depth+1)
	case *types.AttributeValueMemberBOOL:
		return append(out, either(v.Value, isTrue, isFalse)), nil
	case *types.AttributeValueMemberNULL:
		return append(out, either(v.Value, isNull, isNoNull)), nil
	}
	return nil, fault.New(fault.Permanent, "a record has an attribute of a type that snapshots do not know: teach item.go the type, under a new number")
}

func either(is bool, yes, no byte) byte {
	if is {
		return yes
	}
	return no
}

func appendList(out []byte, list []types.AttributeValue, depth int) ([]byte, error) {
	out = binary.AppendUvarint(out, uint64(len(list)))
	var err error
	for _, v := range list {
		if out, err = appendValue(out, v, depth); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DecodeItem reads what EncodeItem wrote, and nothing else: every record has one encoding.
func DecodeItem(src []byte) (livedata.Item, error) { return decodeItem(src, map[string]string{}) }

// decodeItem shares the names of attributes with other records.
func decodeItem(src []byte, names map[string]string) (livedata.Item, error) {
	if len(src) > mostItem {
		return nil, fault.New(fault.Permanent, "the bytes of a record are more than 2 MiB")
	}
	d := decoder{left: src, names: names}
	m := d.dict(0)
	if d.failed || len(d.left) > 0 {
		return nil, fault.New(fault.Permanent, "the bytes of a record are not what a snapshot writes")
	}
	return m, nil
}

// decoder takes bytes from the front. Once it failed it has none left, so that every loop
// ends.
type decoder struct {
	left   []byte
	failed bool
	names  map[string]string // of attributes, as they were seen
}

// mostNames is how many names of attributes are shared.
const mostNames = 1000

func (d *decoder) name() string {
	src := d.bytes()
	name, seen := d.names[string(src)]
	if seen {
		return name
	}
	if name = string(src); len(d.names) < mostNames {
		d.names[name] = name
	}
	return name
}

func (d *decoder) fail() { d.left, d.failed = nil, true }

// count takes a number, in its shortest form, of things that take at least a byte each.
func (d *decoder) count() int {
	n, size := binary.Uvarint(d.left)
	if size <= 0 || size > 1 && d.left[size-1] == 0 || n > uint64(len(d.left)-size) {
		d.fail()
		return 0
	}
	d.left = d.left[size:]
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.count()
	taken := d.left[:n]
	d.left = d.left[n:]
	return taken
}

func (d *decoder) tag() byte {
	if len(d.left) == 0 {
		d.fail()
		return 0
	}
	tag := d.left[0]
	d.left = d.left[1:]
	return tag
}

func (d *decoder) dict(depth int) map[string]types.AttributeValue {
	n := d.count()
	m := make(map[string]types.AttributeValue, min(n, mostAhead))
	last := ""
	for i := 0; i < n && !d.failed; i++ {
		name := d.name()
		if i > 0 && name <= last {
			d.fail()
		}
		m[name], last = d.value(depth), name
	}
	return m
}

// several takes a count and as many members.
func several[T any](d *decoder, one func() T) []T {
	n := d.count()
	list := make([]T, 0, min(n, mostAhead))
	for i := 0; i < n && !d.failed; i++ {
		list = append(list, one())
	}
	return list
}

func (d *decoder) text() string { return string(d.bytes()) }

// binary copies, since a record outlives the frame that it came in.
func (d *decoder) binary() []byte { return append([]byte{}, d.bytes()...) }

func (d *decoder) value(depth int) types.AttributeValue {
	if depth > mostNested {
		d.fail()
	}
	switch d.tag() {
	case isText:
		return &types.AttributeValueMemberS{Value: d.text()}
	case isNumber:
		return &types.AttributeValueMemberN{Value: d.text()}
	case isBinary:
		return &types.AttributeValueMemberB{Value: d.binary()}
	case isTexts:
		return &types.AttributeValueMemberSS{Value: several(d, d.text)}
	case isNumbers:
		return &types.AttributeValueMemberNS{Value: several(d, d.text)}
	case isBinaries:
		return &types.AttributeValueMemberBS{Value: several(d, d.binary)}
	case isMap:
		return &types.AttributeValueMemberM{Value: d.dict(depth + 1)}
	case isList:
		return &types.AttributeValueMemberL{Value: several(d, func() types.AttributeValue { return d.value(depth + 1) })}
	case isTrue:
		return &types.AttributeValueMemberBOOL{Value: true}
	case isFalse:
		return &types.AttributeValueMemberBOOL{}
	case isNull:
		return &types.AttributeValueMemberNULL{Value: true}
	case isNoNull:
		return &types.AttributeValueMemberNULL{}
	}
	d.fail()
	return nil
}
