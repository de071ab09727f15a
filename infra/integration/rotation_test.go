package integration

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// rotated is the bucket of snapshots and one of the platform on moto, and who rotates them.
type rotated struct {
	*testing.T
	now                 time.Time
	client              *s3.Client
	snapshots, platform snapshot.S3
}

func newRotated(t *testing.T) *rotated {
	client := media(t)(http.DefaultTransport)
	const other = "mikla-dev-snapshots"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(other),
		CreateBucketConfiguration: &objects.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String(other),
		VersioningConfiguration: &objects.VersioningConfiguration{Status: objects.BucketVersioningStatusEnabled}}); err != nil {
		t.Fatal(err)
	}
	return &rotated{t, time.Now().Truncate(time.Second), client, snapshot.S3{Client: client, Bucket: other}, snapshot.S3{Client: client, Bucket: bucket}}
}

func (r *rotated) rotate() rotation.Rotated {
	r.Helper()
	done, err := rotation.Rotator{Snapshots: r.snapshots, Platform: map[string]rotation.Bucket{"media": r.platform},
		Map: dataMap(r.T), Now: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler)}.Run(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return done
}

func (r *rotated) put(in snapshot.S3, names ...string) {
	r.Helper()
	for _, name := range names {
		if err := in.Put(r.Context(), name, []byte(name)); err != nil {
			r.Fatal(err)
		}
	}
}

func (r *rotated) mark(in snapshot.S3, name string) {
	r.Helper()
	if _, err := r.client.DeleteObject(r.Context(), &s3.DeleteObjectInput{Bucket: aws.String(in.Bucket), Key: aws.String(name)}); err != nil {
		r.Fatal(err)
	}
}

// night is one snapshot that is this old, with this many parts.
func (r *rotated) night(age time.Duration, parts int) {
	r.Helper()
	const path = "t_harbour/channel/c_page/"
	stamp := snapshot.Stamp(r.now.Add(-age))
	for i := range parts {
		r.put(r.snapshots, fmt.Sprintf("frames/%s%s/%05d-0badcafe", path, stamp, i), fmt.Sprintf("indexes/%s%s/%05d-0badcafe", path, stamp, i))
	}
	r.put(r.snapshots, "manifests/"+path+stamp)
}

// versions lists a bucket to its end.
func (r *rotated) versions(in snapshot.S3) (out []snapshot.Version) {
	r.Helper()
	for after := (*snapshot.Version)(nil); ; {
		page, err := in.Versions(r.Context(), "", after)
		if err != nil {
			r.Fatal(err)
		}
		if out, after = append(out, page.Found...), page.Next; after == nil {
			return out
		}
	}
}

// Pages of S3 are of 1,000: what goes is on two of them.
func TestRotationOnS3(t *testing.T) {
	r := newRotated(t)
	for days := range 28 {
		r.night(time.Duration(days)*24*time.Hour, map[bool]int{true: 600, false: 3}[days == 27])
	}
	r.night(0, 3) // once more: what was there is superseded
	strangers := []string{"a", "frames/x", "manifestos", "z"}
	r.put(r.snapshots, strangers...)
	hidden := "manifests/t_harbour/tenant/" + snapshot.Stamp(r.now)
	r.put(r.snapshots, hidden)
	r.mark(r.snapshots, hidden)
	if done, want := r.rotate(), (rotation.Rotated{Manifests: 2, Parts: 2*600 + 2*3, Superseded: 9, Unknown: 4}); done != want {
		t.Errorf("%+v, want %+v", done, want)
	}
	left := r.versions(r.snapshots)
	if want := 26*7 + len(strangers); len(left) != want {
		t.Errorf("%d versions are left, want %d", len(left), want)
	}
	for _, v := range left {
		place, known := snapshot.Locate(v.Key)
		if !v.Latest || v.Marker || !known && !slices.Contains(strangers, v.Key) || known && r.now.Sub(place.AsOf) > 25*24*time.Hour {
			t.Errorf("left is %+v", v)
		}
	}
}

// Of the platform's objects the latest version always stays.
func TestRotationOfVersionsOnS3(t *testing.T) {
	r := newRotated(t)
	for range 3 {
		r.put(r.platform, "t_harbour/c_page/profiles/picture.jpg")
	}
	r.put(r.platform, "t_harbour/c_page/c_1/a.jpg")
	r.mark(r.platform, "t_harbour/c_page/c_1/a.jpg")
	r.now = r.now.Add(25 * 24 * time.Hour)
	if done := r.rotate(); done != (rotation.Rotated{}) {
		t.Errorf("too early: %+v", done)
	}
	r.now = r.now.Add(24 * time.Hour)
	if done := r.rotate(); done != (rotation.Rotated{Noncurrent: 4}) {
		t.Errorf("%+v", done)
	}
	if left := r.versions(r.platform); len(left) != 1 || !left[0].Latest || !strings.HasSuffix(left[0].Key, "picture.jpg") {
		t.Errorf("left are %+v", left)
	}
}

func TestTablesOnDynamoDB(t *testing.T) {
	connect := dynamoDB(t, "mikla-dev-tombstones", "mikla-dev-leads", "mikla-dev-links")
	tables := rotation.DynamoDB{Client: connect(http.DefaultTransport)}
	names, next, err := tables.Names(t.Context(), "")
	if want := []string{"mikla-dev-leads", "mikla-dev-links", "mikla-dev-tombstones"}; err != nil || next != "" || !slices.Equal(names, want) {
		t.Errorf("%v, then %q, %v", names, next, err)
	}
	if names, _, err := tables.Names(t.Context(), "mikla-dev-leads"); err != nil || len(names) != 2 {
		t.Errorf("after the first: %v, %v", names, err)
	}
	table, err := tables.Describe(t.Context(), "mikla-dev-leads")
	if age := time.Since(table.CreatedAt); err != nil || age < -time.Minute || age > time.Hour || table.Streams || table.Replicated {
		t.Errorf("%+v, %v", table, err)
	}
	if _, err := tables.Describe(t.Context(), "no-such-table"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such table: %v", err)
	}
	fencetest.RunListing(t, fence.DynamoDB{Client: connect(http.DefaultTransport), Table: "mikla-dev-tombstones"}, 40)
}
