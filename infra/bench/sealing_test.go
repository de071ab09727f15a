package main

import (
	"context"
	"strings"
	"testing"
)

// What is timed is a snapshot that opens again, whole.
func TestSealingMeasuresWhatOpens(t *testing.T) {
	l, err := newCopies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	s := l.sealer(func(_ context.Context, _ string, body []byte) error {
		stored += len(body)
		return nil
	})
	if err := s.Batch(t.Context(), nil, l.batch); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.State().Stores["messages"].Records; n != conversations*perThread || stored == 0 || stored > l.bytes/2 {
		t.Errorf("%d records, %d bytes of %d", n, stored, l.bytes)
	}
	x, err := newBare()
	if err != nil {
		t.Fatal(err)
	}
	frames := [][]byte{x.sealed(l.plain[0])}
	if err := x.opened(frames); err != nil {
		t.Error(err)
	}
	frames[0][0] ^= 1
	if x.opened(frames) == nil {
		t.Error("a changed frame opens")
	}
}

func TestSealingIsPrinted(t *testing.T) {
	var out strings.Builder
	printSealing(&out, []sealing{{"seal", 110.4, 0.2639}, {"open", 164.6, 0}})
	if want := "| seal | 110 | 0.264 |\n| open | 165 |  |\n"; !strings.Contains(out.String(), want) {
		t.Errorf("printed %s", out.String())
	}
}
