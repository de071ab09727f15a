package snapshot_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// everyType is a record with every type of attribute, plain and nested, empty and not.
func everyType() livedata.Item {
	plain := map[string]types.AttributeValue{
		"text": text("café \x00 #|"), "no text": text(""),
		"number":    &types.AttributeValueMemberN{Value: "-1.50E+125"},
		"binary":    &types.AttributeValueMemberB{Value: []byte{0, 255, 10}},
		"no binary": &types.AttributeValueMemberB{Value: []byte{}},
		"texts":     &types.AttributeValueMemberSS{Value: []string{"b", "a", ""}},
		"numbers":   &types.AttributeValueMemberNS{Value: []string{"3", "1.0", "2"}},
		"binaries":  &types.AttributeValueMemberBS{Value: [][]byte{{2}, {1}, {}}},
		"yes":       &types.AttributeValueMemberBOOL{Value: true},
		"no":        &types.AttributeValueMemberBOOL{},
		"null":      &types.AttributeValueMemberNULL{Value: true},
		"no null":   &types.AttributeValueMemberNULL{},
		"no map":    &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}},
		"no list":   &types.AttributeValueMemberL{Value: []types.AttributeValue{}},
		"":          text("without a name"),
	}
	it := livedata.Item{"map": &types.AttributeValueMemberM{Value: plain}}
	list := []types.AttributeValue{}
	for name, v := range plain {
		it[name] = v
	}
	for _, name := range []string{"yes", "no", "text", "null", "number"} {
		list = append(list, plain[name])
	}
	it["list"] = &types.AttributeValueMemberL{Value: append(list, &types.AttributeValueMemberL{Value: list}, it["map"])}
	return it
}

// nested is a list in a list, so often.
func nested(depth int) livedata.Item {
	v := text("deep")
	for range depth {
		v = &types.AttributeValueMemberL{Value: []types.AttributeValue{v}}
	}
	return livedata.Item{"a": v}
}

func TestItemsRoundTrip(t *testing.T) {
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprint(len(many) - i)
	}
	for name, it := range map[string]livedata.Item{
		"every type": everyType(), "nothing": {}, "as deep as a table holds": nested(32),
		"long": {"a": text(strings.Repeat("x", 400<<10))}, "many": {"a": &types.AttributeValueMemberNS{Value: many}},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := snapshot.EncodeItem(it)
			if err != nil {
				t.Fatal(err)
			}
			got, err := snapshot.DecodeItem(src)
			if err != nil || !reflect.DeepEqual(got, it) {
				t.Errorf("read %v, %v", got, err)
			}
			for range 5 { // maps have no order
				if again, err := snapshot.EncodeItem(got); err != nil || !bytes.Equal(again, src) {
					t.Errorf("it has two encodings, %v", err)
				}
			}
		})
	}
}

// What a record's bytes are is kept: of every type, as README.md has it.
func TestBytesOfItems(t *testing.T) {
	it := livedata.Item{
		"b": &types.AttributeValueMemberN{Value: "7"}, "a": text("hi"),
		"c": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberBOOL{Value: true}, &types.AttributeValueMemberNULL{Value: true}}},
	}
	want := "\x03" + "\x01a\x01\x02hi" + "\x01b\x02\x017" + "\x01c\x08\x02\x09\x0b"
	if got, err := snapshot.EncodeItem(it); err != nil || string(got) != want {
		t.Errorf("got %q, want %q, %v", got, want, err)
	}
}

func TestRecordsThatCannotBe(t *testing.T) {
	for name, it := range map[string]livedata.Item{
		"too deep":        nested(33),
		"too long":        {"a": text(strings.Repeat("x", 2<<20))},
		"no value":        {"a": nil},
		"unknown type":    {"a": &types.UnknownUnionMember{Tag: "new"}},
		"unknown, nested": {"a": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.UnknownUnionMember{}}}},
	} {
		if _, err := snapshot.EncodeItem(it); fault.KindOf(err) != fault.Permanent || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodingIsStrict(t *testing.T) {
	deep := "\x01\x01a" + strings.Repeat("\x08\x01", 33) + "\x09"
	for name, src := range map[string]string{
		"nothing":                    "",
		"more after it":              "\x00\x00",
		"an attribute too few":       "\x02\x01a\x09",
		"no value":                   "\x01\x01a",
		"a type that is none":        "\x01\x01a\x00",
		"a type that is not yet":     "\x01\x01a\x0d",
		"text cut off":               "\x01\x01a\x01\x05hi",
		"names not in order":         "\x02\x01b\x09\x01a\x09",
		"a name twice":               "\x02\x01a\x09\x01a\x09",
		"a number longer than it is": "\x01\x81\x00a\x09",
		"a number that never ends":   "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"far more than there are":    "\xff\xff\xff\xff\x0f\x01a\x09",
		"a list of far too many":     "\x01\x01a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"too deep":                   deep,
	} {
		if it, err := snapshot.DecodeItem([]byte(src)); fault.KindOf(err) != fault.Permanent || err == nil {
			t.Errorf("%s: %v, %v", name, it, err)
		}
	}
	if _, err := snapshot.DecodeItem(make([]byte, 2<<20+1)); err == nil {
		t.Error("too long: read")
	}
}

// Garbage never makes room for what it claims.
func TestDecodingAllocatesWhatItReads(t *testing.T) {
	claims := "\x01\x01a" + strings.Repeat("\x08\xe7\x07", 30)       // a list of 999 in a list of 999
	src := []byte(claims + strings.Repeat("\x09", 1000-len(claims))) // which are not there
	size := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := snapshot.DecodeItem(src); err == nil {
				b.Fatal("read")
			}
		}
	}).AllocedBytesPerOp()
	if size > 100_000 {
		t.Errorf("a kilobyte made room for %d bytes", size)
	}
}

func FuzzItem(f *testing.F) {
	for _, it := range []livedata.Item{everyType(), {}, nested(3), message(1)} {
		src, err := snapshot.EncodeItem(it)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("\x01\x01a\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, src []byte) {
		it, err := snapshot.DecodeItem(src)
		if err != nil {
			return
		}
		again, err := snapshot.EncodeItem(it)
		if err != nil || !bytes.Equal(again, src) {
			t.Fatalf("%q is read, and written as %q, %v", src, again, err)
		}
		if twice, err := snapshot.DecodeItem(again); err != nil || !reflect.DeepEqual(twice, it) {
			t.Fatalf("%v reads as %v, %v", it, twice, err)
		}
	})
}
