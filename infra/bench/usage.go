package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has taken since it began.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes of memory, as resident at once
}

// tick is the kernel's unit of CPU time for programs, on every Linux.
const tick = 10 * time.Millisecond

// usageOf reads /proc: the figure for a child that was waited for would contain what
// its parent had when it was forked.
func usageOf(pid int) (usage, error) {
	folder := fmt.Sprintf("/proc/%d/", pid)
	stat, err := os.ReadFile(folder + "stat")
	if err != nil {
		return usage{}, fmt.Errorf("measure a process (needs Linux): %w", err)
	}
	status, err := os.ReadFile(folder + "status")
	if err != nil {
		return usage{}, fmt.Errorf("measure a process (needs Linux): %w", err)
	}
	return parseUsage(stat, status)
}

func parseUsage(stat, status []byte) (usage, error) {
	// The second field is the program's name, in brackets, and may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return usage{}, fmt.Errorf("/proc/…/stat has %d fields", len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return usage{}, fmt.Errorf("/proc/…/stat has no CPU times")
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	peak, err := strconv.ParseInt(strings.TrimSpace(strings.SplitN(after+"kB", "kB", 2)[0]), 10, 64)
	if !found || err != nil {
		return usage{}, fmt.Errorf("/proc/…/status has no peak of memory")
	}
	return usage{cpu: time.Duration(user+system) * tick, peak: peak << 10}, nil
}
