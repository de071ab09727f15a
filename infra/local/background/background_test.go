package background

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The test program plays the one in the background: "be FOLDER" serves until it is
// ended, "fail FOLDER" cannot start.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		if err := (Place{os.Args[2]}).Be(role(os.Args[1])); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func role(name string) func(func(string)) error {
	return func(ready func(string)) error {
		if name == "fail" {
			return errors.New("port 8080 is taken")
		}
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM)
		ready("It is up.\n")
		<-end
		return nil
	}
}

func TestUpAndDown(t *testing.T) {
	place := In(t.TempDir())
	var out bytes.Buffer
	if err := place.Up(&out, "be", place.folder); err != nil {
		t.Fatal(err)
	}
	pid, running := place.running()
	if !running || !strings.Contains(out.String(), "It is up.") {
		t.Fatalf("running %v, said %q", running, out.String())
	}
	out.Reset()
	if err := place.Up(&out, "be", place.folder); err != nil || !strings.Contains(out.String(), fmt.Sprintf("already running (process %d)", pid)) {
		t.Errorf("second up: %v, said %q", err, out.String())
	}
	out.Reset()
	if err := place.Down(&out); err != nil || !strings.Contains(out.String(), "has ended") {
		t.Errorf("down: %v, said %q", err, out.String())
	}
	if _, running := place.running(); running {
		t.Error("it is still running")
	}
	out.Reset()
	if err := place.Down(&out); err != nil || !strings.Contains(out.String(), "No local stack") {
		t.Errorf("second down: %v, said %q", err, out.String())
	}
}

func TestFailedStartSaysWhy(t *testing.T) {
	place := In(t.TempDir())
	err := place.Up(&bytes.Buffer{}, "fail", place.folder)
	if err == nil || !strings.Contains(err.Error(), "port 8080 is taken") {
		t.Errorf("got %v", err)
	}
}

func TestStaleFileIsNobodysProcess(t *testing.T) {
	place := In(t.TempDir())
	if err := os.MkdirAll(place.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	// Our own process ID: a down that trusted the file would end this test.
	if err := os.WriteFile(filepath.Join(place.folder, "stack.pid"), fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := place.Down(&out); err != nil || !strings.Contains(out.String(), "No local stack") {
		t.Errorf("got %v, said %q", err, out.String())
	}
}
