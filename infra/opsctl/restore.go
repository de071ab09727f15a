package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// restoreCommands bring records back from a backup, the only way there is.
type restoreCommands struct {
	List     listSnapshots   `cmd:"" help:"The snapshots there are."`
	Plan     planRestore     `cmd:"" help:"Count what would come back. Writes nothing."`
	Run      runRestore      `cmd:"" help:"Bring records into fresh tables, or go on with it."`
	Show     showRestore     `cmd:"" help:"How far a restore is. Names nobody."`
	Verify   verifyRestore   `cmd:"" help:"Prove that nothing is in the fresh tables that must not come back."`
	HandOver handOverRestore `cmd:"" help:"Put what was verified into the live tables, where it is missing."`
	Drop     dropRestore     `cmd:"" help:"Drop the fresh tables."`
}

// selecting says what is to come back, and from where.
type selecting struct {
	Everything   bool              `help:"All businesses."`
	Tenant       string            `placeholder:"ID" help:"One business."`
	Channel      string            `placeholder:"ID" help:"One channel of it."`
	Lead         string            `placeholder:"ID" help:"One lead of it, looked for in all of its channels unless one is given."`
	Conversation string            `placeholder:"ID" help:"One conversation of it."`
	AsOf         string            `default:"latest" placeholder:"STAMP" help:"The newest snapshots that are not later: latest, or as restore list prints it. With --tables the moment that they were restored to."`
	Tables       map[string]string `placeholder:"STORE=TABLE" help:"Tables that were restored to a moment, instead of snapshots; separated by commas."`
}

// selection is what is asked for, by names that reveal nobody.
func (c selecting) selection(ctx context.Context, t *tool) (restore.Selection, restore.From, error) {
	s := restore.Selection{Everything: c.Everything, Tenant: c.Tenant, Channel: c.Channel}
	from := restore.From{Tables: c.Tables}
	for _, id := range []string{c.Tenant, c.Channel, c.Lead, c.Conversation} {
		if id != "" && plain(id) != nil {
			return s, from, errors.New("an ID has no spaces and none of # | /")
		}
	}
	if c.Lead != "" && c.Conversation != "" {
		return s, from, errors.New("--lead or --conversation, not both")
	}
	if c.AsOf != "latest" {
		at, err := time.Parse(snapshot.StampForm, c.AsOf)
		if err != nil {
			return s, from, errors.New("--as-of is latest, or a moment in the form " + snapshot.StampForm + " (UTC)")
		}
		from.AsOf = at
	}
	if one := c.Lead + c.Conversation; one != "" {
		secret, err := t.secret(ctx, "fingerprint")
		if err != nil {
			return s, from, err
		}
		if s.Kind = "lead"; c.Conversation != "" {
			s.Kind = "conversation"
		}
		s.Names = keys.Names(secret, keys.Subject{Kind: s.Kind, Values: []string{c.Tenant, one}})
	}
	return s, from, errors.Join(s.Check(), from.Check())
}

// listSnapshots prints every snapshot of every unit.
type listSnapshots struct {
	Tenant string `placeholder:"ID" help:"Of one business only."`
}

func (c listSnapshots) Run(ctx context.Context, t *tool) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	source, err := t.snapshots(ctx, time.Time{})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "tenant\tchannel\tas of\tstate\trecords\tbytes")
	whole := map[string]bool{}
	err = source.EachName(ctx, snapshot.Manifests, c.Tenant, func(at snapshot.Place) error {
		whole[lineOf(at)] = true
		state, records, size := opened(ctx, source, at)
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\n", lineOf(at), state, records, size)
		return nil
	})
	if err != nil {
		return err
	}
	err = source.EachName(ctx, snapshot.Frames, c.Tenant, func(at snapshot.Place) error {
		if line := lineOf(at); !whole[line] {
			whole[line] = true
			fmt.Fprintf(table, "%s\tnot finished\t\t\n", line)
		}
		return nil
	})
	return errors.Join(err, table.Flush())
}

func lineOf(at snapshot.Place) string {
	channel := at.Unit.Channel
	if channel == "" {
		channel = "-"
	}
	return at.Unit.Tenant + "\t" + channel + "\t" + snapshot.Stamp(at.AsOf)
}

// opened says what a manifest is worth.
func opened(ctx context.Context, source restore.Snapshots, at snapshot.Place) (state string, records int, size int64) {
	shot, err := source.Open(ctx, at.Unit, at.AsOf)
	switch {
	case errors.Is(err, keys.ErrDestroyed):
		return "key destroyed", 0, 0
	case err != nil:
		return "BROKEN: " + fault.Describe(err), 0, 0
	}
	for _, part := range shot.Manifest.Parts {
		size += part.Size
	}
	for _, count := range shot.Manifest.Stores {
		records += count.Records
	}
	return "complete", records, size
}

type planRestore struct{ selecting }

func (c planRestore) Run(ctx context.Context, t *tool) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	return t.plan(ctx, c.selecting)
}

func (t *tool) plan(ctx context.Context, c selecting) error {
	s, from, err := c.selection(ctx, t)
	if err != nil {
		return err
	}
	r, err := t.restorer(ctx)
	if err != nil {
		return err
	}
	units, total, err := r.Plan(ctx, s, from)
	if err != nil {
		return err
	}
	t.say("%d units.", units)
	return t.sayCounts(total)
}

func (t *tool) sayCounts(p restore.Progress) error {
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "store\trecords\tdropped as deleted\tquotations and names left out\tprofiles emptied\tcome back")
	for _, store := range slices.Sorted(maps.Keys(p.Counts)) {
		n := p.Counts[store]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\n", store, n.Read, n.Dropped, n.Without, n.Emptied, n.Written)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	t.say("Frames that nobody can open: %d.", p.Unopened)
	return nil
}

// one is part of every command on one restore.
type one struct {
	ID string `arg:"" name:"restore" help:"ID of the restore, as restore run prints it."`
}

type runRestore struct {
	acting
	selecting
	ID string `arg:"" optional:"" name:"restore" help:"ID of a restore that was begun: go on with it."`
}

func (c runRestore) Run(ctx context.Context, t *tool) error {
	if err := t.may(c.acting); err != nil {
		return err
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	switch {
	case c.ID != "":
		return t.step(ctx, c.ID, c.acting, "Goes on with it, into its fresh tables.", restore.Restorer.Run)
	case !c.Execute:
		if err := t.plan(ctx, c.selecting); err != nil {
			return err
		}
		t.sayDryRun("")
		return nil
	}
	return t.begin(ctx, c.selecting)
}

// begin says the ID before anything else is done: whoever is interrupted goes on with it.
func (t *tool) begin(ctx context.Context, c selecting) error {
	s, from, err := c.selection(ctx, t)
	if err != nil {
		return err
	}
	r, err := t.restorer(ctx)
	if err != nil {
		return err
	}
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	id := hex.EncodeToString(random)
	t.say("restore %s", id)
	return t.audited(ctx, securitylog.Operation{RequestID: id}, func(o *securitylog.Operation) error {
		if _, err := r.Begin(ctx, id, s, from); err != nil {
			return err
		}
		job, err := r.Run(ctx, id)
		o.Count = sum(job.InTarget)
		if err == nil {
			t.sayJob(job)
			t.say("Next: opsctl restore verify %s", id)
		}
		return err
	})
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

type verifyRestore struct {
	one
	acting
}

func (c verifyRestore) Run(ctx context.Context, t *tool) error {
	return t.act(ctx, c.ID, c.acting, "Reads all of its fresh tables, and says whether they may be handed over.", restore.Restorer.Verify)
}

type handOverRestore struct {
	one
	acting
}

func (c handOverRestore) Run(ctx context.Context, t *tool) error {
	return t.act(ctx, c.ID, c.acting, "Puts what is missing in the live tables back, and drops the fresh ones.", restore.Restorer.HandOver)
}

type dropRestore struct {
	one
	acting
}

func (c dropRestore) Run(ctx context.Context, t *tool) error {
	return t.act(ctx, c.ID, c.acting, "Drops its fresh tables.", restore.Restorer.Drop)
}

type stepOf = func(restore.Restorer, context.Context, string) (restore.Job, error)

func (t *tool) act(ctx context.Context, id string, a acting, what string, do stepOf) error {
	if err := t.may(a); err != nil {
		return err
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	return t.step(ctx, id, a, what, do)
}

// step takes a restore one step on, or says what it would do.
func (t *tool) step(ctx context.Context, id string, a acting, what string, do stepOf) error {
	r, err := t.restorer(ctx)
	if err != nil {
		return err
	}
	job, err := r.Jobs.Get(ctx, id)
	if err != nil {
		return err
	}
	if !a.Execute {
		t.sayJob(job)
		t.say("%s", what)
		t.sayDryRun("")
		return nil
	}
	return t.audited(ctx, securitylog.Operation{RequestID: id}, func(o *securitylog.Operation) error {
		job, err := do(r, ctx, id)
		o.Count = sum(job.InTarget)
		if err == nil {
			t.sayJob(job)
		}
		return err
	})
}

type showRestore struct{ one }

func (c showRestore) Run(ctx context.Context, t *tool) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	jobs := t.jobs()
	job, err := jobs.Get(ctx, c.ID)
	if err != nil {
		return err
	}
	t.sayJob(job)
	total, units, done, gone := restore.Progress{Counts: restore.Counts{}}, 0, 0, 0
	err = jobs.EachUnit(ctx, c.ID, func(p restore.Progress) error {
		units++
		if p.Done {
			done++
		}
		if p.Destroyed {
			gone++
		}
		total.Counts.Sum(p.Counts)
		total.Unopened += p.Unopened
		return nil
	})
	if err != nil {
		return err
	}
	t.say("%d of %d units are done; of %d the key is destroyed.", done, units, gone)
	return t.sayCounts(total)
}

func (t *tool) sayJob(j restore.Job) {
	t.field("restore", j.ID)
	t.field("state", string(j.State))
	t.field("selected", selected(j.Selection))
	t.field("from", source(j.From))
	t.field("begun", stamp(j.CreatedAt))
	if j.State != restore.HandedOver && j.State != restore.Dropped {
		t.field("lives until", stamp(j.CreatedAt.Add(restore.MostAge)))
	}
	if !j.VerifiedAt.IsZero() {
		t.field("verified", stamp(j.VerifiedAt))
	}
	for _, store := range slices.Sorted(maps.Keys(j.InTarget)) {
		t.field("in target", fmt.Sprintf("%s %d", store, j.InTarget[store]))
	}
	for _, store := range slices.Sorted(maps.Keys(j.Merged)) {
		m := j.Merged[store]
		t.field("handed over", fmt.Sprintf("%s: %d back, %d there already, %d deleted since; media %d back, %d gone", store, m.Back, m.There, m.Dropped, m.Objects, m.Gone))
	}
}

func selected(s restore.Selection) string {
	switch {
	case s.Everything:
		return "everything"
	case s.Kind != "":
		return strings.TrimSuffix("a "+s.Kind+" of "+s.Tenant+"/"+s.Channel, "/")
	}
	return strings.TrimSuffix(s.Tenant+"/"+s.Channel, "/")
}

func source(f restore.From) string {
	at := "the newest"
	if !f.AsOf.IsZero() {
		at = snapshot.Stamp(f.AsOf)
	}
	if len(f.Tables) > 0 {
		return "tables of " + at
	}
	return "snapshots, " + at
}
