package main

import (
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
)

// What is timed is a restore that brings everybody back but the tombstoned.
func TestRestoreMeasuresWhatComesBack(t *testing.T) {
	c := &crowd{channels: 2, leads: 2 * oneOf, messages: 3}
	r, err := measureRestore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if r.leads != 4*oneOf || r.stoned != 4 || r.dropped != 2*c.each() || r.unopened < 2 || r.peak < 1<<20 || r.stored == 0 || r.stored > r.bytes ||
		r.filled <= 0 || r.settled <= 0 || r.verified <= 0 {
		t.Errorf("measured %+v", r)
	}
	var out strings.Builder
	printRestores(&out, []restoring{r})
	if !strings.Contains(out.String(), "| a file | ") {
		t.Errorf("printed %s", out.String())
	}
	if r.written--; r.whole(c) == nil {
		t.Error("a record is missing and nobody says so")
	}
	if checkRestores(restoring{bytes: 2 * inMemory, peak: r.peak}, restoring{peak: 2 * r.peak}) == nil || checkRestores(r, restoring{peak: 2 * r.peak}) != nil || checkRestores(restoring{peak: maxRestore}, restoring{peak: maxRestore + 1}) == nil {
		t.Error("memory that grows is not told of")
	}
}

// A crowd is as large as was asked for, and the same each time.
func TestACrowdHasItsSize(t *testing.T) {
	c, err := crowdOf(4_000_000)
	if err != nil {
		t.Fatal(err)
	}
	stones := fencetest.NewFake()
	b, err := newBackups(c, keystest.NewFake(stones), stones, folder{t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	first, err := b.night(t.Context(), "first", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.night(t.Context(), "second", time.Now().Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if first.bytes < 3_000_000 || first.bytes > 4_500_000 || second.bytes != first.bytes || c.records.Load() != int64(2*c.channels*(1+c.leads*c.each())) {
		t.Errorf("%d and %d bytes, %d records", first.bytes, second.bytes, c.records.Load())
	}
	if made := 1 + c.channels + 2*c.channels*c.leads; first.calls["dynamodb TransactWriteItems"] != made || second.calls["dynamodb TransactWriteItems"] != 0 {
		t.Errorf("%d keys are made, not %d; the second night %d", first.calls["dynamodb TransactWriteItems"], made, second.calls["dynamodb TransactWriteItems"])
	}
	if first.bill().total() <= second.bill().total() || second.read < float64(second.bytes)/4096 || second.calls["kms Decrypt"] == 0 {
		t.Errorf("the first night is %+v, the second %+v", first, second)
	}
	var out strings.Builder
	printNights(&out, []night{first, second})
	if !strings.Contains(out.String(), "| DynamoDB | read request unit |") || !strings.Contains(out.String(), "for 26 nights") {
		t.Errorf("printed %s", out.String())
	}
}

func TestShreddingDoesNotGrow(t *testing.T) {
	stones := fencetest.NewFake()
	b, err := newBackups(&crowd{channels: 2, leads: 5, messages: 3}, keystest.NewFake(stones), stones, folder{t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	measured, err := measureShreds(t.Context(), b, []int{1, 4}, 3)
	if err != nil {
		t.Fatal(err)
	}
	one, four := measured[0], measured[1]
	if one.rows != 6 || four.rows != 6 || len(one.shred.calls) != 3 || one.verify.calls["s3 GetObject"] != 3*2 || four.verify.calls["s3 GetObject"] != 3*8 || four.verify.bytes < 3*one.verify.bytes {
		t.Errorf("measured %+v and %+v", one, four)
	}
	if err := checkShreds(measured); err != nil {
		t.Error(err)
	}
	var out strings.Builder
	printShreds(&out, measured)
	if !strings.Contains(out.String(), "| dynamodb DeleteItem 2, dynamodb GetItem 1, dynamodb Query 2 | 2 |") {
		t.Errorf("printed %s", out.String())
	}
	four.shred.cpu, four.shred.calls = time.Second, nil
	if err := checkShreds([]shredding{one, four}); err == nil || !strings.Contains(err.Error(), "CPU time") || !strings.Contains(err.Error(), "calls") {
		t.Errorf("got %v", err)
	}
}

// A key that is left is told of.
func TestShreddingIsVerified(t *testing.T) {
	stones := fencetest.NewFake()
	b, err := newBackups(&crowd{channels: 1, leads: 2, messages: 1}, keystest.NewFake(stones), stones, folder{t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.seal(t.Context(), 0, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.verify(t.Context(), b.destroyer(), person{}); err == nil {
		t.Error("the key is there and nobody says so")
	}
}
