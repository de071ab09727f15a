package stores

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/infra/local/provision"
)

// sealedStore is the bucket whose objects are sealed: what of them is no text is shown by
// its size.
const sealedStore = "snapshots"

// checkObject wants {key, content_type, text|base64}.
func checkObject(it item) string {
	if key, ok := it["key"].(string); !ok || key == "" {
		return "key is missing or not a text"
	}
	if kind, there := it["content_type"]; there {
		if _, ok := kind.(string); !ok {
			return "content_type is not a text"
		}
	}
	_, hasText := it["text"]
	_, hasBytes := it["base64"]
	if hasText == hasBytes {
		return "it needs either text or base64"
	}
	if _, err := content(it); err != nil {
		return err.Error()
	}
	return ""
}

func content(it item) ([]byte, error) {
	if text, there := it["text"]; there {
		s, ok := text.(string)
		if !ok {
			return nil, fmt.Errorf("text is not a text")
		}
		return []byte(s), nil
	}
	s, ok := it["base64"].(string)
	if !ok {
		return nil, fmt.Errorf("base64 is not a text")
	}
	decoded, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("base64: %w", err)
	}
	return decoded, nil
}

// putObjects writes in rounds: the versions of one key in the order of the seed, keys
// beside each other.
func (s *Stores) putObjects(ctx context.Context, store provision.Store, items []item) error {
	for len(items) > 0 {
		var later []item
		seen := map[string]bool{}
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(parallel)
		for _, it := range items {
			key := it["key"].(string)
			if seen[key] {
				later = append(later, it)
				continue
			}
			seen[key] = true
			group.Go(func() error { return s.putObject(inner, store.Physical, key, it) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		items = later
	}
	return nil
}

func (s *Stores) putObject(ctx context.Context, bucket, key string, it item) error {
	body, err := content(it)
	if err != nil {
		return err
	}
	input := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body)}
	if kind, ok := it["content_type"].(string); ok {
		input.ContentType = aws.String(kind)
	}
	_, err = s.s3.PutObject(ctx, input)
	return err
}

func (s *Stores) keys(ctx context.Context, store provision.Store) ([]string, error) {
	pages := s3.NewListObjectsV2Paginator(s.s3, &s3.ListObjectsV2Input{Bucket: aws.String(store.Physical)})
	var keys []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, object := range page.Contents {
			keys = append(keys, aws.ToString(object.Key))
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (s *Stores) objects(ctx context.Context, store provision.Store) ([]any, error) {
	keys, err := s.keys(ctx, store)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(keys))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, key := range keys {
		group.Go(func() (err error) {
			list[i], err = s.object(ctx, store, key)
			return err
		})
	}
	return list, group.Wait()
}

func (s *Stores) object(ctx context.Context, store provision.Store, key string) (item, error) {
	got, err := s.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(store.Physical), Key: aws.String(key)})
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, err
	}
	it := item{"key": key, "content_type": aws.ToString(got.ContentType)}
	switch {
	case utf8.Valid(body) && !bytes.ContainsRune(body, 0):
		it["text"] = string(body)
	case store.Name == sealedStore:
		it["size"] = len(body)
	default:
		it["base64"] = base64.StdEncoding.EncodeToString(body)
	}
	return it, nil
}

// version is one version or delete marker.
type version struct {
	Key            string `json:"key"`
	VersionID      string `json:"version_id"`
	IsDeleteMarker bool   `json:"is_delete_marker"`
}

func (s *Stores) versions(ctx context.Context, store provision.Store) ([]any, error) {
	pages := s3.NewListObjectVersionsPaginator(s.s3, &s3.ListObjectVersionsInput{Bucket: aws.String(store.Physical)})
	var found []version
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, v := range page.Versions {
			found = append(found, version{aws.ToString(v.Key), aws.ToString(v.VersionId), false})
		}
		for _, m := range page.DeleteMarkers {
			found = append(found, version{aws.ToString(m.Key), aws.ToString(m.VersionId), true})
		}
	}
	slices.SortFunc(found, func(a, b version) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.VersionID, b.VersionID))
	})
	list := make([]any, len(found))
	for i, v := range found {
		list[i] = v
	}
	return list, nil
}
