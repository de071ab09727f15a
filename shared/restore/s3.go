package restore

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// S3 is Media on the platform's buckets. Names maps store to bucket.
type S3 struct {
	Client *s3.Client
	Names  map[string]string
}

func (s S3) PutBack(ctx context.Context, store datamap.Store, key string) (made livedata.Version, none bool, err error) {
	bucket := aws.String(s.Names[store.Name])
	found, err := s.Client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: bucket, Prefix: aws.String(key)})
	if err != nil {
		return made, false, fault.Wrap("look for versions in "+store.Name, err)
	}
	newest, at := "", time.Time{}
	for _, v := range found.Versions { // of a key the newest comes first; other keys only begin alike
		if aws.ToString(v.Key) != key {
			continue
		}
		if aws.ToBool(v.IsLatest) {
			return made, false, nil
		}
		if newest == "" || aws.ToTime(v.LastModified).After(at) {
			newest, at = aws.ToString(v.VersionId), aws.ToTime(v.LastModified)
		}
	}
	if newest == "" {
		return made, true, nil
	}
	source := *bucket + "/" + escaped(key) + "?versionId=" + url.QueryEscape(newest)
	out, err := s.Client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String(key), CopySource: aws.String(source)})
	if err != nil {
		return made, false, fault.Wrap("put an object of "+store.Name+" back", err)
	}
	return livedata.Version{Key: key, ID: aws.ToString(out.VersionId)}, false, nil
}

// escaped keeps the slashes of a key.
func escaped(key string) string {
	parts := strings.Split(key, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

func (s S3) Remove(ctx context.Context, store datamap.Store, made livedata.Version) error {
	return livedata.S3{Client: s.Client, Names: s.Names}.Delete(ctx, store, []livedata.Version{made})
}
