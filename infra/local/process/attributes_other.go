//go:build !linux

package process

import "syscall"

// Without a death signal a child that we cannot end is told by its standard input or,
// for functions, by the loss of the Runtime API.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
