package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Version is one version or delete marker of an object.
type Version = livedata.Version

// S3 is the bucket of snapshots. Its functions differ in what they may do of this.
type S3 struct {
	Client *s3.Client
	Bucket string
}

// mostObject bounds what is read at once, bytes: a manifest or an index is smaller.
const mostObject = 64 << 20

func (s S3) Put(ctx context.Context, name string, body []byte) error {
	_, err := s.Client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(s.Bucket), Key: aws.String(name), Body: bytes.NewReader(body)})
	return fault.Wrap("put an object", err)
}

func (s S3) Get(ctx context.Context, name string) ([]byte, error) {
	return s.get(ctx, &s3.GetObjectInput{Key: aws.String(name)}, mostObject)
}

func (s S3) Range(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	in := &s3.GetObjectInput{Key: aws.String(name), Range: aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))}
	return s.get(ctx, in, length)
}

// quiet keeps the SDK from writing down of each range that S3 has no checksum of it: frames,
// indexes and manifests have their own.
func quiet(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }

func (s S3) get(ctx context.Context, in *s3.GetObjectInput, most int64) ([]byte, error) {
	in.Bucket = aws.String(s.Bucket)
	out, err := s.Client.GetObject(ctx, in, quiet)
	var api smithy.APIError
	switch missing := (*types.NoSuchKey)(nil); {
	case errors.As(err, &missing):
		return nil, fault.As(fault.NotFound, "get an object", err)
	case errors.As(err, &api) && api.ErrorCode() == "InvalidRange":
		return nil, nil // it ends before
	case err != nil:
		return nil, fault.Wrap("get an object", err)
	}
	body, err := read(out, most)
	return body, errors.Join(err, fault.Wrap("get an object", out.Body.Close()))
}

// read takes a body into memory that is made once, if it says how long it is.
func read(out *s3.GetObjectOutput, most int64) ([]byte, error) {
	length := aws.ToInt64(out.ContentLength)
	if length > most {
		return nil, fault.New(fault.Permanent, "an object is larger than what a snapshot writes")
	}
	body := bytes.NewBuffer(make([]byte, 0, max(length, 0)+bytes.MinRead))
	if _, err := body.ReadFrom(io.LimitReader(out.Body, most+1)); err != nil {
		return nil, fault.As(fault.Retry, "get an object", err)
	}
	if int64(body.Len()) > most {
		return nil, fault.New(fault.Permanent, "an object is larger than what a snapshot writes")
	}
	return body.Bytes(), nil
}

func (s S3) List(ctx context.Context, prefix, after string) (names []string, more bool, err error) {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(s.Bucket), Prefix: aws.String(prefix)}
	if after != "" {
		in.StartAfter = aws.String(after)
	}
	out, err := s.Client.ListObjectsV2(ctx, in)
	if err != nil {
		return nil, false, fault.Wrap("list objects", err)
	}
	for _, o := range out.Contents {
		names = append(names, aws.ToString(o.Key))
	}
	return names, aws.ToBool(out.IsTruncated), nil
}

// Versions lists versions and delete markers whose name begins with prefix, those that come
// after a version which must still be there.
func (s S3) Versions(ctx context.Context, prefix string, after *Version) (livedata.Versions, error) {
	objects, store := s.versioned()
	return objects.List(ctx, store, prefix, after)
}

// Delete returns without an error only when every version is gone.
func (s S3) Delete(ctx context.Context, versions []Version) error {
	objects, store := s.versioned()
	return objects.Delete(ctx, store, versions)
}

// versioned deletes as in the platform's buckets.
func (s S3) versioned() (livedata.S3, datamap.Store) {
	const store = "snapshots"
	return livedata.S3{Client: s.Client, Names: map[string]string{store: s.Bucket}}, datamap.Store{Name: store}
}
