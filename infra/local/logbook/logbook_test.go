package logbook

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLinesAreJoinedAndKeptBySource(t *testing.T) {
	var copies bytes.Buffer
	book := New(10, &copies)
	purge, sweep := book.Writer("purge"), book.Writer("sweep")
	fmt.Fprint(purge, "first ")
	fmt.Fprint(sweep, "other\r\n")
	fmt.Fprint(purge, "line\nsecond\nunfinished")
	if got := book.Last("purge", 5); !slices.Equal(got, []string{"first line", "second"}) {
		t.Errorf("purge wrote %q", got)
	}
	if got := book.Last("purge", 1); !slices.Equal(got, []string{"second"}) {
		t.Errorf("last line is %q", got)
	}
	if got := book.Last("", 5); !slices.Equal(got, []string{"other", "first line", "second"}) {
		t.Errorf("all wrote %q", got)
	}
	if !strings.Contains(copies.String(), "purge            first line\n") {
		t.Errorf("copied %q", copies.String())
	}
}

func TestBookIsBounded(t *testing.T) {
	book := New(10, nil)
	writer := book.Writer("a")
	for i := range 1000 {
		fmt.Fprintln(writer, i)
	}
	lines := book.Last("a", 1000)
	if len(lines) < 10 || len(lines) > 20 || lines[len(lines)-1] != "999" {
		t.Errorf("kept %d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}

func TestEndlessLineIsCut(t *testing.T) {
	book := New(10, nil)
	fmt.Fprint(book.Writer("a"), strings.Repeat("x", longestLine))
	if got := book.Last("a", 1); len(got) != 1 || len(got[0]) != longestLine {
		t.Errorf("kept %d lines", len(got))
	}
}
