package invariant_test

import (
	"testing"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

const mailbox = "tom.k@mail.example"

// newMailed is a request by mail that is completed, with its confirmation on the way.
func newMailed(t *testing.T) *ours {
	t.Helper()
	w := mailroomtest.New(t)
	w.Write(mailroomtest.Mail{From: mailbox, Subject: "Delete my data",
		Body: "Please delete all my personal data. I wrote to Harbour View Hotel on Facebook, my handle is @tom.kaczmarek.7\n"})
	w.Silent = true
	w.Confirm(w.Last(mailbox), claim.Claim{Names: []string{"Tom Kaczmarek"}})
	over := w.Only()
	if over.State != request.Completed || !over.Mailbox {
		t.Fatalf("the request stands at %s", over.State)
	}
	open := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	return &ours{T: t, World: w.World, rows: w.Rows.All(), over: over.ID, open: open.RequestID}
}

func TestSoundRowsOfMailBreakNothing(t *testing.T) {
	o := newMailed(t)
	for _, v := range o.violations(o.Now()) {
		t.Error(v)
	}
}

func TestEveryBrokenInvariantOfMailIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		plant func(o *ours)
		want  string
	}{
		"confirmed before it is erased": {func(o *ours) {
			o.edit(o.open, func(r *request.Request) {
				r.Owe(request.Confirmation, 0, r.ReceivedAt)
				r.Progress(r.DueAt)
				r.Misses = 1
			})
		}, "I4: request OPEN confirms an erasure and stands at received"},
		"told twice": {func(o *ours) {
			o.edit(o.over, func(r *request.Request) { r.Owe(request.Confirmation, 0, r.ReceivedAt); r.Misses = 1 })
		}, "I4: request OVER tells mailbox 0 2 times that it is completed"},
		"not told": {func(o *ours) {
			o.edit(o.over, func(r *request.Request) { r.Letters = r.Letters[:1]; r.Misses = 1 })
		}, "I4: request OVER is completed and mailbox 0 is not told"},
		"told another": {func(o *ours) {
			o.edit(o.over, func(r *request.Request) { r.Letters[len(r.Letters)-1].To = 1; r.Misses = 1 })
		}, "I4: request OVER is completed and mailbox 0 is not told"},
		"a mailbox that nobody needs": {func(o *ours) {
			o.edit(o.over, func(r *request.Request) { r.Mailbox = false; r.Misses = 1 })
		}, "I12: request OVER needs no mailbox any more and has 1"},
		"only its key is left": {func(o *ours) {
			o.drop(func(r ledger.Row) bool { return r.Table == ledger.CaseFile && r.PK == "request#"+o.over })
			o.edit(o.over, func(r *request.Request) { r.Mailbox = false; r.Misses = 1 })
		}, "I12: request OVER needs no mailbox any more and has 0"},
		"letters that no sweep looks after": {func(o *ours) { o.row(ledger.Records, o.over, "request").Open = "" },
			"I5: request OVER is open and no sweep will find it"},
		"a case file beside the mailboxes": {func(o *ours) {
			row := *o.row(ledger.CaseFile, o.open, "identity")
			row.PK = "request#" + o.over
			o.add(row)
		}, "I12: request OVER is over and has 1 rows in its case file"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newMailed(t)
			c.plant(o)
			requireSaid(t, o.violations(o.Now()), o.named, []string{c.want})
		})
	}
}
