package integration

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
)

// storeMessage writes what an event brings, unless it was deleted: then stored is
// false, and the event is done with.
func storeMessage(ctx context.Context, db *dynamodb.Client, fenced fence.Condition, event fence.Event, writes []types.TransactWriteItem) (stored bool, err error) {
	condition, err := fenced.Items(event)
	if err != nil {
		return false, err
	}
	items := append(writes, condition...)
	_, err = db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	switch fenced.Refusal(err, items) {
	case fence.Erased, fence.Closed:
		return false, nil // acknowledge it to Meta; store, log and queue nothing of it
	}
	return err == nil, err
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestContractShowsWhatRuns: the example of the contract is the function above.
func TestContractShowsWhatRuns(t *testing.T) {
	const file = "contract_test.go"
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	example := ""
	for _, declared := range parsed.Decls {
		if f, ok := declared.(*ast.FuncDecl); ok && f.Name.Name == "storeMessage" {
			example = string(src[files.Position(f.Doc.Pos()).Offset:files.Position(f.End()).Offset]) + "\n"
		}
	}
	readme, err := os.ReadFile("../../shared/fence/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 1 || blocks[0][1] != example {
		t.Errorf("the contract has %d blocks of Go, which are to be one, storeMessage as it stands in %s:\n%s", len(blocks), file, example)
	}
}

// message is a write of a message, as an engineer of the platform would make it.
func (s *site) message(id string) []types.TransactWriteItem {
	name := s.Names["messages"]
	return []types.TransactWriteItem{{Put: &types.Put{TableName: &name,
		Item: livedatatest.NewItem(map[string]any{"conversation_id": "c_" + s.tenant, "message_key": id, "tenant_id": s.tenant})}}}
}

func (s *site) condition() fence.Condition {
	return fence.Condition{Tombstones: s.Names["tombstones"], Channels: s.Names["channels"], Tenants: s.Names["tenants"], Keys: s.keys}
}

func (s *site) fenced(identity string, at time.Time) fence.Event {
	return fence.Event{Tenant: s.tenant, Channel: "ch", ChannelKey: "facebook#1", Identities: []string{identity}, DatedAt: at}
}

func contractExample(t *testing.T, s *site) {
	s.raise(t, fence.IdentityPrint(s.keys, "lead", s.tenant, "ch", "facebook#712"), dated)
	for name, c := range map[string]struct {
		event  fence.Event
		stored bool
	}{
		"before the deletion": {s.fenced("facebook#712", dated.Add(-1)), false},
		"after it":            {s.fenced("facebook#712", dated.Add(1)), true},
		"somebody else":       {s.fenced("facebook#7123", dated.Add(-1)), true},
	} {
		if stored, err := storeMessage(t.Context(), s.DynamoDB, s.condition(), c.event, s.message(name)); stored != c.stored || err != nil {
			t.Errorf("%s: stored %t, %v", name, stored, err)
		}
	}
	s.requireCounts(t, map[string]int{"messages": 2})
	s.put(t, "tenants", map[string]any{"tenant_id": s.tenant, "deleting_at": "2026-06-02T00:00:00Z"})
	if stored, err := storeMessage(t.Context(), s.DynamoDB, s.condition(), s.fenced("facebook#7123", dated.Add(2)), s.message("closed")); stored || err != nil {
		t.Errorf("closed: stored %t, %v", stored, err)
	}
	wrong := s.condition()
	wrong.Tombstones = "no-such-table"
	if stored, err := storeMessage(t.Context(), s.DynamoDB, wrong, s.fenced("facebook#7123", dated), s.message("wrong")); stored || err == nil {
		t.Errorf("without tombstones: stored %t, %v", stored, err)
	}
	s.requireCounts(t, map[string]int{"messages": 2})
}

// quotedAndErased: an entry about one guest that quotes another is dated, for the
// other, by the words that it quotes.
func quotedAndErased(t *testing.T, s *site) {
	s.raise(t, fence.IdentityPrint(s.keys, "lead", s.tenant, "ch", "facebook#quoted"), dated)
	write := func(id string, quotedAt time.Time) []types.TransactWriteItem {
		guard, err := s.condition().Items(s.fenced("facebook#712", dated.Add(time.Hour)), s.fenced("facebook#quoted", quotedAt))
		if err != nil {
			t.Fatal(err)
		}
		return append(s.message(id), guard...)
	}
	for quotedAt, want := range map[time.Time]fence.Refusal{dated: fence.Erased, dated.Add(1): fence.NotRefused} {
		items := write(quotedAt.String(), quotedAt)
		_, err := s.DynamoDB.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: items})
		if got := s.condition().Refusal(err, items); got != want || (err == nil) != (want == fence.NotRefused) {
			t.Errorf("%s: %q, %v", quotedAt, got, err)
		}
	}
}
