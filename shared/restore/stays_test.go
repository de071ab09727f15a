package restore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
)

// A comment that only its author_key says whose it is.
func TestACommentKnownByItsAuthorKey(t *testing.T) {
	w := newWorld(t)
	w.live.Put("messages", livedatatest.NewItem(map[string]any{"conversation_id": "c_post9", "message_key": "2026-03-05T10:10:00Z#m_x", "sent_at": "2026-03-05T10:10:00Z", "author_key": "t_harbour#l_tom", "body": "SECRET-OF-TOM"}))
	w.seal(night)
	w.lose()
	w.raise(now, "lead", "t_harbour", "l_tom")
	w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom"))
	w.restored(everything)
	for name, text := range w.tables() {
		if strings.Contains(text, "SECRET-OF-TOM") {
			t.Errorf("%s came back", name)
		}
	}
}

// A quotation whose text is not to be found in the attribute it names.
func TestAQuotationThatCannotBeLocated(t *testing.T) {
	w := newWorld(t)
	w.live.Put("ai_audit", livedatatest.NewItem(map[string]any{"conversation_id": "c_tom2", "audit_key": "2026-04-01T18:00:10Z#a_2", "audit_id": "a_2", "created_at": "2026-04-01T18:00:10Z", "tenant_id": "t_harbour", "lead_id": "l_tom2",
		"prompt": "Earlier guest: 'do you have   rooms for 8 in June, Tom Kaczmarek'", "response": "x",
		"quotes": []any{map[string]any{"lead_key": "t_harbour#l_tom", "field": "prompt", "text": "do you have rooms for 8 in June, Tom Kaczmarek"}}}))
	w.seal(night)
	w.lose()
	w.raise(now, "lead", "t_harbour", "l_tom")
	w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom"))
	w.restored(everything)
	for name, text := range w.tables() {
		if strings.Contains(text, "rooms for 8 in June") {
			t.Errorf("%s came back: %s", name, text)
		}
	}
}

type counting struct {
	restore.Live
	most *int
}

func (c counting) PutNew(ctx context.Context, records []restore.New, seen map[string]time.Time) ([]int, error) {
	*c.most = max(*c.most, len(records)+len(seen))
	return c.Live.PutNew(ctx, records, seen)
}

// DynamoDB takes 100 items in a transaction.
func TestAnEntryThatQuotesVeryManyPeople(t *testing.T) {
	w := newWorld(t)
	prompt, quotes := "", []any{}
	for i := range 24 {
		id := fmt.Sprintf("l_q%02d", i)
		w.live.Put("leads", livedatatest.NewItem(map[string]any{"tenant_id": "t_harbour", "lead_id": id, "channel_id": "ch_ig1", "last_interaction_at": "2026-04-01T18:00:00Z"}))
		text := fmt.Sprintf("word of guest %02d", i)
		prompt += text + ". "
		quotes = append(quotes, map[string]any{"lead_key": "t_harbour#" + id, "field": "prompt", "text": text})
	}
	w.live.Put("ai_audit", livedatatest.NewItem(map[string]any{"conversation_id": "c_tom2", "audit_key": "2026-04-01T18:00:11Z#a_9", "created_at": "2026-04-01T18:00:11Z", "tenant_id": "t_harbour", "lead_id": "l_tom2", "prompt": prompt, "quotes": quotes}))
	w.seal(night)
	w.lose()
	w.begin(everything)
	w.run()
	w.verify()
	r, most := w.restorer(), 0
	r.Live = counting{r.Live, &most}
	if _, err := r.HandOver(w.Context(), job); err != nil {
		t.Fatal(err)
	}
	if most > 100 {
		t.Errorf("a transaction of %d items: DynamoDB refuses it, and the hand-over of everything behind it", most)
	}
}

// What is hidden when it is copied, and comes back newer than its deletion.
func TestARowThatOutlivesItsDeletionIsShown(t *testing.T) {
	w := newWorld(t)
	cutoff := night.Add(-2 * time.Hour)
	w.live.Put("leads", livedatatest.NewItem(map[string]any{"tenant_id": "t_harbour", "lead_id": "l_tom", "channel_id": "ch_fb1", "last_interaction_at": night.Add(-time.Hour).Format(time.RFC3339), "deleting_at": night.Add(-90 * time.Minute).Format(time.RFC3339)}))
	w.raise(cutoff, "lead", "t_harbour", "l_tom")
	w.seal(night)
	w.lose()
	w.restored(everything)
	text := w.tables()["leads/t_harbour/l_tom"]
	if strings.Contains(text, "deleting_at") {
		t.Error("newer than its deletion, back, and hidden from every view with no request open to show it again")
	}
}

// A lead was deleted and wrote again in the same thread; an answer does not name the lead.
func TestAConversationThatStaysStopsNoRestore(t *testing.T) {
	w := newWorld(t)
	cutoff := night.Add(-48 * time.Hour)
	w.live.Drop("messages", "c_tom", "2026-03-01T18:00:00Z#m_1")
	w.live.Drop("messages", "c_tom", "2026-03-01T18:00:20Z#m_2")
	w.live.Drop("ai_audit", "c_tom", "2026-03-01T18:00:19Z#a_1")
	new := cutoff.Add(time.Hour).Format(time.RFC3339)
	w.live.Put("messages", livedatatest.NewItem(map[string]any{"conversation_id": "c_tom", "message_key": new + "#m_new", "sent_at": new, "tenant_id": "t_harbour", "direction": "out", "body": "hello again"}))
	w.live.Put("leads", livedatatest.NewItem(map[string]any{"tenant_id": "t_harbour", "lead_id": "l_tom", "channel_id": "ch_fb1", "last_interaction_at": new}))
	w.raise(cutoff, "lead", "t_harbour", "l_tom")
	w.seal(night)
	w.lose()
	w.begin(everything)
	if _, err := w.restorer().Run(w.Context(), job); err != nil {
		t.Error(err)
	}
}

// Tables by point-in-time recovery, as of after the purge: the same row is lost.
func TestNoMessageComesBackWithoutItsConversation(t *testing.T) {
	w := newWorld(t)
	cutoff := now.Add(-2 * time.Hour)
	new := now.Add(-time.Hour).Format(time.RFC3339)
	w.live.Drop("messages", "c_tom", "2026-03-01T18:00:00Z#m_1")
	w.live.Drop("messages", "c_tom", "2026-03-01T18:00:20Z#m_2")
	w.live.Drop("ai_audit", "c_tom", "2026-03-01T18:00:19Z#a_1")
	w.live.Put("messages", livedatatest.NewItem(map[string]any{"conversation_id": "c_tom", "message_key": new + "#m_new", "sent_at": new, "tenant_id": "t_harbour", "lead_id": "l_tom"}))
	w.live.Put("leads", livedatatest.NewItem(map[string]any{"tenant_id": "t_harbour", "lead_id": "l_tom", "channel_id": "ch_fb1", "last_interaction_at": new}))
	copied, only := livedatatest.NewFake(w.m), map[string]string{}
	for store, items := range w.live.World().Records {
		copied.Put(store, items...)
	}
	for _, s := range w.m.Backed() {
		only[s.Name] = s.Name
	}
	w.raise(cutoff, "lead", "t_harbour", "l_tom")
	w.source = func(f restore.From) (restore.Source, error) {
		return restore.Tables{Map: w.m, Records: copied.Records(), Only: only, AsOf: now, Secret: secret(), Scan: func(_ context.Context, s datamap.Store, visit func(livedata.Item) error) error {
			for _, it := range copied.World().Records[s.Name] {
				if err := visit(it); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
	w.lose()
	if _, err := w.restorer().Begin(w.Context(), job, everything, restore.From{AsOf: now, Tables: only}); err != nil {
		t.Fatal(err)
	}
	w.run()
	w.verify()
	w.handOver()
	got := w.tables()
	_, row := got["conversations/t_harbour/c_tom"]
	_, message := got["messages/c_tom/"+new+"#m_new"]
	if message && !row {
		t.Error("the newer message is back and its conversation is not")
	}
}
