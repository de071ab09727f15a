package main

import (
	"bufio"
	"context"
	varint "encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// folder is a bucket of snapshots on the disk.
type folder struct{ root string }

func (f folder) path(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

func (f folder) Put(_ context.Context, name string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(f.path(name), body, 0o644)
}

func (f folder) Get(_ context.Context, name string) ([]byte, error) {
	body, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.As(fault.NotFound, "get an object", err)
	}
	return body, err
}

func (f folder) Range(_ context.Context, name string, offset, length int64) ([]byte, error) {
	file, err := os.Open(f.path(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	body := make([]byte, length)
	n, err := file.ReadAt(body, offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return body[:n], err
}

func (f folder) List(_ context.Context, prefix, after string) (names []string, more bool, err error) {
	err = filepath.WalkDir(f.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(f.root, path)
		if name = filepath.ToSlash(name); strings.HasPrefix(name, prefix) && name > after {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return names, false, err
}

// spool is the target of a restore that costs as little as one can: a file for each store, to
// which records are appended as they are encoded in snapshots, and out of which they are
// read again.
type spool struct {
	root string

	mu     sync.Mutex
	stores map[string]*spooled
}

type spooled struct {
	file  *os.File
	write *bufio.Writer
	size  int64
}

const spoolPage = 1 << 20 // bytes of a scan's page

var _ restore.Targets = (*spool)(nil)

func (s *spool) Create(_ context.Context, _ string, store datamap.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := os.Create(filepath.Join(s.root, store.Name))
	if err != nil {
		return err
	}
	if s.stores == nil {
		s.stores = map[string]*spooled{}
	}
	s.stores[store.Name] = &spooled{file: file, write: bufio.NewWriterSize(file, spoolPage)}
	return nil
}

func (s *spool) Put(_ context.Context, _ string, store datamap.Store, items []livedata.Item) error {
	var body []byte
	for _, it := range items {
		src, err := snapshot.EncodeItem(it)
		if err != nil {
			return err
		}
		body = append(varint.AppendUvarint(body, uint64(len(src))), src...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.stores[store.Name]
	to.size += int64(len(body))
	_, err := to.write.Write(body)
	return err
}

func (s *spool) Scan(_ context.Context, _ string, store datamap.Store, after livedata.Key) (page livedata.Page, err error) {
	from, offset, err := s.place(store, after)
	if err != nil {
		return page, err
	}
	body := make([]byte, min(spoolPage, from.size-offset))
	if _, err := from.file.ReadAt(body, offset); err != nil {
		return page, err
	}
	for len(body) > 0 {
		length, n := varint.Uvarint(body)
		if n <= 0 || uint64(len(body)-n) < length {
			break // goes on in the next page
		}
		it, err := snapshot.DecodeItem(body[n : n+int(length)])
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, it)
		body, offset = body[n+int(length):], offset+int64(n)+int64(length)
	}
	if offset < from.size {
		page.Next = livedata.Key{"offset": strconv.FormatInt(offset, 10)}
	}
	return page, nil
}

// place is where a scan goes on.
func (s *spool) place(store datamap.Store, after livedata.Key) (*spooled, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.stores[store.Name]
	if err := from.write.Flush(); err != nil || after == nil {
		return from, 0, err
	}
	offset, err := strconv.ParseInt(after["offset"], 10, 64)
	return from, offset, err
}

var errNotSpooled = fmt.Errorf("the spool is only appended to")

func (s *spool) Remove(_ context.Context, _ string, _ datamap.Store, at []livedata.Key) error {
	if len(at) > 0 {
		return errNotSpooled
	}
	return nil
}

func (s *spool) Get(context.Context, string, datamap.Store, livedata.Key) (livedata.Item, error) {
	return nil, errNotSpooled
}

func (s *spool) Drop(_ context.Context, _ string, store datamap.Store) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stores[store.Name].file.Close()
}

func (s *spool) List(context.Context) ([]restore.Target, error) { return nil, nil }
