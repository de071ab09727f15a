// Package logbook keeps the last lines that the children wrote, by source.
package logbook

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// Entry is one line of output.
type Entry struct {
	Time   time.Time `json:"time"`
	Source string    `json:"source"`
	Line   string    `json:"line"`
}

// Book holds a bounded number of lines and may copy each one to another writer.
type Book struct {
	mu      sync.Mutex
	limit   int
	entries []Entry
	copies  io.Writer
}

// New makes a book of at most limit lines. copies may be nil.
func New(limit int, copies io.Writer) *Book {
	return &Book{limit: limit, copies: copies}
}

// Writer takes a source's output and enters it line by line.
func (b *Book) Writer(source string) io.Writer {
	return &lineWriter{book: b, source: source}
}

// Entries returns the lines of one source, or of all for an empty name, oldest first.
func (b *Book) Entries(source string) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := []Entry{}
	for _, e := range b.entries {
		if source == "" || e.Source == source {
			found = append(found, e)
		}
	}
	return found
}

// Last returns the newest n lines of a source.
func (b *Book) Last(source string, n int) []string {
	var lines []string
	for _, e := range b.Entries(source) {
		lines = append(lines, e.Line)
	}
	return lines[max(0, len(lines)-n):]
}

func (b *Book) add(source, line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, Entry{time.Now().UTC(), source, line})
	// Dropped in halves, so that a full book does not move with every line.
	if len(b.entries) > 2*b.limit {
		b.entries = append([]Entry(nil), b.entries[len(b.entries)-b.limit:]...)
	}
	if b.copies != nil {
		fmt.Fprintf(b.copies, "%-16s %s\n", source, line)
	}
}

type lineWriter struct {
	mu     sync.Mutex
	book   *Book
	source string
	rest   []byte
}

const longestLine = 64 << 10

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found && len(w.rest) < longestLine {
			return len(p), nil
		}
		w.book.add(w.source, string(bytes.TrimRight(line, "\r")))
		w.rest = append([]byte(nil), rest...)
	}
}
