package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// TestMain keeps what the CDK's runtime leaves behind out of the machine's temporary
// folder: closing that runtime properly races (see jsii-runtime-go), so no test does.
func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "stack-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Setenv("TMPDIR", dir)
	os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
	return m.Run()
}

// synthesized once for all tests: it takes seconds.
var synthesized = sync.OnceValues(func() (map[string][]byte, error) {
	m, err := datamap.Load()
	if err != nil {
		return nil, err
	}
	return goldenTemplates(dev, m)
})

func golden(t *testing.T) map[string]template {
	t.Helper()
	sources, err := synthesized()
	if err != nil {
		t.Fatal(err)
	}
	templates := map[string]template{}
	for name, source := range sources {
		if templates[name], err = parseTemplate(source); err != nil {
			t.Fatal(err)
		}
	}
	return templates
}

// ofType is the resources of one type in both stacks, by logical ID.
func ofType(t *testing.T, types ...string) map[string]resource {
	t.Helper()
	found := map[string]resource{}
	for _, tmpl := range golden(t) {
		for id, r := range tmpl.Resources {
			for _, typ := range types {
				if r.Type == typ {
					found[id] = r
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no resource of type %v", types)
	}
	return found
}

const refreshCommand = "go run ./infra/stack -golden infra/stack/golden"

func TestCommittedTemplatesAreFresh(t *testing.T) {
	sources, err := synthesized()
	if err != nil {
		t.Fatal(err)
	}
	environments, err := samEnvironments(sources["Deletion"])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{samFile: environments}
	for name, source := range sources {
		want[goldenFile(name)] = source
	}
	for file, content := range want {
		committed, err := os.ReadFile(filepath.Join("golden", file))
		if err != nil {
			t.Errorf("%v; run `%s`", err, refreshCommand)
			continue
		}
		if line, stale := firstDifference(committed, content); stale {
			t.Errorf("golden/%s is stale from line %d on; run `%s` and read the diff", file, line, refreshCommand)
		}
	}
	entries, err := os.ReadDir("golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if want[entry.Name()] == nil {
			t.Errorf("golden/%s belongs to nothing; remove it", entry.Name())
		}
	}
}

func firstDifference(a, b []byte) (line int, differ bool) {
	if bytes.Equal(a, b) {
		return 0, false
	}
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return i + 1, true
		}
	}
	return min(len(as), len(bs)) + 1, true
}

func TestNormalisingHidesCodeAndNothingElse(t *testing.T) {
	hash := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	got, err := normalise([]byte(`{"b":"` + hash + `.zip","a":"asset.` + hash + `","c":"<0123abcd>"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n \"a\": \"asset.ASSET\",\n \"b\": \"ASSET.zip\",\n \"c\": \"<0123abcd>\"\n}\n"
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// executable is the header of a program for a processor, which is all that is looked at.
func executable(machine elf.Machine) []byte {
	header := make([]byte, 64)
	copy(header, elf.ELFMAG)
	header[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	header[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	header[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	binary.LittleEndian.PutUint16(header[16:], uint16(elf.ET_EXEC))
	binary.LittleEndian.PutUint16(header[18:], uint16(machine))
	binary.LittleEndian.PutUint32(header[20:], uint32(elf.EV_CURRENT))
	return header
}

func TestWrongBinariesAreNamed(t *testing.T) {
	code := t.TempDir()
	put := func(folder string, content []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(code, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(code, folder, "bootstrap"), content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range functionFolders {
		put(folder, executable(elf.EM_AARCH64))
	}
	if err := checkBinaries(code); err != nil {
		t.Errorf("all are right, got %v", err)
	}
	put("purge", executable(elf.EM_X86_64))
	if err := os.Remove(filepath.Join(code, "status", "bootstrap")); err != nil {
		t.Fatal(err)
	}
	err := checkBinaries(code)
	if err == nil || err.Error() != "not built for arm64: purge, status; run `make binaries` first" {
		t.Errorf("got %v", err)
	}
}

func TestNamesOfThisPackageAreInTheDataMap(t *testing.T) {
	defer func() {
		if p := recover(); p != `store "guestbook" is not in the data map` {
			t.Errorf("got %v", p)
		}
	}()
	m := loadMap(t)
	(&deletion{datam: m}).store("guestbook")
}
