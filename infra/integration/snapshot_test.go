package integration

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

// snapshots is the adapter over a bucket in moto, and the usual way to delete.
func snapshots(connect func(http.RoundTripper) *s3.Client, transport http.RoundTripper) snapshottest.Backend {
	plain := connect(http.DefaultTransport)
	return snapshottest.Backend{Bucket: snapshot.S3{Client: connect(transport), Bucket: bucket},
		MarkDeleted: func(t testing.TB, name string) {
			if _, err := plain.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(name)}); err != nil {
				t.Fatal(err)
			}
		}}
}

func TestSnapshotsOnS3(t *testing.T) {
	connect := media(t)
	snapshottest.Run(t, snapshots(connect, http.DefaultTransport))
	t.Run("versions that are not deleted", func(t *testing.T) {
		meddled := &meddler{operation: "DeleteObjects", times: always, spoil: keyErrors("AccessDenied")}
		b := snapshots(connect, meddled).Bucket
		for _, name := range []string{"kept/1", "kept/2"} {
			if err := b.Put(t.Context(), name, []byte(name)); err != nil {
				t.Fatal(err)
			}
		}
		page, err := b.Versions(t.Context(), "kept/", nil)
		if err != nil || len(page.Found) != 2 {
			t.Fatalf("found %v, %v", page.Found, err)
		}
		if err := b.Delete(t.Context(), page.Found); fault.KindOf(err) != fault.Retry || meddled.struck == 0 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an object larger than any of a snapshot", func(t *testing.T) {
		b := snapshots(connect, http.DefaultTransport).Bucket
		if err := b.Put(t.Context(), "large", []byte(strings.Repeat("x", 64<<20+1))); err != nil {
			t.Fatal(err)
		}
		if body, err := b.Get(t.Context(), "large"); fault.KindOf(err) != fault.Permanent {
			t.Errorf("read %d bytes, %v", len(body), err)
		}
	})
	t.Run("no bucket", func(t *testing.T) {
		none := snapshot.S3{Client: connect(http.DefaultTransport), Bucket: "no-such-bucket"}
		if _, err := none.Get(t.Context(), "a"); err == nil || fault.KindOf(err) == fault.NotFound {
			t.Errorf("get: %v", err)
		}
		if _, _, err := none.List(t.Context(), "a", ""); err == nil {
			t.Error("an absent bucket is empty")
		}
		if err := none.Put(t.Context(), "a", nil); err == nil {
			t.Error("an absent bucket takes objects")
		}
	})
}
