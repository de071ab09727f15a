// Package background keeps one copy of this program running after its starter has
// gone. A lock on its PID file, which the kernel drops with the process, says whether
// it runs, so that a stale file is never mistaken for somebody else's process.
package background

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Place is where the PID file and the output are.
type Place struct{ folder string }

// In is the place of a repository.
func In(root string) Place { return Place{filepath.Join(root, ".build", "local")} }

func (p Place) pidFile() string { return filepath.Join(p.folder, "stack.pid") }
func (p Place) logFile() string { return filepath.Join(p.folder, "stack.log") }

// stopGrace is how long a stack may take to end.
const stopGrace = 20 * time.Second

// The pipe on which the child says that it is ready.
const readyFD = 3

// Up starts this program in the background with the given arguments and returns when
// it is ready. One that runs already is left as it is.
func (p Place) Up(out io.Writer, arguments ...string) error {
	if pid, running := p.running(); running {
		fmt.Fprintf(out, "The local stack is already running (process %d).\n", pid)
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return p.start(out, exec.Command(program, arguments...))
}

func (p Place) start(out io.Writer, child *exec.Cmd) error {
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return err
	}
	log, err := os.Create(p.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close()
	child.Stdout, child.Stderr, child.ExtraFiles = log, log, []*os.File{writer}
	// A session of its own: Ctrl-C in the starter's terminal does not reach it.
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = child.Start()
	writer.Close()
	if err != nil {
		return err
	}
	// The pipe ends when the child says that it is ready, or with the child.
	message, err := io.ReadAll(reader)
	if err == nil && len(message) > 0 {
		fmt.Fprintf(out, "%s  output   %s\n`make down` ends it.\n", message, p.logFile())
		return child.Process.Release()
	}
	_ = child.Wait()
	text, _ := os.ReadFile(p.logFile())
	return fmt.Errorf("it did not start:\n%s", strings.TrimSpace(string(text)))
}

// Be is what the child does: hold the lock, serve, and say when it is ready.
func (p Place) Be(serve func(ready func(message string)) error) error {
	file, err := os.OpenFile(p.pidFile(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.New("another one is running in the background")
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(file, os.Getpid()); err != nil {
		return err
	}
	defer os.Remove(p.pidFile())
	pipe := os.NewFile(readyFD, "ready")
	syscall.CloseOnExec(readyFD)
	return serve(func(message string) {
		fmt.Fprint(pipe, message)
		pipe.Close()
	})
}

// Down ends the one that runs, and nothing else.
func (p Place) Down(out io.Writer) error {
	pid, running := p.running()
	if !running {
		fmt.Fprintln(out, "No local stack is running in the background.")
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end process %d: %w", pid, err)
	}
	if !p.ended(stopGrace) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		if !p.ended(stopGrace) {
			return fmt.Errorf("process %d does not end", pid)
		}
	}
	fmt.Fprintln(out, "The local stack has ended.")
	return nil
}

// running reads the PID of whoever holds the lock.
func (p Place) running() (int, bool) {
	file, err := os.Open(p.pidFile())
	if err != nil {
		return 0, false
	}
	defer file.Close()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return 0, false
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return 0, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil && pid > 0
}

// ended waits until the lock is free: the process has gone.
func (p Place) ended(within time.Duration) bool {
	file, err := os.Open(p.pidFile())
	if err != nil {
		return true
	}
	free := make(chan struct{})
	go func() {
		defer file.Close()
		_ = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		close(free)
	}()
	select {
	case <-free:
		return true
	case <-time.After(within):
		return false
	}
}
