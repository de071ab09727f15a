package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
)

func TestRestoreOnDynamoDB(t *testing.T) {
	m := dataMap(t)
	names := liveNames(m)
	tables := []string{"mikla-dev-tombstones", "mikla-dev-backupruns"}
	for _, s := range m.Backed() {
		tables = append(tables, names[s.Name])
	}
	connect := dynamoDB(t, tables...)
	backend := func(transport http.RoundTripper, id string) restoretest.Backend {
		client := connect(transport)
		d := restore.DynamoDB{Client: client, Names: names, Tombstones: "mikla-dev-tombstones"}
		return restoretest.Backend{Map: m, ID: id, Targets: d, Live: restore.LiveDynamoDB{DynamoDB: d},
			Jobs:   restore.JobsTable{Client: client, Table: "mikla-dev-backupruns", Now: time.Now},
			Stones: fence.DynamoDB{Client: connect(http.DefaultTransport), Table: "mikla-dev-tombstones"}}
	}
	restoretest.Run(t, backend(http.DefaultTransport, "0a"))
	t.Run("with every answer lost once", func(t *testing.T) {
		lost := &lossy{lose: map[string]int{}, calls: map[string]int{}}
		for _, operation := range []string{"PutItem", "GetItem", "Query", "Scan", "BatchWriteItem", "TransactWriteItems", "CreateTable", "DescribeTable", "DeleteTable", "ListTables"} {
			lost.lose[operation] = 1
		}
		restoretest.Run(t, backend(lost, "0b"))
		for operation, left := range lost.lose {
			if left != 0 {
				t.Errorf("no answer to %s was lost", operation)
			}
		}
	})
	t.Run("rows expire", func(t *testing.T) {
		client := connect(http.DefaultTransport)
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("mikla-dev-backupruns")})
		if err != nil || len(out.Items) == 0 {
			t.Fatal(len(out.Items), err)
		}
		for _, it := range out.Items {
			if it["expires_at"] == nil {
				t.Errorf("%v does not", it)
			}
		}
	})
}

func TestRestoredMediaOnS3(t *testing.T) {
	m := dataMap(t)
	connect := media(t)
	b := objectsOf(m, connect, http.DefaultTransport)
	store, _ := m.Store("media")
	s := restore.S3{Client: connect(http.DefaultTransport), Names: map[string]string{"media": bucket}}
	const key, longer = "t/ch/c 1/ä+m.jpg", "t/ch/c 1/ä+m.jpg.large"
	back := func(want string) livedata.Version {
		t.Helper()
		made, none, err := s.PutBack(t.Context(), store, key)
		got := map[bool]string{true: "none", false: "nothing to do"}[none]
		if made.ID != "" {
			got = "made"
		}
		if err != nil || got != want {
			t.Errorf("%s, want %s; %v", got, want, err)
		}
		return made
	}
	b.PutObject(t, "media", longer)
	back("none")
	b.PutObject(t, "media", key)
	back("nothing to do")
	b.MarkDeleted(t, "media", key)
	made := back("made")
	out, err := connect(http.DefaultTransport).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil || aws.ToString(out.VersionId) != made.ID {
		t.Fatalf("the object is not back: %v", err)
	}
	back("nothing to do")
	if err := s.Remove(t.Context(), store, made); err != nil {
		t.Fatal(err)
	}
	page, err := b.Objects.List(t.Context(), store, key, nil)
	if err != nil || slices.ContainsFunc(page.Found, func(v livedata.Version) bool { return v.ID == made.ID }) {
		t.Errorf("the copy is still there: %v", err)
	}
	if text := fmt.Sprint(page.Found); !strings.Contains(text, longer) {
		t.Errorf("others are gone: %s", text)
	}
}
