// Package process runs child programs that never outlive us. A child leads a process
// group of its own, is ended with that group, and on Linux the kernel ends it too
// when we are killed without a chance to clean up.
package process

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Spec says what to run. Env is the whole environment: nothing is inherited.
type Spec struct {
	Name   string
	Path   string
	Args   []string
	Dir    string
	Env    []string
	Output io.Writer
	// HoldStdin gives the child a standard input that ends when we do, for programs
	// that watch it. Where the kernel has no death signal it is the only sign they get.
	HoldStdin bool
}

// Process is one running child.
type Process struct {
	Name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start runs the child and returns as soon as it exists.
func Start(spec Spec) (*Process, error) {
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Dir, cmd.Env = spec.Dir, spec.Env
	cmd.Stdout, cmd.Stderr = spec.Output, spec.Output
	cmd.SysProcAttr = attributes()
	if spec.HoldStdin {
		if _, err := cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("start %s: %w", spec.Name, err)
		}
	}
	// A grandchild may hold the output open; the group is killed, so do not wait long.
	cmd.WaitDelay = time.Second
	if err := spawn(cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{Name: spec.Name, cmd: cmd, done: make(chan struct{})}
	go p.wait()
	return p, nil
}

func (p *Process) wait() {
	p.err = p.cmd.Wait()
	close(p.done)
}

// PID is the child's process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed once the child has ended and its output is complete.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit says how the child ended ("exit status 1", "signal: killed"). Only after Done.
func (p *Process) Exit() string {
	var exit *exec.ExitError
	switch {
	case p.err == nil:
		return "exit status 0"
	case errors.As(p.err, &exit):
		return exit.String()
	}
	return p.err.Error()
}

// Kill ends the child and its group at once and waits until it is gone.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// Stop asks the child to end and kills it after the grace period.
func (p *Process) Stop(grace time.Duration) {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Kill()
	}
}

// signal reaches the whole group. Once the child has been waited for, its ID may
// belong to somebody else, so it is left alone.
func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.PID(), s)
	}
}

// spawn starts commands from one thread that lives as long as we do: the kernel's
// death signal is tied to the thread that forked, and Go ends idle threads.
func spawn(cmd *exec.Cmd) error {
	startSpawner()
	reply := make(chan error)
	requests <- spawnRequest{cmd, reply}
	return <-reply
}

type spawnRequest struct {
	cmd   *exec.Cmd
	reply chan<- error
}

var requests = make(chan spawnRequest)

var startSpawner = sync.OnceFunc(func() {
	go func() {
		runtime.LockOSThread()
		for r := range requests {
			r.reply <- r.cmd.Start()
		}
	}()
})
