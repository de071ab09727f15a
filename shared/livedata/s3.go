package livedata

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
)

const objectBatch = 1000 // DeleteObjects' limit

// S3 is Objects on the platform's buckets. Names maps store to bucket.
type S3 struct {
	Client *s3.Client
	Names  map[string]string
}

func (s S3) List(ctx context.Context, store datamap.Store, prefix string, after *Version) (Versions, error) {
	in := &s3.ListObjectVersionsInput{Bucket: aws.String(s.Names[store.Name]), Prefix: aws.String(prefix)}
	if after != nil {
		in.KeyMarker = aws.String(after.Key)
		if after.ID != "" { // S3 refuses an empty one
			in.VersionIdMarker = aws.String(after.ID)
		}
	}
	out, err := s.Client.ListObjectVersions(ctx, in)
	if err != nil {
		return Versions{}, fault.Wrap("list "+store.Name, err)
	}
	var page Versions
	for _, v := range out.Versions {
		page.Found = append(page.Found, Version{aws.ToString(v.Key), aws.ToString(v.VersionId), aws.ToTime(v.LastModified), aws.ToBool(v.IsLatest), false})
	}
	for _, m := range out.DeleteMarkers {
		page.Found = append(page.Found, Version{aws.ToString(m.Key), aws.ToString(m.VersionId), aws.ToTime(m.LastModified), aws.ToBool(m.IsLatest), true})
	}
	slices.SortStableFunc(page.Found, newestFirst)
	if aws.ToBool(out.IsTruncated) {
		page.Next = &Version{Key: aws.ToString(out.NextKeyMarker), ID: aws.ToString(out.NextVersionIdMarker)}
	}
	return page, nil
}

// newestFirst brings versions and delete markers together, which S3 lists one after the other.
// Of one second it does not know the order, but which is the latest.
func newestFirst(v, w Version) int {
	latest := map[bool]int{true: 0, false: 1}
	return cmp.Or(strings.Compare(v.Key, w.Key), latest[v.Latest]-latest[w.Latest], w.Modified.Compare(v.Modified))
}

// Delete asks again for what S3 reports as failed, until nothing is left.
func (s S3) Delete(ctx context.Context, store datamap.Store, versions []Version) error {
	for start := 0; start < len(versions); start += objectBatch {
		left := versions[start:min(start+objectBatch, len(versions))]
		for try := 0; len(left) > 0; try++ {
			err := pause(ctx, try)
			if err == nil {
				left, err = s.deleteBatch(ctx, store, left)
			}
			if err != nil {
				return fault.Wrap("delete from "+store.Name, err)
			}
		}
	}
	return nil
}

func (s S3) deleteBatch(ctx context.Context, store datamap.Store, versions []Version) ([]Version, error) {
	ids := make([]types.ObjectIdentifier, len(versions))
	for i, v := range versions {
		ids[i] = types.ObjectIdentifier{Key: aws.String(v.Key), VersionId: aws.String(v.ID)}
	}
	out, err := s.Client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: aws.String(s.Names[store.Name]),
		Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)}})
	if err != nil {
		return nil, err
	}
	var left []Version
	for _, e := range out.Errors {
		if !strings.HasPrefix(aws.ToString(e.Code), "NoSuch") { // already gone is success
			left = append(left, Version{Key: aws.ToString(e.Key), ID: aws.ToString(e.VersionId)})
		}
	}
	return left, nil
}
