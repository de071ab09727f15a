package main

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

// backedUp puts a business of its own, with two leads, into the live tables and seals a
// snapshot of its channel.
type backedUp struct {
	*testing.T
	tool   *tool
	tenant string
	source func() *keys.Keyring
	items  map[string][]livedata.Item
	m      *datamap.Map
}

func backUp(t *testing.T, tenant string) *backedUp {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", *shared.BaseEndpoint)
	b := &backedUp{T: t, tenant: tenant, tool: &tool{stage: "dev", aws: shared, now: time.Now}, items: map[string][]livedata.Item{}}
	shots, err := b.tool.snapshots(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	b.m, b.source = shots.Map, shots.Keyring
	b.put("tenants", map[string]any{"tenant_id": tenant, "name": "Hotel"})
	b.put("channels", map[string]any{"tenant_id": tenant, "channel_id": "ch_" + tenant, "external_key": "facebook#" + tenant})
	for _, lead := range []string{"ada", "bo"} {
		id, conversation := lead+"_"+tenant, "c_"+lead+"_"+tenant
		b.put("leads", map[string]any{"tenant_id": tenant, "lead_id": id, "channel_id": "ch_" + tenant, "platform_key": "facebook#" + id, "last_interaction_at": "2026-03-01T18:00:00Z"})
		b.put("conversations", map[string]any{"tenant_id": tenant, "conversation_id": conversation, "channel_id": "ch_" + tenant, "lead_id": id,
			"lead_key": tenant + "#" + id, "channel_key": tenant + "#ch_" + tenant, "started_at": "2026-03-01T18:00:00Z"})
		for n := range 3 {
			at := fmt.Sprintf("2026-03-01T18:00:0%dZ", n)
			b.put("messages", map[string]any{"conversation_id": conversation, "message_key": at + "#m", "sent_at": at, "tenant_id": tenant, "lead_id": id, "body": "words"})
		}
	}
	b.seal(snapshot.Unit{Tenant: tenant})
	b.seal(snapshot.Unit{Tenant: tenant, Channel: "ch_" + tenant})
	return b
}

func (b *backedUp) put(store string, fields map[string]any) {
	b.Helper()
	it := livedatatest.NewItem(fields)
	if _, err := dynamodb.NewFromConfig(shared).PutItem(b.Context(), &dynamodb.PutItemInput{TableName: aws.String("mikla-dev-" + store), Item: it}); err != nil {
		b.Fatal(err)
	}
	b.items[store] = append(b.items[store], it)
}

var sealedAt = time.Now().Add(-time.Hour).UTC().Truncate(time.Second)

func (b *backedUp) seal(u snapshot.Unit) {
	b.Helper()
	bucket, err := b.tool.bucket(b.Context(), "snapshots")
	if err != nil {
		b.Fatal(err)
	}
	ring := b.source()
	s := &snapshot.Sealer{Unit: u, AsOf: sealedAt, Token: "0a1b2c3d", Put: snapshot.S3{Client: b.tool.s3(), Bucket: bucket}.Put, Random: rand.Reader}
	fields, path := map[string]string{"tenant_id": u.Tenant}, keys.Path{{Kind: "tenant", Values: []string{u.Tenant}}}
	if u.Channel != "" {
		fields["channel_id"], path = u.Channel, append(path, keys.Subject{Kind: "channel", Values: []string{u.Tenant, u.Channel}})
	}
	records := livedata.DynamoDB{Client: dynamodb.NewFromConfig(shared), Names: b.tool.tables(b.m)}
	err = walk.Walker{Map: b.m, Records: records}.Each(b.Context(), fields, walk.Cursor{}, func(_ walk.Cursor, found walk.Found) error {
		var out []snapshot.Sealed
		for _, it := range found.Items {
			paths, err := keys.Whose(b.m, found.Store, it, found.Known)
			if err != nil {
				return err
			}
			key, err := ring.ForSealing(b.Context(), paths[0])
			if err != nil {
				return err
			}
			out = append(out, snapshot.Sealed{Store: found.Store.Name, Kind: snapshot.Record, Keys: []keys.Key{key}, Item: it})
		}
		return s.Batch(b.Context(), nil, out)
	})
	if err != nil {
		b.Fatal(err)
	}
	own, err := ring.ForSealing(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Finish(b.Context(), own, "map", sealedAt.Add(time.Minute)); err != nil {
		b.Fatal(err)
	}
}

// lose deletes everything of the business from the live tables.
func (b *backedUp) lose() {
	b.Helper()
	records := livedata.DynamoDB{Client: dynamodb.NewFromConfig(shared), Names: b.tool.tables(b.m)}
	for name, items := range b.items {
		s, _ := b.m.Store(name)
		for _, it := range items {
			if err := records.Delete(b.Context(), s, []livedata.Key{livedata.KeyOf(s, it)}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// back counts what of a store is live.
func (b *backedUp) back(store string) (n int) {
	b.Helper()
	records := livedata.DynamoDB{Client: dynamodb.NewFromConfig(shared), Names: b.tool.tables(b.m)}
	s, _ := b.m.Store(store)
	for _, it := range b.items[store] {
		got, err := records.Get(b.Context(), s, livedata.KeyOf(s, it))
		if err != nil {
			b.Fatal(err)
		}
		if len(got) > 0 {
			n++
		}
	}
	return n
}

var idOf = regexp.MustCompile(`restore ([0-9a-f]{16})`)

func (b *backedUp) begun(args ...string) (id, out string) {
	b.Helper()
	out = works(b.T, append(append([]string{"restore", "run"}, args...), execute...)...)
	found := idOf.FindStringSubmatch(out)
	if found == nil {
		b.Fatalf("it says no ID:\n%s", out)
	}
	return found[1], out
}

func restoring(step, id string) []string { return append([]string{"restore", step, id}, execute...) }

func targets(t *testing.T, id string) (n int) {
	t.Helper()
	out, err := dynamodb.NewFromConfig(shared).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range out.TableNames {
		if strings.HasSuffix(name, "-restore-"+id) {
			n++
		}
	}
	return n
}

func TestRestore(t *testing.T) {
	b := backUp(t, "t_back")
	stamp := snapshot.Stamp(sealedAt)
	wantSaid(t, works(t, "restore", "list", "--tenant", "t_back"), "ch_t_back", stamp, "complete  11", "complete  1 ")
	b.lose()
	tombstones := fence.DynamoDB{Client: dynamodb.NewFromConfig(shared), Table: "mikla-dev-tombstones"}
	secret, err := b.tool.secret(t.Context(), "fingerprint")
	if err != nil {
		t.Fatal(err)
	}
	if err := tombstones.Raise(t.Context(), fence.Tombstone{Fingerprint: fence.ScopePrint(secret, "lead", "t_back", "ada_t_back"), Cutoff: time.Now(), ExpiresAt: time.Now().Add(fence.Keep)}); err != nil {
		t.Fatal(err)
	}

	operationsBefore := len(operations(t))
	plan := works(t, "restore", "plan", "--tenant", "t_back")
	wantSaid(t, plan, "2 units.", "Frames that nobody can open: 0.")
	if !regexp.MustCompile(`messages +6 +3 +0 +0 +3`).MatchString(plan) {
		t.Errorf("planned:\n%s", plan)
	}
	wantSaid(t, works(t, "restore", "run", "--tenant", "t_back"), "2 units.", "Nothing was done.")
	if len(operations(t)) != operationsBefore {
		t.Error("a dry run was written down")
	}

	id, out := b.begun("--tenant", "t_back", "--as-of", stamp)
	wantSaid(t, out, "restored", "opsctl restore verify "+id, "messages 3")
	if b.back("messages") != 0 || targets(t, id) != len(b.m.Backed()) {
		t.Errorf("a run touched live tables, or made %d targets", targets(t, id))
	}
	fails(t, "only one that was verified", restoring("hand-over", id)...)
	wantSaid(t, works(t, "restore", "verify", id), "Nothing was done.")
	wantSaid(t, works(t, restoring("verify", id)...), "verified")
	wantSaid(t, works(t, restoring("run", id)...), "restored") // goes on, and must be verified again
	fails(t, "only one that was verified", restoring("hand-over", id)...)
	works(t, restoring("verify", id)...)
	wantSaid(t, works(t, "restore", "hand-over", id), "Nothing was done.")
	wantSaid(t, works(t, restoring("hand-over", id)...), "handed over", "messages: 3 back, 0 there already")
	if b.back("messages") != 3 || b.back("leads") != 1 || b.back("channels") != 1 || b.back("tenants") != 1 || targets(t, id) != 0 {
		t.Errorf("back are %d messages, %d leads; %d targets are left", b.back("messages"), b.back("leads"), targets(t, id))
	}
	shown := works(t, "restore", "show", id)
	wantSaid(t, shown, "handed over", "2 of 2 units are done; of 0 the key is destroyed.")
	if strings.Contains(plan+out+shown, "ada") || strings.Contains(plan+out+shown, "bo_t_back") {
		t.Errorf("it names somebody:\n%s%s%s", plan, out, shown)
	}
	b.audited(id, "restore run done", "restore verify done", "restore run done", "restore hand-over failed", "restore hand-over done")
}

func (b *backedUp) audited(id string, want ...string) {
	b.Helper()
	have := map[string]bool{}
	for _, entry := range operations(b.T) {
		if entry["request_id"] == id {
			have[entry["command"]+" "+entry["outcome"]] = true
		}
	}
	for _, w := range want {
		if !have[w] {
			b.Errorf("not audited: %s (%v)", w, have)
		}
	}
}

func TestRestoreOfOneLead(t *testing.T) {
	b := backUp(t, "t_one")
	b.lose()
	id, _ := b.begun("--tenant", "t_one", "--lead", "bo_t_one")
	works(t, restoring("verify", id)...)
	works(t, restoring("hand-over", id)...)
	if b.back("leads") != 1 || b.back("messages") != 3 || b.back("channels") != 0 {
		t.Errorf("back are %d leads, %d messages, %d channels", b.back("leads"), b.back("messages"), b.back("channels"))
	}
	out, err := dynamodb.NewFromConfig(shared).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("mikla-dev-backupruns")})
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range out.Items {
		if text := livedatatest.Canonical(it); strings.Contains(text, "bo_t_one") {
			t.Errorf("a row names somebody: %s", text)
		}
	}
}

func TestRestoreFromTables(t *testing.T) {
	b := backUp(t, "t_tables")
	recovered := b.recovered("messages")
	for i, it := range b.items["messages"] {
		if i%2 == 0 {
			if _, err := dynamodb.NewFromConfig(shared).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("mikla-dev-messages"),
				Key: livedata.Item{"conversation_id": it["conversation_id"], "message_key": it["message_key"]}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fails(t, "tables need the moment", "restore", "plan", "--tenant", "t_tables", "--tables", "messages="+recovered)
	id, _ := b.begun("--tenant", "t_tables", "--tables", "messages="+recovered, "--as-of", snapshot.Stamp(time.Now()))
	works(t, restoring("verify", id)...)
	wantSaid(t, works(t, restoring("hand-over", id)...), "messages: 6 back, 0 there already")
	if b.back("messages") != 6 {
		t.Errorf("back are %d messages", b.back("messages"))
	}
}

// recovered is a copy of a live table, as recovery to a moment makes it.
func (b *backedUp) recovered(store string) string {
	b.Helper()
	db, name := dynamodb.NewFromConfig(shared), "mikla-dev-"+store
	about, err := db.DescribeTable(b.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		b.Fatal(err)
	}
	copied := name + "-recovered"
	key := about.Table.KeySchema
	definitions := slices.DeleteFunc(about.Table.AttributeDefinitions, func(d dynamotypes.AttributeDefinition) bool {
		return *d.AttributeName != *key[0].AttributeName && *d.AttributeName != *key[1].AttributeName
	})
	if _, err := db.CreateTable(b.Context(), &dynamodb.CreateTableInput{TableName: &copied, KeySchema: key, BillingMode: dynamotypes.BillingModePayPerRequest,
		AttributeDefinitions: definitions}); err != nil {
		b.Fatal(err)
	}
	for _, it := range b.items[store] {
		if _, err := db.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: &copied, Item: it}); err != nil {
			b.Fatal(err)
		}
	}
	return copied
}

func TestRestoreIsDropped(t *testing.T) {
	b := backUp(t, "t_dropped")
	id, _ := b.begun("--tenant", "t_dropped")
	wantSaid(t, works(t, "restore", "drop", id), "Nothing was done.")
	wantSaid(t, works(t, restoring("drop", id)...), "dropped")
	if targets(t, id) != 0 {
		t.Errorf("%d targets are left", targets(t, id))
	}
	fails(t, "the restore is dropped", restoring("run", id)...)
}

func TestRestoresThatCannotBe(t *testing.T) {
	fails(t, "select everything, or a tenant", "restore", "plan")
	fails(t, "select everything, or a tenant", "restore", "plan", "--everything", "--tenant", "t")
	fails(t, "select everything, or a tenant", "restore", "plan", "--lead", "l")
	fails(t, "--lead or --conversation", "restore", "plan", "--tenant", "t", "--lead", "l", "--conversation", "c")
	fails(t, "none of # | /", "restore", "plan", "--tenant", "t/u")
	fails(t, "--as-of is latest", "restore", "plan", "--tenant", "t", "--as-of", "yesterday")
	fails(t, "a store that is not restored", "restore", "plan", "--tenant", "t", "--as-of", "20260601T000000Z", "--tables", "billing=x")
	fails(t, "there is no such restore", "restore", "show", "0123456789abcdef")
	fails(t, "--as", "restore", "run", "--tenant", "t", "--execute")
	fails(t, "nothing of what was selected", append([]string{"restore", "run", "--tenant", "t_nobody"}, execute...)...)
}

// What cannot be audited is not done.
func TestNoRestoreIsUnaudited(t *testing.T) {
	backUp(t, "t_unaudited")
	strike(t, "dynamodb", "PutItem", "mikla-dev-security_log")
	out, err := opsctl(t, append([]string{"restore", "run", "--tenant", "t_unaudited"}, execute...)...)
	found := idOf.FindStringSubmatch(out)
	if err == nil || found == nil || targets(t, found[1]) != 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
