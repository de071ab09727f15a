package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test program plays the children: "hold FILE" keeps a lock until it is killed,
// "parent FILE" starts such a child and waits.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "hold" {
		hold(os.Args[2])
	}
	if len(os.Args) == 3 && os.Args[1] == "parent" {
		parent(os.Args[2])
	}
	os.Exit(m.Run())
}

func hold(path string) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	}
	fmt.Println("held", err)
	select {}
}

func parent(path string) {
	_, err := Start(Spec{Name: "child", Path: os.Args[0], Args: []string{"hold", path}, Output: os.Stdout})
	if err != nil {
		fmt.Println(err)
	}
	select {}
}

// firstLine is a writer that tells its first line.
type firstLine struct {
	seen bytes.Buffer
	line chan string
}

func (f *firstLine) Write(p []byte) (int, error) {
	f.seen.Write(p)
	if line, _, found := strings.Cut(f.seen.String(), "\n"); found && f.line != nil {
		f.line <- line
		f.line = nil
	}
	return len(p), nil
}

func startHolder(t *testing.T) (*Process, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lock")
	line := make(chan string, 1)
	p, err := Start(Spec{Name: "holder", Path: os.Args[0], Args: []string{"hold", path}, Output: &firstLine{line: line}})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-line; got != "held <nil>" {
		t.Fatalf("the child says %q", got)
	}
	return p, path
}

// awaitRelease returns once nobody holds the lock any more.
func awaitRelease(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	free := make(chan error, 1)
	go func() { free <- syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }()
	select {
	case err := <-free:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the child is still there")
	}
}

func TestKillEndsAtOnce(t *testing.T) {
	p, path := startHolder(t)
	p.Kill()
	awaitRelease(t, path)
	if p.Exit() != "signal: killed" {
		t.Errorf("ended by %q", p.Exit())
	}
	p.Kill() // once more does nothing
}

func TestStopAsksFirst(t *testing.T) {
	p, path := startHolder(t)
	p.Stop(10 * time.Second)
	awaitRelease(t, path)
	if p.Exit() != "signal: terminated" {
		t.Errorf("ended by %q", p.Exit())
	}
}

func TestChildDiesWithAParentThatIsKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	starter := exec.Command(os.Args[0], "parent", path)
	output, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("held <nil>\n"))
	if _, err := io.ReadFull(output, line); err != nil {
		t.Fatal(err)
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = starter.Wait()
	awaitRelease(t, path)
}

func TestNothingIsInherited(t *testing.T) {
	t.Setenv("MUST_NOT_BE_INHERITED", "1")
	var output bytes.Buffer
	p, err := Start(Spec{Name: "env", Path: "/usr/bin/env", Env: []string{"GIVEN=1"}, Output: &output})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if output.String() != "GIVEN=1\n" {
		t.Errorf("the child sees %q", output.String())
	}
}

func TestMissingProgram(t *testing.T) {
	if _, err := Start(Spec{Name: "nothing", Path: "/no/such/program"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
