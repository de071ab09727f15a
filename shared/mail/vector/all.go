package vector

import (
	"os"
	"path/filepath"
	"testing"
)

// All gives every vector of testdata/mail.
func All(t testing.TB) []Vector {
	t.Helper()
	vectors, err := Load(os.DirFS(Folder(t)))
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

// Folder gives the path of testdata/mail, where tenants.json lies too.
func Folder(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "testdata", "mail")
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}
