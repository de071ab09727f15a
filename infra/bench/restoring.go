package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	unitsAtOnce  = 8   // as the operator's tool restores
	restoreUnits = 8   // channels that a restore is of
	perLead      = 200 // messages
	oneOf        = 100 // leads is tombstoned
	restoreID    = "0123456789abcdef"
)

// restoring is what a restore takes.
type restoring struct {
	target            string
	bytes, stored     int64 // of the records as they are encoded; of what is sealed of them
	leads             int
	records           int64
	stoned            int // leads
	dropped, unopened int // records, by a tombstone; frames, whose key is gone
	written           int
	sealed            time.Duration // the snapshot, with making the records up
	filled            time.Duration // everything read, opened, put to the tombstones and written
	settled           time.Duration // everything counted and put to the tombstones once more
	verified          time.Duration // and once more
	cpu               time.Duration // of both, of this process
	peak              int64         // bytes of memory, of all
}

// measureRestore restores a crowd into a spool.
func measureRestore(ctx context.Context, c *crowd) (r restoring, err error) {
	root, err := os.MkdirTemp("", "restore")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	return restoreInto(ctx, "a file", c, filepath.Join(root, "bucket"), &timed{Targets: &spool{root: root}})
}

// timed notes when a target is read for the first time: by then everything was written.
type timed struct {
	restore.Targets
	read time.Time
}

func (t *timed) Scan(ctx context.Context, id string, s datamap.Store, after livedata.Key) (livedata.Page, error) {
	if t.read.IsZero() {
		t.read = time.Now()
	}
	return t.Targets.Scan(ctx, id, s, after)
}

// crowdOf is one whose records are about so many bytes.
func crowdOf(bytes int) (*crowd, error) {
	c := &crowd{channels: restoreUnits, messages: perLead}
	weight, err := c.weight()
	if err != nil {
		return nil, err
	}
	c.leads = max(1, bytes/weight/restoreUnits)
	return c, nil
}

// restoreInto makes a crowd's snapshot, and restores it.
func restoreInto(ctx context.Context, name string, c *crowd, root string, target *timed) (r restoring, err error) {
	r.target = name
	stones := fencetest.NewFake()
	b, err := newBackups(c, keystest.NewFake(stones), stones, folder{root})
	if err != nil {
		return r, err
	}
	if err := r.prepare(ctx, b); err != nil {
		return r, err
	}
	return r, r.run(ctx, b, target)
}

func (r *restoring) prepare(ctx context.Context, b *backups) error {
	began := time.Now()
	for channel := range b.crowd.channels {
		out, err := b.seal(ctx, channel, began)
		if err != nil {
			return err
		}
		r.stored += out.Bytes
	}
	r.sealed = time.Since(began)
	r.leads, r.records, r.bytes = b.crowd.channels*b.crowd.leads, b.crowd.records.Load(), b.crowd.bytes.Load()
	var err error
	r.stoned, err = b.forget(ctx)
	return err
}

// run restores everything. Memory is measured from here on.
func (r *restoring) run(ctx context.Context, b *backups, target *timed) error {
	if err := forgetPeak(); err != nil {
		return err
	}
	counts, unopened, mu := map[snapshot.Unit]restore.Progress{}, 0, sync.Mutex{}
	restorer := restore.Restorer{Map: b.dataMap, Targets: target, Jobs: restoretest.New(nil, b.stones, time.Now).Jobs(), Stones: b.stones, Keys: b.rows,
		Secret: b.secret, Now: time.Now, AtOnce: unitsAtOnce,
		Source: func(f restore.From) (restore.Source, error) {
			return restore.Snapshots{Map: b.dataMap, Objects: b.bucket, Keyring: b.keyring, Secret: b.secret, AsOf: f.AsOf}, nil
		},
		Progressed: func(p restore.Progress) {
			mu.Lock()
			defer mu.Unlock()
			counts[p.Unit] = p
		}}
	if _, err := restorer.Begin(ctx, restoreID, restore.Selection{Everything: true}, restore.From{}); err != nil {
		return err
	}
	began, cpu := time.Now(), cpuTime()
	if _, err := restorer.Run(ctx, restoreID); err != nil {
		return err
	}
	ran := time.Now()
	r.filled, r.settled, r.cpu = target.read.Sub(began), ran.Sub(target.read), cpuTime()-cpu
	if _, err := restorer.Verify(ctx, restoreID); err != nil {
		return err
	}
	r.verified = time.Since(ran)
	for _, p := range counts {
		unopened += p.Unopened
		for _, c := range p.Counts {
			r.dropped, r.written = r.dropped+c.Dropped, r.written+c.Written
		}
	}
	r.unopened = unopened
	used, err := usageOf(os.Getpid())
	r.peak = used.peak
	return errors.Join(err, r.whole(b.crowd))
}

// whole says that everybody came back, and nobody who was tombstoned.
func (r *restoring) whole(c *crowd) error {
	shredded := (r.stoned + 1) / 2
	want := c.channels + (r.leads-r.stoned)*c.each()
	if r.written != want || r.dropped != (r.stoned-shredded)*c.each() || r.unopened < shredded {
		return fmt.Errorf("of %d leads, %d of them tombstoned, %d records came back, not %d; %d were dropped, %d frames not opened", r.leads, r.stoned, r.written, want, r.dropped, r.unopened)
	}
	return nil
}

// forgetPeak has the kernel count the peak of memory from here on.
func forgetPeak() error {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return fmt.Errorf("measure a process (needs Linux): %w", err)
	}
	return nil
}

// cpuTime is what this process has taken.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measureRestores restores a tenth first: if memory is flat, the whole takes no more of it.
// Into the tables of an engine goes only a part: there the engine is what is slow.
func measureRestores(ctx context.Context, megabytes, tableMegabytes int) ([]restoring, error) {
	var out []restoring
	for _, mb := range []int{max(1, megabytes/10), megabytes} {
		c, err := crowdOf(mb * 1_000_000)
		if err != nil {
			return out, err
		}
		r, err := measureRestore(ctx, c)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	r, err := restoreIntoTables(ctx, tableMegabytes)
	return append(out, r), errors.Join(err, checkRestores(out[0], out[1]))
}

func restoreIntoTables(ctx context.Context, megabytes int) (r restoring, err error) {
	c, err := crowdOf(megabytes * 1_000_000)
	if err != nil {
		return r, err
	}
	e, err := startEngine(ctx)
	if err != nil {
		return r, err
	}
	defer e.close()
	root, err := os.MkdirTemp("", "restore")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	return restoreInto(ctx, "DynamoDB Local", c, root, &timed{Targets: e.targets()})
}

func printRestores(out io.Writer, restores []restoring) {
	fmt.Fprintln(out, "| restore into | records | MB | leads | tombstoned | dropped: records, frames | filled, MB/s | settled, MB/s | verified, MB/s | all, s | CPU of Run, s | peak memory, MB |")
	fmt.Fprintln(out, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, r := range restores {
		mb := float64(r.bytes) / 1e6
		perSecond := func(took time.Duration) float64 { return mb / max(took.Seconds(), 0.001) }
		all := r.filled + r.settled + r.verified
		fmt.Fprintf(out, "| %s | %d | %.0f | %d | %d | %d, %d | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f |\n", r.target, r.records, mb, r.leads, r.stoned,
			r.dropped, r.unopened, perSecond(r.filled), perSecond(r.settled), perSecond(r.verified), all.Seconds(), r.cpu.Seconds(), float64(r.peak)/1e6)
	}
	for _, r := range restores {
		fmt.Fprintf(out, "\n%.0f MB were sealed in %.1f s, with making them up, and take %.3f of their size in the bucket.", float64(r.bytes)/1e6, r.sealed.Seconds(),
			float64(r.stored)/float64(cmp.Or(r.bytes, 1)))
	}
	fmt.Fprint(out, "\n\n")
}

// inMemory is how much of its units a restore has in memory at once.
const inMemory = unitsAtOnce * 4 << 20

// checkRestores holds memory to its limit, and to being flat, once there is more than is in
// memory at once.
func checkRestores(small, large restoring) error {
	if large.peak > maxRestore {
		return fmt.Errorf("restoring %d MB takes %.0f MB of memory, more than %d", large.bytes/1_000_000, float64(large.peak)/1e6, maxRestore/1_000_000)
	}
	if small.bytes > inMemory && float64(large.peak) > maxGrowth*float64(small.peak) {
		return fmt.Errorf("memory grows: %.0f MB for a restore of %d MB, %.0f MB for %d", float64(small.peak)/1e6, small.bytes/1_000_000, float64(large.peak)/1e6, large.bytes/1_000_000)
	}
	return nil
}
