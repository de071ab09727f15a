package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	copies "github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	snapshotQueue  = "mikla-dev-deletion-snapshot"
	snapshotBucket = "mikla-dev-snapshots-000000000000"
)

// bucketOfCopies is the bucket of snapshots, as somebody who may do everything with it.
func bucketOfCopies() copies.S3 {
	client := s3.NewFromConfig(server.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	return copies.S3{Client: client, Bucket: snapshotBucket}
}

// unitsOf are a business's own unit and those of its channels.
func unitsOf(tenant string, channels ...string) []copies.Unit {
	units := []copies.Unit{{Tenant: tenant}}
	for _, channel := range channels {
		units = append(units, copies.Unit{Tenant: tenant, Channel: channel})
	}
	return units
}

// askForCopies sends what the nightly schedule sends.
func askForCopies(t *testing.T, ctx context.Context, asOf time.Time, units ...copies.Unit) {
	t.Helper()
	client, url := queue(ctx, t, snapshotQueue)
	for _, u := range units {
		body, err := json.Marshal(copies.Message{V: copies.MessageVersion, Tenant: u.Tenant, Channel: u.Channel, AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(string(body))}); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitCopies waits until every unit has a snapshot that is not older, and returns the
// moment of the first unit's.
func awaitCopies(t *testing.T, ctx context.Context, from time.Time, units ...copies.Unit) (asOf time.Time) {
	t.Helper()
	for _, u := range slices.Backward(units) {
		await(t, ctx, fmt.Sprintf("the snapshot of %s/%s", u.Tenant, u.Channel), func() bool {
			all, err := server.Backups().AsOfs(ctx, u)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 || all[0].Before(from) {
				return false
			}
			asOf = all[0]
			return true
		})
	}
	return asOf
}

// copyNow runs the nightly schedule and waits for what it asks for.
func copyNow(t *testing.T, ctx context.Context, units ...copies.Unit) (asOf time.Time) {
	t.Helper()
	from := time.Now().UTC().Truncate(time.Second)
	if err := stack.Schedule(ctx, "snapshot"); err != nil {
		t.Fatal(err)
	}
	return awaitCopies(t, ctx, from, units...)
}

// pile is what the snapshots of some units hold of one moment or of all.
type pile struct {
	text      string // every record that opens
	records   int
	destroyed int // frames that nobody can open
	whole     int // snapshots of which not even the manifest can be checked
}

// pry opens every frame of the units' snapshots with the rights of a restore.
func pry(t *testing.T, ctx context.Context, units ...copies.Unit) (out pile) {
	t.Helper()
	reader := server.Backups()
	for _, u := range units {
		all, err := reader.AsOfs(ctx, u)
		if err != nil {
			t.Fatal(err)
		}
		for _, asOf := range all {
			shot, err := reader.Open(ctx, u, asOf)
			if errors.Is(err, keys.ErrDestroyed) {
				out.whole++
				continue
			}
			if err == nil {
				err = shot.Each(ctx, 0, nil, out.add)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func (p *pile) add(b copies.Batch) error {
	p.destroyed += b.Destroyed
	for _, one := range append(b.Records, b.Apart...) {
		src, err := json.Marshal(one.Item)
		if err != nil {
			return err
		}
		p.text += one.Store + " " + string(src) + "\n"
		p.records++
	}
	return nil
}

const (
	olive   = "t_olive"
	olivet  = "t_olivet" // begins alike
	removed = "10150000000601001"
	song    = "the song of the pelican"
)

// grove is a venue with a third lead, and with an audit entry of the second that quotes the
// first.
func grove(tenant string) world {
	w := venue(tenant)
	first, second := "l_"+tenant+"ch_a1", "l_"+tenant+"ch_a2"
	w.lead(tenant, "ch_a", "l_"+tenant+"third", 8)
	at := rfc(began.Add(time.Hour))
	w.add("ai_audit", client.Item{"conversation_id": "c_" + second, "audit_key": at + "#a_q", "audit_id": "a_q", "created_at": at,
		"tenant_id": tenant, "lead_id": second, "prompt": "Somebody said: " + song + " of " + first + ". What now?", "response": "We sing along",
		"model_version": "m", "safety_flags": []string{}, "human_takeover": false,
		"quotes": []client.Item{{"lead_key": tenant + "#" + first, "field": "prompt", "text": song + " of " + first}}})
	w.add("ai_quotes", client.Item{"lead_key": tenant + "#" + first, "audit_ref": "c_" + second + "|" + at + "#a_q"})
	thread := "c_thread_" + tenant
	w.add("conversations", client.Item{"tenant_id": tenant, "conversation_id": thread, "channel_id": "ch_a",
		"channel_key": tenant + "#ch_a", "kind": "comments", "post_id": tenant + "_9", "started_at": rfc(began)})
	for _, who := range []string{first, second} {
		w.add("messages", client.Item{"conversation_id": thread, "message_key": at + "#m_" + who, "message_id": "m_" + who, "sent_at": at,
			"tenant_id": tenant, "lead_id": who, "author_key": tenant + "#" + who, "direction": "in", "body": "comment of " + who, "attachments": []client.Item{}})
	}
	return w
}

// TestSnapshotShredRestore is the drill: three nights, and between them a lead, a
// conversation and a channel of one business are deleted. What is left of each night
// then brings everything back of everybody else, and nothing of them.
func TestSnapshotShredRestore(t *testing.T) {
	ctx := deadline(t, 4*time.Minute)
	tool := buildTool(t, ctx)
	seed(t, ctx, grove(olive))
	seed(t, ctx, grove(olivet))
	w := world{}
	w.link(app, removed, "lead#"+olive+"#l_t_olivech_a1")
	seed(t, ctx, w)
	units := append(unitsOf(olive, "ch_a", "ch_b"), unitsOf(olivet, "ch_a", "ch_b")...)

	now := time.Now().UTC().Truncate(time.Second)
	nights := []time.Time{now.Add(-47 * time.Hour), now.Add(-24 * time.Hour)}
	askForCopies(t, ctx, nights[0], units...)
	awaitCopies(t, ctx, nights[0], units...)
	traces := []string{"l_t_olivech_a1", song + " of l_t_olivech_a1", "c_l_t_olivethird", "words 3 of l_t_olivethird", "l_t_olivech_b", removed}
	requireSealed(t, pry(t, ctx, units...), traces, nil)

	accepted, status := erase(t, ctx, removed)
	requireOutcome(t, status, "completed")
	requireDates(t, status)
	requireShredded(t, ctx, record(t, ctx, accepted.Code)["id"].(string))
	requireSealed(t, pry(t, ctx, units...), traces[2:5], []string{"l_t_olivech_a1", removed})
	w = world{}
	w.message(olive, "ch_a", "l_t_olivech_a2", "c_l_t_olivech_a2", 101)
	seed(t, ctx, w)
	askForCopies(t, ctx, nights[1], units...)
	awaitCopies(t, ctx, nights[1], units...)

	openAndAwait(t, ctx, tool, "--scope", "conversation", "--tenant", olive, "--conversation", "c_l_t_olivethird")
	nights = append(nights, copyNow(t, ctx, units...))
	openAndAwait(t, ctx, tool, "--scope", "channel", "--tenant", olive, "--channel", "ch_b")

	left := pry(t, ctx, units...)
	requireSealed(t, left, []string{"words 101 of l_t_olivech_a2", "l_t_olivetch_a1", "c_l_t_olivetthird", "l_t_olivetch_b1"}, traces)
	if left.destroyed == 0 {
		t.Error("no frame is there that nobody can open: nothing was tried")
	}
	requireDropped(t, ctx, olive+"/channel/ch_b/")
	before := snapshot(t, ctx)
	for i, night := range nights {
		t.Run("night "+fmt.Sprint(i+1), func(t *testing.T) { restoreNight(t, ctx, tool, night, before, i < 1) })
	}
	t.Run("a deletion before the hand-over", func(t *testing.T) { restoreBeside(t, ctx, tool, "l_t_olivech_a2", before) })
}

// restoreNight loses everything of both businesses, brings one night back, and compares.
func restoreNight(t *testing.T, ctx context.Context, tool func(...string) string, night time.Time, before map[string][]string, early bool) {
	t.Helper()
	for _, tenant := range []string{olive, olivet} {
		if lost := lose(t, ctx, ofBusiness(tenant)); lost < 20 {
			t.Fatalf("only %d records were lost", lost)
		}
	}
	for _, tenant := range []string{olive, olivet} {
		restore(t, tool, "--tenant", tenant, "--as-of", copies.Stamp(night))
	}
	want := before
	if early {
		want = without(before, "nothing is spared", "words 101 of l_t_olivech_a2")
	}
	requireSame(t, snapshot(t, ctx), want)
}

// restoreBeside loses what a lead wrote, and deletes the lead when it has been brought back
// and verified, just before it is handed over.
func restoreBeside(t *testing.T, ctx context.Context, tool func(...string) string, lead string, before map[string][]string) {
	t.Helper()
	if lost := lose(t, ctx, func(item client.Item) bool { return item["lead_id"] == lead && item["message_key"] != nil }); lost != 10 {
		t.Fatalf("%d messages were lost, expected 10", lost)
	}
	id := verified(t, tool, "--tenant", olive)
	openAndAwait(t, ctx, tool, "--scope", "lead", "--tenant", olive, "--lead", lead)
	if said := handOver(t, tool, id); !strings.Contains(said, "messages: 0 back, 0 there already, 10 deleted since") {
		t.Errorf("it says:\n%s", said)
	}
	requireSame(t, snapshot(t, ctx), without(before, "nothing is spared", lead))
}

var asOperator = []string{"--execute", "--as", "e2e"}

var restoreID = regexp.MustCompile(`(?m)^restore ([0-9a-f]{16})$`)

// restore goes every step that there is, with the operator's tool.
func restore(t *testing.T, tool func(...string) string, selection ...string) {
	t.Helper()
	if plan := tool(append([]string{"restore", "plan"}, selection...)...); !strings.Contains(plan, "come back") {
		t.Errorf("the plan says:\n%s", plan)
	}
	handOver(t, tool, verified(t, tool, selection...))
}

// verified brings records into fresh tables, and has them verified.
func verified(t *testing.T, tool func(...string) string, selection ...string) (id string) {
	t.Helper()
	out := tool(append(append([]string{"restore", "run"}, selection...), asOperator...)...)
	found := restoreID.FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("it says no ID:\n%s", out)
	}
	tool(append([]string{"restore", "verify", found[1]}, asOperator...)...)
	return found[1]
}

func handOver(t *testing.T, tool func(...string) string, id string) (said string) {
	t.Helper()
	said = tool(append([]string{"restore", "hand-over", id}, asOperator...)...)
	if !strings.Contains(said, "handed over") {
		t.Errorf("it says:\n%s", said)
	}
	return said
}

// ofBusiness says whether a record is of a business.
func ofBusiness(tenant string) func(client.Item) bool {
	mine := regexp.MustCompile(`\b` + tenant + `(#|"|$)`)
	return func(item client.Item) bool {
		return mine.MatchString(encode(client.Item{"of": item["tenant_id"], "target": item["target"], "lead_key": item["lead_key"]}))
	}
}

// lose deletes records from the live tables, as a disaster would, and counts them. Objects
// stay: they have versions of their own.
func lose(t *testing.T, ctx context.Context, which func(client.Item) bool) (lost int) {
	t.Helper()
	db := dynamodb.NewFromConfig(server.AWSConfig())
	for store, key := range map[string][]string{"tenants": {"tenant_id"}, "channels": {"tenant_id", "channel_id"}, "leads": {"tenant_id", "lead_id"},
		"links": {"app_user", "target"}, "conversations": {"tenant_id", "conversation_id"}, "messages": {"conversation_id", "message_key"},
		"ai_audit": {"conversation_id", "audit_key"}, "ai_quotes": {"lead_key", "audit_ref"}} {
		items, err := stack.Store(ctx, store)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			if !which(item) {
				continue
			}
			at := map[string]dynamotypes.AttributeValue{}
			for _, name := range key {
				at[name] = &dynamotypes.AttributeValueMemberS{Value: item[name].(string)}
			}
			if _, err := db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("mikla-dev-" + store), Key: at}); err != nil {
				t.Fatal(err)
			}
			lost++
		}
	}
	return lost
}

// requireSealed: these are among what opens, and those are not.
func requireSealed(t *testing.T, p pile, there, gone []string) {
	t.Helper()
	for _, trace := range there {
		if !strings.Contains(p.text, trace) {
			t.Errorf("of %d records that open none names %q", p.records, trace)
		}
	}
	for _, trace := range gone {
		if strings.Contains(p.text, trace) {
			t.Errorf("%q can be read in a backup: %.200s", trace, around(p.text, trace))
		}
	}
}

// requireDates: a day after the erasure nobody can read a backup any more, and four weeks
// after it none is there.
func requireDates(t *testing.T, s client.Status) {
	t.Helper()
	if s.LiveErasedAt == nil || s.Unreadable == nil || s.BackupsGone == nil {
		t.Fatalf("a date is missing: %+v", s)
	}
	if after := s.Unreadable.Sub(*s.LiveErasedAt); after < 24*time.Hour || after > 24*time.Hour+time.Minute {
		t.Errorf("backups are unreadable %s after the erasure, expected 24 h", after)
	}
	if after := s.BackupsGone.Sub(*s.LiveErasedAt); after != 28*24*time.Hour {
		t.Errorf("backups are gone %s after the erasure, expected 28 days", after)
	}
}

// requireShredded: the workflow went through the step, once.
func requireShredded(t *testing.T, ctx context.Context, id string) {
	t.Helper()
	answer, err := stack.Do(ctx, "GET", "/_local/executions?history=1&request="+id, nil, nil)
	if err != nil || answer.Status != 200 {
		t.Fatalf("executions: %d %v", answer.Status, err)
	}
	if n := strings.Count(string(answer.Body), `"Shred"`); n == 0 {
		t.Errorf("the execution did not shred:\n%.500s", answer.Body)
	}
}

// requireDropped: no version of any object is left under a path.
func requireDropped(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	for _, kind := range copies.Prefixes() {
		page, err := bucketOfCopies().Versions(ctx, kind+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Found) > 0 {
			t.Errorf("%d versions are left under %s", len(page.Found), kind+path)
		}
	}
}

// openAndAwait asks for a deletion with the operator's tool and waits for its end.
func openAndAwait(t *testing.T, ctx context.Context, tool func(...string) string, args ...string) {
	t.Helper()
	code := codeIn(t, tool(append(append([]string{"requests", "open"}, args...), "--execute", "--as", "e2e")...))
	status, err := stack.Await(ctx, code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
}

// runSchedule runs a schedule and reads what its function answered.
func runSchedule(t *testing.T, ctx context.Context, name string, into any) {
	t.Helper()
	answer, err := stack.Do(ctx, "POST", "/_local/schedules/"+name, nil, nil)
	if err != nil || answer.Status != 200 {
		t.Fatalf("%s answered %d %s, %v", name, answer.Status, answer.Body, err)
	}
	if err := json.Unmarshal(answer.Body, &struct{ Result any }{into}); err != nil {
		t.Fatalf("%s answered %s: %v", name, answer.Body, err)
	}
}

// TestBackupSchedules runs what runs every day: what is too old is seen, and goes; and with
// every right nothing opens of somebody who was deleted, while a neighbour's does.
func TestBackupSchedules(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	const tenant, user = "t_quay", "10150000000602001"
	seed(t, ctx, venue(tenant))
	w := world{}
	w.link(app, user, "lead#"+tenant+"#l_t_quaych_a1")
	seed(t, ctx, w)
	units := unitsOf(tenant, "ch_a", "ch_b")
	asOf := copyNow(t, ctx, units...)
	_, status := erase(t, ctx, user)
	requireOutcome(t, status, "completed")
	plantOld(t, ctx, units[1], asOf)

	var found rotation.Audited
	runSchedule(t, ctx, "backup-audit", &found)
	if found.OldestDays != 29 || !found.Complete() {
		t.Errorf("of a copy of 29 days the audit says %+v", found)
	}
	var rotated rotation.Rotated
	runSchedule(t, ctx, "rotate", &rotated)
	if rotated.Manifests != 1 || rotated.Parts != 2 || rotated.Failed > 0 {
		t.Errorf("rotated: %+v, expected one manifest and two parts", rotated)
	}
	found = rotation.Audited{}
	runSchedule(t, ctx, "backup-audit", &found)
	if found.Oldest() > 2 || found.Snapshots < len(units) || found.Unknown+found.StaleUnits+found.TargetsLeft+found.RecoveryWrong+found.KeysExposed > 0 || !found.Complete() {
		t.Errorf("after the rotation the audit says %+v", found)
	}
	if again := awaitCopies(t, ctx, asOf, units...); !again.Equal(asOf) {
		t.Errorf("the newest snapshot is of %s, expected %s", again, asOf)
	}

	ageTombstones(t, ctx)
	var drilled rotation.Drilled
	runSchedule(t, ctx, "backup-drill", &drilled)
	if drilled.Sampled == 0 || drilled.Opened > 0 || !drilled.Proves() {
		t.Errorf("drilled: %+v", drilled)
	}
	t.Logf("drilled: %+v", drilled)
}

// plantOld puts a snapshot of 29 days before another there, as if a rotation had stopped.
func plantOld(t *testing.T, ctx context.Context, unit copies.Unit, asOf time.Time) {
	t.Helper()
	for _, kind := range copies.Prefixes() {
		name, err := copies.Place{Kind: kind, Unit: unit, AsOf: asOf.Add(-29 * 24 * time.Hour), Part: "00000-0a1b2c3d"}.Name()
		if err == nil {
			err = bucketOfCopies().Put(ctx, name, []byte("{}"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// ageTombstones lets two hours pass since they were raised: a drill gives those who destroy
// keys an hour.
func ageTombstones(t *testing.T, ctx context.Context) {
	t.Helper()
	db := dynamodb.NewFromConfig(server.AWSConfig())
	items, err := stack.Store(ctx, "tombstones")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("mikla-dev-tombstones"),
			Key:                       map[string]dynamotypes.AttributeValue{"fingerprint": &dynamotypes.AttributeValueMemberS{Value: item["fingerprint"].(string)}},
			UpdateExpression:          aws.String("SET expires_at = expires_at - :age"),
			ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{":age": &dynamotypes.AttributeValueMemberN{Value: "7200"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSnapshotFaults strikes the writer of snapshots in every way: the snapshot is complete
// in the end, and opens.
func TestSnapshotFaults(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	const tenant = "t_mole"
	seed(t, ctx, venue(tenant))
	unit := copies.Unit{Tenant: tenant, Channel: "ch_a"}
	asOf := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	redeliver(t, ctx, snapshotQueue, func() {
		askForCopies(t, ctx, asOf, unit)
		awaitCopies(t, ctx, asOf, unit)
	})
	want := pry(t, ctx, unit).records
	if want < 30 {
		t.Fatalf("the snapshot has %d records only", want)
	}
	fault := func(service, operation, kind string, count, skip int) client.Fault {
		return client.Fault{Service: service, Operation: operation, Kind: kind, Count: count, Skip: skip, Function: "snapshot"}
	}
	for i, c := range []struct {
		name  string
		fault client.Fault
	}{
		{"killed when it writes frames", fault("s3", "PutObject", "kill", 1, 0)},
		{"killed when it writes the manifest", fault("s3", "PutObject", "kill", 1, 2)},
		{"killed when it notes its end", fault("dynamodb", "PutItem", "kill", 1, 2)},
		{"the answer to a write is lost", fault("s3", "PutObject", "lost", 1, 2)},
		{"KMS refuses", fault("kms", "Decrypt", "throttle", 4, 0)},
		{"reads are throttled", fault("dynamodb", "Query", "throttle", 4, 2)},
		{"writes are throttled", fault("s3", "PutObject", "throttle", 4, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := stack.Faults(ctx, c.fault); err != nil {
				t.Fatal(err)
			}
			asOf := asOf.Add(time.Duration(i+1) * time.Minute)
			askForCopies(t, ctx, asOf, unit)
			requireStruckSoon(t, ctx)
			awaitCopies(t, ctx, asOf, unit)
			awaitDrained(t, ctx, snapshotQueue)
			shot, err := server.Backups().Open(ctx, unit, asOf)
			if err != nil {
				t.Fatal(err)
			}
			var got pile
			if err := shot.Each(ctx, 0, nil, got.add); err != nil || got.records != want || got.destroyed > 0 {
				t.Errorf("it has %d records and %d that do not open, expected %d: %v", got.records, got.destroyed, want, err)
			}
		})
	}
}

// TestShredFaults strikes the step that destroys keys in every way: the request completes,
// and then nothing of the person opens.
func TestShredFaults(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	const tenant = "t_weir"
	cases := []struct {
		name   string
		faults []client.Fault
		gone   bool // already when the faults have struck
	}{
		{"killed between the key and the ledger", []client.Fault{{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "kill"}}, true},
		{"killed before it destroys the key, then throttled, then its answer lost", []client.Fault{
			{Service: "dynamodb", Operation: "DeleteItem", Kind: "kill"},
			{Service: "dynamodb", Operation: "DeleteItem", Kind: "throttle", Count: 4},
			{Service: "dynamodb", Operation: "DeleteItem", Kind: "lost"}}, true},
	}
	w := venue(tenant)
	for i := range cases {
		lead := fmt.Sprintf("l_weir%dx", i)
		w.lead(tenant, "ch_a", lead, 4)
		w.link(app, fmt.Sprint(10150000000603000+i), "lead#"+tenant+"#"+lead)
	}
	seed(t, ctx, w)
	unit := copies.Unit{Tenant: tenant, Channel: "ch_a"}
	asOf := time.Now().UTC().Truncate(time.Second)
	askForCopies(t, ctx, asOf, unit)
	awaitCopies(t, ctx, asOf, unit)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			lead := fmt.Sprintf("l_weir%dx", i)
			requireSealed(t, pry(t, ctx, unit), []string{lead, "l_t_weirch_a1"}, nil)
			for i := range c.faults {
				c.faults[i].Function = "shred"
			}
			if err := stack.Faults(ctx, c.faults...); err != nil {
				t.Fatal(err)
			}
			accepted, err := stack.Callback(ctx, "data-deletion", notice(fmt.Sprint(10150000000603000+i)))
			if err != nil {
				t.Fatal(err)
			}
			requireStruckSoon(t, ctx)
			if c.gone {
				requireSealed(t, pry(t, ctx, unit), nil, []string{lead})
			}
			status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
			if err != nil {
				t.Fatal(err)
			}
			requireOutcome(t, status, "completed")
			requireSealed(t, pry(t, ctx, unit), []string{"l_t_weirch_a1"}, []string{lead})
		})
	}
}
