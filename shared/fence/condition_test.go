package fence_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

var at = time.Date(2026, 6, 1, 12, 0, 0, 7, time.UTC)

func condition(t *testing.T) fence.Condition {
	t.Helper()
	keys, _ := rotated(t)
	return fence.Condition{Tombstones: "stones", Channels: "channels", Tenants: "tenants", Keys: keys}
}

// full names everything that an event can name.
func full() fence.Event {
	return fence.Event{Tenant: "t", Channel: "ch", ChannelKey: "whatsapp#1", Identities: []string{"whatsapp#34", "whatsapp#ES.1"},
		Lead: "l", Conversation: "c", Thread: "l", DatedAt: at}
}

// checks are the items by table: the date for each fingerprint, the names of other keys.
func checks(t *testing.T, items []types.TransactWriteItem) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, item := range items {
		c := item.ConditionCheck
		if c == nil {
			t.Fatalf("an item that is no check: %+v", item)
		}
		var names []string
		for name, value := range c.Key {
			names = append(names, name+"="+value.(*types.AttributeValueMemberS).Value)
		}
		slices.Sort(names)
		place, dated := *c.TableName+"/"+strings.Join(names, ","), ""
		if value, ok := c.ExpressionAttributeValues[":dated"].(*types.AttributeValueMemberS); ok {
			dated = value.Value
		}
		if _, twice := out[place]; twice {
			t.Errorf("%s is looked at twice", place)
		}
		out[place] = *c.ConditionExpression + " " + dated
	}
	return out
}

func TestConditionLooksForAllThatAnEventNames(t *testing.T) {
	c := condition(t)
	items, err := c.Items(full())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, print := range slices.Concat(
		fence.ScopePrints(c.Keys, "tenant", "t"), fence.ScopePrints(c.Keys, "channel", "t", "ch"),
		fence.IdentityPrints(c.Keys, "channel", "t", "", "whatsapp#1"), fence.ScopePrints(c.Keys, "lead", "t", "l"),
		fence.IdentityPrints(c.Keys, "lead", "t", "ch", "whatsapp#34"), fence.IdentityPrints(c.Keys, "lead", "t", "ch", "whatsapp#ES.1"),
		fence.ScopePrints(c.Keys, "conversation", "t", "c"), fence.IdentityPrints(c.Keys, "conversation", "t", "ch", "l"),
	) {
		want["stones/fingerprint="+print] = "attribute_not_exists(fingerprint) OR cutoff < :dated 2026-06-01T12:00:00.000000007Z"
	}
	open := "attribute_exists(tenant_id) AND attribute_not_exists(deleting_at) "
	want["tenants/tenant_id=t"], want["channels/channel_id=ch,tenant_id=t"] = open, open
	requireChecks(t, checks(t, items), want)
	if len(items) != 2*8+2 {
		t.Errorf("%d items", len(items))
	}
}

func requireChecks(t *testing.T, got, want map[string]string) {
	t.Helper()
	for place, condition := range want {
		if got[place] != condition {
			t.Errorf("%s: %q, want %q", place, got[place], condition)
		}
	}
	for place := range got {
		if _, ok := want[place]; !ok {
			t.Errorf("%s was not asked for", place)
		}
	}
}

// What is not known is not looked for: no two people share the fingerprint of nothing.
func TestConditionOfANewContact(t *testing.T) {
	e := full()
	e.Identities, e.Lead, e.Conversation, e.Thread = []string{"whatsapp#34", "", "whatsapp#34"}, "", "", ""
	items, err := condition(t).Items(e)
	if err != nil || len(checks(t, items)) != 2*4+2 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

// A date in another zone is the same date, and the width of its text does not change.
func TestConditionDates(t *testing.T) {
	e := full()
	e.DatedAt = time.Date(2026, 6, 1, 14, 0, 0, 0, time.FixedZone("", 2*3600))
	items, err := condition(t).Items(e)
	if err != nil {
		t.Fatal(err)
	}
	for place, check := range checks(t, items) {
		if strings.HasPrefix(place, "stones/") && !strings.HasSuffix(check, " 2026-06-01T12:00:00.000000000Z") {
			t.Errorf("%s: %s", place, check)
		}
	}
}

// Of what two events name in common, the older date must pass.
func TestConditionOfSeveralPeople(t *testing.T) {
	c := condition(t)
	writer, quoted := full(), full()
	quoted.Identities, quoted.Lead, quoted.Conversation, quoted.Thread = []string{"whatsapp#55"}, "l2", "c2", "l2"
	quoted.DatedAt = at.Add(-time.Hour)
	items, err := c.Items(writer, quoted)
	if err != nil {
		t.Fatal(err)
	}
	got := checks(t, items)
	for print, dated := range map[string]string{
		fence.ScopePrint(c.Keys, "tenant", "t"):     "11:00:00.000000007Z",
		fence.ScopePrint(c.Keys, "lead", "t", "l"):  "12:00:00.000000007Z",
		fence.ScopePrint(c.Keys, "lead", "t", "l2"): "11:00:00.000000007Z",
	} {
		if check := got["stones/fingerprint="+print]; !strings.HasSuffix(check, dated) {
			t.Errorf("got %q, want %s", check, dated)
		}
	}
}

func TestConditionRefusesWhatItCannotLookFor(t *testing.T) {
	for name, spoil := range map[string]func(*fence.Event){
		"no tenant":      func(e *fence.Event) { e.Tenant = "" },
		"no channel":     func(e *fence.Event) { e.Channel = "" },
		"no channel key": func(e *fence.Event) { e.ChannelKey = "" },
		"no date":        func(e *fence.Event) { e.DatedAt = time.Time{} },
		"no identity":    func(e *fence.Event) { e.Identities = nil },
		"an empty one":   func(e *fence.Event) { e.Identities = []string{"", ""} },
	} {
		e := full()
		spoil(&e)
		if items, err := condition(t).Items(full(), e); fault.KindOf(err) != fault.Invalid || items != nil {
			t.Errorf("%s: %d items, %v", name, len(items), err)
		}
	}
	if _, err := condition(t).Items(); fault.KindOf(err) != fault.Permanent {
		t.Errorf("no event: %v", err)
	}
	if _, err := (fence.Condition{}).Items(full()); fault.KindOf(err) != fault.Permanent {
		t.Errorf("no keys: %v", err)
	}
}

func TestConditionIsBounded(t *testing.T) {
	for versions, fits := range map[int]bool{9: true, 10: false} { // of 8 prints each, and 2 rows
		src := `{"current":"0"`
		for v := range versions {
			src += fmt.Sprintf(`,"%d":%q`, v, strings.Repeat("k", 32))
		}
		c := condition(t)
		var err error
		if c.Keys, err = secrets.ParseVersioned([]byte(src + "}")); err != nil {
			t.Fatal(err)
		}
		items, err := c.Items(full())
		if (err == nil) != fits || len(items) > fence.MostItems || !fits && fault.KindOf(err) != fault.Permanent {
			t.Errorf("%d versions: %d items, %v", versions, len(items), err)
		}
	}
}

// canceled is DynamoDB's answer to a transaction of which some items failed.
func canceled(items []types.TransactWriteItem, failed map[int]string) error {
	reasons := make([]types.CancellationReason, len(items))
	for i := range items {
		reasons[i].Code = aws.String("None")
		if code, ok := failed[i]; ok {
			reasons[i].Code = aws.String(code)
		}
	}
	return fmt.Errorf("operation error: %w", &types.TransactionCanceledException{CancellationReasons: reasons})
}

func TestRefusal(t *testing.T) {
	c := condition(t)
	put := types.TransactWriteItem{Put: &types.Put{TableName: aws.String("messages")}}
	own := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: aws.String("leads")}}
	guard, err := c.Items(full())
	if err != nil {
		t.Fatal(err)
	}
	sent := slices.Concat([]types.TransactWriteItem{put, own}, guard, []types.TransactWriteItem{put})
	stone, row, failed := 2, 2+16, "ConditionalCheckFailed"
	for name, want := range map[string]struct {
		err     error
		refusal fence.Refusal
	}{
		"applied":                        {nil, fence.NotRefused},
		"throttled":                      {&types.ThrottlingException{}, fence.NotRefused},
		"another error":                  {errors.New("connection lost"), fence.NotRefused},
		"a tombstone":                    {canceled(sent, map[int]string{stone: failed}), fence.Erased},
		"the last tombstone":             {canceled(sent, map[int]string{row - 1: failed}), fence.Erased},
		"a row of tenants or channels":   {canceled(sent, map[int]string{row: failed}), fence.Closed},
		"the other one":                  {canceled(sent, map[int]string{row + 1: failed}), fence.Closed},
		"both":                           {canceled(sent, map[int]string{row: failed, stone: failed}), fence.Erased},
		"a tombstone that is written":    {canceled(sent, map[int]string{stone: "TransactionConflict"}), fence.NotRefused},
		"a row that is written":          {canceled(sent, map[int]string{row: "TransactionConflict"}), fence.NotRefused},
		"our write":                      {canceled(sent, map[int]string{0: failed}), fence.NotRefused},
		"our check":                      {canceled(sent, map[int]string{1: failed}), fence.NotRefused},
		"our write and a tombstone":      {canceled(sent, map[int]string{0: failed, stone: failed}), fence.Erased},
		"reasons of another transaction": {canceled(sent[1:], map[int]string{stone: failed}), fence.NotRefused},
	} {
		if got := c.Refusal(want.err, sent); got != want.refusal {
			t.Errorf("%s: got %q, want %q", name, got, want.refusal)
		}
	}
}
